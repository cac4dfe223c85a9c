import { invariant } from '../base/invariant.ts'
import type { Packet } from '../base/packet.ts'
import type { NetnsId } from '../model/network.ts'
import type { Hop, PathMtuLesson } from '../model/trace.ts'
import { attachedTo } from './conntrack.ts'
import type { Exchange } from './exchange.ts'
import type { End, Flight, Outcome } from './flight.ts'
import { hopsOf } from './flight.ts'
import { deviceOf } from './link.ts'
import { quotes } from './packets.ts'
import { learnPathMtu } from './path-mtu.ts'
import { send } from './send.ts'
import { nextFlight, startWalk } from './start-walk.ts'

/** A packet of a conversation, and who sent it. */
export interface Sent {
  readonly name: string
  readonly packet: Packet
  readonly by: NetnsId
}

/** Where the error about a packet ended, its walk, and what was learnt if it came to somebody who learns of it. */
export interface Heard {
  readonly flight: Flight
  readonly icmp: readonly Hop[]
  readonly lesson?: PathMtuLesson
}

/** So many lessons are taken in before a sender is said to learn nothing: each has to be of a smaller MTU. */
export const mostLessons = 8

/** Walks the error about a packet that was too large, to its sender or to the node whose tunnel carried it. */
export function hearOfSize(
  work: Exchange,
  sent: Sent,
  ended: Flight,
  { answer, backIn }: End & { readonly type: 'answered' },
  next: (heard: Heard) => readonly Outcome[],
): readonly Outcome[] {
  const { network, options } = work
  const walk = startWalk(network, options, (back, end) => {
    const icmp = hopsOf(back.trail)
    const isHeard = end.type === 'delivered' && isAbout(sent, back)
    if (!isHeard) return next({ flight: back, icmp })
    const state = learnPathMtu(back.state, back.netns, back.packet, options.now)
    const lesson = lessonOf(sent, hopsOf(ended.trail), icmp, back)
    return next({ flight: { ...back, state }, icmp, ...(lesson && { lesson }) })
  })
  const start = nextFlight(ended, answer)
  if (!backIn) return send(walk, { ...start, tracking: attachedTo(ended.tracking) })
  const device = deviceOf(ended.netns, backIn.device)
  invariant(device, `device ${backIn.device} of ${ended.netns.id} exists`)
  return walk.arrive(walk, start, { at: { netns: ended.netns, device }, mac: backIn.mac })
}

/** Whether the error comes to the packet's sender, or is about a tunnel's own packet (ipip_err). */
function isAbout({ packet, by }: Sent, { netns, packet: error }: Flight): boolean {
  const quoted = error.icmp?.quoted
  if (!quoted) return false
  return quoted.tunnel !== undefined || (netns.id === by && quotes(packet, quoted))
}

function lessonOf(
  { name, packet }: Sent,
  hops: readonly Hop[],
  icmp: readonly Hop[],
  { netns, packet: error }: Flight,
): PathMtuLesson | undefined {
  const mtu = error.icmp?.mtu
  if (mtu === undefined) return undefined
  return { name, length: packet.length, mtu, from: error.src, netns: netns.id, hops, icmp }
}
