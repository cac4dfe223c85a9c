import { fnv1a } from '../base/hash.ts'
import type { Ip } from '../base/ip.ts'
import { familyOf } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { UDP } from '../base/packet.ts'
import type { Device, Netns } from '../model/network.ts'
import type { Flight, Outcome, Walk } from './flight.ts'
import { lose, note } from './flight.ts'
import { unanswered } from './unanswered.ts'

type Vxlan = Device & { readonly type: 'vxlan' | 'geneve' }

/** Bytes that VXLAN adds to the inner IP packet: inner Ethernet, VXLAN, UDP and outer IP headers. */
function overhead(family: 4 | 6): number {
  return 14 + 8 + 8 + (family === 4 ? 20 : 40)
}

/**
 * Mirrors vxlan_xmit: the next hop's frame address comes from the neighbour table, the tunnel end from the
 * forwarding table, and the outer datagram is the namespace's own packet. flannel's tables are permanent.
 */
export function encapsulate(walk: Walk, flight: Flight, device: Vxlan, nextHop: Ip): readonly Outcome[] {
  const { netns, packet } = flight
  const neighbor = netns.neighbors?.find((one) => one.ip === nextHop && one.device === device.name)
  if (!neighbor) return unanswered(walk, flight, device.name, nextHop)
  const asked = note(flight, { type: 'neighbor', ip: nextHop, device: device.name, found: true })
  const entry = device.forwarding.find((one) => one.mac === neighbor.mac)
  if (!entry)
    return lose(walk, asked, 'no-neighbor', `no forwarding entry for ${neighbor.mac} on ${device.name}`)
  const outer: Packet = {
    src: device.local,
    dst: entry.remote,
    protocol: UDP,
    sport: 32768 + (fnv1a(`${packet.src} ${packet.sport} ${packet.dst} ${packet.dport}`) % 28233),
    dport: device.port,
    tcpFlags: 0,
    ttl: 64,
    length: packet.length + overhead(familyOf(device.local)),
    dontFragment: false,
    mark: packet.mark,
    tunnel: { vni: device.vni, mac: neighbor.mac, inner: packet },
  }
  const wrapped = note(asked, { type: 'encapsulated', device: device.name, outer })
  const own = { way: undefined, tracking: undefined, in: undefined, physicalIn: undefined }
  return walk.send(walk, { ...wrapped, ...own, packet: outer })
}

/** The device that takes a tunnel's datagram, if the namespace has one for it. */
export function tunnelEnd(netns: Netns, { protocol, dport, tunnel }: Packet): Vxlan | undefined {
  if (!tunnel || protocol !== UDP) return undefined
  return netns.devices.find(
    (device): device is Vxlan =>
      (device.type === 'vxlan' || device.type === 'geneve') &&
      device.port === dport &&
      device.vni === tunnel.vni,
  )
}
