import type { Packet } from '../base/packet.ts'
import { isIcmp, TCP } from '../base/packet.ts'
import type { NetnsId, Network } from '../model/network.ts'
import type { Hop, ListenerRef, PacketWalk, PathMtuLesson, StoppedAt } from '../model/trace.ts'
import { localErrno, sendAnswer, sendBackIn, sendStraight, silenceAs } from './answer.ts'
import { attachedTo } from './conntrack.ts'
import { converse } from './conversation.ts'
import { listenerRef } from './deliver.ts'
import type { End, Flight, Outcome } from './flight.ts'
import { hopsOf } from './flight.ts'
import { icmpError, icmpErrors } from './icmp-error.ts'
import type { Load } from './load.ts'
import { announcedMss, loaded, loadedReply, sendingMtu } from './load.ts'
import type { Forward } from './outcome.ts'
import { hasRandomPort, lastReason, outcomeOf, sentPacket, stallOf, stopOf } from './outcome.ts'
import type { Connect } from './packets.ts'
import { firstPacket, isReplyFor, replyTo, reset } from './packets.ts'
import { hearOfSize, mostLessons } from './path-lesson.ts'
import { send } from './send.ts'
import type { WalkOptions } from './start-walk.ts'
import { firstFlight, namespaceOf, nextFlight, startWalk } from './start-walk.ts'

export interface ExchangeOptions extends WalkOptions {
  /** TCP: both sides close after the answer, so that conntrack comes to TIME_WAIT. */
  readonly close?: boolean
  /** Keep the walks of all packets of the exchange, not only the first one's and the answer's. */
  readonly everyPacket?: boolean
}

/** One exchange while its outcomes are being worked out. */
export interface Exchange {
  readonly network: Network
  readonly from: NetnsId
  readonly options: ExchangeOptions
  /** Whether the far socket answers; a single packet is only taken. */
  readonly answers: boolean
  /** How much is sent each way, where sizes are asked for. */
  readonly load?: Load
}

/**
 * Sends the first packet, lets the far socket answer, and walks the answer back through conntrack; for TCP also
 * the acknowledgement and the first data in either direction. Every way that it may go is one outcome.
 */
export function exchange(network: Network, connect: Connect, options: ExchangeOptions): readonly Outcome[] {
  const { load, from } = connect
  const work: Exchange = { network, from, options, answers: true, ...(load && { load }) }
  return load ? attempt(work, connect, load, []) : begin(work, firstPacket(connect))
}

function begin(work: Exchange, packet: Packet): readonly Outcome[] {
  const { network, from, options } = work
  const walk = startWalk(network, options, (flight, end) => afterFirst(work, flight, end))
  return send(walk, firstFlight(namespaceOf(network, from), packet, options.state))
}

/**
 * An exchange of a certain size. A datagram or echo that was too large, and of which its sender learnt, is sent once
 * more, as programs do: it is cut by then, unless that was forbidden.
 */
function attempt(
  work: Exchange,
  connect: Connect,
  load: Load,
  lessons: readonly PathMtuLesson[],
): readonly Outcome[] {
  return begin(work, openingPacket(work, connect, load)).flatMap((outcome): readonly Outcome[] => {
    const { lesson, state, probability } = outcome
    const again = lesson && load.dontFragment === undefined && lessons.length < mostLessons
    if (!again) return [lessons.length === 0 ? outcome : withLessons(outcome, lessons)]
    const options = { ...work.options, state }
    return attempt({ ...work, options }, connect, load, [...lessons, lesson]).map((one) => ({
      ...one,
      probability: one.probability * probability,
    }))
  })
}

function withLessons(outcome: Outcome, lessons: readonly PathMtuLesson[]): Outcome {
  return { ...outcome, leg: { ...outcome.leg, lessons } }
}

/** A SYN that says how large segments may be, or a datagram or echo of the size that is asked for. */
function openingPacket({ network, from, options }: Exchange, connect: Connect, load: Load): Packet {
  const packet = firstPacket(connect)
  const netns = namespaceOf(network, from)
  if (packet.protocol === TCP) {
    return { ...packet, mss: announcedMss(options.state, netns, packet.dst, options.now) }
  }
  const mtu = sendingMtu(options.state, netns, packet.dst, options.now)
  return loaded(packet, load.request, mtu, load.dontFragment)
}

/** What comes of the first packet's end: an outcome, or the walk of what is sent back. */
export function afterFirst(work: Exchange, flight: Flight, end: End): readonly Outcome[] {
  const hops = hopsOf(flight.trail)
  const forward: Forward = { hops, sent: sentPacket(hops), flight, ...stopOf(flight, false) }
  switch (end.type) {
    case 'failed':
      return [outcomeOf(forward, flight, end.errno === 'EMSGSIZE' ? 'stalled' : 'no-route', end)]
    case 'unknown':
      return [outcomeOf(forward, flight, 'unknown')]
    case 'lost':
      return [outcomeOf(forward, flight, silenceAs(forward), localErrno(work, flight))]
    case 'answered':
      return answerFirst(work, forward, flight, end)
    case 'delivered': {
      const { packet, netns } = flight
      const listener = end.listener && listenerRef(end.listener)
      return atDestination(
        work,
        {
          ...forward,
          destination: { netns: netns.id, ip: packet.dst, port: packet.dport, ...(listener && { listener }) },
          seenSource: { ip: packet.src, port: packet.sport, randomPort: hasRandomPort(hops) },
        },
        listener,
      )
    }
    default:
      return end satisfies never
  }
}

