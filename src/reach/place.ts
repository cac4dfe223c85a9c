import type { Ip } from '../base/ip.ts'
import { formatIp, parseIpSloppy } from '../base/ip.ts'
import type { ObjectRef } from '../base/source.ts'
import { hasNamespace, isAlive, podId } from '../control/pod-namespace.ts'
import { endpointsOf } from '../control/policy/endpoints.ts'
import { internetAddresses } from '../journey/request.ts'
import type { Sender } from '../journey/sender.ts'
import { addressSender, podSender } from '../journey/senders.ts'
import type { World } from '../journey/world.ts'
import type { ClusterPod } from '../model/cluster.ts'
import type { Listener, NetnsId } from '../model/network.ts'
import type { Party } from '../policy/endpoint.ts'
import type { NetworkClasses } from './network-classes.ts'

/** Somebody who sends or is addressed: a pod, a node, somebody outside. */
export interface Place {
  /** As a request names it: `pod/shop/web-0`, `node/worker`, `external/laptop`, `internet`. */
  readonly id: string
  readonly type: 'pod' | 'node' | 'outside'
  readonly netns: NetnsId
  /** The address at which it is asked: the first of those that it has. */
  readonly ip: Ip
  readonly party: Party
  /** Absent for what is outside. */
  readonly node?: string
  /** Equal for what the network cannot tell apart. */
  readonly networkClass: string
  readonly pod?: ClusterPod
  readonly ref: ObjectRef
  /** The sockets that wait there. */
  readonly listeners: readonly Listener[]
  /** Whoever sends from there to an address of this family, in a world of the same cluster. */
  sender(world: World, family: 4 | 6): Sender
}

/** Pods with a network of their own. */
export function podPlaces(world: World, classes: NetworkClasses): readonly Place[] {
  const { cluster, compiled } = world
  const { party } = endpointsOf(cluster)
  return cluster.pods.filter(hasNamespace).flatMap((pod): Place[] => {
    const [ip] = pod.ips
    if (ip === undefined || pod.nodeName === undefined || !world.nodes.has(pod.nodeName)) return []
    let listeners: readonly Listener[] | undefined
    return [
      {
        id: `pod/${pod.namespace}/${pod.name}`,
        type: 'pod',
        netns: podId(pod),
        ip,
        party: party(ip),
        node: pod.nodeName,
        networkClass: classes.ofPod(pod),
        pod,
        ref: pod.ref,
        get listeners() {
          listeners ??= compiled.network.namespaces.get(podId(pod))?.listeners ?? []
          return listeners
        },
        sender: (other) => podSender(other, pod),
      },
    ]
  })
}

/** Nodes; pods on their node's network send as it. */
export function nodePlaces(world: World, classes: NetworkClasses): readonly Place[] {
  const { party } = endpointsOf(world.cluster)
  return world.cluster.nodes.flatMap((node): Place[] => {
    const [ip] = node.addresses
    if (ip === undefined) return []
    const netns = `node/${node.name}`
    return [
      {
        id: netns,
        type: 'node',
        netns,
        ip,
        party: party(ip),
        node: node.name,
        networkClass: classes.ofNode(node),
        ref: node.ref,
        get listeners() {
          return world.compiled.network.namespaces.get(netns)?.listeners ?? []
        },
        sender: ({ compiled }) => ({ netns, network: compiled.network }),
      },
    ]
  })
}

/** The pods on their node's network that are there to be asked. */
export function hostPods(world: World): readonly ClusterPod[] {
  return world.cluster.pods.filter((pod) => pod.hostNetwork && isAlive(pod) && pod.nodeName !== undefined)
}

/** The internet, and the hosts that the Environment declares. */
export function outsidePlaces(world: World): readonly Place[] {
  const { environment } = world.cluster
  const declared = (environment.externalHosts ?? []).flatMap((host): Place[] => {
    const ip = parseIpSloppy(host.ip ?? '')
    const netns = ip === undefined ? undefined : world.compiled.hosts.get(ip)
    return ip === undefined || netns === undefined
      ? []
      : [outside(world, `external/${host.name ?? formatIp(ip)}`, host.name ?? formatIp(ip), ip, netns)]
  })
  return [...declared, outside(world, 'internet', 'internet', internetAddresses[4], 'internet')]
}

function outside(world: World, id: string, name: string, ip: Ip, netns: NetnsId): Place {
  return {
    id,
    type: 'outside',
    netns,
    ip,
    party: endpointsOf(world.cluster).party(ip),
    networkClass: id,
    ref: { kind: 'Host', name },
    listeners: world.compiled.network.namespaces.get(netns)?.listeners ?? [],
    sender: (other, family) =>
      id === 'internet'
        ? addressSender(other, internetAddresses[family])
        : { netns, network: other.compiled.network },
  }
}
