import { collectDiagnostics } from '../base/diagnostic.ts'
import type { Cidr, Ip } from '../base/ip.ts'
import { cidrOf, contains, formatIp, hostCidr, parseIpSloppy } from '../base/ip.ts'
import { byText } from '../base/ordering.ts'
import type { Cluster, ClusterNode, ClusterPod } from '../model/cluster.ts'
import type { Listener, Netns, NetnsId, Network, Segment, SegmentPort } from '../model/network.ts'
import type { RuleSet } from '../netfilter/rule.ts'
import type { Applications } from './applications.ts'
import { compileApplications } from './applications.ts'
import { cloudProxies } from './cloud-proxy/cloud-proxies.ts'
import { cloudProxyMachines } from './cloud-proxy/machines.ts'
import type { Cni } from './cni/cni.ts'
import { cniOf } from './cni/registry.ts'
import {
  containerHost,
  containerHostIp,
  virtualMachinePrefixes,
  withPublishedPorts,
} from './container-host.ts'
import type { GuardedNode } from './firewalls.ts'
import { guardedSegment, guardNode } from './firewalls.ts'
import type { OutsideHost } from './hosts.ts'
import { internetNetns, outsideHost } from './hosts.ts'
import { balancersOf } from './load-balancer/balancers.ts'
import type { Balancer } from './load-balancer/profile.ts'
import type { AllNameFiles } from './name-files.ts'
import { nameFilesOf } from './name-files.ts'
import { nodeNamespace, uplink } from './node-namespace.ts'
import { hasNamespace, isAlive, podId, podNamespace } from './pod-namespace.ts'
import type { FurtherRouter } from './routers.ts'
import { furtherRouters, peeredPort, routerNetns, routerPorts } from './routers.ts'
import { everything } from './routes.ts'
import type { Underlay } from './underlay.ts'
import {
  extraAddresses,
  internetId,
  internetSegment,
  networkOf,
  peeredAddress,
  peeredSegment,
  routerId,
  segmentOfNode,
  segmentsOf,
  underlayOf,
  uplinkMtu,
} from './underlay.ts'

/** What may replace generated parts of the network. */
export interface CompileOptions {
  /** Rule sets, by node name, that stand for a node's own. */
  readonly nodeRules?: ReadonlyMap<string, readonly RuleSet[]>
  /** What waits behind the sockets; worked out here, if left out. */
  readonly applications?: Applications
}

/** A compiled network, and what is needed to add a host to it. */
export interface CompiledNetwork {
  readonly network: Network
  readonly underlay: Underlay
  /** Addresses outside the cluster that have a namespace of their own already. */
  readonly hosts: ReadonlyMap<Ip, NetnsId>
  /** Nodes whose rules were given, and not made from the cluster. */
  readonly givenRules: ReadonlySet<string>
  readonly applications: Applications
  readonly nameFiles: AllNameFiles
}

