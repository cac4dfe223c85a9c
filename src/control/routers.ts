import type { Cidr, InterfaceAddress } from '../base/ip.ts'
import { bitsOf, contains, familyOf, parseInterfaceAddress, parseIpSloppy } from '../base/ip.ts'
import type { Cluster, ClusterNode } from '../model/cluster.ts'
import type { RouterEntry } from '../model/environment.ts'
import type { Device, Netns, NextHop, Route, SegmentPort } from '../model/network.ts'
import type { Rule, RuleSet, Table } from '../netfilter/rule.ts'
import { makeTable } from '../netfilter/table.ts'
import type { Cni } from './cni/cni.ts'
import { virtualMachine } from './container-host.ts'
import { loopback, macOf, macOfName } from './device-names.ts'
import { betweenRules } from './firewalls.ts'
import { readRoute } from './hosts.ts'
import type { Balancer } from './load-balancer/profile.ts'
import { drop, host, rule, states } from './proxy/iptables-rules.ts'
import { returnRouting } from './return-path.ts'
import { oneToOneNat } from './router-nat.ts'
import { blackhole, connected, everything, hostRoute, route } from './routes.ts'
import type { Underlay, UnderlayNetwork } from './underlay.ts'
import { internetSegment, networkOf, peeredAddress, peeredSegment, routerId } from './underlay.ts'

/** What the router of the nodes' networks is made from. */
export interface RouterContext {
  readonly cluster: Cluster
  readonly underlay: Underlay
  readonly cni: Cni
  readonly balancers: readonly Balancer[]
  /** The cluster's own blocks: there is no way to them from outside unless something knows one. */
  readonly swallowed: readonly Cidr[]
}

/** The router between the nodes' networks and to everything else, with what balancers and the plugin tell it. */
export function routerNetns(context: RouterContext): Netns {
  const { cluster, underlay, balancers, swallowed } = context
  const returns = returnRouting(balancers)
  const announced = new Map(
    balancers.flatMap((one) =>
      (one.routes ?? []).map((learnt) => [learnt.destination.first, learnt] as const),
    ),
  )
  const known = knownRoutes(context)
  const open = swallowed.filter((one) => !known.some((learnt) => same(learnt.destination, one)))
  const fabric = context.cni.fabric?.(cluster, underlay)
  const peered = peeredAddress(cluster, underlay)
  return {
    id: routerId,
    role: 'router',
    label: 'router',
    devices: [
      loopback,
      ...lanDevices(underlay),
      wanDevice(cluster, underlay),
      ...(peered === undefined ? [] : [peeredDevice]),
    ],
    routes: [
      ...underlay.networks.map(({ cidr, routerIp, device }) => connected(device, routerIp, cidr.bits)),
      ...known,
      ...(peered === undefined ? [] : [hostRoute(peered, peeredDevice.name)]),
      ...open.map(blackhole),
      ...declaredOutside(context),
      route(everything(4), 'wan0'),
      route(everything(6), 'wan0'),
      ...[...announced.values(), ...(returns?.routes ?? [])].map((one) => placed(underlay, one)),
    ],
    ...(returns && { rules: returns.rules }),
    sysctls: {
      'net.ipv4.ip_forward': 1,
      'net.ipv6.conf.all.forwarding': 1,
      'net.ipv4.conf.all.send_redirects': 0,
    },
    ...(fabric?.transparent && { keepsTtl: true }),
    ruleSets: ruleSetsOf(context, returns?.tables ?? new Map()),
    listeners: [],
  }
}

/** One device for each segment, with the gateways of its networks. */
function lanDevices({ networks, mtu }: Underlay): readonly Device[] {
  return devicesOf(networks).map((own): Device => {
    const [{ device, segment, routerIp }] = own
    return {
      type: 'ethernet',
      name: device,
      segment,
      mtu: own.find((one) => one.mtu !== undefined)?.mtu ?? mtu,
      mac: macOf('02:42', routerIp),
      addresses: own.map((one) => ({ ip: one.routerIp, bits: one.cidr.bits })),
    }
  })
}

type Group = readonly [UnderlayNetwork, ...UnderlayNetwork[]]

function devicesOf(networks: readonly UnderlayNetwork[]): readonly Group[] {
  const names = [...new Set(networks.map(({ device }) => device))]
  return names.flatMap((name): Group[] => {
    const [first, ...rest] = networks.filter(({ device }) => device === name)
    return first ? [[first, ...rest]] : []
  })
}

function wanDevice(cluster: Cluster, underlay: Underlay): Device {
  const { networks, mtu } = underlay
  const own = virtualMachine(cluster, underlay)?.addresses ?? []
  const addresses = own.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) }))
  const mac = macOf('02:43', networks[0]?.routerIp ?? 0)
  return { type: 'ethernet', name: 'wan0', segment: internetSegment, mtu, mac, addresses }
}

