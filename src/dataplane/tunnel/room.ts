import { packetFamily } from '../../base/packet.ts'
import type { Device } from '../../model/network.ts'
import type { Flight, Outcome, Walk } from '../flight.ts'
import { stopTooBig } from '../flight.ts'
import { icmpError, icmpErrors, stackError } from '../icmp-error.ts'
import { storePathMtu } from '../path-mtu.ts'
import { frameLength } from '../size.ts'
import type { OuterPacket } from './kind.ts'

/** The least MTU that an IPv6 link has (RFC 8200), and that a tunnel tells an IPv4 sender of its own accord. */
const leastMtu = { 4: 576, 6: 1280 } as const

/** What a tunnel does with a packet for which its underlay has no room: `go` on all the same, or an end. */
export type Room =
  | { readonly type: 'go'; readonly flight: Flight; readonly outer: OuterPacket }
  | { readonly type: 'ended'; readonly outcomes: readonly Outcome[] }

/** Asked when the outer packet is longer than the path to the tunnel's end; `room` is what is left of that inside. */
export type NoRoom = (walk: Walk, flight: Flight, outer: OuterPacket, room: number) => Room

/** dst_update_pmtu: the way that the inner packet took has this MTU from now on, for the namespace's own packets. */
function learn(walk: Walk, flight: Flight, room: number): Flight {
  const { state, netns, packet } = flight
  return { ...flight, state: storePathMtu(state, netns, packet.dst, room, walk.now) }
}

/**
 * tnl_update_pmtu: where the outer packet must not be cut, the sender of an inner one that must not be either is told
 * at once; any other is left to the outer packet's fate.
 */
export const tellSender: NoRoom = (walk, flight, outer, room) => {
  if (!outer.dontFragment) return { type: 'go', flight, outer }
  const { packet } = flight
  const learnt = learn(walk, flight, room)
  const family = packetFamily(packet)
  const tells = family === 4 ? packet.dontFragment : room >= leastMtu[6]
  if (!tells) return { type: 'go', flight: learnt, outer }
  const stopped = noRoomFor(learnt, outer, room)
  const answer = stackError(packet, 'tooBig', room)
  return {
    type: 'ended',
    outcomes: walk.end(stopped, answer ? { type: 'answered', answer } : { type: 'lost' }),
  }
}

/**
 * skb_tunnel_check_pmtu: a routed VXLAN or Geneve device remembers the smaller MTU for the namespace's own packets; of
 * what is forwarded the outer packet is cut.
 */
export const rememberRoom: NoRoom = (walk, flight, outer, room) => ({
  type: 'go',
  flight: learn(walk, flight, room),
  outer,
})

/**
 * The same for a port of a bridge: it answers what must not be cut in the name of the destination, and the answer
 * comes out of the tunnel like any frame (iptunnel_pmtud_check_icmp, vxlan_encap_bypass).
 */
export function answerFrame({ name, mac }: Device): NoRoom {
  return (walk, flight, outer, room) => {
    const { packet, frameSource } = flight
    const family = packetFamily(packet)
    const about = icmpError(packet, icmpErrors.tooBig[family], room, packet.dst)
    const asks = packet.dontFragment || family === 6
    if (!about || !asks || room < leastMtu[family]) return { type: 'go', flight, outer }
    const stopped = noRoomFor(flight, outer, room)
    const back = { device: name, mac: frameSource ?? mac }
    return { type: 'ended', outcomes: walk.end(stopped, { type: 'answered', answer: about, backIn: back }) }
  }
}

function noRoomFor(flight: Flight, outer: OuterPacket, room: number): Flight {
  const length = frameLength(flight.packet)
  const path = room + outer.length - length
  const text = `${length} bytes are ${outer.length} in the tunnel, and its path takes ${path}: ${room} inside`
  return stopTooBig(flight, { device: flight.way?.device ?? '', length, mtu: room }, text)
}

/** A program's socket: what does not fit is cut. */
export const cutOuter: NoRoom = (_, flight, outer) => ({
  type: 'go',
  flight,
  outer: { ...outer, dontFragment: false },
})
