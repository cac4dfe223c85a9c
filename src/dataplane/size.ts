import type { Ip } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { packetFamily } from '../base/packet.ts'
import type { Device, Netns, Route } from '../model/network.ts'
import type { Flight, Outcome, Walk } from './flight.ts'
import { note, stopTooBig } from './flight.ts'
import { deviceOf } from './link.ts'
import { lookUpRoute } from './routing.ts'

/** VLAN_HLEN: how much longer than its MTU a frame may be that a device takes from its wire (is_skb_forwardable). */
const slack = 4

/** Bytes of the packet as one frame carries it: all of it, or its largest fragment. */
export function frameLength({ fragments, length }: Packet): number {
  return fragments ?? length
}

/** What a route leaves a packet: its own MTU, else that of the device that it names. */
export function linkMtu(route: Route, device: Device | undefined): number {
  return route.mtu ?? device?.mtu ?? 1500
}

/** dst_mtu of the namespace's way to an address, without what has been learnt of it; without end if there is none. */
export function routeMtu(netns: Netns, dst: Ip, mark: number): number {
  const route = lookUpRoute(netns, { dst, mark })
  if (!route) return Number.POSITIVE_INFINITY
  const device = route.type === 'local' ? 'lo' : route.nextHops[0]?.device
  return linkMtu(route, deviceOf(netns, device ?? 'lo'))
}

/** The packet in fragments that fit. */
export function fragment(flight: Flight, mtu: number): Flight {
  const noted = note(flight, { type: 'fragmented', mtu })
  return { ...noted, packet: { ...flight.packet, fragments: mtu } }
}

/** Whether only the packet's sender may cut it: IPv6, and what has "don't fragment". */
export function mayNotBeCut(packet: Packet): boolean {
  return packet.dontFragment || packetFamily(packet) === 6
}

/**
 * Whether a veth or network card takes a frame of this size from its wire. A veth pair drops silently what is longer
 * (is_skb_forwardable); of network cards the same is assumed, though some take more. A segment that the sender's card
 * is left to cut (GSO) counts by its pieces.
 */
export function takesFrame({ type, mtu }: Device, packet: Packet): boolean {
  return (type !== 'veth' && type !== 'ethernet') || frameLength(packet) <= mtu + slack
}

/** The frame is too large for a device, and nobody is told. */
export function dropFrame(
  walk: Walk,
  flight: Flight,
  { name, mtu }: Pick<Device, 'name' | 'mtu'>,
): readonly Outcome[] {
  const length = frameLength(flight.packet)
  const text = `${length} bytes are more than ${name} takes (MTU ${mtu}), and nobody is told`
  return walk.end(stopTooBig(flight, { device: name, length, mtu }, text), { type: 'lost' })
}

/**
 * A frame leaves a bridge by a port. With br_netfilter a packet that is longer than the port's MTU is cut to the
 * bridge's, or dropped if it must not be (br_nf_dev_queue_xmit); without, the port takes a little more than its MTU
 * (br_dev_queue_push_xmit); a port of Open vSwitch takes no more (ovs_vport_send).
 */
export function fitPort(
  walk: Walk,
  flight: Flight,
  { bridge, port, filtered }: { readonly bridge: Device; readonly port: Device; readonly filtered: boolean },
  next: (flight: Flight) => readonly Outcome[],
): readonly Outcome[] {
  const length = frameLength(flight.packet)
  if (length <= port.mtu) return next(flight)
  if (filtered) {
    if (mayNotBeCut(flight.packet)) return dropFrame(walk, flight, port)
    const cut = length > bridge.mtu ? fragment(flight, bridge.mtu) : flight
    return frameLength(cut.packet) <= port.mtu + slack ? next(cut) : dropFrame(walk, cut, port)
  }
  const most = bridge.type === 'bridge' && bridge.openVswitch ? port.mtu : port.mtu + slack
  return length <= most ? next(flight) : dropFrame(walk, flight, port)
}
