import type { Ip } from '../../base/ip.ts'
import { bitsOf, familyOf, formatIp, hostCidr } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { Device, Netns, Route, SegmentPort } from '../../model/network.ts'
import { mainTable } from '../../model/network.ts'
import type { Table } from '../../netfilter/rule.ts'
import { loopback, macOf, macOfName } from '../device-names.ts'
import { blackhole, connected, everything, route } from '../routes.ts'
import { internetSegment, networkOf, nodeSegment } from '../underlay.ts'
import type { Balancer, BalancerContext } from './profile.ts'
import { unknownProvider } from './profile.ts'

/** What one kind of balancer does with the packets that it gets. */
export interface Forwarding {
  readonly tables: readonly Table[]
  readonly routes?: readonly Route[]
  /** Whether the address is the machine's own, so that it ends what is not translated. */
  readonly holdsAddress: boolean
}

/** A balancer's id, which also spreads what is chosen for it. */
export function balancerId({ namespace, name }: BalancerContext['service'], ip: Ip): string {
  return `balancer/${namespace}/${name}/${formatIp(ip)}`
}

/** Why the balancer's rules and routes are there. */
export function originOf({ service }: BalancerContext): Origin {
  return { component: 'load balancer', subject: service.ref }
}

/**
 * A machine with a side towards the outside (wan0) and one on the nodes' network (lan0); one whose address lies in
 * the nodes' network has the latter alone.
 */
export function machine(context: BalancerContext, forwarding: Forwarding): Balancer {
  const { service, ip, underlay } = context
  const onLan = networkOf(underlay, ip) !== undefined
  const id = balancerId(service, ip)
  const profile = service.balancer?.profile ?? unknownProvider
  const made = profile === unknownProvider ? '' : ` (${profile})`
  const netns: Netns = {
    id,
    role: 'balancer',
    label: `load balancer ${formatIp(ip)}${made}`,
    subject: service.ref,
    devices: [loopback, ...devicesOf(context, id, onLan, forwarding.holdsAddress)],
    routes: routesOf(context, onLan, forwarding),
    sysctls: {
      'net.ipv4.ip_forward': 1,
      'net.ipv6.conf.all.forwarding': 1,
      ...(onLan && { 'net.ipv4.conf.all.send_redirects': 0 }),
    },
    ruleSets: [{ family: familyOf(ip), tables: forwarding.tables }],
    listeners: [],
  }
  return { netns, ports: portsOf(context, id, onLan) }
}

function devicesOf(
  { ip, underlay, inside }: BalancerContext,
  id: string,
  onLan: boolean,
  holdsAddress: boolean,
): readonly Device[] {
  const network = underlay.networks.find(({ cidr }) => familyOf(cidr.first) === familyOf(ip))
  const own = inside === undefined || !network ? [] : [{ ip: inside, bits: network.cidr.bits }]
  const asked = holdsAddress ? [{ ip, bits: bitsOf(familyOf(ip)) }] : []
  const lan: Device = {
    type: 'ethernet',
    name: 'lan0',
    segment: nodeSegment,
    mtu: underlay.mtu,
    mac: macOfName(id),
    addresses: onLan ? [...own, ...asked] : own,
  }
  if (onLan) return [lan]
  const wan: Device = {
    type: 'ethernet',
    name: 'wan0',
    segment: internetSegment,
    mtu: underlay.mtu,
    mac: macOf('02:45', ip),
    addresses: asked,
  }
  return [wan, lan]
}

function routesOf(
  { ip, underlay, inside }: BalancerContext,
  onLan: boolean,
  { routes = [], holdsAddress }: Forwarding,
): readonly Route[] {
  const family = familyOf(ip)
  const network = underlay.networks.find(({ cidr }) => familyOf(cidr.first) === family)
  const leads = routes.some(({ destination }) => destination.first === ip)
  return [
    ...(inside === undefined || !network ? [] : [connected('lan0', inside, network.cidr.bits)]),
    ...routes,
    // What no listener takes goes nowhere; without this it would go round.
    ...(leads || holdsAddress ? [] : [blackhole(hostCidr(ip))]),
    onLan && network
      ? route(everything(family), 'lan0', { via: network.gateway })
      : route(everything(family), 'wan0'),
  ]
}

function portsOf({ ip, inside }: BalancerContext, id: string, onLan: boolean): Balancer['ports'] {
  const own = inside === undefined ? [] : [inside]
  const lan: SegmentPort = { netns: id, device: 'lan0', addresses: onLan ? [ip, ...own] : own }
  if (onLan) return [{ segment: nodeSegment, port: lan }]
  const wan: SegmentPort = { netns: id, device: 'wan0', prefixes: [hostCidr(ip)] }
  return [
    { segment: internetSegment, port: wan },
    { segment: nodeSegment, port: lan },
  ]
}

/** Equal shares for all of them by a device; with none the address is a black hole. */
export function spread(ip: Ip, nextHops: readonly Ip[], device: string, origin: Origin): Route {
  if (nextHops.length === 0) return { ...blackhole(hostCidr(ip)), origin }
  return {
    destination: hostCidr(ip),
    type: 'unicast',
    nextHops: nextHops.map((via) => ({ via, device, weight: 1, onlink: true })),
    metric: 0,
    table: mainTable,
    scope: 'global',
    origin,
  }
}
