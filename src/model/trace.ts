import type { Ip } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import type { Judged, ObjectRef } from '../base/source.ts'
import type { ConnectionState } from '../netfilter/match/match.ts'
import type { HookName, Rule } from '../netfilter/rule.ts'
import type { Application, FilterPlace, FilterVerdict, NetnsId, Route } from './network.ts'

/** How a leg or a journey ends. docs/dispositions.md defines each. */
export const dispositions = [
  'reached',
  'refused',
  'rejected',
  'dropped',
  'no-route',
  'looped',
  'stalled',
  'unknown',
  'nxdomain',
  'dns-nodata',
  'dns-servfail',
  'dns-timeout',
  'dns-wrong-answer',
  'no-address',
  'tls-wrong-cert',
] as const

export type Disposition = (typeof dispositions)[number]

/** A rule, or a base chain's policy (number 0), named as `iptables -L --line-numbers` counts. */
export interface RuleStep {
  readonly type: 'rule'
  readonly hook: HookName
  readonly table: string
  readonly chain: string
  readonly number: number
  readonly rule?: Rule
  /** False for a rule that was looked at and did not match. */
  readonly matched: boolean
}

/** A port and an address. */
export interface Socket {
  readonly ip: Ip
  readonly port: number
}

/** One thing that happened to the packet within a namespace. */
export type Step =
  | RuleStep
  | { readonly type: 'sent'; readonly packet: Packet; readonly device: string }
  | { readonly type: 'received'; readonly packet: Packet; readonly device: string; readonly port?: string }
  | {
      readonly type: 'conntrack'
      readonly state: ConnectionState
      readonly direction?: 'original' | 'reply'
      /** The connection's entry was there before this packet. */
      readonly known: boolean
    }
  | {
      readonly type: 'nat'
      readonly hook: HookName
      /** `dnat` and `snat` set a translation up; the others apply or undo one that the connection has. */
      readonly action: 'dnat' | 'snat' | 'again' | 'undo'
      readonly side: 'source' | 'destination'
      readonly from: Socket
      readonly to: Socket
      /** The rule that set it up. */
      readonly by?: RuleStep
      /** The kernel draws the port at random (`--random-fully`); the one shown is an example. */
      readonly randomPort?: boolean
    }
  | {
      readonly type: 'route'
      readonly route: Route
      readonly device: string
      readonly via?: Ip
      /** The source address that the route gave to the namespace's own packet. */
      readonly source?: Ip
      readonly again: boolean
    }
  /** A program beside the rules judged it, by the policies of these endpoints. */
  | {
      readonly type: 'filtered'
      readonly program: string
      readonly at: FilterPlace
      readonly action: FilterVerdict['action']
      readonly judged: readonly Judged[]
    }
  | { readonly type: 'local'; readonly device: string }
  | { readonly type: 'bridged'; readonly bridge: string; readonly from: string; readonly to: string }
  | { readonly type: 'neighbor'; readonly ip: Ip; readonly device: string; readonly found: boolean }
  | { readonly type: 'encapsulated'; readonly device: string; readonly outer: Packet }
  | { readonly type: 'decapsulated'; readonly device: string; readonly inner: Packet }
  | { readonly type: 'fragmented'; readonly mtu: number }
  /** An ICMP redirect told the sender of a shorter way to this destination, by that next hop, if it arrived. */
  | { readonly type: 'redirect'; readonly to: Ip; readonly via: Ip; readonly arrived: boolean }
  | { readonly type: 'assumed'; readonly what: string; readonly matched: boolean; readonly by: RuleStep }
  | { readonly type: 'delivered'; readonly packet: Packet; readonly listener?: ListenerRef }
  | {
      readonly type: 'ended'
      readonly reason: StopReason
      readonly text: string
      readonly by?: RuleStep
      /** For `too-big`: what was too large for what. */
      readonly size?: SizeLimit
    }

/** What is too large for what, in bytes. */
export interface SizeLimit {
  /** The device whose MTU it is, or the tunnel device whose path it is. */
  readonly device: string
  /** The packet, or its largest fragment. */
  readonly length: number
  readonly mtu: number
}

/** A packet that was too large on the way, and what was learnt of it: path MTU discovery (RFC 1191, RFC 8201). */
export interface PathMtuLesson {
  /** Which packet of the exchange: `request`, `reply`, `data`, `answer data`. */
  readonly name: string
  /** Its length in bytes. */
  readonly length: number
  /** What the one who sent it, or the node whose tunnel carried it, takes the path to have from now on. */
  readonly mtu: number
  /** Who said so. */
  readonly from: Ip
  /** Who learnt it. */
  readonly netns: NetnsId
  /** The packet's walk, and the error's. */
  readonly hops: readonly Hop[]
  readonly icmp: readonly Hop[]
}

