import type { Ip } from '../../base/ip.ts'
import type { ConntrackMatch } from '../../netfilter/match/conntrack.ts'
import type { Match } from '../../netfilter/match/registry.ts'
import type { AddressMatch, DeviceMatch, Rule } from '../../netfilter/rule.ts'
import { andIp } from '../../netfilter/save-format/options.ts'

/** What is known of the node that tells traffic apart. */
export interface Host {
  /** Whether the address is one of the node's own. */
  isLocal(ip: Ip): boolean
}

/** Whether no packet can match both rules. Where that cannot be told, some packet may. */
export function areDisjoint(a: Rule, b: Rule, host: Host): boolean {
  return (
    protocolsDiffer(a, b) ||
    addressesDiffer(a.header.source, b.header.source) ||
    addressesDiffer(a.header.destination, b.header.destination) ||
    devicesDiffer(a.header.in, b.header.in) ||
    devicesDiffer(a.header.out, b.header.out) ||
    matchesDiffer(a, b) ||
    isLocalAndNot(a, b, host) ||
    isLocalAndNot(b, a, host)
  )
}

function protocolsDiffer({ header: a }: Rule, { header: b }: Rule): boolean {
  if (!a.protocol || !b.protocol) return false
  const same = a.protocol.protocol === b.protocol.protocol
  if (a.protocol.inverted && b.protocol.inverted) return false
  return a.protocol.inverted || b.protocol.inverted ? same : !same
}

/** Blocks by mask; a mask that is no prefix is handled as well, as bits that must differ. */
function addressesDiffer(a: AddressMatch | undefined, b: AddressMatch | undefined): boolean {
  if (!a || !b || (a.inverted && b.inverted)) return false
  if (a.inverted) return addressesDiffer(b, a)
  const common = andIp(a.mask, b.mask)
  const meet = andIp(a.address, common) === andIp(b.address, common)
  if (!b.inverted) return !meet
  // All of `a` lies in what `b` leaves out.
  return meet && andIp(a.mask, b.mask) === b.mask
}

function devicesDiffer(a: DeviceMatch | undefined, b: DeviceMatch | undefined): boolean {
  if (!a || !b || (a.inverted && b.inverted)) return false
  if (a.inverted) return devicesDiffer(b, a)
  const covered = (one: DeviceMatch, other: DeviceMatch) =>
    other.name.endsWith('+') ? one.name.startsWith(other.name.slice(0, -1)) : one.name === other.name
  return b.inverted ? covered(a, b) : !covered(a, b) && !covered(b, a)
}

type Ports = readonly { readonly first: number; readonly last: number }[]

function matchesDiffer(a: Rule, b: Rule): boolean {
  if (a.matches.length === 0 || b.matches.length === 0) return false
  return portsDiffer(a, b, 'dport') || portsDiffer(a, b, 'sport') || statesDiffer(a, b) || marksDiffer(a, b)
}

function portsDiffer(a: Rule, b: Rule, side: 'sport' | 'dport'): boolean {
  const [one, other] = [portsOf(a, side), portsOf(b, side)]
  if (!one || !other) return false
  return one.every((x) => other.every((y) => x.last < y.first || y.last < x.first))
}

/** The ports that a rule asks for; `undefined` if it takes any, or all but some. */
function portsOf({ matches }: Rule, side: 'sport' | 'dport'): Ports | undefined {
  for (const match of matches) {
    if (match.type === 'multiport' && match.side === `${side}s` && !match.inverted) return match.ranges
    if (match.type !== 'tcp' && match.type !== 'udp' && match.type !== 'sctp') continue
    const port = match[side]
    if (port && !port.inverted) return [port]
  }
  return undefined
}

const plainStates: readonly string[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED']

function statesDiffer(a: Rule, b: Rule): boolean {
  const [one, other] = [statesOf(a), statesOf(b)]
  return one !== undefined && other !== undefined && !one.some((state) => other.includes(state))
}

/** The connection states that a rule lets through; `undefined` if it asks for none, or for a translation. */
function statesOf({ matches }: Rule): readonly string[] | undefined {
  for (const match of matches) {
    const asked = askedStates(match)
    if (!asked) continue
    if (!asked.inverted)
      return asked.value.every((one) => plainStates.includes(one)) ? asked.value : undefined
    return plainStates.filter((one) => !asked.value.includes(one))
  }
  return undefined
}

type AskedStates = { readonly value: readonly string[]; readonly inverted: boolean }

function askedStates(match: Match): AskedStates | undefined {
  if (match.type === 'state') return { value: match.states, inverted: match.inverted }
  return match.type === 'conntrack' ? (match satisfies ConntrackMatch).states : undefined
}

function marksDiffer(a: Rule, b: Rule): boolean {
  return a.matches.some((one) =>
    b.matches.some((other) => {
      if (one.type !== 'mark' || other.type !== 'mark') return false
      const same = one.mask === other.mask && one.value === other.value
      if (one.inverted !== other.inverted) return same
      return !one.inverted && one.mask === other.mask && !same
    }),
  )
}

/** `--dst-type LOCAL` beside a destination that the node does not have. */
function isLocalAndNot(a: Rule, b: Rule, host: Host): boolean {
  const destination = b.header.destination
  if (!destination || destination.inverted || !isHost(destination)) return false
  return a.matches.some(
    (match) =>
      match.type === 'addrtype' &&
      match.destination !== undefined &&
      match.destination.types.join() === 'LOCAL' &&
      match.destination.inverted === host.isLocal(destination.address),
  )
}

function isHost({ mask }: AddressMatch): boolean {
  return mask === 0xffffffff || mask === (1n << 128n) - 1n
}
