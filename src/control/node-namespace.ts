import type { InterfaceAddress, Ip } from '../base/ip.ts'
import { bitsOf, cidrOf, contains, familyOf, formatEndpoint, parseIpSloppy } from '../base/ip.ts'
import type { Cluster, ClusterNode, ClusterPod } from '../model/cluster.ts'
import type { Device, Netns, Route } from '../model/network.ts'
import type { RuleSet } from '../netfilter/rule.ts'
import type { Applications } from './applications.ts'
import type { Cni, CniContext } from './cni/cni.ts'
import { loopback, macOf, macOfName } from './device-names.ts'
import { guardedSegment } from './firewalls.ts'
import { readRoute } from './hosts.ts'
import { masqAgentRules } from './ip-masq-agent.ts'
import { kubeletRules } from './kubelet.ts'
import { nodeListeners } from './listeners.ts'
import { nodeTables } from './node-tables.ts'
import type { ProxyContext } from './proxy/iptables.ts'
import { usesLocalhostNodePorts } from './proxy/node-addresses.ts'
import { proxyModes } from './proxy/registry.ts'
import type { ProxyEndpoint } from './proxy/service-ports.ts'
import { servicePortsOf } from './proxy/service-ports.ts'
import { routesByRouter } from './return-path.ts'
import { connected, everything, route, standardRules } from './routes.ts'
import { withStatedMtu } from './stated-mtu.ts'
import { withChecksumFault } from './tunnel-checksum.ts'
import type { Underlay } from './underlay.ts'
import { bitsIn, extraAddresses, networkOf, networksOf, segmentOfNode, uplinkMtu } from './underlay.ts'

/** What a node's namespace is made from. */
export interface NodeContext {
  readonly cluster: Cluster
  readonly node: ClusterNode
  readonly pods: readonly ClusterPod[]
  readonly hostPods: readonly ClusterPod[]
  readonly underlay: Underlay
  readonly cni: Cni
  readonly applications: Applications
  /** Load balancer addresses that the node has on its device. */
  readonly held?: readonly Ip[]
  /** Whether all traffic between machines passes the router, as in a VPC. */
  readonly viaRouter?: boolean
  /** Whether a firewall of its own stands before its uplink. */
  readonly guarded?: boolean
  /** Rule sets that stand for the generated ones of their family. */
  readonly rules?: readonly RuleSet[]
}

/** The node's device on the nodes' network. */
export const uplink = 'eth0'

/** The network namespace of a node. Its rules are made when they are first looked at. */
export function nodeNamespace(context: NodeContext): Netns {
  const { cluster, node, pods, hostPods, underlay, cni } = context
  const mtu = uplinkMtu(cluster, underlay, node, cni.uplinkMtu)
  const cniContext: CniContext = { cluster, node, pods, uplink, mtu, underlay }
  const plugin = cni.node(cniContext)
  const filters = cni.filters?.(cniContext) ?? []
  const eth0 = uplinkDevice(context)
  const further = furtherDevices(context, plugin.devices)
  const nodeCache = context.applications.nodeLocalDns.onNode(node.name)
  const environment = cluster.environment.nodes?.[node.name]
  let ruleSets: readonly RuleSet[] | undefined
  return {
    id: `node/${node.name}`,
    role: 'node',
    label: node.name,
    subject: node.ref,
    devices: [
      { ...loopback, addresses: [...loopback.addresses, ...statedAddresses(context, 'lo')] },
      eth0,
      ...withChecksumFault(cluster, node, withStatedMtu(cluster, plugin.devices, node.name)),
      ...nodeCache.devices,
      ...further,
    ],
    routes: [
      ...ownNetworks(context, eth0),
      ...further.flatMap(({ name, addresses }) => addresses.map(({ ip, bits }) => connected(name, ip, bits))),
      ...plugin.routes,
      ...(environment?.routes ?? []).flatMap((text) => readRoute(text, uplink)),
      ...defaultRoutes(context),
    ],
    ...(plugin.rules && { rules: [...standardRules, ...plugin.rules] }),
    ...(plugin.neighbors && { neighbors: plugin.neighbors }),
    ...(plugin.sets && { sets: plugin.sets }),
    ...(filters.length > 0 && { filters }),
    sysctls: { ...nodeSysctls(context), ...plugin.sysctls, ...environment?.sysctl },
    get ruleSets() {
      ruleSets ??= nodeRuleSets(context, cniContext)
      return ruleSets
    },
    listeners: nodeListeners(cluster, node, hostPods, context.applications),
  }
}