/** What the agents on all machines make of the cluster. Namespaces are made when they are looked up. */
export function compileNetwork(cluster: Cluster, options: CompileOptions = {}): CompiledNetwork {
  const underlay = underlayOf(cluster)
  const applications = options.applications ?? compileApplications(cluster, collectDiagnostics().report)
  const services = balancersOf(cluster, underlay)
  const balancers = [...services, ...cloudProxyMachines(cluster, underlay, services)]
  const hosts = outsideHosts(cluster, underlay, applications)
  const lookups = indexCluster(cluster)
  const made = new Map<NetnsId, Netns>()
  const cni = cniOf(cluster)
  const routers = furtherRouters(cluster, underlay)
  const guards = guardsOf(cluster, underlay)
  const attached: Attached = { balancers, hosts, routers, guards, cni }
  const fixed = fixedNamespaces(cluster, underlay, attached, applications)
  const get = (id: NetnsId): Netns | undefined => {
    const known = made.get(id) ?? fixed.get(id)
    if (known) return known
    const netns = makeNamespace(id)
    if (netns) made.set(id, netns)
    return netns
  }
  const makeNamespace = (id: NetnsId): Netns | undefined => {
    const node = lookups.nodes.get(id)
    if (node) {
      const rules = options.nodeRules?.get(node.name)
      const { pods: unsorted = [], hostPods = [] } = lookups.podsByNode.get(node.name) ?? {}
      const pods = unsorted.toSorted((a, b) => byText(podId(a), podId(b)))
      return nodeNamespace({
        ...{ cluster, node, pods, hostPods, underlay, cni, applications },
        held: heldBy(node, balancers),
        guarded: guards.has(node.name),
        viaRouter: balancers.some(({ returns = [] }) => returns.length > 0),
        ...(rules && { rules }),
      })
    }
    const pod = lookups.pods.get(id)
    const home = pod && lookups.nodes.get(`node/${pod.nodeName}`)
    return pod && home && podNamespace({ cluster, node: home, pod, cni, underlay, applications })
  }
  const keys = () => [...lookups.nodes.keys(), ...lookups.pods.keys(), ...fixed.keys()]
  const segments = makeSegments(cluster, underlay, attached)
  return {
    network: { namespaces: { get, keys }, segments },
    underlay,
    givenRules: new Set(options.nodeRules?.keys()),
    applications,
    nameFiles: nameFilesOf(cluster, applications.assumedDns ? [applications.assumedDns.ip] : []),
    hosts: new Map(
      hosts
        .flatMap(({ netns }) =>
          netns.devices.flatMap((one) => one.addresses.map(({ ip }) => [ip, netns.id] as const)),
        )
        .filter(([ip]) => ip !== 0x7f000001 && ip !== 1n),
    ),
  }
}

/** The firewalls in front of nodes, by the node's name. */
function guardsOf(cluster: Cluster, underlay: Underlay): ReadonlyMap<string, GuardedNode> {
  return new Map(
    cluster.nodes.flatMap((node) => {
      const guard = guardNode(cluster, underlay, node)
      return guard ? [[node.name, guard] as const] : []
    }),
  )
}

/** Balancer addresses that are on the node's own device. */
function heldBy(node: ClusterNode, balancers: readonly Balancer[]): readonly Ip[] {
  const held = balancers.flatMap(({ announced }) =>
    announced?.held && announced.node === node.name ? [announced.ip] : [],
  )
  return [...new Set(held)]
}

interface ClusterIndex {
  readonly nodes: ReadonlyMap<NetnsId, ClusterNode>
  readonly pods: ReadonlyMap<NetnsId, ClusterPod>
  readonly podsByNode: ReadonlyMap<string, { readonly pods: ClusterPod[]; readonly hostPods: ClusterPod[] }>
}

function indexCluster(cluster: Cluster): ClusterIndex {
  const podsByNode = new Map<string, { pods: ClusterPod[]; hostPods: ClusterPod[] }>()
  const pods = new Map<NetnsId, ClusterPod>()
  for (const pod of cluster.pods) {
    if (pod.nodeName === undefined || !isAlive(pod)) continue
    const lists = podsByNode.get(pod.nodeName) ?? { pods: [], hostPods: [] }
    podsByNode.set(pod.nodeName, lists)
    if (pod.hostNetwork) lists.hostPods.push(pod)
    else if (hasNamespace(pod)) {
      lists.pods.push(pod)
      pods.set(podId(pod), pod)
    }
  }
  return { nodes: new Map(cluster.nodes.map((node) => [`node/${node.name}`, node])), pods, podsByNode }
}

