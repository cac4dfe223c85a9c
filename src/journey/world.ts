import type { Ip } from '../base/ip.ts'
import type { CompiledNetwork } from '../control/compile.ts'
import { isServiceLbPod } from '../control/load-balancer/service-lb-pods.ts'
import type { NameFiles } from '../control/name-files.ts'
import { policiesOf } from '../control/policy/policies-of.ts'
import type { EnforcedPolicies } from '../control/policy/policy-set.ts'
import type {
  Cluster,
  ClusterEndpointSlice,
  ClusterNode,
  ClusterPod,
  ClusterService,
  ClusterServicePort,
} from '../model/cluster.ts'
import type { Sender } from './sender.ts'

/** A cluster with its network, and the ways to look things up in it by name and address. */
export interface World {
  readonly cluster: Cluster
  readonly compiled: CompiledNetwork
  /** Policies as they are enforced; absent where nothing enforces them. */
  readonly policies?: EnforcedPolicies
  /** Kinds of the input that are not read: `NetworkPolicy.networking.k8s.io/v1`. */
  readonly unreadKinds: readonly string[]
  readonly pods: ReadonlyMap<string, ClusterPod>
  readonly services: ReadonlyMap<string, ClusterService>
  readonly nodes: ReadonlyMap<string, ClusterNode>
  /** The pod that has an address of its own. */
  readonly podsByIp: ReadonlyMap<Ip, ClusterPod>
  readonly nodesByIp: ReadonlyMap<Ip, ClusterNode>
  /** Services by every virtual address that they have: cluster, external and load balancer addresses. */
  readonly servicesByIp: ReadonlyMap<Ip, readonly ClusterService[]>
  /** By protocol and node port: `TCP 30080`. */
  readonly servicesByNodePort: ReadonlyMap<
    string,
    { readonly service: ClusterService; readonly port: ClusterServicePort }
  >
  /** Pods that ask for a port of their node, by node, protocol and port: `worker TCP 80`; not k3s's load balancers. */
  readonly hostPorts: ReadonlyMap<string, HostPort>
  slicesOf(service: ClusterService): readonly ClusterEndpointSlice[]
  /** The files by which whoever sends looks names up. */
  nameFiles(sender: Sender): NameFiles
}

/** A pod's wish for a port of its node. */
export interface HostPort {
  readonly pod: ClusterPod
  readonly port: number
}

/** Puts the look-ups together. */
export function makeWorld(
  cluster: Cluster,
  compiled: CompiledNetwork,
  unreadKinds: readonly string[] = [],
): World {
  const servicesByIp = new Map<Ip, ClusterService[]>()
  for (const service of cluster.services) {
    for (const ip of virtualAddresses(service)) {
      const list = servicesByIp.get(ip)
      if (list) list.push(service)
      else servicesByIp.set(ip, [service])
    }
  }
  const slices = groupSlices(cluster)
  const policies = policiesOf(cluster)
  const ownAddress = cluster.pods.filter(
    (pod) => !pod.hostNetwork && pod.phase !== 'Succeeded' && pod.phase !== 'Failed',
  )
  return {
    cluster,
    compiled,
    unreadKinds,
    ...(policies && { policies }),
    pods: new Map(cluster.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod])),
    services: new Map(cluster.services.map((service) => [`${service.namespace}/${service.name}`, service])),
    nodes: new Map(cluster.nodes.map((node) => [node.name, node])),
    podsByIp: new Map(ownAddress.flatMap((pod) => pod.ips.map((ip) => [ip, pod] as const))),
    nodesByIp: new Map(
      cluster.nodes.flatMap((node) =>
        [...node.addresses, ...node.externalAddresses].map((ip) => [ip, node] as const),
      ),
    ),
    servicesByIp,
    servicesByNodePort: new Map(
      cluster.services.flatMap((service) =>
        service.ports.flatMap((port) =>
          port.nodePort === 0 ? [] : [[`${port.protocol} ${port.nodePort}`, { service, port }] as const],
        ),
      ),
    ),
    hostPorts: new Map(
      ownAddress.flatMap((pod) =>
        isServiceLbPod(pod)
          ? []
          : pod.ports.flatMap(({ protocol, hostPort }) =>
              hostPort === undefined || pod.nodeName === undefined
                ? []
                : [[`${pod.nodeName} ${protocol} ${hostPort}`, { pod, port: hostPort }] as const],
            ),
      ),
    ),
    nameFiles: ({ pod, netns }) =>
      pod ? compiled.nameFiles.pod(pod) : compiled.nameFiles.node(netns.replace(/^node\//, '')),
    slicesOf: ({ namespace, name }) => slices.get(`${namespace}/${name}`) ?? [],
  }
}

function groupSlices(cluster: Cluster): ReadonlyMap<string, readonly ClusterEndpointSlice[]> {
  const groups = new Map<string, ClusterEndpointSlice[]>()
  for (const slice of cluster.endpointSlices) {
    const key = `${slice.namespace}/${slice.service}`
    const group = groups.get(key)
    if (group) group.push(slice)
    else groups.set(key, [slice])
  }
  return groups
}

function virtualAddresses(service: ClusterService): readonly Ip[] {
  return [
    ...service.clusterIps,
    ...service.externalIps,
    ...service.loadBalancer.flatMap(({ ip, behindName }) => ip ?? behindName ?? []),
  ]
}