function answerFirst(
  work: Exchange,
  forward: Forward,
  flight: Flight,
  { answer, straightOut, backIn }: End & { readonly type: 'answered' },
): readonly Outcome[] {
  if (backIn) return sendBackIn(work, forward, flight, answer, backIn)
  return straightOut === undefined
    ? sendAnswer(work, forward, flight, answer, attachedTo(flight.tracking))
    : sendStraight(work, forward, flight, answer, straightOut)
}

/** The far end takes the packet, or its stack answers that nobody does. */
function atDestination(
  work: Exchange,
  forward: Forward,
  listener: ListenerRef | undefined,
): readonly Outcome[] {
  const { flight } = forward
  const { packet, netns } = flight
  if (!work.answers) return [outcomeOf(forward, flight, 'reached')]
  if (listener || isIcmp(packet.protocol)) return sendReply(work, forward, answerTo(work, flight))
  const refusal = packet.protocol === TCP ? reset(packet) : noListener(packet)
  const stoppedAt: StoppedAt = {
    netns: netns.id,
    reason: 'no-listener',
    text: 'nobody listens there',
    onReply: false,
  }
  const stopped: Forward = { ...forward, stoppedAt }
  return refusal ? sendAnswer(work, stopped, flight, refusal) : [outcomeOf(stopped, flight, 'dropped')]
}

/** SCTP's ABORT is left out: an ICMP error stands for it, as for UDP. */
function noListener(packet: Packet): Packet | undefined {
  const family = typeof packet.dst === 'number' ? 4 : 6
  return icmpError(packet, icmpErrors.portUnreachable[family], undefined, packet.dst)
}

/** The SYN+ACK, datagram or echo that answers; where sizes are asked for, as large as that. */
function answerTo({ load, options }: Exchange, { state, netns, packet }: Flight): Packet {
  const reply = replyTo(packet)
  if (!load) return reply
  if (reply.protocol === TCP) return { ...reply, mss: announcedMss(state, netns, reply.dst, options.now) }
  return loadedReply(reply, load, sendingMtu(state, netns, reply.dst, options.now))
}

function sendReply(work: Exchange, forward: Forward, reply: Packet): readonly Outcome[] {
  const walk = startWalk(work.network, work.options, (back, end) => {
    const hops = hopsOf(back.trail)
    if (end.type !== 'delivered') return lostReply(work, forward, { reply, back, hops }, end)
    if (!isReplyFor(forward.sent, back.packet) || back.netns.id !== work.from) {
      return strayReply(work, forward, back, hops)
    }
    return reply.protocol === TCP
      ? converse(work, forward, back, hops)
      : [outcomeOf(forward, back, 'reached', { reply: hops })]
  })
  return send(walk, nextFlight(forward.flight, reply))
}

/** An answer on its way back, and where that ended. */
interface LostReply {
  readonly reply: Packet
  readonly back: Flight
  readonly hops: readonly Hop[]
}

function lostReply(
  work: Exchange,
  forward: Forward,
  { reply, back, hops }: LostReply,
  end: End,
): readonly Outcome[] {
  const stopped: Forward = { ...forward, ...stopOf(back, true) }
  if (end.type === 'unknown') return [outcomeOf(stopped, back, 'unknown', { reply: hops })]
  if (!work.load || lastReason(back) !== 'too-big') {
    return [outcomeOf(stopped, back, 'dropped', { reply: hops })]
  }
  const stalled = (at: Flight, icmp?: readonly Hop[], lesson?: PathMtuLesson): readonly Outcome[] => {
    const stall = stallOf('reply', hops, icmp, lesson !== undefined || end.type === 'failed')
    const outcome = outcomeOf(stopped, at, 'stalled', { reply: hops, ...(stall && { stall }) })
    return [lesson ? { ...outcome, lesson } : outcome]
  }
  if (end.type !== 'answered') return stalled(back)
  const sent = { name: 'reply', packet: reply, by: forward.flight.netns.id }
  return hearOfSize(work, sent, back, end, ({ flight, icmp, lesson }) => stalled(flight, icmp, lesson))
}

/**
 * The answer arrives from another address than was asked, or at somebody else: no socket waits for it, and a
 * SYN+ACK is answered with a RST, which closes what conntrack has opened on its way.
 */
function strayReply(
  work: Exchange,
  forward: Forward,
  back: Flight,
  reply: readonly Hop[],
): readonly Outcome[] {
  const stoppedAt: StoppedAt = {
    netns: back.netns.id,
    reason: 'stray',
    text: 'no socket waits for an answer from there',
    onReply: true,
  }
  const stray: Forward = { ...forward, stoppedAt }
  const packet = reset(back.packet)
  if (!packet) return [outcomeOf(stray, back, 'dropped', { reply })]
  const walk = startWalk(work.network, work.options, (ended) => {
    const rest: PacketWalk = { name: 'rst', packet, hops: hopsOf(ended.trail) }
    return [outcomeOf(stray, ended, 'dropped', { reply, ...(work.options.everyPacket && { rest: [rest] }) })]
  })
  return send(walk, nextFlight(back, packet))
}
