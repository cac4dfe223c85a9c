import type { Ip } from '../base/ip.ts'
import { familyOf } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import type { DeviceView } from './match/match.ts'
import type { Match } from './match/registry.ts'
import { remembers } from './match/registry.ts'
import type { AddressMatch, Chain, DeviceMatch, Rule } from './rule.ts'
import { deviceMatches, isHostMask } from './save-format/header.ts'
import { andIp } from './save-format/options.ts'

/** Chains shorter than this are read in order; the index would cost more than it saves. */
const indexFrom = 16

/** A chain ready to be walked: its rules ready to be tested, and an index to those that may match a packet. */
export interface CompiledChain {
  readonly chain: Chain
  readonly rules: readonly CompiledRule[]
  readonly index: ChainIndex | undefined
}

/** A rule with its header in one fixed shape and without the matches that are always true. */
export interface CompiledRule {
  readonly rule: Rule
  readonly source: AddressMatch | undefined
  readonly destination: AddressMatch | undefined
  readonly in: DeviceMatch | undefined
  readonly out: DeviceMatch | undefined
  readonly protocol: number
  readonly protocolInverted: boolean
  /** Only further fragments, of which the walk has none. */
  readonly never: boolean
  readonly matches: readonly Match[]
}

function compileRule(rule: Rule): CompiledRule {
  const { header, matches } = rule
  return {
    rule,
    source: header.source,
    destination: header.destination,
    in: header.in,
    out: header.out,
    protocol: header.protocol?.protocol ?? -1,
    protocolInverted: header.protocol?.inverted ?? false,
    never: header.fragment !== undefined && !header.fragment.inverted,
    matches: matches.filter((match) => match.type !== 'comment'),
  }
}

/** Mirrors ip_packet_match: the comparison that comes before a rule's matches. Fragments are reassembled. */
export function headerMatches(rule: CompiledRule, packet: Packet, devices: DeviceView): boolean {
  const { source, destination, protocol } = rule
  if (protocol >= 0 && (packet.protocol === protocol) === rule.protocolInverted) return false
  if (destination !== undefined && !addressMatches(destination, packet.dst)) return false
  if (source !== undefined && !addressMatches(source, packet.src)) return false
  if (rule.in !== undefined && !deviceMatches(rule.in, devices.in ?? '')) return false
  if (rule.out !== undefined && !deviceMatches(rule.out, devices.out ?? '')) return false
  return !rule.never
}

function addressMatches({ address, mask, inverted }: AddressMatch, ip: Ip): boolean {
  return (andIp(ip, mask) === address) !== inverted
}

/** Rule positions, ascending, by the one value that each rule asks for. */
interface ChainIndex {
  readonly byDestination: ReadonlyMap<Ip, readonly number[]>
  readonly bySource: ReadonlyMap<Ip, readonly number[]>
  readonly byPort: ReadonlyMap<number, readonly number[]>
  readonly rest: readonly number[]
}

const compiled = new WeakMap<Chain, CompiledChain>()

/** The chain with its index; made once for each chain value. */
export function compileChain(chain: Chain): CompiledChain {
  const known = compiled.get(chain)
  if (known) return known
  const { rules } = chain
  const made: CompiledChain = {
    chain,
    rules: rules.map(compileRule),
    index: rules.length < indexFrom ? undefined : indexRules(rules),
  }
  compiled.set(chain, made)
  return made
}

function indexRules(rules: readonly Rule[]): ChainIndex {
  const byDestination = new Map<Ip, number[]>()
  const bySource = new Map<Ip, number[]>()
  const byPort = new Map<number, number[]>()
  const rest: number[] = []
  for (const [position, rule] of rules.entries()) {
    const destination = hostOf(rule.header.destination)
    const port = portOf(rule)
    const source = hostOf(rule.header.source)
    if (destination !== undefined) add(byDestination, destination, position)
    else if (port !== undefined) add(byPort, port, position)
    else if (source !== undefined) add(bySource, source, position)
    else rest.push(position)
  }
  return { byDestination, bySource, byPort, rest }
}

function add<K>(map: Map<K, number[]>, key: K, position: number): void {
  const list = map.get(key)
  if (list) list.push(position)
  else map.set(key, [position])
}

function hostOf(match: Rule['header']['source']): Ip | undefined {
  if (!match || match.inverted || !isHostMask(match.mask, familyOf(match.address))) return undefined
  return match.address
}

/** The one destination port that a rule asks for, if nothing before it must be asked of every packet. */
function portOf(rule: Rule): number | undefined {
  for (const match of rule.matches) {
    if (remembers(match)) return undefined
    if (match.type !== 'tcp' && match.type !== 'udp' && match.type !== 'sctp') continue
    const { dport } = match
    if (dport && !dport.inverted && dport.first === dport.last) return dport.first
  }
  return undefined
}

/** The position of the next rule, at or after `from`, that could match the packet; -1 at the chain's end. */
export function nextCandidate({ rules, index }: CompiledChain, packet: Packet, from: number): number {
  if (!index) return from < rules.length ? from : -1
  let next = firstFrom(index.rest, from)
  next = nearer(next, firstFrom(index.byDestination.get(packet.dst), from))
  next = nearer(next, firstFrom(index.byPort.get(packet.dport), from))
  return nearer(next, firstFrom(index.bySource.get(packet.src), from))
}

function nearer(a: number, b: number): number {
  return a < 0 ? b : b < 0 ? a : Math.min(a, b)
}

/** The first of the ascending positions that is at least `from`, by binary search; -1 if there is none. */
function firstFrom(positions: readonly number[] | undefined, from: number): number {
  if (!positions) return -1
  let low = 0
  let high = positions.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((positions[middle] ?? 0) < from) low = middle + 1
    else high = middle
  }
  return positions[low] ?? -1
}
