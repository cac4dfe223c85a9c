import type { Family } from '../../base/ip.ts'
import { bitsOf, familyOf, formatIp } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import type { Options } from '../save-format/options.ts'
import { andIp, maskOf, parseAddressMask, parseNumber, prefixOf } from '../save-format/options.ts'
import type { MatchContext, MatchModule, MatchResult } from './match.ts'

/** How many connections one address, or one block of them, has. */
export interface ConnlimitMatch {
  readonly limit: number
  /** Matches more than `limit`, or else no more than it. */
  readonly above: boolean
  readonly bits: number
  /** Counts by receivers instead of senders. */
  readonly byDestination: boolean
}

/** Mirrors connlimit_mt of xt_connlimit. Connections that came to the rule earlier may have ended: unknown if that matters. */
export const connlimit: MatchModule<ConnlimitMatch> = {
  remembers: true,
  options: {
    'connlimit-above': 1,
    'connlimit-upto': 1,
    'connlimit-mask': 1,
    'connlimit-saddr': 0,
    'connlimit-daddr': 0,
  },
  negatable: ['connlimit-above', 'connlimit-upto'],
  exclusive: [
    ['connlimit-above', 'connlimit-upto'],
    ['connlimit-saddr', 'connlimit-daddr'],
  ],
  parse: parseConnlimit,
  format: ({ limit, above, bits, byDestination }) =>
    `--connlimit-${above ? 'above' : 'upto'} ${limit} --connlimit-mask ${bits} --connlimit-${byDestination ? 'daddr' : 'saddr'}`,
  test: testConnlimit,
}

function parseConnlimit(options: Options, family: Family): ConnlimitMatch {
  const option = options.has('connlimit-above') ? 'connlimit-above' : 'connlimit-upto'
  return {
    limit: parseNumber(options.required(option), 'number of connections'),
    above: (option === 'connlimit-above') !== options.inverted(option),
    bits: readBits(options, family),
    byDestination: options.has('connlimit-daddr'),
  }
}

function readBits(options: Options, family: Family): number {
  const text = options.value('connlimit-mask')
  if (text === undefined) return bitsOf(family)
  if (!text.includes('.')) return parseNumber(text, 'prefix length', bitsOf(family))
  const bits = prefixOf(parseAddressMask(`0.0.0.0/${text}`, family).mask)
  return bits ?? options.fail(`"${text}" is not the mask of a block`)
}

function testConnlimit(match: ConnlimitMatch, context: MatchContext): MatchResult {
  const { packet, memory, ruleId } = context
  const address = match.byDestination ? packet.dst : packet.src
  const block = formatIp(andIp(address, maskOf(familyOf(address), match.bits)))
  const key = `connlimit ${ruleId} ${block}`
  const earlier = (memory.get(key) as readonly string[] | undefined) ?? []
  const own = connectionOf(packet, context)
  const all = earlier.includes(own) ? earlier : [...earlier, own]
  memory.set(key, all)
  if (all.length > match.limit && match.limit > 0)
    return { unknown: `how many of the ${all.length} connections of ${block} still stand` }
  return all.length > match.limit === match.above
}

function connectionOf(packet: Packet, { connection }: MatchContext): string {
  const { protocol, src, dst, sport, dport } = connection?.original ?? packet
  return `${protocol} ${formatIp(src)} ${sport} ${formatIp(dst)} ${dport}`
}
