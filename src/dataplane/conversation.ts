import type { Packet } from '../base/packet.ts'
import { TCP_ACK, TCP_FIN, TCP_PSH } from '../base/packet.ts'
import type { Hop, PacketWalk } from '../model/trace.ts'
import type { Exchange } from './exchange.ts'
import type { Flight, Outcome } from './flight.ts'
import { hopsOf } from './flight.ts'
import type { Forward } from './outcome.ts'
import { outcomeOf, stopOf } from './outcome.ts'
import { isReplyFor, replyTo } from './packets.ts'
import { send } from './send.ts'
import { namespaceOf, nextFlight, startWalk } from './start-walk.ts'

/** One segment of a connection that is open. */
interface Segment {
  readonly name: string
  readonly from: 'client' | 'server'
  readonly flags: number
  /** Losing it breaks the exchange; what follows the answer does not. */
  readonly needed: boolean
}

/** The end of the handshake with the first data, and the data that answer it. */
const data: readonly Segment[] = [
  { name: 'data', from: 'client', flags: TCP_ACK | TCP_PSH, needed: true },
  { name: 'answer data', from: 'server', flags: TCP_ACK | TCP_PSH, needed: true },
]

/** How the client closes (RFC 9293, figure 12); conntrack comes to TIME_WAIT. */
const closing: readonly Segment[] = [
  { name: 'fin', from: 'client', flags: TCP_ACK | TCP_FIN, needed: false },
  { name: "the server's fin", from: 'server', flags: TCP_ACK | TCP_FIN, needed: false },
  { name: 'last ack', from: 'client', flags: TCP_ACK, needed: false },
]

/** What a conversation is held on: the exchange so far and the SYN+ACK's walk. */
interface Held {
  readonly work: Exchange
  readonly forward: Forward
  readonly reply: readonly Hop[]
  readonly segments: readonly Segment[]
  /** Nobody looks at the walks' steps unless a segment is lost. */
  readonly quiet: boolean
}

/**
 * The rest of a TCP handshake and the first data each way: the packets that a half-open path loses. They are
 * walked without keeping their steps, and once more with them only if one is lost.
 */
export function converse(
  work: Exchange,
  forward: Forward,
  back: Flight,
  reply: readonly Hop[],
): readonly Outcome[] {
  const { close, everyPacket } = work.options
  const segments = close ? [...data, ...closing] : data
  const held: Held = { work, forward, reply, segments, quiet: !everyPacket }
  const outcomes = sendSegment(held, 0, back, [])
  if (!held.quiet || outcomes.every((one) => one.disposition === 'reached')) return outcomes
  return sendSegment({ ...held, quiet: false }, 0, back, [])
}

function sendSegment(
  held: Held,
  at: number,
  flight: Flight,
  done: readonly PacketWalk[],
): readonly Outcome[] {
  const { work, forward, reply, segments, quiet } = held
  const segment = segments[at]
  const details = { reply, ...(work.options.everyPacket && { rest: done }) }
  if (!segment) return [outcomeOf(forward, flight, 'reached', details)]
  const packet = packetOf(segment, forward)
  const walk = startWalk(work.network, work.options, (ended, end) => {
    const one: PacketWalk = { name: segment.name, packet, hops: quiet ? [] : hopsOf(ended.trail) }
    if (end.type === 'delivered' && isTaken(segment, forward, ended)) {
      return sendSegment(held, at + 1, ended, [...done, one])
    }
    if (!segment.needed) return [outcomeOf(forward, ended, 'reached', details)]
    const lost: Forward = { ...forward, ...stopOf(ended, segment.from === 'server') }
    return [outcomeOf(lost, ended, 'dropped', { ...details, later: [one] })]
  })
  const ends = { client: forward.hops[0]?.netns ?? work.from, server: forward.flight.netns.id }
  const netns = namespaceOf(work.network, ends[segment.from])
  return send(walk, { ...nextFlight(flight, packet), netns, quiet })
}

function packetOf({ from, flags }: Segment, { sent, flight }: Forward): Packet {
  const base = from === 'client' ? { ...sent, mark: 0 } : replyTo(flight.packet)
  return { ...base, tcpFlags: flags }
}

/** Whether the segment arrives at the socket that its connection belongs to. */
function isTaken({ from }: Segment, { sent, flight }: Forward, { netns, packet }: Flight): boolean {
  if (from === 'server') return isReplyFor(sent, packet)
  return netns.id === flight.netns.id && isReplyFor(replyTo(flight.packet), packet)
}
