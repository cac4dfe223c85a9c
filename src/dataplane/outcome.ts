import type { Packet } from '../base/packet.ts'
import { TCP } from '../base/packet.ts'
import type {
  Answer,
  Disposition,
  Hop,
  PacketWalk,
  PathMtuLesson,
  Stall,
  StoppedAt,
  Transfer,
} from '../model/trace.ts'
import { formatRule } from '../netfilter/save-format/format.ts'
import type { Flight, Outcome } from './flight.ts'

/** What is known of an exchange once its first packet has ended. */
export interface Forward {
  readonly hops: readonly Hop[]
  /** The packet as the sender's socket sent it. */
  readonly sent: Packet
  readonly flight: Flight
  readonly stoppedAt?: StoppedAt
  readonly destination?: Outcome['destination']
  readonly seenSource?: Outcome['seenSource']
}

/** What is known beside the first packet. */
export interface Details {
  readonly reply?: readonly Hop[]
  readonly later?: readonly PacketWalk[]
  readonly rest?: readonly PacketWalk[]
  readonly answer?: Answer
  readonly errno?: string
  readonly lessons?: readonly PathMtuLesson[]
  readonly transfers?: readonly Transfer[]
  readonly stall?: Stall
}

/** The outcome of the exchange, with the share and the state of the flight that ended it. */
export function outcomeOf(
  forward: Forward,
  at: Flight,
  disposition: Disposition,
  details: Details = {},
): Outcome {
  const { destination, seenSource, stoppedAt } = forward
  const { reply, later, rest, answer, errno, lessons, transfers } = details
  const stall = disposition === 'stalled' ? (details.stall ?? firstStall(forward, details)) : undefined
  return {
    probability: at.weight,
    disposition,
    leg: {
      purpose: 'connect',
      forward: forward.hops,
      reply: reply ?? [],
      ...(later && { later }),
      ...(lessons && lessons.length > 0 && { lessons }),
      ...(transfers && transfers.length > 0 && { transfers }),
      ...(rest && rest.length > 0 && { rest }),
    },
    ...(destination && { destination }),
    ...(seenSource && { seenSource }),
    ...(stoppedAt && disposition !== 'reached' && { stoppedAt }),
    ...(answer && { answer }),
    ...(stall && { stall }),
    ...(errno !== undefined && { errno }),
    state: at.state,
  }
}

/** The exchange's first packet is the one that is too large. */
function firstStall({ hops }: Forward, { reply, answer, errno }: Details): Stall | undefined {
  return stallOf('request', hops, reply, answer !== undefined || errno !== undefined)
}

/** What stalls a packet whose walk ended for its size; `icmp` is the walk of the error about it, if there was one. */
export function stallOf(
  name: string,
  hops: readonly Hop[],
  icmp: readonly Hop[] | undefined,
  heard: boolean,
): Stall | undefined {
  const hop = hops.at(-1)
  const step = hop?.steps.at(-1)
  if (!hop || step?.type !== 'ended' || !step.size) return undefined
  const end = icmp?.at(-1)
  const lost = end?.steps.at(-1)
  const told = heard ? 'sender' : end ? 'lost' : 'nobody'
  return {
    name,
    ...step.size,
    netns: hop.netns,
    told,
    ...(told === 'lost' &&
      end &&
      lost?.type === 'ended' && { lostAt: { netns: end.netns, text: lost.text } }),
  }
}

/** Why the flight's last packet ended, if anything but its destination ended it. */
export function lastReason(flight: Flight): StoppedAt['reason'] | undefined {
  const step = flight.trail?.step
  return step?.type === 'ended' ? step.reason : undefined
}

/** Where and why the flight's packet ended, in words. */
export function stopOf(flight: Flight, onReply: boolean): { readonly stoppedAt?: StoppedAt } {
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

/** An ICMP error or RST as the sender's socket learns of it. */
export function answerOf(packet: Packet): Answer {
  if (packet.protocol === TCP) return { type: 'rst', from: packet.src }
  const { type, code, mtu } = packet.icmp ?? { type: 0, code: 0 }
  return { type: 'icmp', from: packet.src, icmp: { type, code, ...(mtu !== undefined && { mtu }) } }
}

/** The packet as it was sent, which is the first thing that a walk notes. */
export function sentPacket(hops: readonly Hop[]): Packet {
  for (const hop of hops) {
    for (const step of hop.steps) if (step.type === 'sent') return step.packet
  }
  throw new Error('a walk begins with a packet that is sent')
}

/** Whether a port on this way was drawn at random, so that the one shown is an example. */
export function hasRandomPort(hops: readonly Hop[]): boolean {
  return hops.some((hop) => hop.steps.some((step) => step.type === 'nat' && step.randomPort === true))
}

/** Whether the walk came through one namespace more than once, as it does where routes form a loop. */
export function goesRound(hops: readonly Hop[]): boolean {
  return new Set(hops.map((hop) => hop.netns)).size < hops.length
}
