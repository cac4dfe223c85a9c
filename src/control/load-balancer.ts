import { fnv1a } from '../base/hash.ts'
import type { Cidr, Ip } from '../base/ip.ts'
import { bitsOf, familyOf, formatIp, hostCidr, offsetIp } from '../base/ip.ts'
import { byText } from '../base/ordering.ts'
import type { Origin } from '../base/source.ts'
import type { Cluster, ClusterNode, ClusterService } from '../model/cluster.ts'
import type { Netns, Route, SegmentPort } from '../model/network.ts'
import { mainTable } from '../model/network.ts'
import type { Chain, Rule } from '../netfilter/rule.ts'
import { makeTable } from '../netfilter/table.ts'
import { loopback, macOf, macOfName } from './device-names.ts'
import { accept, host, onProtocol, rule, transport } from './proxy/iptables-rules.ts'
import { blackhole, connected, everything, route } from './routes.ts'
import type { Underlay } from './underlay.ts'
import { internetSegment, networkOf, nodeSegment } from './underlay.ts'

/** A load balancer in front of the nodes, or the node that answers ARP for the address. */
export interface Balancer {
  readonly netns?: Netns
  /** Its ports on the segments. */
  readonly ports: readonly { readonly segment: string; readonly port: SegmentPort }[]
  /** The address is on the nodes' network, and this node answers for it (MetalLB's layer 2 mode). */
  readonly announced?: { readonly ip: Ip; readonly node: string }
}

const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers'
const toBeDeleted = 'ToBeDeletedByClusterAutoscaler'

/** What strconv.ParseBool takes for false; what is neither true nor false leaves a node out as well. */
const falseTexts: readonly string[] = ['0', 'f', 'F', 'false', 'FALSE', 'False']

/**
 * Mirrors the service controller's nodeIncludedPredicate, nodeUnTaintedPredicate and nodeNotDeletedPredicate. A
 * cordoned node stays in; that the exclusion label's value counts is new in 1.34.
 */
function isInBalancers({ labels, taints, minorVersion, source }: ClusterNode): boolean {
  const excluded = labels[excludeLabel]
  const included = excluded === undefined || (minorVersion >= 34 && falseTexts.includes(excluded))
  const deleted = source?.object.metadata.deletionTimestamp !== undefined
  return included && !deleted && !taints.some((taint) => taint.key === toBeDeleted)
}

/** The balancers of a Service: one for each of its load balancer addresses. */
export function balancersOf(
  cluster: Cluster,
  underlay: Underlay,
  service: ClusterService,
): readonly Balancer[] {
  return service.loadBalancer.flatMap(({ ip, mode }): Balancer[] => {
    if (ip === undefined) return []
    const nodes = healthyNodes(cluster, service, familyOf(ip))
    if (networkOf(underlay, ip)) return announce(cluster, service, ip, nodes)
    return [balancer(underlay, service, ip, mode, nodes)]
  })
}

/**
 * The nodes that a balancer sends to: ready, not excluded by label, and under externalTrafficPolicy Local with a
 * ready endpoint of their own, which is what kube-proxy's health check port tells.
 */
function healthyNodes(cluster: Cluster, service: ClusterService, family: 4 | 6): readonly ClusterNode[] {
  const reachable = cluster.nodes.filter(
    (node) => node.ready && isInBalancers(node) && node.addresses.some((ip) => familyOf(ip) === family),
  )
  if (!service.externalLocal) return reachable
  const local = new Set(
    cluster.endpointSlices
      .filter((slice) => slice.namespace === service.namespace && slice.service === service.name)
      .flatMap((slice) => slice.endpoints.filter((one) => one.ready).map((one) => one.nodeName)),
  )
  return reachable.filter((node) => local.has(node.name))
}

/** One node answers for an address of the nodes' own network: the Environment's announcer, else one by hash. */
function announce(
  cluster: Cluster,
  service: ClusterService,
  ip: Ip,
  nodes: readonly ClusterNode[],
): Balancer[] {
  const stated = cluster.environment.loadBalancerController?.['announcer']
  const sorted = nodes.toSorted((a, b) => byText(a.name, b.name))
  const elected =
    sorted[fnv1a(`${service.namespace}/${service.name} ${formatIp(ip)}`) % Math.max(sorted.length, 1)]
  const node = typeof stated === 'string' ? stated : elected?.name
  return node === undefined ? [] : [{ ports: [], announced: { ip, node } }]
}