/** The router's side of the network in which the provider's control plane is. */
const peeredDevice: Device = {
  type: 'ethernet',
  name: 'peer0',
  segment: peeredSegment,
  mtu: 1500,
  mac: macOfName('router peer0'),
  addresses: [],
}

/** Everything in that network leaves it by the router. */
export const peeredPort: SegmentPort = {
  netns: routerId,
  device: peeredDevice.name,
  prefixes: [everything(4), everything(6)],
}

/** The router's ports on the nodes' segments. */
export function routerPorts({
  networks,
}: Underlay): readonly { readonly segment: string; readonly port: SegmentPort }[] {
  return devicesOf(networks).map((own) => {
    const [{ device, segment }] = own
    return { segment, port: { netns: routerId, device, addresses: own.map((one) => one.routerIp) } }
  })
}

/** Routes that the Environment states, and those that the plugin's cloud, BGP or OSPF brings. */
function knownRoutes({ cluster, underlay, cni }: RouterContext): readonly Route[] {
  const { routes = [], learnsPodRoutes } = cluster.environment.network ?? {}
  const stated = routes.flatMap((text) => readRoute(text, 'lan0'))
  const brought = learnsPodRoutes === false ? [] : (cni.fabric?.(cluster, underlay).routes ?? [])
  const without = new Set(cluster.nodes.filter(hasNoRoute).flatMap(({ addresses }) => addresses))
  const learnt = brought.filter(({ via }) => !without.has(via))
  const own = learnt
    .filter((one) => !stated.some((other) => same(other.destination, one.destination)))
    .map(({ destination, via, origin }) => route(destination, 'lan0', { via, origin }))
  return [...stated, ...own].map((one) => placed(underlay, one))
}

/** The route controller of a cloud says of a node that it could not make its route (NoRouteCreated). */
export function hasNoRoute({ source }: Pick<ClusterNode, 'source'>): boolean {
  const conditions = source?.object.status?.conditions ?? []
  return conditions.some(
    ({ type, status, reason }) =>
      type === 'NetworkUnavailable' && status === 'True' && reason === 'NoRouteCreated',
  )
}

function same(one: Cidr, other: Cidr): boolean {
  return one.first === other.first && one.bits === other.bits
}

/** Machines outside with addresses of the cluster's own blocks: routers know them by their network, and nothing of the cluster. */
function declaredOutside({ cluster, underlay, swallowed }: RouterContext): readonly Route[] {
  return (cluster.environment.externalHosts ?? []).flatMap(({ ip: text = '' }) => {
    const ip = parseIpSloppy(text)
    if (ip === undefined || networkOf(underlay, ip)) return []
    return swallowed.some((cidr) => contains(cidr, ip)) ? [hostRoute(ip, 'wan0')] : []
  })
}

/** A route by the device that leads to its next hop. */
function placed(underlay: Underlay, one: Route): Route {
  const hopOf = (hop: NextHop): NextHop => {
    if (hop.device !== 'lan0') return hop
    const network = networkOf(underlay, hop.via ?? one.destination.first)
    return network ? { ...hop, device: network.device } : hop
  }
  return { ...one, nextHops: one.nextHops.map(hopOf) }
}

/** Translation of the nodes' public addresses, marks for balancers, and firewalls between subnets. */
function ruleSetsOf(context: RouterContext, marks: ReadonlyMap<4 | 6, Table>): readonly RuleSet[] {
  const { cluster, underlay } = context
  const machine = virtualMachine(cluster, underlay)
  const nat = machine?.ruleSets.length ? machine.ruleSets : oneToOneNat(cluster.nodes)
  return ([4, 6] as const).flatMap((family): readonly RuleSet[] => {
    const forward = [
      ...(machine?.forward ?? []),
      ...betweenRules(cluster, underlay, family),
      ...withoutPublicAddress(context, family),
    ]
    const output = cluster.environment.mtu?.icmpFragNeededDelivered === false ? [silence(family)] : []
    const filter = forward.length + output.length > 0 ? [filterTable(forward, output)] : []
    const mark = marks.get(family)
    const own = nat.filter((one) => one.family === family)
    if (filter.length === 0 && !mark) return own
    const tables = [...(mark ? [mark] : []), ...filter, ...own.flatMap((one) => one.tables)]
    return [{ family, tables, conntrack: true }]
  })
}

/**
 * A cloud's internet gateway translates addresses of interfaces that have a public one, and drops what pods of such a node send
 * with addresses of their own. Nodes without a public address are behind a NAT gateway, which translates everything.
 */
