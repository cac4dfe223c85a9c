import type { Ip } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import type { MatchContext } from '../match/match.ts'
import type { Extension, NumberRange } from '../save-format/options.ts'

/** What a nat rule asks for; conntrack decides what it gets (nf_nat_setup_info). */
export interface NatRequest {
  readonly manip: 'source' | 'destination'
  /** The addresses to choose from; absent where only ports change, or where `masquerade` or `redirect` say how. */
  readonly addresses?: { readonly first: Ip; readonly last: Ip }
  readonly ports?: NumberRange
  /** Port arithmetic of `--to-destination ip:first-last/base`. */
  readonly basePort?: number
  /** Take the address of the device that the packet leaves by. */
  readonly masquerade?: boolean
  /** Take the address of the device that the packet came in by, or 127.0.0.1 for the namespace's own packets. */
  readonly redirect?: boolean
  /** Replace the network part of the address (NETMAP), whose mask this is. */
  readonly networkMask?: Ip
  readonly random: boolean
  readonly fullyRandom: boolean
  readonly persistent: boolean
}

/** What REJECT answers with: an ICMP or ICMPv6 error, or a TCP RST. */
export interface RejectAnswer {
  readonly name: string
  readonly icmp?: { readonly type: number; readonly code: number }
}

/** What a target does with the packet. */
export type Effect =
  | {
      readonly type: 'continue'
      readonly packet?: Packet
      /** The connection's new mark. */
      readonly connectionMark?: number
      /** The packet is not to be tracked. */
      readonly untracked?: boolean
    }
  | { readonly type: 'nat'; readonly request: NatRequest }
  | { readonly type: 'reject'; readonly answer: RejectAnswer }
  | { readonly type: 'accept' }
  | { readonly type: 'unknown'; readonly reason: string }

/** One target extension: how it is written, where it may stand, and what it does. */
export interface TargetModule<T> extends Extension<T> {
  /** Whether a packet goes on after it as if its rule were not there. */
  readonly harmless?: boolean
  apply(target: T, context: MatchContext): Effect
}

/** A target that is read and printed but not understood. */
export interface UnknownTarget {
  readonly type: 'unknown'
  readonly name: string
  readonly tokens: readonly string[]
}