/** Declared hosts, and addresses of the nodes' own network that an EndpointSlice vouches for. */
function outsideHosts(
  cluster: Cluster,
  underlay: Underlay,
  applications: Applications,
): readonly OutsideHost[] {
  const hosts = new Map<Ip, OutsideHost>()
  const inside = new Set<Ip>([
    ...cluster.nodes.flatMap((node) => node.addresses),
    ...cluster.pods.flatMap((pod) => pod.ips),
    ...cluster.services.flatMap(({ loadBalancer }) =>
      loadBalancer.flatMap(({ behindName }) => behindName ?? []),
    ),
    ...cloudProxies(cluster).flatMap(({ addresses }) => addresses.map(({ ip }) => ip)),
  ])
  for (const [ip, host] of declaredHosts(cluster, underlay)) if (!inside.has(ip)) hosts.set(ip, host)
  for (const slice of cluster.endpointSlices) {
    for (const ip of slice.endpoints.flatMap((one) => one.addresses)) {
      if (inside.has(ip) || hosts.has(ip) || !networkOf(underlay, ip)) continue
      hosts.set(ip, outsideHost(underlay, ip, { listens: true }))
    }
  }
  const routers = new Set(underlay.networks.map(({ gateway }) => gateway))
  for (const ip of applications.nameServers.filter((one) => !inside.has(one) && !routers.has(one))) {
    const host = hosts.get(ip) ?? outsideHost(underlay, ip, { listens: false })
    hosts.set(ip, { ...host, netns: withListeners(host.netns, applications.nameServer(ip)) })
  }
  return [...hosts.values()]
}

/** The hosts that the Environment declares, by address. */
function declaredHosts(cluster: Cluster, underlay: Underlay): readonly (readonly [Ip, OutsideHost])[] {
  const { environment } = cluster
  const containers = containerHost(environment)
  return (environment.externalHosts ?? []).flatMap((declared) => {
    const ip = parseIpSloppy(declared.ip ?? '')
    if (ip === undefined) return []
    const name = declared.name ?? formatIp(ip)
    const peered = peeredAddress({ environment }, underlay) === ip && { segment: peeredSegment }
    if (declared === containers) {
      const own = outsideHost(underlay, containerHostIp(ip), { name, declared, listens: false })
      return [[ip, { ...own, netns: withPublishedPorts(own.netns, cluster) }] as const]
    }
    return [[ip, outsideHost(underlay, ip, { name, declared, listens: true, ...peered })] as const]
  })
}

/** What is known of one of its sockets comes before what is known of all. */
function withListeners(netns: Netns, more: readonly Listener[]): Netns {
  return { ...netns, listeners: [...more, ...netns.listeners] }
}

function fixedNamespaces(
  cluster: Cluster,
  underlay: Underlay,
  { balancers, hosts, routers, guards, cni }: Attached,
  applications: Applications,
): ReadonlyMap<NetnsId, Netns> {
  const { podCidrs, serviceCidrs } = cluster.settings
  const own = [...podCidrs, ...serviceCidrs]
  const list = [
    withListeners(
      routerNetns({ cluster, underlay, cni, balancers, swallowed: own }),
      routerNameServers(underlay, applications),
    ),
    ...routers.map((one) => one.netns),
    ...[...guards.values()].map((one) => one.netns),
    withListeners(
      internetNetns(underlay, [...own, ...nowhereOutside(cluster, applications)]),
      applications.nameServer(undefined),
    ),
    ...balancers.flatMap((one) => one.netns ?? []),
    ...hosts.map((one) => one.netns),
  ]
  return new Map(list.map((netns) => [netns.id, netns]))
}

/** Link-local addresses, which no router passes on (RFC 3927), and those of NodeLocal DNSCache mean nothing outside. */
function nowhereOutside({ nodes }: Cluster, { nodeLocalDns }: Applications): readonly Cidr[] {
  const devices = nodes.flatMap(({ name }) => nodeLocalDns.onNode(name).devices)
  const addresses = devices.flatMap((device) => device.addresses.map(({ ip }) => ip))
  return [linkLocal, ...[...new Set(addresses)].filter((ip) => !contains(linkLocal, ip)).map(hostCidr)]
}

const linkLocal = cidrOf(0xa9fe0000, 16)