function withoutPublicAddress({ cluster, cni }: RouterContext, family: 4 | 6): readonly Rule[] {
  if (!cni.podsOnNodeNetwork || family === 6) return []
  const open = new Set(
    cluster.nodes.filter((node) => node.externalAddresses.length > 0).map(({ name }) => name),
  )
  const toOutside = { out: { name: 'wan0', inverted: false } }
  return cluster.pods
    .filter(({ nodeName, hostNetwork }) => !hostNetwork && open.has(nodeName ?? ''))
    .flatMap(({ ips }) => ips.filter((ip) => familyOf(ip) === 4))
    .map((ip) =>
      rule({ component: 'cloud network' }, { source: host(ip), ...toOutside }, [states('NEW')], drop),
    )
}

/** Keeps the router from telling that a packet is too big. */
function silence(family: 4 | 6): Rule {
  const header = { protocol: { protocol: family === 4 ? 1 : 58, inverted: false } }
  const match =
    family === 4
      ? ({ type: 'icmp', icmpType: 3, codes: { first: 4, last: 4 }, inverted: false } as const)
      : ({ type: 'icmp6', icmpType: 2, codes: { first: 0, last: 255 }, inverted: false } as const)
  return rule({ component: 'router' }, header, [match], drop)
}

function filterTable(forward: readonly Rule[], output: readonly Rule[]): Table {
  return makeTable('filter', [
    { name: 'INPUT', policy: 'ACCEPT', rules: [] },
    { name: 'FORWARD', policy: 'ACCEPT', rules: forward },
    { name: 'OUTPUT', policy: 'ACCEPT', rules: output },
  ])
}

/** A further router that the Environment states, with its ports. */
export interface FurtherRouter {
  readonly netns: Netns
  readonly ports: readonly { readonly segment: string; readonly port: SegmentPort }[]
}

/** Routers beside the main one: they join networks, and know what the Environment says that they know. */
export function furtherRouters({ environment }: Cluster, underlay: Underlay): readonly FurtherRouter[] {
  const isSilent = environment.mtu?.icmpFragNeededDelivered === false
  const ruleSets = isSilent ? ([4, 6] as const).map(silentRules) : []
  return (environment.network?.routers ?? []).map((entry, index) => {
    const router = furtherRouter(entry, index, underlay)
    return { ...router, netns: { ...router.netns, ruleSets } }
  })
}

function silentRules(family: 4 | 6): RuleSet {
  return { family, tables: [filterTable([], [silence(family)])], conntrack: false }
}

/** The namespace of the router that stands in this place of the Environment's list. */
export function routerNetnsId(name: string | undefined, index: number): string {
  return `router/${name ?? `router${index + 1}`}`
}

function furtherRouter(entry: RouterEntry, index: number, underlay: Underlay): FurtherRouter {
  const id = routerNetnsId(entry.name, index)
  const name = id.slice('router/'.length)
  const sides = (entry.addresses ?? []).flatMap((text, number): readonly Side[] => {
    const address = parseInterfaceAddress(text)
    const network = address && networkOf(underlay, address.ip)
    return address && network ? [{ address, network, device: `eth${number}` }] : []
  })
  const deviceTo = (one: Route) => {
    const via = one.nextHops[0]?.via ?? one.destination.first
    return sides.find(({ network }) => network === networkOf(underlay, via))?.device ?? 'eth0'
  }
  const stated = (entry.routes ?? []).flatMap((text) => readRoute(text, 'eth0'))
  const netns: Netns = {
    id,
    role: 'router',
    label: `router ${name}`,
    devices: [loopback, ...sides.map((side) => sideDevice(id, side, underlay))],
    routes: [
      ...sides.map(({ address, device }) => connected(device, address.ip, address.bits)),
      ...stated.map((one) => ({
        ...one,
        nextHops: one.nextHops.map((hop) => ({ ...hop, device: deviceTo(one) })),
      })),
      ...defaultRoutes(sides, stated),
    ],
    sysctls: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1, ...entry.sysctl },
    ruleSets: [],
    listeners: [],
  }
  const ports = sides.map(({ address, network, device }) => ({
    segment: network.segment,
    port: { netns: id, device, addresses: [address.ip] },
  }))
  return { netns, ports }
}

interface Side {
  readonly address: InterfaceAddress
  readonly network: UnderlayNetwork
  readonly device: string
}

function sideDevice(id: string, { address, network, device }: Side, underlay: Underlay): Device {
  return {
    type: 'ethernet',
    name: device,
    segment: network.segment,
    mtu: network.mtu ?? underlay.mtu,
    mac: macOfName(`${id} ${device}`),
    addresses: [address],
  }
}

/** What it does not know it hands to the main router, unless a default route is stated. */
function defaultRoutes(sides: readonly Side[], stated: readonly Route[]): readonly Route[] {
  return ([4, 6] as const).flatMap((family): readonly Route[] => {
    const isDefault = (one: Route) => one.destination.bits === 0 && familyOf(one.destination.first) === family
    const side = sides.find(
      ({ address, network }) => familyOf(address.ip) === family && network.routerIp !== address.ip,
    )
    if (stated.some(isDefault) || !side) return []
    return [route(everything(family), side.device, { via: side.network.routerIp })]
  })
}
