import { invariant } from '../base/invariant.ts'
import type { Ip } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { ICMP, ICMPV6, isIcmp, SCTP, TCP, TCP_ACK, TCP_PSH, TCP_SYN } from '../base/packet.ts'
import type { NetnsId, Network } from '../model/network.ts'
import type { Answer, Disposition, Hop, ListenerRef, PacketWalk, StoppedAt } from '../model/trace.ts'
import { formatRule } from '../netfilter/save-format/format.ts'
import { listenerRef } from './deliver.ts'
import type { End, Flight, Outcome, Walk } from './flight.ts'
import { hopsOf } from './flight.ts'
import { icmpError, icmpErrors, unspecified } from './icmp-error.ts'
import { arrive } from './receive.ts'
import { reset } from './run-hook.ts'
import { send } from './send.ts'
import type { DataplaneState } from './state.ts'

/** One connection attempt, datagram or echo request, as a socket would be asked for it. */
export interface Connect {
  readonly from: NetnsId
  readonly protocol: number
  readonly dst: Ip
  readonly dport: number
  /** The bound source address; routing chooses it, if left out. */
  readonly src?: Ip
  readonly sport: number
  readonly ttl?: number
  /** Bytes of payload of the first packet. */
  readonly payload?: number
  readonly dontFragment?: boolean
}

export interface ExchangeOptions {
  readonly state: DataplaneState
  /** The clock, in milliseconds. */
  readonly now: number
  /** Record every rule that was looked at. */
  readonly recordMisses?: boolean
  /** Takes one side of each fork; gets the probability that a rule matches. */
  readonly choose?: (probability: number) => boolean
}

/** One exchange while its outcomes are being worked out. */
interface Exchange {
  readonly network: Network
  readonly connect: Connect
  readonly options: ExchangeOptions
}

/**
 * Sends the first packet, lets the far socket answer, and walks the answer back through conntrack; for TCP also
 * the acknowledgement and the first data in either direction. Every way that it may go is one outcome.
 */
export function exchange(network: Network, connect: Connect, options: ExchangeOptions): readonly Outcome[] {
  const work: Exchange = { network, connect, options }
  const walk = walkOf(work, (flight, end) => afterRequest(work, flight, end))
  const netns = network.namespaces.get(connect.from)
  invariant(netns, `namespace ${connect.from} does not exist`)
  return send(walk, {
    packet: firstPacket(connect),
    state: options.state,
    netns,
    weight: 1,
    ...atStart,
    assumptions: [],
  })
}

/** What no packet has when it is sent. */
const atStart = {
  tracking: undefined,
  in: undefined,
  physicalIn: undefined,
  way: undefined,
  trail: undefined,
  quiet: false,
  passed: 0,
} as const

function walkOf({ network, options }: Exchange, end: Walk['end']): Walk {
  const { now, recordMisses, choose } = options
  return { network, now, recordMisses: recordMisses ?? false, ...(choose && { choose }), end, arrive, send }
}

/** A SYN, a datagram, an INIT or an echo request. */
function firstPacket(connect: Connect): Packet {
  const { protocol, dst, dport, sport, payload } = connect
  const family = typeof dst === 'number' ? 4 : 6
  const header = family === 4 ? 20 : 40
  const isEcho = isIcmp(protocol)
  const transport = protocol === TCP ? 40 : protocol === SCTP ? 32 : 8
  return {
    src: connect.src ?? unspecified(family),
    dst,
    protocol,
    sport: isEcho ? 0 : sport,
    dport: isEcho ? 0 : dport,
    tcpFlags: protocol === TCP ? TCP_SYN : 0,
    ...(isEcho && { icmp: { type: protocol === ICMP ? 8 : 128, code: 0, id: sport } }),
    ttl: connect.ttl ?? 64,
    length: header + transport + (payload ?? defaultPayload(protocol)),
    dontFragment: connect.dontFragment ?? protocol === TCP,
    mark: 0,
  }
}

