import type { Ip } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import type { Listener, Netns, Network, Route } from '../model/network.ts'
import type {
  ExchangeOutcome,
  Hop,
  PathMtuLesson,
  RuleStep,
  SizeLimit,
  Step,
  StopReason,
} from '../model/trace.ts'
import type { Tracking } from './conntrack.ts'
import type { FrameTarget } from './link.ts'
import type { DataplaneState } from './state.ts'

/** One way in which an exchange may go, and what the network remembers afterwards. */
export interface Outcome extends ExchangeOutcome {
  readonly state: DataplaneState
  /** What the sender of a packet that was too large has learnt, so that it is worth another attempt. */
  readonly lesson?: PathMtuLesson
}

/** What happened so far, newest first: a list that forks share. */
export interface Trail {
  readonly netns: string
  readonly step: Step
  /** True for the first step in a namespace. */
  readonly entered: boolean
  readonly previous: Trail | undefined
}

/** Where the routing decision sends the packet. */
export interface Way {
  readonly route: Route
  readonly device: string
  readonly via: Ip | undefined
  readonly local: boolean
}

/**
 * One packet at one point of one way that its walk may take. Immutable; forks are copies. Every field is always
 * there, `undefined` where it says nothing: flights are what the walk makes most of, and one shape is fast.
 */
export interface Flight {
  readonly packet: Packet
  readonly state: DataplaneState
  readonly netns: Netns
  /** How likely it is that the walk comes to this point. */
  readonly weight: number
  /** The packet's conntrack entry in this namespace; absent before conntrack has seen it. */
  readonly tracking: Tracking | undefined
  /** The device that it came in by; absent for the namespace's own packets. */
  readonly in: string | undefined
  /** The bridge port behind `in`, where br_netfilter knows it. */
  readonly physicalIn: string | undefined
  /** The MAC that its frame came from; absent for the namespace's own packets. */
  readonly frameSource: string | undefined
  readonly way: Way | undefined
  readonly trail: Trail | undefined
  /** Nobody will look at the trail: steps are not kept. */
  readonly quiet: boolean
  /** Namespaces passed so far; a limit ends endless walks. */
  readonly passed: number
  /** Parts that are not modelled and that this way takes for matched or not. */
  readonly assumptions: readonly string[]
}

/** How one packet's walk ends. */
export type End =
  /** It reached the sockets of its namespace; `listener` is the one that takes it, if any does. */
  | { readonly type: 'delivered'; readonly listener?: Listener }
  /** It is gone without a word. */
  | { readonly type: 'lost' }
  /** It is gone, and the namespace sends this to the packet's source. */
  | {
      readonly type: 'answered'
      readonly answer: Packet
      /** The bridge port that the answer is put out of, past all hooks. */
      readonly straightOut?: string
      /** The tunnel device that the answer comes out of as a frame to that MAC, as if the far end had sent it. */
      readonly backIn?: { readonly device: string; readonly mac: string }
    }
  /** The sender's own kernel refused to send it. */
  | { readonly type: 'failed'; readonly errno: string }
  /** A part that is not modelled decides. */
  | { readonly type: 'unknown' }

/** What to do with a flight next. Everything a walk does ends in such a call, and outcomes come back from it. */
export type Next = (flight: Flight) => readonly Outcome[]

/** One walk: the network, its clock, and what happens when the packet's way ends. */
export interface Walk {
  readonly network: Network
  /** The clock, in milliseconds. */
  readonly now: number
  /** Record rules that were looked at and did not match. */
  readonly recordMisses: boolean
  /** Takes one side of each fork instead of both; gets the probability that a rule matches. */
  readonly choose?: (probability: number) => boolean
  readonly end: (flight: Flight, end: End) => readonly Outcome[]
  /** A namespace sends a packet of its own; `routeMark` is the mark that routing sees, if not the packet's. */
  readonly send: (walk: Walk, flight: Flight, routeMark?: number) => readonly Outcome[]
  /** A frame reaches the far end of a wire. */
  readonly arrive: (walk: Walk, flight: Flight, target: FrameTarget) => readonly Outcome[]
}

/** The flight's trail with one more step in a namespace; unchanged if nobody will look at it. */
export function extendTrail({ quiet, trail, netns }: Flight, step: Step): Trail | undefined {
  if (quiet) return trail
  const entered = trail === undefined || trail.netns !== netns.id || step.type === 'received'
  return { netns: netns.id, step, entered, previous: trail }
}

/** Adds a step to the trail. */
export function note(flight: Flight, step: Step): Flight {
  return flight.quiet ? flight : { ...flight, trail: extendTrail(flight, step) }
}

/** Notes that the packet is too large to go further. */
export function stopTooBig(flight: Flight, size: SizeLimit, text: string): Flight {
  return note(flight, { type: 'ended', reason: 'too-big', text, size })
}

/** The packet's way ends silently here. */
export function lose(
  walk: Walk,
  flight: Flight,
  reason: StopReason,
  text: string,
  by?: RuleStep,
): readonly Outcome[] {
  return walk.end(stop(flight, reason, text, by), { type: 'lost' })
}

/** Notes why the packet goes no further. */
export function stop(flight: Flight, reason: StopReason, text: string, by?: RuleStep): Flight {
  return note(flight, { type: 'ended', reason, text, ...(by && { by }) })
}

/** The trail as hops, in the order in which they happened. */
export function hopsOf(trail: Trail | undefined): readonly Hop[] {
  const list: Trail[] = []
  for (let one = trail; one; one = one.previous) list.push(one)
  const hops: { netns: string; steps: Step[] }[] = []
  for (const { netns, step, entered } of list.reverse()) {
    const last = hops.at(-1)
    if (entered || !last) hops.push({ netns, steps: [step] })
    else last.steps.push(step)
  }
  return hops
}
