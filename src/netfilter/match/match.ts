import type { Ip } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import type { HookName } from '../rule.ts'
import type { Extension } from '../save-format/options.ts'

/** What a match says of a packet. A probability forks the walk; `unknown` says that kubewalk cannot tell. */
export type MatchResult = boolean | { readonly probability: number } | { readonly unknown: string }

/** `enum ip_conntrack_info` as rules see it. */
export type ConnectionState = 'INVALID' | 'NEW' | 'RELATED' | 'ESTABLISHED' | 'UNTRACKED'

/** One direction of a connection. For ICMP echo `sport` is the identifier and `dport` is 0. */
export interface Tuple {
  readonly src: Ip
  readonly dst: Ip
  readonly protocol: number
  readonly sport: number
  readonly dport: number
}

/** What matches may ask of the packet's conntrack entry. */
export interface ConnectionView {
  readonly original: Tuple
  readonly reply: Tuple
  readonly direction: 'original' | 'reply'
  readonly mark: number
  readonly sourceTranslated: boolean
  readonly destinationTranslated: boolean
  readonly seenReply: boolean
  readonly assured: boolean
  readonly confirmed: boolean
  /** When the entry will be forgotten, in milliseconds of the walk's clock; `undefined` before it is confirmed. */
  readonly expires?: number
}

/** `RTN_*` of a route look-up, by which `-m addrtype` asks. */
export type AddressType =
  | 'UNSPEC'
  | 'UNICAST'
  | 'LOCAL'
  | 'BROADCAST'
  | 'ANYCAST'
  | 'MULTICAST'
  | 'BLACKHOLE'
  | 'UNREACHABLE'
  | 'PROHIBIT'

/** One named ipset: what it holds, by the texts of its entries' dimensions. */
export interface AddressSet {
  readonly name: string
  readonly type: string
  /** Whether the set holds the element that these dimensions of the packet make up. */
  contains(packet: Packet, dimensions: readonly ('src' | 'dst')[], device: DeviceView): boolean
}

/** The devices that the packet came in by and leaves by, as this hook sees them. */
export interface DeviceView {
  readonly in?: string | undefined
  readonly out?: string | undefined
  /** The bridge ports behind `in` and `out`, when br_netfilter called the hook. */
  readonly physicalIn?: string | undefined
  readonly physicalOut?: string | undefined
  /** Whether the frame is being bridged rather than routed. */
  readonly bridged: boolean
}

/** What matches may ask of the network namespace around them. */
export interface HostView {
  /** The type of an address as the namespace's routes see it, optionally for one device alone. */
  addressType(ip: Ip, device?: string): AddressType
  /** Whether the reply to the packet would leave by the device it came in by (or, loosely, by any). */
  reversePathValid(packet: Packet, device: string | undefined, options: ReversePathOptions): boolean
  set(name: string): AddressSet | undefined
  /** The MTU of the way to an address, as its route or device has it; without end, where no way leads there. */
  mtuTo(ip: Ip, mark: number): number
}

export interface ReversePathOptions {
  readonly loose: boolean
  readonly acceptLocal: boolean
  readonly validMark: boolean
}

/** State that rules keep between packets: `recent` lists, `nth` counters, `limit` buckets. */
export interface Memory {
  get(key: string): unknown
  set(key: string, value: unknown): void
}

/** A packet at a hook, with what the kernel knows of it there. */
export interface PacketView {
  readonly packet: Packet
  readonly hook: HookName
  readonly devices: DeviceView
  readonly state: ConnectionState
  readonly connection: ConnectionView | undefined
  readonly host: HostView
  /** The walk's clock, in milliseconds. */
  readonly now: number
}

/** All that a match may look at. */
export interface MatchContext extends PacketView {
  readonly memory: Memory
  /** Names the rule within its namespace: `nat/KUBE-SVC-X/3`, counting from 1. */
  readonly ruleId: string
}

/** One match extension: how it is written, and what it says of a packet. */
export interface MatchModule<M> extends Extension<M> {
  /** Whether asking it changes what later packets get: a rule's matches after it must not be asked before it. */
  readonly remembers?: boolean
  test(match: M, context: MatchContext): MatchResult
}

/** A match that is read and printed but not understood. Its rule is never skipped silently. */
export interface UnknownMatch {
  readonly type: 'unknown'
  readonly name: string
  /** The options as they were written, with `!` where it stood. */
  readonly tokens: readonly string[]
}