/** A machine of its own: VIP mode passes packets on as they are, Proxy mode translates to node ports. */
function balancer(
  underlay: Underlay,
  service: ClusterService,
  ip: Ip,
  mode: 'VIP' | 'Proxy',
  nodes: readonly ClusterNode[],
): Balancer {
  const id = `balancer/${service.namespace}/${service.name}/${formatIp(ip)}`
  const origin: Origin = { component: 'load balancer', subject: service.ref }
  const family = familyOf(ip)
  const targets = nodes.flatMap((node) => node.addresses.filter((one) => familyOf(one) === family))
  const network = underlay.networks.find(({ cidr }) => familyOf(cidr.first) === family)
  const inside = network && insideAddress(network.cidr, id)
  const netns: Netns = {
    id,
    role: 'balancer',
    label: `load balancer ${formatIp(ip)}`,
    subject: service.ref,
    devices: [
      loopback,
      {
        type: 'ethernet',
        name: 'wan0',
        segment: internetSegment,
        mtu: underlay.mtu,
        mac: macOf('02:45', ip),
        addresses: mode === 'Proxy' ? [{ ip, bits: bitsOf(family) }] : [],
      },
      {
        type: 'ethernet',
        name: 'lan0',
        segment: nodeSegment,
        mtu: underlay.mtu,
        mac: macOfName(id),
        addresses: inside === undefined || !network ? [] : [{ ip: inside, bits: network.cidr.bits }],
      },
    ],
    routes: [
      ...(inside === undefined || !network ? [] : [connected('lan0', inside, network.cidr.bits)]),
      ...(mode === 'VIP' ? [spread(ip, targets, origin)] : []),
      route(everything(family), 'wan0'),
    ],
    sysctls: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 },
    ruleSets: [
      {
        family,
        tables:
          mode === 'VIP'
            ? [onlyServicePorts(service, ip, origin)]
            : [toNodePorts(service, ip, targets, origin)],
      },
    ],
    listeners: [],
  }
  const wan: SegmentPort = { netns: id, device: 'wan0', prefixes: [hostCidr(ip)] }
  const lan: SegmentPort = { netns: id, device: 'lan0', addresses: inside === undefined ? [] : [inside] }
  return {
    netns,
    ports: [
      { segment: internetSegment, port: wan },
      { segment: nodeSegment, port: lan },
    ],
  }
}

/** An address for the balancer's inner side, near the end of the nodes' network. */
function insideAddress(cidr: Cidr, id: string): Ip {
  return offsetIp(cidr.last, -2 - (fnv1a(id) % 40))
}

/** Equal shares for all nodes; with none the address is a black hole. */
function spread(ip: Ip, nodes: readonly Ip[], origin: Origin): Route {
  if (nodes.length === 0) return { ...blackhole(hostCidr(ip)), origin }
  return {
    destination: hostCidr(ip),
    type: 'unicast',
    nextHops: nodes.map((via) => ({ via, device: 'lan0', weight: 1, onlink: true })),
    metric: 0,
    table: mainTable,
    scope: 'global',
    origin,
  }
}

/** A balancer has listeners for the Service's ports and for nothing else. */
function onlyServicePorts(service: ClusterService, ip: Ip, origin: Origin) {
  const rules = service.ports.map((port): Rule => {
    const protocol = port.protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp'
    return rule(
      origin,
      { destination: host(ip), ...onProtocol(protocol) },
      [transport(protocol, port.port)],
      accept,
    )
  })
  const chains: readonly Chain[] = [
    { name: 'INPUT', policy: 'ACCEPT', rules: [] },
    { name: 'FORWARD', policy: 'DROP', rules },
    { name: 'OUTPUT', policy: 'ACCEPT', rules: [] },
  ]
  return makeTable('filter', chains)
}

/** Each connection goes to the node port of one node, from the balancer's own inner address. */
function toNodePorts(service: ClusterService, ip: Ip, nodes: readonly Ip[], origin: Origin) {
  const prerouting = service.ports.flatMap((port) => {
    const protocol = port.protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp'
    if (port.nodePort === 0) return []
    return nodes.map((node, index): Rule => {
      const left = nodes.length - index
      const chance =
        left === 1
          ? undefined
          : ({
              type: 'statistic',
              mode: 'random',
              probability: Math.round(0x80000000 / left),
              inverted: false,
            } as const)
      return rule(
        origin,
        { destination: host(ip), ...onProtocol(protocol) },
        [transport(protocol, port.port), chance],
        {
          type: 'DNAT',
          addresses: { first: node, last: node },
          ports: { first: port.nodePort, last: port.nodePort },
          random: false,
          persistent: false,
        },
      )
    })
  })
  const masquerade = rule(origin, { out: { name: 'lan0', inverted: false } }, [], {
    type: 'MASQUERADE',
    random: false,
    fullyRandom: false,
  })
  return makeTable('nat', [
    { name: 'PREROUTING', policy: 'ACCEPT', rules: prerouting },
    { name: 'INPUT', policy: 'ACCEPT', rules: [] },
    { name: 'OUTPUT', policy: 'ACCEPT', rules: [] },
    { name: 'POSTROUTING', policy: 'ACCEPT', rules: [masquerade] },
  ])
}