/** The router answers for names where nodes ask it, as routers with DHCP do. */
function routerNameServers({ networks }: Underlay, applications: Applications): readonly Listener[] {
  return networks.flatMap(({ gateway }) =>
    applications.nameServers.includes(gateway) ? applications.nameServer(gateway) : [],
  )
}

/** What stands on the segments. */
interface Attached {
  readonly balancers: readonly Balancer[]
  readonly hosts: readonly OutsideHost[]
  readonly routers: readonly FurtherRouter[]
  /** Firewalls in front of nodes, by the node's name. */
  readonly guards: ReadonlyMap<string, GuardedNode>
  readonly cni: Cni
}

function makeSegments(
  cluster: Cluster,
  underlay: Underlay,
  attached: Attached,
): ReadonlyMap<string, Segment> {
  const { balancers, hosts, routers, guards } = attached
  const all = [
    ...cluster.nodes.flatMap((node) => nodePorts(cluster, underlay, attached, node)),
    ...routerPorts(underlay),
    ...routers.flatMap((one) => one.ports),
    ...balancers.flatMap((one) => one.ports),
    ...hosts,
  ]
  const publicAddresses = cluster.nodes.flatMap((node) => node.externalAddresses)
  const wan: SegmentPort = {
    netns: routerId,
    device: 'wan0',
    prefixes: [
      ...underlay.networks.map((network) => network.cidr),
      ...publicAddresses.map(hostCidr),
      ...virtualMachinePrefixes(cluster),
      ...balancers.flatMap((one) => one.delivered ?? []),
    ],
  }
  const anywhere: SegmentPort = {
    netns: internetId,
    device: 'eth0',
    prefixes: [everything(4), everything(6)],
  }
  const portsOn = (segment: string) => all.filter((one) => one.segment === segment).map((one) => one.port)
  const guarded = [...guards].map(
    ([name, guard]): Segment => ({
      id: guardedSegment({ name }),
      type: 'ethernet',
      ports: [guard.inside, ...portsOn(guardedSegment({ name }))],
    }),
  )
  const segments: readonly Segment[] = [
    ...segmentsOf(underlay).map((id): Segment => {
      const mtu = underlay.networks.find(({ segment }) => segment === id)?.mtu
      return { id, type: 'ethernet', ports: portsOn(id), ...(mtu !== undefined && { mtu }) }
    }),
    ...guarded,
    { id: internetSegment, type: 'routed', ports: [wan, anywhere, ...portsOn(internetSegment)] },
    { id: peeredSegment, type: 'routed', ports: [peeredPort, ...portsOn(peeredSegment)] },
  ]
  return new Map(segments.map((segment) => [segment.id, segment]))
}

/** Where a node is attached: to its network, or to the firewall in front of it, which then answers for it there. */
function nodePorts(
  cluster: Cluster,
  underlay: Underlay,
  { balancers, guards, cni }: Attached,
  node: ClusterNode,
): readonly { readonly segment: string; readonly port: SegmentPort }[] {
  const announced = balancers.flatMap((one) => one.announced ?? [])
  const segment = segmentOfNode(underlay, node)
  const own: SegmentPort = {
    netns: `node/${node.name}`,
    device: uplink,
    addresses: [
      ...node.addresses,
      ...extraAddresses(cluster, node).map((one) => one.ip),
      ...announced.filter((one) => one.node === node.name).map((one) => one.ip),
    ],
  }
  const mtu = uplinkMtu(cluster, underlay, node, cni.uplinkMtu)
  const further = cni.ports?.({ cluster, node, pods: [], uplink, mtu, underlay }) ?? []
  const ports = [own, ...further]
  const guard = guards.get(node.name)
  if (!guard) return ports.map((port) => ({ segment, port }))
  const outside = { ...guard.outside, addresses: ports.flatMap((one) => one.addresses ?? []) }
  return [{ segment, port: outside }, ...ports.map((port) => ({ segment: guardedSegment(node), port }))]
}