/** The packet that does not get through for its size, while smaller ones do. */
export interface Stall extends SizeLimit {
  /** Which packet of the exchange. */
  readonly name: string
  readonly netns: NetnsId
  /** Whether an error about it reached its sender, was lost on its way, or was never sent. */
  readonly told: 'sender' | 'lost' | 'nobody'
  /** Where the error was lost. */
  readonly lostAt?: { readonly netns: NetnsId; readonly text: string }
}

/** How many bytes went over the connection, and in what segments. */
export interface Transfer {
  readonly name: string
  readonly bytes: number
  readonly segments: number
  /** The largest, with its headers. */
  readonly length: number
  /** The same in a tunnel, with the outer headers; the most, if it goes through several. */
  readonly outer?: number
}

/** The socket that took the packet. */
export interface ListenerRef {
  readonly owner?: ObjectRef
  readonly assumed: boolean
  readonly label?: string
  /** What waits behind it; not part of what is printed. */
  readonly application?: Application
}

/** Why a packet went no further. */
export type StopReason =
  | 'rule'
  | 'policy'
  | 'filter'
  | 'no-route'
  | 'blackhole'
  | 'martian-source'
  | 'martian-destination'
  | 'reverse-path'
  | 'source-check'
  | 'checksum'
  | 'forwarding-off'
  | 'ttl'
  | 'no-neighbor'
  | 'too-big'
  | 'device'
  | 'nat-exhausted'
  | 'bridge-port'
  | 'no-listener'
  | 'stray'
  | 'not-modelled'

/** One namespace's dealings with the packet: it came in or was sent, met hooks, was routed, left. */
export interface Hop {
  readonly netns: NetnsId
  readonly steps: readonly Step[]
}

/** What one packet did, from a socket to its end, in one of the ways it may go. */
export interface PacketWalk {
  /** `syn`, `syn-ack`, `request`, `reply`, `icmp-error`, … */
  readonly name: string
  readonly packet: Packet
  readonly hops: readonly Hop[]
}

/** One connection attempt from one socket: the first packet's walk and the answer's. */
export interface Leg {
  readonly purpose: 'connect' | 'resolve' | 'proxy'
  /** What it is for, in words: `A web.shop.svc.cluster.local.`. */
  readonly about?: string
  readonly forward: readonly Hop[]
  readonly reply: readonly Hop[]
  /** Later packets of the exchange, where one of them did not get through. */
  readonly later?: readonly PacketWalk[]
  /** Packets that were too large on the way, and sent again smaller. */
  readonly lessons?: readonly PathMtuLesson[]
  /** What was sent over a connection, where sizes were asked for. */
  readonly transfers?: readonly Transfer[]
  /** The other packets of the exchange, if they were asked for. */
  readonly rest?: readonly PacketWalk[]
}

/** Where and why it ended, when it did not arrive. */
export interface StoppedAt {
  readonly netns: NetnsId
  readonly reason: StopReason
  readonly text: string
  readonly hook?: HookName
  readonly table?: string
  readonly chain?: string
  /** The rule's number in its chain; 0 for the policy. */
  readonly rule?: number
  readonly ruleText?: string
  /** True if it was the answer that was lost. */
  readonly onReply: boolean
}

/** An ICMP error or RST that came back to the sender. */
export interface Answer {
  readonly type: 'rst' | 'icmp'
  readonly from: Ip
  readonly icmp?: { readonly type: number; readonly code: number; readonly mtu?: number }
}

/** One way in which an exchange may go, with its share of all. */
export interface ExchangeOutcome {
  readonly probability: number
  readonly disposition: Disposition
  readonly leg: Leg
  /** The namespace and socket that took the packet, whether or not it answered. */
  readonly destination?: { readonly netns: NetnsId; readonly ip: Ip; readonly port: number } & {
    readonly listener?: ListenerRef
  }
  readonly seenSource?: Socket & { readonly randomPort: boolean }
  readonly stoppedAt?: StoppedAt
  readonly answer?: Answer
  /** For `stalled`: the packet that is too large. */
  readonly stall?: Stall
  /** The sender's own kernel refused to send: the error's name. */
  readonly errno?: string
  /** For `unknown`: what would come of it if the part that is not modelled matched, and if not. */
  readonly alternatives?: readonly {
    readonly assuming: string
    readonly outcomes: readonly ExchangeOutcome[]
  }[]
  /** Parts that are not modelled, were met, and made no difference. */
  readonly immaterial?: readonly string[]
}
