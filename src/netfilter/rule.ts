import type { Ip } from '../base/ip.ts'
import type { Origin } from '../base/source.ts'
import type { Match } from './match/registry.ts'
import type { ExtensionTarget } from './target/registry.ts'

/** The tables of xtables. */
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter' | 'security'

/** The five hooks; a base chain has the name of its hook. */
export type HookName = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING'

/** `-s` or `-d`: matches when `(packet address & mask) === address`. The mask need not be a prefix. */
export interface AddressMatch {
  readonly address: Ip
  readonly mask: Ip
  readonly inverted: boolean
}

/** `-i` or `-o`; a name that ends in `+` matches every device that begins so. */
export interface DeviceMatch {
  readonly name: string
  readonly inverted: boolean
}

/** `-p`, by IANA number. */
export interface ProtocolMatch {
  readonly protocol: number
  readonly inverted: boolean
}

/** What `struct ipt_ip` holds: the part of a rule that is compared before any `-m` match. */
export interface HeaderMatch {
  readonly source?: AddressMatch
  readonly destination?: AddressMatch
  readonly in?: DeviceMatch
  readonly out?: DeviceMatch
  readonly protocol?: ProtocolMatch
  /** `-f`: second and further fragments only (or, inverted, all but those). */
  readonly fragment?: { readonly inverted: boolean }
}

/** What a rule does with a packet that it matches: a built-in verdict, a jump, or an extension. */
export type Target =
  | { readonly type: 'accept' }
  | { readonly type: 'drop' }
  | { readonly type: 'return' }
  | { readonly type: 'queue' }
  | { readonly type: 'jump'; readonly chain: string }
  | { readonly type: 'goto'; readonly chain: string }
  | ExtensionTarget

/** Packet and byte counters, as `iptables-save -c` prints them. */
export interface Counters {
  readonly packets: bigint
  readonly bytes: bigint
}

/** One rule. Without a target it only counts, and the packet goes on. */
export interface Rule {
  readonly header: HeaderMatch
  readonly matches: readonly Match[]
  readonly target?: Target
  readonly origin?: Origin
  readonly counters?: Counters
  /** The rule's text as it was read, if our own spelling of it would differ. */
  readonly spelling?: string
}

/** A list of rules. Base chains have a policy, user-defined chains have none. */
export interface Chain {
  readonly name: string
  readonly rules: readonly Rule[]
  readonly policy?: 'ACCEPT' | 'DROP'
  /** Who set the policy, if it is known. */
  readonly origin?: Origin
  readonly counters?: Counters
}

/**
 * One table of one address family. Chains are looked up by name, so that a table may make them when they are
 * asked for.
 */
export interface Table {
  readonly name: TableName
  /** What a trace calls it where its name alone would not tell it from the same table of another backend. */
  readonly label?: string
  chain(name: string): Chain | undefined
  /** All chains in the order in which iptables-save lists them. */
  chains(): readonly Chain[]
  /** Comment lines that stood before the table in the text that it was read from. */
  readonly remarks?: readonly string[]
}

/**
 * Through which program's eyes rules are seen: iptables-nft, iptables-legacy, or firewalld, whose table of native
 * nftables no iptables-save shows.
 */
export type Backend = 'nft' | 'legacy' | 'firewalld'

/** The tables of one address family in one network namespace, and of one backend. */
export interface RuleSet {
  readonly family: 4 | 6
  /** iptables' own backend if left out: whichever the node's iptables uses. */
  readonly backend?: Backend
  /** In the order in which iptables-save lists them. */
  readonly tables: readonly Table[]
  /** Comment lines that stood after the last table. */
  readonly remarks?: readonly string[]
  /** Whether any rule needs connection tracking; worked out from the rules if it is not stated. */
  readonly conntrack?: boolean
}

/** The base chains of each table, in hook order, which is also the order in iptables-save. */
export const baseChains: Readonly<Record<TableName, readonly HookName[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
}

/** The order in which iptables-nft-save lists the tables that exist. */
export const saveOrder: readonly TableName[] = ['mangle', 'security', 'raw', 'filter', 'nat']

/** The hooks, in the order in which a forwarded packet would meet them. */
export const hookNames: readonly HookName[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']

export function isHookName(name: string): name is HookName {
  return (hookNames as readonly string[]).includes(name)
}

export function isTableName(name: string): name is TableName {
  return Object.hasOwn(baseChains, name)
}

export function tableOf(ruleSet: RuleSet, name: TableName): Table | undefined {
  return ruleSet.tables.find((table) => table.name === name)
}
