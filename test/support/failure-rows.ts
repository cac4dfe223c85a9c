import { parse } from 'yaml'
import type { State } from './cases.ts'

/** A change of a cluster: objects in the place of those of their name, or beside them; others taken away. */
export interface Change {
  readonly objects?: readonly string[]
  /** `Kind/namespace/name`. */
  readonly without?: readonly string[]
  readonly extra?: State['extra']
  readonly probe?: State['probe']
}

/** A failure as somebody met it: who asked for what, what came of it, why, and what mends it. */
export interface FailureRow extends Change {
  readonly title: string
  readonly probe: State['probe']
  readonly verdict: string
  /** The first finding's code, and the object that is to be changed, which is among its objects. */
  readonly first?: readonly [code: string, object: string]
  /** The same with what an expert would change; `reached` then, if nothing else is said. */
  readonly fix?: Change & { readonly verdict?: string }
  /** The same with something else than the cause changed. */
  readonly control?: Change & { readonly verdict: string }
}

const clusterNetwork = {
  podCIDR: '10.244.0.0/16',
  serviceCIDR: '10.96.0.0/12',
  clusterDomain: 'cluster.local',
}

/** The state that a row describes, with a change or without. */
export function stateOf(base: readonly string[], row: FailureRow, change: Change = {}): State {
  const cluster = applied(applied(base.map(read), row), change)
  const extra = { clusterNetwork, ...row.extra, ...change.extra }
  return { cluster, extra, probe: { ...row.probe, ...change.probe } }
}

type KubeObject = State['cluster'][number]

function read(text: string): KubeObject {
  return parse(text) as KubeObject
}

function applied(
  cluster: readonly KubeObject[],
  { objects = [], without = [] }: Change,
): readonly KubeObject[] {
  const all = new Map([...cluster, ...objects.map(read)].map((one) => [refOf(one), one]))
  for (const ref of without) all.delete(ref)
  return [...all.values()]
}

function refOf({ kind, metadata: { name, namespace } }: KubeObject): string {
  return [kind, ...(namespace === undefined ? [] : [namespace]), name].join('/')
}
