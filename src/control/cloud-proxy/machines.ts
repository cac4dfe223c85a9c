import { fnv1a } from '../../base/hash.ts'
import type { Ip } from '../../base/ip.ts'
import { bitsOf, contains, familyOf, formatIp, offsetIp } from '../../base/ip.ts'
import { TCP } from '../../base/packet.ts'
import type { Origin } from '../../base/source.ts'
import type { HttpProxy } from '../../http/proxy.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Device, Listener, Netns, Route } from '../../model/network.ts'
import { loopback, macOf, macOfName } from '../device-names.ts'
import { podRoutes } from '../load-balancer/pod-routes.ts'
import type { Balancer } from '../load-balancer/profile.ts'
import { everything, hostRoute, route } from '../routes.ts'
import type { Underlay, UnderlayNetwork } from '../underlay.ts'
import { internetSegment, mainNetworks, networkOf, nodeSegment } from '../underlay.ts'
import { cloudProxies } from './cloud-proxies.ts'
import type { CloudProxy } from './cloud-proxy.ts'

/** One machine that is to be made: a proxy at one of its addresses. */
interface Place {
  readonly cluster: Cluster
  readonly underlay: Underlay
  readonly made: CloudProxy
  readonly proxy: HttpProxy
  readonly ip: Ip
  readonly id: string
  /** The addresses from which it sends, one for each of the nodes' networks. */
  readonly sources: readonly Source[]
  readonly origin: Origin
}

interface Source {
  readonly ip: Ip
  readonly network: UnderlayNetwork
}

/**
 * The machines of clouds' proxies, outside the cluster. Each takes connections at its address and opens its own to nodes
 * and pods: an ALB from an address on the nodes' network; Google's proxies from 35.191.0.0/16 (IPv6
 * 2600:2d00:1:1::/64), to which the VPC has a route of its own (Google Cloud, "Firewall rules" of Application Load
 * Balancers).
 */
export function cloudProxyMachines(
  cluster: Cluster,
  underlay: Underlay,
  others: readonly Balancer[],
): readonly Balancer[] {
  const taken = takenAddresses(cluster, underlay, others)
  return cloudProxies(cluster).flatMap((made) => {
    const { proxy, profile, ingresses, addresses } = made
    if (!proxy) return []
    return addresses.map(({ ip }, index) => {
      const id = index === 0 ? made.id : `${made.id}/${formatIp(ip)}`
      const sources = mainNetworks(underlay).map((network): Source => {
        const onLan = contains(network.cidr, ip)
        if (onLan) return { ip, network }
        return {
          ip: profile === 'gce' ? googleAddress(id, network) : insideAddress(id, network, taken),
          network,
        }
      })
      for (const source of sources) taken.add(source.ip)
      const origin: Origin = { component: profile, subject: ingresses[0].ref }
      return machine({ cluster, underlay, made, proxy, ip, id, sources, origin })
    })
  })
}

function takenAddresses(cluster: Cluster, { networks }: Underlay, others: readonly Balancer[]): Set<Ip> {
  return new Set<Ip>([
    ...networks.map(({ gateway }) => gateway),
    ...cluster.nodes.flatMap((node) => node.addresses),
    ...others.flatMap(({ ports }) => ports.flatMap(({ port }) => port.addresses ?? [])),
    ...cloudProxies(cluster).flatMap(({ addresses }) => addresses.map(({ ip }) => ip)),
  ])
}

/** One of the addresses from which Google's proxies send: 35.191.0.0/16, 2600:2d00:1:1::/64. */
function googleAddress(id: string, { cidr }: UnderlayNetwork): Ip {
  const step = 1 + (fnv1a(id) % 65_000)
  return familyOf(cidr.first) === 4
    ? offsetIp(0x23bf0000, step)
    : offsetIp(0x26002d00_00010001_00000000_00000000n, step)
}

/** An address near the end of the nodes' network, where nobody else is. */
function insideAddress(id: string, { cidr }: UnderlayNetwork, taken: ReadonlySet<Ip>): Ip {
  const start = offsetIp(cidr.last, -2 - (fnv1a(id) % 40))
  let free = start
  while (taken.has(free) && contains(cidr, free)) free = offsetIp(free, -1)
  return free
}

function machine(place: Place): Balancer {
  const { made, proxy, ip, id, sources, origin, underlay } = place
  const onLan = networkOf(underlay, ip) !== undefined
  const lan = [...new Set([...(onLan ? [ip] : []), ...sources.map((source) => source.ip)])]
  const netns: Netns = {
    id,
    role: 'balancer',
    label: `${proxy.label} (${made.profile})`,
    subject: made.ingresses[0].ref,
    devices: devicesOf(place, lan, onLan),
    routes: routesOf(place, onLan),
    sysctls: {},
    ruleSets: [],
    listeners: listenersOf(place),
  }
  const foreign = sources.filter((source) => !contains(source.network.cidr, source.ip))
  return {
    netns,
    ports: [
      ...(onLan
        ? []
        : [
            {
              segment: internetSegment,
              port: {
                netns: id,
                device: 'wan0',
                prefixes: [{ first: ip, last: ip, bits: bitsOf(familyOf(ip)) }],
              },
            },
          ]),
      { segment: nodeSegment, port: { netns: id, device: 'lan0', addresses: lan } },
    ],
    routes: foreign.map((source) => hostRoute(source.ip, 'lan0', { origin })),
  }
}

function devicesOf({ ip, id, underlay }: Place, lan: readonly Ip[], onLan: boolean): readonly Device[] {
  const address = (one: Ip) => ({
    ip: one,
    bits: networkOf(underlay, one)?.cidr.bits ?? bitsOf(familyOf(one)),
  })
  const common = { type: 'ethernet', mtu: underlay.mtu } as const
  const inner: Device = {
    ...common,
    name: 'lan0',
    segment: nodeSegment,
    mac: macOfName(id),
    addresses: lan.map(address),
  }
  if (onLan) return [loopback, inner]
  const outer: Device = {
    ...common,
    name: 'wan0',
    segment: internetSegment,
    mac: macOf('02:46', ip),
    addresses: [{ ip, bits: bitsOf(familyOf(ip)) }],
  }
  return [loopback, outer, inner]
}

/** To nodes, and to pods by way of their nodes, from its own address; what is left goes out as it came in. */
function routesOf({ cluster, ip, sources, origin }: Place, onLan: boolean): readonly Route[] {
  const family = familyOf(ip)
  const own = sources.find(({ network }) => familyOf(network.gateway) === family)
  const inwards = sources.flatMap(({ ip: source, network }) => [
    route(network.cidr, 'lan0', { source, origin }),
    ...podRoutes(cluster, familyOf(network.gateway), { origin, source }),
  ])
  const outwards =
    onLan && own
      ? route(everything(family), 'lan0', { via: own.network.gateway })
      : route(everything(family), 'wan0')
  return [...inwards, outwards]
}

function listenersOf({ made, proxy, ip }: Place): readonly Listener[] {
  const isGoogle = made.profile === 'gce'
  const forwarding = { ...proxy.forwarding, ...(isGoogle && { ownAddress: ip }) }
  const application = { type: 'http-proxy', proxy: { ...proxy, forwarding } } as const
  return proxy.listeners.map(({ port }) => ({
    protocol: TCP,
    address: ip,
    port,
    owner: made.ingresses[0].ref,
    label: proxy.label,
    application,
  }))
}
