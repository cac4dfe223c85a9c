import type { Match } from '../../netfilter/match/registry.ts'
import { formatMatch } from '../../netfilter/match/registry.ts'
import type { AddressMatch, DeviceMatch, HeaderMatch, Rule, Target } from '../../netfilter/rule.ts'
import { andIp } from '../../netfilter/save-format/options.ts'
import { formatTarget } from '../../netfilter/target/registry.ts'

/** How names are told apart on one side, so that names drawn at random come out the same on both. */
export interface Naming {
  readonly family: 4 | 6
  /** The name under which the other side would know this chain. */
  chain(name: string): string
  /** The name under which the other side would know this device. */
  device(name: string): string
}

/**
 * What a rule means, as a text: two rules with one key do the same with every packet. The order of matches, comments,
 * counters, nfacct objects, `-m tcp` without options and `--random-fully` do not count: they choose no packet and
 * change none that a walk could tell.
 */
export function ruleKey(rule: Rule, naming: Naming): string {
  return `${conditionKey(rule, naming)} ${targetKey(rule.target, naming)}`
}

/** The key of a rule's conditions alone. */
export function conditionKey({ header, matches }: Rule, naming: Naming): string {
  const head = headerKey(header, naming)
  if (matches.length === 0) return head
  const keys: string[] = []
  for (const match of matches) {
    const key = matchKey(match, naming)
    if (key !== '') keys.push(key)
  }
  if (keys.length > 1) keys.sort()
  return keys.length === 0 ? head : `${head}${keys.join(' ')}`
}

function headerKey(
  { source, destination, in: from, out, protocol, fragment }: HeaderMatch,
  naming: Naming,
): string {
  let key = ''
  if (source) key += `s${addressKey(source)} `
  if (destination) key += `d${addressKey(destination)} `
  if (from) key += `i${deviceKey(from, naming)} `
  if (out) key += `o${deviceKey(out, naming)} `
  if (protocol) key += `p${protocol.inverted ? '!' : ''}${protocol.protocol} `
  if (fragment) key += `f${fragment.inverted ? '!' : ''} `
  return key
}

function addressKey({ address, mask, inverted }: AddressMatch): string {
  return `${inverted ? '!' : ''}${andIp(address, mask)}/${mask}`
}

function deviceKey({ name, inverted }: DeviceMatch, naming: Naming): string {
  return `${inverted ? '!' : ''}${naming.device(name)}`
}

function matchKey(match: Match, { family }: Naming): string {
  switch (match.type) {
    case 'comment':
    case 'nfacct':
      return ''
    case 'unknown':
      return `${match.name} ${match.tokens.join(' ')}`
    case 'state': {
      const states = [...match.states].sort().join(',')
      return `ctstate ${match.inverted ? '!' : ''}${states}`
    }
    case 'conntrack': {
      const { states, ...rest } = match
      const listed = states
        ? `ctstate ${states.inverted ? '!' : ''}${[...states.value].sort().join(',')}`
        : ''
      const more = formatMatch(rest, family)
      return more === '' ? listed : `${listed} ${more}`
    }
    case 'multiport':
      return multiportKey(match)
    default: {
      const options = formatMatch(match, family)
      const bare = match.type === 'tcp' || match.type === 'udp' || match.type === 'sctp'
      return bare ? options : `${match.type} ${options}`
    }
  }
}

/** One port in a list is the same as that port alone; the order of a list does not count. */
function multiportKey({ side, ranges, inverted }: Extract<Match, { type: 'multiport' }>): string {
  const texts = ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}:${last}`))
  const not = inverted ? '! ' : ''
  if (texts.length === 1 && side !== 'ports') return `${not}--${side.slice(0, -1)} ${texts[0]}`
  return `multiport ${not}${side} ${texts.sort().join(',')}`
}

function targetKey(target: Target | undefined, naming: Naming): string {
  if (!target) return '-'
  switch (target.type) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'queue':
      return target.type
    case 'jump':
      return `j${naming.chain(target.chain)}`
    case 'goto':
      return `g${naming.chain(target.chain)}`
    case 'unknown':
      return `${target.name} ${target.tokens.join(' ')}`
    case 'MASQUERADE':
      return `MASQUERADE ${formatTarget({ ...target, random: false, fullyRandom: false }, naming.family)}`
    default:
      return `${target.type} ${formatTarget(target, naming.family)}`
  }
}
