import type { Ip } from '../../base/ip.ts'
import { bitsOf, cidrOf, compareIp, contains, familyOf, formatIp } from '../../base/ip.ts'
import type { DumpedDevice, NodeDump } from '../../model/node-dump.ts'
import { deviceRoles } from './device-kinds.ts'
import { mainRoute } from './main-table.ts'

/** Where an address is attached to a dumped node. */
export interface Attached {
  /** The node's end of the veth pair. */
  readonly device: string
  /** The frame address at the other end, where the dump has it. */
  readonly mac?: string
  /** Nothing in the dump says so. */
  readonly assumed?: boolean
}

/**
 * Behind which device of a node each of these addresses is. A routed plugin has a route to the address by its
 * device. On a bridge, `ip neigh` has the frame address and `bridge fdb` the port; where they do not, the ports of
 * the bridge that are left, in the order of their indexes, are given to the addresses that are left, in theirs.
 */
export function attach(dump: NodeDump, ips: readonly Ip[]): ReadonlyMap<Ip, Attached> {
  const { devices = [] } = dump
  const roles = deviceRoles(devices)
  const ports = portsByMac(devices)
  const found = new Map<Ip, Attached>()
  const open = new Map<string, Ip[]>()
  for (const ip of [...new Set(ips)].toSorted(compareIp)) {
    const way = wayTo(dump, ip)
    const role = way === undefined ? undefined : roles.get(way)
    if (way === undefined || (role !== 'veth' && role !== 'bridge')) continue
    const mac = dump.neighbors?.find((one) => one.ip === ip && one.device === way)?.mac
    const device = role === 'veth' ? way : ports.get(`${way} ${mac}`)
    if (device !== undefined) found.set(ip, { device, ...(mac !== undefined && { mac }) })
    else open.set(way, [...(open.get(way) ?? []), ip])
  }
  shareOut(
    devices.filter(({ name }) => roles.get(name) === 'veth'),
    open,
    found,
  )
  return found
}

/** Gives the ports of each bridge that nobody is known to be behind to the addresses that are left. */
function shareOut(
  ends: readonly DumpedDevice[],
  open: ReadonlyMap<string, readonly Ip[]>,
  found: Map<Ip, Attached>,
): void {
  const taken = new Set([...found.values()].map(({ device }) => device))
  for (const [bridge, waiting] of open) {
    const free = ends.filter(({ name, master }) => master === bridge && !taken.has(name))
    for (const [index, ip] of oneFamilyFirst(waiting).entries()) {
      const port = free[index]
      if (port) found.set(ip, { device: port.name, assumed: true })
    }
  }
}

/** Addresses of the two families of one pod cannot be told to belong together: those of IPv4 choose first. */
function oneFamilyFirst(ips: readonly Ip[]): readonly Ip[] {
  const four = ips.filter((ip) => typeof ip === 'number')
  return four.length > 0 ? four : ips
}

function portsByMac(devices: readonly DumpedDevice[]): ReadonlyMap<string, string> {
  return new Map(
    devices.flatMap(({ name, master, learned = [] }) =>
      master === undefined ? [] : learned.map((mac) => [`${master} ${mac}`, name] as const),
    ),
  )
}

/** The device by which the node reaches the address: by a route, or by the network of an address of its own. */
export function wayTo({ devices = [], routes }: NodeDump, ip: Ip): string | undefined {
  if (routes) return mainRoute(routes, ip)?.nextHops.find((hop) => hop.via === undefined)?.device
  const near = devices.find((device) =>
    device.addresses.some(
      (one) =>
        familyOf(one.ip) === familyOf(ip) &&
        one.bits < bitsOf(familyOf(ip)) &&
        contains(cidrOf(one.ip, one.bits), ip),
    ),
  )
  return near?.name
}

/** One sentence for each attachment that the dump does not state. */
export function attachmentAssumptions(
  node: string,
  attached: ReadonlyMap<Ip, Attached>,
  nameOf: (ip: Ip) => string,
): readonly string[] {
  return [...attached].flatMap(([ip, { device, assumed }]) =>
    assumed ? [`${nameOf(ip)} (${formatIp(ip)}) is behind ${device} of node ${node}`] : [],
  )
}
