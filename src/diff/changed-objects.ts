import { byText } from '../base/ordering.ts'
import type { ObjectRef } from '../base/source.ts'
import { formatRef } from '../base/source.ts'
import { cniOf } from '../control/cni/registry.ts'
import type { Cluster } from '../model/cluster.ts'
import type { ObjectChange } from '../model/cluster-diff.ts'

/** One part of a cluster that is compared by what it says, wherever it stands in the input. */
interface Piece {
  readonly ref: ObjectRef
  readonly value: unknown
}

/** The objects of which two clusters differ, in the order of their names. Where something stands in its file is no difference. */
export function changedObjects(before: Cluster, after: Cluster): readonly ObjectChange[] {
  const [old, fresh] = [texts(before), texts(after)]
  const changes: ObjectChange[] = []
  for (const [key, { ref, text }] of fresh) {
    const was = old.get(key)
    if (was?.text === text) continue
    changes.push({ change: was ? 'changed' : 'added', object: ref })
  }
  for (const [key, { ref }] of old) if (!fresh.has(key)) changes.push({ change: 'removed', object: ref })
  return changes.toSorted((a, b) => byText(formatRef(a.object), formatRef(b.object)))
}

function texts(cluster: Cluster): ReadonlyMap<string, { readonly ref: ObjectRef; readonly text: string }> {
  return new Map(
    pieces(cluster).map(({ ref, value }) => [formatRef(ref), { ref, text: JSON.stringify(value, meaning) }]),
  )
}

const places = new Set(['at', 'source', 'ref', 'object', 'chosenBy', 'foundBy', 'configuredBy'])

/** What a value says, without where it was read. */
function meaning(key: string, value: unknown): unknown {
  if (places.has(key)) return undefined
  return typeof value === 'bigint' ? `${value}n` : value
}

function pieces(cluster: Cluster): readonly Piece[] {
  const { namespaces, nodes, pods, services, endpointSlices, settings, environment } = cluster
  const located = [
    ...locatedIn(cluster.policies),
    ...locatedIn(cluster.gatewayApi),
    ...locatedIn(cluster.cniObjects.calico),
    ...cluster.cniObjects.daemonSets,
    ...cluster.ingresses,
    ...cluster.ingressClasses,
    ...cluster.configMaps,
  ]
  return [
    ...namespaces.map(({ name, labels, ref }) => ({
      ref: ref ?? { kind: 'Namespace', name },
      value: labels,
    })),
    ...[...nodes, ...pods, ...services, ...endpointSlices, ...cluster.secrets].map((one) => ({
      ref: one.ref,
      value: one,
    })),
    ...located.map(({ ref, object }) => ({ ref, value: contentOf(object) })),
    {
      ref: { kind: 'Environment', name: 'settings' },
      value: [settings, environment, cniOf(cluster).configuration],
    },
  ]
}

interface Readable {
  readonly ref: ObjectRef
  readonly object: object
}

/** All objects of collections by kind. */
function locatedIn(collections: object): readonly Readable[] {
  return Object.values(collections).flatMap((list: unknown) =>
    Array.isArray(list) ? (list as Readable[]) : [],
  )
}

/** What an object says: no status, and of its metadata what can be selected by. */
function contentOf(object: object): unknown {
  const {
    metadata,
    status: _status,
    ...rest
  } = object as {
    readonly metadata?: { readonly labels?: unknown; readonly annotations?: unknown }
    readonly status?: unknown
  }
  return [metadata?.labels, metadata?.annotations, rest]
}
