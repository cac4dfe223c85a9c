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
  const [old, fresh] = [byName(before), byName(after)]
  const changes: ObjectChange[] = []
  for (const [key, { ref, value }] of fresh) {
    const was = old.get(key)
    if (was && meansTheSame(was.value, value)) continue
    changes.push({ change: was ? 'changed' : 'added', object: ref })
  }
  for (const [key, { ref }] of old) if (!fresh.has(key)) changes.push({ change: 'removed', object: ref })
  return changes.toSorted((a, b) => byText(formatRef(a.object), formatRef(b.object)))
}

function byName(cluster: Cluster): ReadonlyMap<string, Piece> {
  return new Map(pieces(cluster).map((piece) => [formatRef(piece.ref), piece]))
}

/** Fields that say where something was read, or by what it was chosen; functions say nothing either. */
const places = new Set(['at', 'source', 'ref', 'object', 'chosenBy', 'foundBy', 'configuredBy'])

/** Whether two values are equal but for where they were read. */
function meansTheSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (!isComposed(one) || !isComposed(other) || Array.isArray(one) !== Array.isArray(other)) return false
  const [keys, others] = [keysOf(one), keysOf(other)]
  return keys.length === others.length && keys.every((key) => meansTheSame(one[key], other[key]))
}

function isComposed(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function keysOf(value: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(value).filter(
    (key) => !places.has(key) && value[key] !== undefined && typeof value[key] !== 'function',
  )
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
