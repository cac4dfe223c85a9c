import type { Cidr, Ip } from '../base/ip.ts'
import { contains, parseIp } from '../base/ip.ts'
import type { ObjectRef } from '../base/source.ts'
import type { Cluster, ClusterNode, ClusterPod, ClusterService } from '../model/cluster.ts'
import type { Netns } from '../model/network.ts'
import type { NodeDump } from '../model/node-dump.ts'

/** What of a cluster is needed to say whose a thing on a node is. */
export type KnownObjects = Pick<Cluster, 'nodes' | 'pods' | 'services' | 'settings'>

/** What a node is compared with, and whose things are. */
export interface DriftContext {
  readonly expected: Netns
  readonly dump: NodeDump
  readonly objects: ObjectIndex
  /** Names of the node's devices that stand for devices with other names on the expected side. */
  readonly devices: ReadonlyMap<string, string>
  /** The blocks of pods and Services. */
  readonly ranges: readonly Cidr[]
}

/** Objects by what shows of them on a node. */
export interface ObjectIndex {
  /** By `namespace/name`. */
  service(name: string): ClusterService | undefined
  /** A pod with an address of its own. */
  pod(ip: Ip): ClusterPod | undefined
  /** The node that has this address on its device. */
  nodeAt(ip: Ip): ClusterNode | undefined
  /** The node whose pods have addresses like this. */
  nodeOfPods(ip: Ip): ClusterNode | undefined
  readonly kubeProxy: ObjectRef | undefined
}

export function indexObjects({ nodes, pods, services, settings }: KnownObjects): ObjectIndex {
  const byName = new Map(services.map((one) => [`${one.namespace}/${one.name}`, one]))
  const podAt = new Map(
    pods.filter((one) => !one.hostNetwork).flatMap((pod) => pod.ips.map((ip) => [ip, pod] as const)),
  )
  const nodeAt = new Map(
    nodes.flatMap((node) => [...node.addresses, ...node.externalAddresses].map((ip) => [ip, node] as const)),
  )
  return {
    service: (name) => byName.get(name),
    pod: (ip) => podAt.get(ip),
    nodeAt: (ip) => nodeAt.get(ip),
    nodeOfPods: (ip) => nodes.find(({ podCidrs }) => podCidrs.some((cidr) => contains(cidr, ip))),
    kubeProxy: settings.kubeProxy.configuredBy,
  }
}

/** The pod at `10.244.1.7:8080`. */
export function podAtEndpoint(endpoint: string, objects: ObjectIndex): ClusterPod | undefined {
  const ip = parseIp(endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, ''))
  return ip === undefined ? undefined : objects.pod(ip)
}
