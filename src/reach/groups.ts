import type { ObjectRef } from '../base/source.ts'
import { endpointsOf } from '../control/policy/endpoints.ts'
import type { World } from '../journey/world.ts'
import type { ClusterPod } from '../model/cluster.ts'
import type { Listener } from '../model/network.ts'
import type { PolicyMatrix } from '../policy/matrix.ts'
import { nodeAddresses } from './node-addresses.ts'
import type { Place } from './place.ts'

/** Places of one workload that neither policies nor the network can tell apart. */
export interface Group {
  readonly number: number
  readonly id: string
  readonly workload: ObjectRef
  readonly places: readonly Place[]
  /** The class of its own addresses under the policies; 0 where there are none. */
  readonly partyClass: number
  /** Classes of addresses of the nodes that they are on, by what they are called there. */
  readonly nodeClasses: ReadonlyMap<string, number>
  /** The network's class, as a number. */
  readonly network: number
  /** Equal for groups of which everything above but their places is equal: what becomes of their packets is, too. */
  readonly kind: number
}

/** Puts places into groups, in the order in which they are given. */
export function groupPlaces(
  world: World,
  places: readonly Place[],
  matrix: PolicyMatrix | undefined,
): readonly Group[] {
  const classesOf = nodeClassesOf(world, matrix)
  const networks = new Map<string, number>()
  const found = new Map<string, Place[]>()
  const keys = places.map((place) => {
    const { party, networkClass, type, node, listeners } = place
    return [
      refText(workloadOf(place)),
      `${type} ${networkClass}`,
      matrix?.classes.classOf(party),
      [...classesOf(node)].join(' '),
      socketsText(listeners, type === 'node'),
    ].join('\n')
  })
  for (const [at, place] of places.entries()) {
    const key = keys[at] ?? ''
    const list = found.get(key)
    if (list) list.push(place)
    else found.set(key, [place])
  }
  const parts = new Map<string, number>()
  const kinds = new Map<string, number>()
  return [...found.values()].flatMap((own, number): Group[] => {
    const [first] = own
    if (!first) return []
    const workload = workloadOf(first)
    const name = own.length === 1 && first.type !== 'pod' ? first.id : refText(workload)
    const part = (parts.get(name) ?? 0) + 1
    parts.set(name, part)
    const network = `${first.type} ${first.networkClass}`
    networks.set(network, networks.get(network) ?? networks.size)
    const partyClass = matrix?.classes.classOf(first.party) ?? 0
    const nodeClasses = classesOf(first.node)
    return [
      {
        number,
        kind: numberOf(kinds, `${networks.get(network)} ${partyClass} ${[...nodeClasses].join(' ')}`),
        id: part === 1 ? name : `${name}#${part}`,
        workload,
        places: own,
        partyClass,
        nodeClasses,
        network: networks.get(network) ?? 0,
      },
    ]
  })
}

/** The number of a text: the next one, if it is new. */
function numberOf(numbers: Map<string, number>, text: string): number {
  const known = numbers.get(text) ?? numbers.size
  numbers.set(text, known)
  return known
}

/** What made a pod; nodes and hosts are themselves. */
function workloadOf({ pod, ref, type }: Place): ObjectRef {
  if (pod) return ownerOf(pod)
  return type === 'node' ? { kind: 'Node', name: 'nodes' } : ref
}

function ownerOf({ owner, ref, namespace }: ClusterPod): ObjectRef {
  if (!owner) return ref
  if (owner.kind !== 'ReplicaSet') return { ...owner, namespace }
  return { kind: 'Deployment', namespace, name: owner.name.replace(/-[^-]*$/, '') }
}

const shortKinds: Readonly<Record<string, string>> = {
  Deployment: 'deploy',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  ReplicaSet: 'rs',
  Host: 'external',
}

/** `deploy/shop/web`, `node/worker`. */
export function refText({ kind, namespace, name }: ObjectRef): string {
  if (kind === 'Host' && name === 'internet') return name
  if (kind === 'Node' && name === 'nodes') return name
  const short = shortKinds[kind] ?? kind.toLowerCase()
  return namespace === undefined ? `${short}/${name}` : `${short}/${namespace}/${name}`
}

/** Nodes are asked for their own sockets alone: pods on their network are destinations of their own. */
function socketsText(listeners: readonly Listener[], isNode: boolean): string {
  if (isNode) return ''
  return listeners
    .map(({ protocol, port, address, assumed }) => `${protocol} ${port} ${address} ${assumed}`)
    .join(' ')
}

function nodeClassesOf(
  world: World,
  matrix: PolicyMatrix | undefined,
): (node: string | undefined) => ReadonlyMap<string, number> {
  const known = new Map<string, ReadonlyMap<string, number>>()
  const none: ReadonlyMap<string, number> = new Map()
  const { party } = endpointsOf(world.cluster)
  return (node) => {
    if (!matrix || node === undefined) return none
    const found = known.get(node)
    if (found) return found
    const made = new Map(
      [...nodeAddresses(world, node)].flatMap(([name, ip]) => {
        const own = matrix.classes.classOf(party(ip))
        return own === undefined ? [] : [[name, own] as const]
      }),
    )
    known.set(node, made)
    return made
  }
}
