import type { Cidr, Ip } from '../base/ip.ts'
import { bitsOf, familyOf, formatIp, hostCidr, parseCidr, parseIpSloppy } from '../base/ip.ts'
import type { ExternalHost } from '../model/environment.ts'
import type { Device, Listener, Netns, Network, Route, Segment, SegmentPort } from '../model/network.ts'
import { localTable, mainTable } from '../model/network.ts'
import { loopback, macOf } from './device-names.ts'
import { listensOnEverything, readEntry } from './listeners.ts'
import { blackhole, connected, everything, hostRoute, route } from './routes.ts'
import type { Underlay } from './underlay.ts'
import { internetId, internetSegment, networkOf } from './underlay.ts'

/** A machine outside the cluster, with the segment port by which it is attached. */
export interface OutsideHost {
  readonly netns: Netns
  readonly segment: string
  readonly port: SegmentPort
}

/** A host of the nodes' network if its address lies there, else one behind the router. */
export function outsideHost(
  underlay: Underlay,
  ip: Ip,
  options: {
    readonly name?: string
    readonly declared?: ExternalHost
    readonly listens: boolean
    /** Where it is, if it is not on a network of nodes. */
    readonly segment?: string
  },
): OutsideHost {
  const { name, declared, listens, segment: beyond = internetSegment } = options
  const id = `host/${name ?? formatIp(ip)}`
  const network = networkOf(underlay, ip)
  const bits = network?.cidr.bits ?? bitsOf(familyOf(ip))
  const own = (declared?.routes ?? []).flatMap((text) => readRoute(text, 'eth0'))
  const hasDefault = own.some((one) => one.destination.bits === 0)
  const toRouter = network
    ? route(everything(familyOf(ip)), 'eth0', { via: network.gateway })
    : route(everything(familyOf(ip)), 'eth0')
  const netns: Netns = {
    id,
    role: 'host',
    label: name ?? formatIp(ip),
    subject: { kind: 'Host', name: name ?? formatIp(ip) },
    devices: [loopback, ethernet('eth0', network?.segment ?? beyond, ip, bits, network?.mtu ?? underlay.mtu)],
    routes: [...(network ? [connected('eth0', ip, bits)] : []), ...own, ...(hasDefault ? [] : [toRouter])],
    sysctls: {},
    ruleSets: [],
    listeners: hostListeners(declared, listens),
  }
  const port: SegmentPort = network
    ? { netns: id, device: 'eth0', addresses: [ip] }
    : { netns: id, device: 'eth0', prefixes: [hostCidr(ip)] }
  return { netns, segment: network?.segment ?? beyond, port }
}

function hostListeners(declared: ExternalHost | undefined, listens: boolean): readonly Listener[] {
  if (declared?.listeners) {
    return declared.listeners.flatMap((entry) =>
      readEntry(entry, { kind: 'Host', name: declared.name ?? declared.ip ?? '' }),
    )
  }
  return listens ? listensOnEverything() : []
}

function ethernet(name: string, segment: string, ip: Ip, bits: number, mtu: number): Device {
  return { type: 'ethernet', name, segment, mtu, mac: macOf('02:42', ip), addresses: [{ ip, bits }] }
}

/** `CIDR via GATEWAY`, `default via GATEWAY`, `CIDR onlink`, `CIDR dev DEVICE`. */
export function readRoute(text: string, device: string): Route[] {
  const words = text.trim().split(/\s+/)
  const via = words.includes('via') ? parseIpSloppy(words[words.indexOf('via') + 1] ?? '') : undefined
  const dev = words.includes('dev') ? (words[words.indexOf('dev') + 1] ?? device) : device
  const destination = readDestination(words[0] ?? '', via)
  if (!destination) return []
  return [route(destination, dev, via === undefined ? {} : { via, onlink: words.includes('onlink') })]
}

function readDestination(text: string, via: Ip | undefined): Cidr | undefined {
  if (text === 'default') return everything(via === undefined ? 4 : familyOf(via))
  const ip = parseIpSloppy(text)
  return ip === undefined ? parseCidr(text) : hostCidr(ip)
}

/**
 * Everything else: one namespace that answers for every address nobody else has (AnyIP), but for the cluster's own
 * blocks: there is no way to them from outside.
 */
export function internetNetns(underlay: Underlay, swallowed: readonly Cidr[]): Netns {
  const fromOutside = 100
  const anyIp = (family: 4 | 6): Route => ({
    ...route(everything(family), 'lo', { scope: 'host' }),
    type: 'local',
    table: fromOutside,
  })
  const lookup = (priority: number, family: 4 | 6, table: number, device?: string) => ({
    priority,
    family,
    ...(device !== undefined && { in: device }),
    action: { type: 'lookup' as const, table },
  })
  return {
    id: internetId,
    role: 'internet',
    label: 'the internet',
    devices: [
      loopback,
      {
        type: 'ethernet',
        name: 'eth0',
        segment: internetSegment,
        mtu: underlay.mtu,
        mac: '02:44:00:00:00:01',
        addresses: [],
      },
    ],
    routes: [
      anyIp(4),
      anyIp(6),
      ...swallowed.map((cidr) => ({ ...blackhole(cidr), table: fromOutside })),
      route(everything(4), 'eth0'),
      route(everything(6), 'eth0'),
    ],
    rules: ([4, 6] as const).flatMap((family) => [
      lookup(0, family, localTable),
      lookup(10, family, fromOutside, 'eth0'),
      lookup(32766, family, mainTable),
    ]),
    sysctls: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 },
    ruleSets: [],
    listeners: listensOnEverything({ kind: 'Host', name: 'the internet' }),
  }
}

/** The same network with one more host in it. */
export function withHost(network: Network, { netns, segment, port }: OutsideHost): Network {
  const old = network.segments.get(segment)
  const widened: Segment | undefined = old && { ...old, ports: [...old.ports, port] }
  return {
    namespaces: {
      get: (id) => (id === netns.id ? netns : network.namespaces.get(id)),
      keys: () => [...network.namespaces.keys(), netns.id],
    },
    segments: {
      get: (id) => (id === segment ? widened : network.segments.get(id)),
      keys: () => network.segments.keys(),
    },
  }
}

/** A route to one address by a device of the internet side. */
export function publicRoute(ip: Ip, via: Ip): Route {
  return hostRoute(ip, 'lan0', { via, onlink: true })
}