function uplinkDevice(context: NodeContext): Device {
  const { cluster, node, underlay, cni, held = [], guarded } = context
  return {
    type: 'ethernet',
    name: uplink,
    segment: guarded ? guardedSegment(node) : segmentOfNode(underlay, node),
    mtu: uplinkMtu(cluster, underlay, node, cni.uplinkMtu),
    mac: macOf('02:42', node.addresses[0] ?? 0),
    addresses: [
      ...node.addresses.map((ip) => ({ ip, bits: bitsIn(underlay, ip) })),
      ...statedAddresses(context, uplink),
      ...held.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
    ],
  }
}

/** The addresses that the Environment gives to a device, beside those of the Node object. */
function statedAddresses({ cluster, node }: NodeContext, device: string): readonly InterfaceAddress[] {
  return extraAddresses(cluster, node)
    .filter((one) => one.device === device)
    .map(({ ip, bits }) => ({ ip, bits }))
}

/**
 * Further network interfaces, and bridges as Docker's and libvirt's, that the Environment states and the plugin does not make: what is behind them is not known,
 * so that nobody answers there; the routes by them, and the checks that look at those, are as on the machine.
 */
function furtherDevices(context: NodeContext, ofPlugin: readonly Device[]): readonly Device[] {
  const { cluster, node } = context
  const taken = new Set(['lo', uplink, ...ofPlugin.map(({ name }) => name)])
  const names = Object.keys(cluster.environment.nodes?.[node.name]?.interfaces ?? {})
  return names
    .filter((name) => !taken.has(name) && statedAddresses(context, name).length > 0)
    .map((name) => ({
      type: bridgeNames.test(name) ? 'bridge' : 'dummy',
      name,
      mtu: 1500,
      mac: macOfName(`${node.name} ${name}`),
      addresses: statedAddresses(context, name),
    }))
}

const bridgeNames = /^(docker\d|br-|br\d|virbr|lxcbr|lxdbr|podman|cni-podman)/

/** The routes to the networks that the node is on. */
function ownNetworks({ underlay, viaRouter, held = [] }: NodeContext, eth0: Device): readonly Route[] {
  return primaryAddresses(eth0).flatMap(({ ip, bits }) => {
    if (held.includes(ip)) return []
    const own = connected(uplink, ip, bits)
    const gateway = networkOf(underlay, ip)?.gateway
    return viaRouter && gateway !== undefined ? routesByRouter(uplink, own, gateway) : [own]
  })
}

/** Those that bring a connected route: of several addresses in one block, the first alone (fib_add_ifaddr). */
function primaryAddresses({ addresses }: Device): readonly InterfaceAddress[] {
  return addresses.filter(
    ({ ip, bits }, index) =>
      !addresses.slice(0, index).some((one) => one.bits === bits && contains(cidrOf(one.ip, one.bits), ip)),
  )
}

function defaultRoutes({ underlay, node }: NodeContext): readonly Route[] {
  return networksOf(underlay, node.addresses).map(({ cidr, gateway }) =>
    route(everything(familyOf(cidr.first)), uplink, { via: gateway }),
  )
}

/** What kubeadm, kube-proxy and systemd set on a healthy node; systemd's rp_filter is left out where the input states one for all. */
function nodeSysctls({ cluster, node }: NodeContext): Readonly<Record<string, number>> {
  const { kubeProxy } = cluster.settings
  const stated = cluster.environment.nodes?.[node.name]?.sysctl ?? {}
  return {
    'net.ipv4.ip_forward': 1,
    'net.ipv6.conf.all.forwarding': 1,
    'net.bridge.bridge-nf-call-iptables': 1,
    'net.bridge.bridge-nf-call-ip6tables': 1,
    ...(stated['net.ipv4.conf.all.rp_filter'] === undefined && { 'net.ipv4.conf.default.rp_filter': 2 }),
    ...(usesLocalhostNodePorts(kubeProxy, 4) && { 'net.ipv4.conf.all.route_localnet': 1 }),
    ...(kubeProxy.liberalConntrack && node.minorVersion >= 29 && { [liberalSysctl]: 1 }),
  }
}