function defaultPayload(protocol: number): number {
  return protocol === TCP ? 0 : isIcmp(protocol) ? 56 : 32
}

/** What is known of an exchange once its first packet has ended. */
interface Forward {
  readonly hops: readonly Hop[]
  /** The packet as the sender's socket sent it. */
  readonly sent: Packet
  readonly flight: Flight
  readonly stoppedAt?: StoppedAt
  readonly destination?: Outcome['destination']
  readonly seenSource?: Outcome['seenSource']
}

function afterRequest(work: Exchange, flight: Flight, end: End): readonly Outcome[] {
  const hops = hopsOf(flight.trail)
  const sent = sentPacket(hops)
  const forward: Forward = { hops, sent, flight, ...stopOf(flight, false) }
  switch (end.type) {
    case 'failed':
      return [outcome(forward, flight, failure(end.errno), { errno: end.errno })]
    case 'unknown':
      return [outcome(forward, flight, 'unknown', {})]
    case 'lost':
      return [
        outcome(
          forward,
          flight,
          lastReason(flight) === 'ttl' ? 'looped' : 'dropped',
          localErrno(work, flight),
        ),
      ]
    case 'answered':
      return sendAnswer(work, forward, flight, end.answer)
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

/** The far end takes the packet, or its stack answers that nobody does. */
function atDestination(
  work: Exchange,
  forward: Forward,
  listener: ListenerRef | undefined,
): readonly Outcome[] {
  const { packet } = forward.flight
  const echoes = isIcmp(packet.protocol)
  if (listener || echoes) return sendReply(work, forward, replyTo(packet))
  const refusal = packet.protocol === TCP ? reset(packet) : noListener(packet)
  const stopped: Forward = {
    ...forward,
    stoppedAt: {
      netns: forward.flight.netns.id,
      reason: 'no-listener',
      text: 'nobody listens there',
      onReply: false,
    },
  }
  return refusal
    ? sendAnswer(work, stopped, forward.flight, refusal)
    : [outcome(stopped, forward.flight, 'dropped', {})]
}

/** SCTP's ABORT is left out: an ICMP error stands for it, as for UDP. */
function noListener(packet: Packet): Packet | undefined {
  const family = typeof packet.dst === 'number' ? 4 : 6
  return icmpError(packet, icmpErrors.portUnreachable[family], undefined, packet.dst)
}

/** A SYN+ACK, a datagram or an echo reply: the packet turned round. */
function replyTo(packet: Packet): Packet {
  const { src, dst, sport, dport, icmp, protocol } = packet
  return {
    ...packet,
    src: dst,
    dst: src,
    sport: dport,
    dport: sport,
    tcpFlags: protocol === TCP ? TCP_SYN | TCP_ACK : 0,
    ...(icmp && { icmp: { ...icmp, type: protocol === ICMPV6 ? 129 : 0 } }),
    ttl: 64,
    mark: 0,
  }
}

/** An ICMP error or RST on its way back: if it arrives, the sender learns of it; if not, there is silence. */
function sendAnswer(work: Exchange, forward: Forward, flight: Flight, answer: Packet): readonly Outcome[] {
  const walk = walkOf(work, (back, end) => {
    const reply = hopsOf(back.trail)
    const arrived = end.type === 'delivered' && isAnswerFor(forward, back)
    if (!arrived) return [outcome(forward, back, 'dropped', { reply })]
    return [
      outcome(forward, back, answeredAs(forward, back.packet), { reply, answer: answerOf(back.packet) }),
    ]
  })
  return send(walk, restart(flight, answer))
}

/** A new packet from where the last one ended, with the same state and the same share. */
function restart(flight: Flight, packet: Packet): Flight {
  const { state, netns, weight, assumptions } = flight
  return { packet, state, netns, weight, ...atStart, assumptions }
}

function sendReply(work: Exchange, forward: Forward, reply: Packet): readonly Outcome[] {
  const walk = walkOf(work, (back, end) => {
    const hops = hopsOf(back.trail)
    if (end.type !== 'delivered') return [lostReply(forward, back, hops, end)]
    if (!isReplyFor(forward.sent, back.packet) || back.netns.id !== work.connect.from) {
      return [strayReply(forward, back, hops)]
    }
    return reply.protocol === TCP
      ? acknowledge(work, forward, back, hops)
      : [outcome(forward, back, 'reached', { reply: hops })]
  })
  return send(walk, restart(forward.flight, reply))
}

function lostReply(forward: Forward, back: Flight, reply: readonly Hop[], end: End): Outcome {
  const disposition = end.type === 'unknown' ? 'unknown' : 'dropped'
  return outcome({ ...forward, ...stopOf(back, true) }, back, disposition, { reply })
}

/** The answer arrives from another address than was asked, or at somebody else: no socket waits for it. */
function strayReply(forward: Forward, back: Flight, reply: readonly Hop[]): Outcome {
  const stoppedAt: StoppedAt = {
    netns: back.netns.id,
    reason: 'stray',
    text: 'no socket waits for an answer from there',
    onReply: true,
  }
  return outcome({ ...forward, stoppedAt }, back, 'dropped', { reply })
}

/**
 * The rest of a TCP handshake and the first data each way: the packets that a half-open path loses. They are
 * walked without keeping their steps, and once more with them only if one is lost.
 */
function acknowledge(
  work: Exchange,
  forward: Forward,
  back: Flight,
  reply: readonly Hop[],
): readonly Outcome[] {
  const outcomes = sendData(work, forward, back, reply, true)
  return outcomes.every((one) => one.disposition === 'reached')
    ? outcomes
    : sendData(work, forward, back, reply, false)
}

function sendData(
  work: Exchange,
  forward: Forward,
  back: Flight,
  reply: readonly Hop[],
  quiet: boolean,
): readonly Outcome[] {
  const packet: Packet = { ...forward.sent, tcpFlags: TCP_ACK | TCP_PSH, mark: 0 }
  const walk = walkOf(work, (flight, end) => {
    const same = end.type === 'delivered' && flight.netns.id === forward.destination?.netns
    if (same) return answerData(work, forward, flight, reply)
    return [laterLoss(forward, flight, reply, { name: 'data', packet, hops: hopsOf(flight.trail) }, false)]
  })
  const client = work.network.namespaces.get(work.connect.from)
  invariant(client, 'the client is there')
  return send(walk, { ...restart(back, packet), netns: client, quiet })
}

function answerData(work: Exchange, forward: Forward, at: Flight, reply: readonly Hop[]): readonly Outcome[] {
  const packet: Packet = { ...replyTo(at.packet), tcpFlags: TCP_ACK | TCP_PSH }
  const walk = walkOf(work, (back, end) => {
    const arrived = end.type === 'delivered' && isReplyFor(forward.sent, back.packet)
    if (arrived) return [outcome(forward, back, 'reached', { reply })]
    return [laterLoss(forward, back, reply, { name: 'answer data', packet, hops: hopsOf(back.trail) }, true)]
  })
  return send(walk, { ...restart(at, packet), quiet: at.quiet })
}

function laterLoss(
  forward: Forward,
  flight: Flight,
  reply: readonly Hop[],
  lost: PacketWalk,
  onReply: boolean,
): Outcome {
  return outcome({ ...forward, ...stopOf(flight, onReply) }, flight, 'dropped', { reply, later: [lost] })
}

interface Details {
  readonly reply?: readonly Hop[]
  readonly later?: readonly PacketWalk[]
  readonly answer?: Answer
  readonly errno?: string
}

function outcome(forward: Forward, at: Flight, disposition: Disposition, details: Details): Outcome {
  const { destination, seenSource, stoppedAt } = forward
  const { reply, later, answer, errno } = details
  return {
    probability: at.weight,
    disposition,
    leg: { purpose: 'connect', forward: forward.hops, reply: reply ?? [], ...(later && { later }) },
    ...(destination && { destination }),
    ...(seenSource && { seenSource }),
    ...(stoppedAt && disposition !== 'reached' && { stoppedAt }),
    ...(answer && { answer }),
    ...(errno !== undefined && { errno }),
    state: at.state,
  }
}

/** What the sender makes of the error or RST that came back. */
function answeredAs(forward: Forward, answer: Packet): Disposition {
  const reason = forward.stoppedAt?.reason
  if (reason === 'no-listener') return 'refused'
  if (reason === 'ttl') return 'looped'
  if (reason === 'too-big') return 'stalled'
  if (reason === 'no-route' || reason === 'no-neighbor') return 'no-route'
  return answer.protocol === TCP || isIcmp(answer.protocol) ? 'rejected' : 'unknown'
}

function answerOf(packet: Packet): Answer {
  if (packet.protocol === TCP) return { type: 'rst', from: packet.src }
  const { type, code, mtu } = packet.icmp ?? { type: 0, code: 0 }
  return { type: 'icmp', from: packet.src, icmp: { type, code, ...(mtu !== undefined && { mtu }) } }
}

/** Whether a RST or an ICMP error belongs to the sender's socket. */
function isAnswerFor(forward: Forward, back: Flight): boolean {
  const { packet, netns } = back
  if (netns.id !== forward.hops[0]?.netns) return false
  const { sent } = forward
  const quoted = packet.icmp?.quoted
  if (!quoted) return isReplyFor(sent, packet)
  const samePorts = isIcmp(sent.protocol)
    ? quoted.icmp?.id === sent.icmp?.id
    : quoted.sport === sent.sport && quoted.dport === sent.dport
  return quoted.src === sent.src && quoted.dst === sent.dst && quoted.protocol === sent.protocol && samePorts
}

function isReplyFor(sent: Packet, reply: Packet): boolean {
  const sameAddresses = reply.src === sent.dst && reply.dst === sent.src && reply.protocol === sent.protocol
  if (isIcmp(sent.protocol)) return sameAddresses && reply.icmp?.id === sent.icmp?.id
  return sameAddresses && reply.sport === sent.dport && reply.dport === sent.sport
}

function failure(errno: string): Disposition {
  return errno === 'EMSGSIZE' ? 'stalled' : 'no-route'
}

/** A datagram that the sender's own rules drop fails with EPERM; of a TCP segment the socket learns nothing. */
function localErrno({ connect }: Exchange, flight: Flight): Details {
  const own = flight.netns.id === connect.from && flight.in === undefined && connect.protocol !== TCP
  return own && lastReason(flight) !== 'device' ? { errno: 'EPERM' } : {}
}

function lastReason(flight: Flight): string | undefined {
  const step = flight.trail?.step
  return step?.type === 'ended' ? step.reason : undefined
}

function stopOf(flight: Flight, onReply: boolean): { readonly stoppedAt?: StoppedAt } {
  const step = flight.trail?.step
  if (step?.type !== 'ended') return {}
  const { by, reason, text } = step
  const family = typeof flight.packet.dst === 'number' ? 4 : 6
  return {
    stoppedAt: {
      netns: flight.netns.id,
      reason,
      text,
      ...(by && { hook: by.hook, table: by.table, chain: by.chain, rule: by.number }),
      ...(by?.rule && { ruleText: formatRule(by.rule, by.chain, family) }),
      onReply,
    },
  }
}

function sentPacket(hops: readonly Hop[]): Packet {
  for (const hop of hops) {
    for (const step of hop.steps) if (step.type === 'sent') return step.packet
  }
  throw new Error('a walk begins with a packet that is sent')
}

function hasRandomPort(hops: readonly Hop[]): boolean {
  return hops.some((hop) => hop.steps.some((step) => step.type === 'nat' && step.randomPort === true))
}
