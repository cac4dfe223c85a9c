import type { Packet } from '../base/packet.ts'
import { TCP_ACK, TCP_FIN, TCP_PSH } from '../base/packet.ts'
import type { Netns } from '../model/network.ts'
import type { Hop, PacketWalk, PathMtuLesson, Transfer } from '../model/trace.ts'
import type { Exchange } from './exchange.ts'
import type { Flight, Outcome } from './flight.ts'
import { hopsOf } from './flight.ts'
import { segmentCount, segmentLength, segmentLimit, sendingMtu } from './load.ts'
import type { Details, Forward } from './outcome.ts'
import { lastReason, outcomeOf, stallOf, stopOf } from './outcome.ts'
import { isReplyFor, replyTo } from './packets.ts'
import type { Heard } from './path-lesson.ts'
import { hearOfSize, mostLessons } from './path-lesson.ts'
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
  /** What each end was told of the segments that the other takes. */
  readonly mss: { readonly client: number | undefined; readonly server: number | undefined }
}

/** How far a conversation has come. */
interface Progress {
  /** The segment that is next. */
  readonly at: number
  readonly flight: Flight
  readonly done: readonly PacketWalk[]
  readonly lessons: readonly PathMtuLesson[]
  readonly transfers: readonly Transfer[]
}

/**
 * The rest of a TCP handshake and the first data each way: the packets that a half-open path loses, and the large
 * ones where sizes are asked for. They are walked without keeping their steps, and once more with them only if one is
 * lost.
 */
export function converse(
  work: Exchange,
  forward: Forward,
  back: Flight,
  reply: readonly Hop[],
): readonly Outcome[] {
  const { close, everyPacket } = work.options
  const segments = close ? [...data, ...closing] : data
  const mss = { client: back.packet.mss, server: forward.flight.packet.mss }
  const quiet = !everyPacket && !work.load
  const held: Held = { work, forward, reply, segments, quiet, mss }
  const start: Progress = { at: 0, flight: back, done: [], lessons: [], transfers: [] }
  const outcomes = sendSegment(held, start)
  if (!held.quiet || outcomes.every((one) => one.disposition === 'reached')) return outcomes
  return sendSegment({ ...held, quiet: false }, start)
}

function detailsOf({ work, reply }: Held, { done, lessons, transfers }: Progress): Details {
  return { reply, lessons, transfers, ...(work.options.everyPacket && { rest: done }) }
}

function sendSegment(held: Held, progress: Progress): readonly Outcome[] {
  const { work, forward, segments, quiet } = held
  const { at, flight, done } = progress
  const segment = segments[at]
  if (!segment) return [outcomeOf(forward, flight, 'reached', detailsOf(held, progress))]
  const netns = senderOf(held, segment)
  const { packet, transfer } = packetOf(held, segment, netns, flight)
  const walk = startWalk(work.network, work.options, (ended, end) => {
    const one: PacketWalk = { name: segment.name, packet, hops: quiet ? [] : hopsOf(ended.trail) }
    if (end.type === 'delivered' && isTaken(segment, forward, ended)) {
      const transfers = transfer ? [...progress.transfers, withOuter(transfer, one.hops)] : progress.transfers
      return sendSegment(held, { ...progress, at: at + 1, flight: ended, done: [...done, one], transfers })
    }
    if (!segment.needed) return [outcomeOf(forward, ended, 'reached', detailsOf(held, progress))]
    if (work.load && end.type === 'answered' && lastReason(ended) === 'too-big') {
      return hearOfSize(work, { name: segment.name, packet, by: netns.id }, ended, end, (heard) =>
        afterError(held, progress, segment, { one, ended, heard }),
      )
    }
    return [lostSegment(held, progress, segment, { one, ended })]
  })
  return send(walk, { ...nextFlight(flight, packet), netns, quiet })
}

function withOuter(transfer: Transfer, hops: readonly Hop[]): Transfer {
  const lengths = hops.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.type === 'encapsulated' ? [step.outer.length] : [])),
  )
  return lengths.length === 0 ? transfer : { ...transfer, outer: Math.max(...lengths) }
}

/** A segment that did not arrive, where it ended, and what was heard of it. */
interface Lost {
  readonly one: PacketWalk
  readonly ended: Flight
  readonly heard?: Heard
}

/** tcp_v4_mtu_reduced: a segment that was too large is sent again, smaller, if its sender learns of it. */
function afterError(held: Held, progress: Progress, segment: Segment, lost: Lost): readonly Outcome[] {
  const { heard, ended } = lost
  const learns = heard?.lesson && progress.lessons.length < mostLessons
  if (!heard?.lesson || !learns) return [lostSegment(held, progress, segment, lost)]
  const flight: Flight = { ...ended, state: heard.flight.state, weight: heard.flight.weight }
  return sendSegment(held, { ...progress, flight, lessons: [...progress.lessons, heard.lesson] })
}

function lostSegment(held: Held, progress: Progress, segment: Segment, { one, ended, heard }: Lost): Outcome {
  const lost: Forward = { ...held.forward, ...stopOf(ended, segment.from === 'server') }
  const at: Flight = heard ? { ...ended, state: heard.flight.state, weight: heard.flight.weight } : ended
  const icmp = heard && sentStep(heard.icmp)
  const error: PacketWalk[] = heard && icmp ? [{ name: 'ICMP error', packet: icmp, hops: heard.icmp }] : []
  const stall = stallOf(segment.name, one.hops, heard?.icmp, false)
  const disposition = lastReason(ended) === 'too-big' ? 'stalled' : 'dropped'
  const details = { ...detailsOf(held, progress), later: [one, ...error], ...(stall && { stall }) }
  return outcomeOf(lost, at, disposition, details)
}

function sentStep(hops: readonly Hop[]): Packet | undefined {
  for (const step of hops[0]?.steps ?? []) {
    if (step.type === 'sent' || step.type === 'received') return step.packet
  }
  return undefined
}

function senderOf({ work, forward }: Held, { from }: Segment): Netns {
  const ends = { client: forward.hops[0]?.netns ?? work.from, server: forward.flight.netns.id }
  return namespaceOf(work.network, ends[from])
}

/** A segment with nothing in it; where sizes are asked for with as much as it takes of what is to be sent. */
function packetOf(
  { work, forward, mss }: Held,
  { from, flags, name, needed }: Segment,
  netns: Netns,
  { state }: Flight,
): { readonly packet: Packet; readonly transfer?: Transfer } {
  const base = from === 'client' ? { ...forward.sent, mark: 0 } : replyTo(forward.flight.packet)
  const { load } = work
  if (!load) return { packet: { ...base, tcpFlags: flags } }
  const { mss: _, ...opened } = base
  const bytes = needed ? (from === 'client' ? load.request : load.response) : 0
  const limit = segmentLimit(sendingMtu(state, netns, base.dst, work.options.now), base.dst, mss[from])
  const length = segmentLength(limit, base.dst, bytes)
  const packet: Packet = { ...opened, tcpFlags: flags, length, dontFragment: true }
  if (!needed) return { packet }
  return { packet, transfer: { name, bytes, segments: segmentCount(limit, base.dst, bytes), length } }
}

/** Whether the segment arrives at the socket that its connection belongs to. */
function isTaken({ from }: Segment, { sent, flight }: Forward, { netns, packet }: Flight): boolean {
  if (from === 'server') return isReplyFor(sent, packet)
  return netns.id === flight.netns.id && isReplyFor(replyTo(flight.packet), packet)
}