/** Mirrors kube-proxy's setupConntrack, and its look at what the sysctl is when it starts. */
const liberalSysctl = 'net.netfilter.nf_conntrack_tcp_be_liberal'

function isLiberal(context: NodeContext): boolean {
  const { cluster, node } = context
  const stated = cluster.environment.nodes?.[node.name]?.sysctl?.[liberalSysctl]
  return (stated ?? nodeSysctls(context)[liberalSysctl] ?? 0) !== 0
}

/** Every address of the node's devices, as kube-proxy lists them for `nodePortAddresses`. */
function addressesOf(context: NodeContext): readonly Ip[] {
  const { cluster, node } = context
  const nodeCache = context.applications.nodeLocalDns.onNode(node.name)
  return [
    ...[0x7f000001, 1n],
    ...node.addresses,
    ...extraAddresses(cluster, node).map((one) => one.ip),
    ...nodeCache.devices.flatMap((device) => device.addresses.map((one) => one.ip)),
  ]
}

function nodeRuleSets(context: NodeContext, cniContext: CniContext): readonly RuleSet[] {
  const { cluster, node, cni } = context
  const { hostnameOverride, running, rules } = cluster.environment.kubeProxy ?? {}
  const wanted = running?.[node.name] ?? !cni.replacesKubeProxy?.(node.name)
  const proxied = wanted && rules?.[node.name] !== 'none'
  const mode = proxyModes[cluster.settings.kubeProxy.mode]
  return ([4, 6] as const).flatMap((family): readonly RuleSet[] => {
    const stated = context.rules?.filter((one) => one.family === family) ?? []
    if (stated.length > 0) return stated
    const proxy: ProxyContext = {
      cluster,
      node,
      family,
      nodeAddresses: addressesOf(context),
      hostname: hostnameOverride?.[node.name] ?? node.name,
      liberal: isLiberal(context),
      kubelet: true,
      stale: staleEndpoints(context, family),
    }
    return nodeTables(
      { cluster, node, uplink, family },
      {
        kubeProxy: proxied && mode ? mode(proxy) : [],
        kubelet: kubeletRules(family),
        cni: [...cni.rules(cniContext, family), ...masqAgentRules(cluster, family)],
        nodeCache: context.applications.nodeLocalDns.onNode(node.name).rules(family),
      },
    )
  })
}

/** Service ports whose endpoints this node's kube-proxy knows in an older state. */
function staleEndpoints(
  { cluster, node }: NodeContext,
  family: 4 | 6,
): ReadonlyMap<string, readonly ProxyEndpoint[]> {
  const stale = cluster.environment.kubeProxy?.staleState?.[node.name]
  if (!stale?.service) return new Map()
  const known = servicePortsOf(cluster, family, node.minorVersion).list.find(
    (port) => port.id === stale.service,
  )
  const endpoints = (stale.backends ?? []).flatMap((text): ProxyEndpoint[] => {
    const colon = text.lastIndexOf(':')
    const ip = parseIpSloppy(text.slice(0, colon).replace(/^\[|\]$/g, ''))
    if (ip === undefined || familyOf(ip) !== family) return []
    const port = Number(text.slice(colon + 1))
    const current = known?.endpoints.find((one) => one.text === formatEndpoint(ip, port))
    const fresh = {
      ip,
      port,
      text: formatEndpoint(ip, port),
      ready: true,
      serving: true,
      terminating: false,
      zoneHints: [],
      nodeHints: [],
    }
    return [current ? { ...current, ready: true, serving: true, terminating: false } : fresh]
  })
  return new Map([[stale.service, endpoints]])
}
