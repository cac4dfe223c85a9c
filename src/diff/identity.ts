import type { Cluster, ClusterPod } from '../model/cluster.ts'
import type { Place } from '../reach/place.ts'
import type { DiffSide } from './side.ts'

/**
 * Who is who on both sides. A pod of a Deployment has another name after every edit of its template; it is the same one as
 * far as anybody is concerned: the first, second, … of its workload. A DaemonSet's pod is the one of its node.
 */
export interface Identities {
  /** Of a pod or a node by its id in the network. */
  of(id: string): string
}

const known = new WeakMap<Cluster, Identities>()

/** The identities of one side. */
export function identitiesOf({ cluster }: Pick<DiffSide, 'cluster'>): Identities {
  const found = known.get(cluster) ?? makeIdentities(cluster)
  known.set(cluster, found)
  return found
}

function makeIdentities({ pods }: Cluster): Identities {
  const counts = new Map<string, number>()
  const byId = new Map<string, string>()
  for (const pod of pods) {
    const workload = workloadOf(pod)
    if (workload === undefined) continue
    const count = (counts.get(workload) ?? 0) + 1
    counts.set(workload, count)
    const place = pod.owner?.kind === 'DaemonSet' ? pod.nodeName : count
    byId.set(`pod/${pod.namespace}/${pod.name}`, `${workload} ${place}`)
  }
  return { of: (id) => byId.get(id) ?? id }
}

/** What a pod is one of, where its own name may change with every edit; `deploy/shop/web`. */
export function workloadOf({ owner, namespace }: ClusterPod): string | undefined {
  switch (owner?.kind) {
    case 'ReplicaSet':
      return `deploy/${namespace}/${owner.name.replace(/-[^-]*$/, '')}`
    case 'Deployment':
      return `deploy/${namespace}/${owner.name}`
    case 'DaemonSet':
      return `ds/${namespace}/${owner.name}`
    case 'StatefulSet':
      return `sts/${namespace}/${owner.name}`
    case 'Job':
    case 'ReplicationController':
      return `${owner.kind.toLowerCase()}/${namespace}/${owner.name}`
    default:
      return undefined
  }
}

const places = new WeakMap<Cluster, ReadonlyMap<string, Place>>()

/**
 * The place of that identity on one side. One replica more or less is no news: where that one is not there, another of its
 * workload stands for it.
 */
export function placeOn(side: DiffSide, identity: string): Place | undefined {
  const all = placesOn(side)
  return all.get(identity) ?? all.get(identity.split(' ')[0] ?? '')
}

/** All places of one side by their identities, and the first of each workload by that. */
function placesOn(side: DiffSide): ReadonlyMap<string, Place> {
  const found = places.get(side.cluster)
  if (found) return found
  const identities = identitiesOf(side)
  const made = new Map<string, Place>()
  for (const place of side.table.groups.flatMap((group) => group.places)) {
    const identity = identities.of(place.id)
    made.set(identity, place)
    const [workload = ''] = identity.split(' ')
    if (!made.has(workload)) made.set(workload, place)
  }
  places.set(side.cluster, made)
  return made
}
