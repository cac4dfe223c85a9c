import type { Family } from '../../base/ip.ts'
import { bitsOf, familyOf, formatIp } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import type { Options } from '../save-format/options.ts'
import { andIp, joinOptions, maskOf, parseNumber } from '../save-format/options.ts'
import { saveString } from '../save-format/tokens.ts'
import type { MatchModule, MatchResult } from './match.ts'
import { readRate, takeToken, writeRate } from './token-bucket.ts'

const modes = ['srcip', 'srcport', 'dstip', 'dstport'] as const
type Mode = (typeof modes)[number]

/** One bucket for each sender, receiver or port, in a table that rules share by its name. */
export interface HashlimitMatch {
  /** Packets: a token each `cost` millionths of a second. Bytes: the rate and the burst as they were written. */
  readonly rate:
    | { readonly cost: number; readonly burst: number }
    | { readonly bytes: string; readonly burst?: string }
  /** Matches what is over the rate, not what is within it. */
  readonly above: boolean
  readonly modes: readonly Mode[]
  readonly name: string
  readonly sourceBits?: number
  readonly destinationBits?: number
  /** Milliseconds after which an unused bucket is forgotten. */
  readonly expire: number
  /** Settings of the table that decide nothing here, as `--option value`. */
  readonly table: readonly string[]
  /** `--hashlimit-rate-match`, with the interval that was stated. */
  readonly rateMatch?: { readonly interval?: string }
}

/** XT_HASHLIMIT_SCALE_v2 */
const scale = 1_000_000

const tableOptions = ['hashlimit-htable-size', 'hashlimit-htable-max', 'hashlimit-htable-gcinterval'] as const

/** Mirrors hashlimit_mt of xt_hashlimit, by packets. A rate of bytes, and --hashlimit-rate-match, are not decided. */
export const hashlimit: MatchModule<HashlimitMatch> = {
  remembers: true,
  options: {
    'hashlimit-upto': 1,
    'hashlimit-above': 1,
    'hashlimit-burst': 1,
    'hashlimit-mode': 1,
    'hashlimit-name': 1,
    'hashlimit-srcmask': 1,
    'hashlimit-dstmask': 1,
    'hashlimit-htable-size': 1,
    'hashlimit-htable-max': 1,
    'hashlimit-htable-expire': 1,
    'hashlimit-htable-gcinterval': 1,
    'hashlimit-rate-match': 0,
    'hashlimit-rate-interval': 1,
  },
  aliases: { hashlimit: 'hashlimit-upto' },
  negatable: ['hashlimit-upto', 'hashlimit-above'],
  exclusive: [['hashlimit-upto', 'hashlimit-above']],
  parse: parseHashlimit,
  format: formatHashlimit,
  test: (match, { packet, memory, now }): MatchResult => {
    const { rate, name, expire, above, rateMatch } = match
    if ('bytes' in rate || rateMatch) return { unknown: `how much of ${name} has been used` }
    const key = `hashlimit ${name} ${match.modes.map((mode) => partOf(packet, mode, match)).join(' ')}`
    return takeToken({ ...rate, scale, expire }, memory, key, now) !== above
  },
}

function parseHashlimit(options: Options, family: Family): HashlimitMatch {
  const option = options.has('hashlimit-above') ? 'hashlimit-above' : 'hashlimit-upto'
  const written = options.required(option)
  const bytes = /b\/s(ec(ond)?)?$/i.test(written)
  const rate = bytes ? { cost: 0, seconds: 1 } : readRate(written, scale)
  if (typeof rate === 'string') return options.fail(rate)
  const burst = options.value('hashlimit-burst')
  const expire = options.value('hashlimit-htable-expire')
  return {
    rate: bytes
      ? { bytes: written, ...(burst !== undefined && { burst }) }
      : { cost: rate.cost, burst: readBurst(options, burst ?? '5') },
    above: (option === 'hashlimit-above') !== options.inverted(option),
    modes: readModes(options),
    name: options.required('hashlimit-name'),
    ...readBits(options, 'sourceBits', 'hashlimit-srcmask', family),
    ...readBits(options, 'destinationBits', 'hashlimit-dstmask', family),
    expire: expire === undefined ? rate.seconds * 1000 : parseNumber(expire, 'number of milliseconds'),
    table: tableOptions.flatMap((name) => (options.has(name) ? [`--${name} ${options.required(name)}`] : [])),
    ...readRateMatch(options),
  }
}

function readBurst(options: Options, text: string): number {
  const burst = parseNumber(text, 'burst', 1_000_000)
  return burst > 0 ? burst : options.fail('--hashlimit-burst must be from 1 to 1000000')
}

function readModes(options: Options): readonly Mode[] {
  const asked = options.value('hashlimit-mode')?.split(',') ?? []
  const unknown = asked.find((one) => !(modes as readonly string[]).includes(one))
  if (unknown !== undefined) options.fail(`"${unknown}" is not one of ${modes.join(', ')}`)
  return modes.filter((one) => asked.includes(one))
}

function readRateMatch(options: Options): Pick<HashlimitMatch, 'rateMatch'> {
  if (!options.has('hashlimit-rate-match')) return {}
  const interval = options.value('hashlimit-rate-interval')
  return { rateMatch: interval === undefined ? {} : { interval } }
}

function readBits<K extends 'sourceBits' | 'destinationBits'>(
  options: Options,
  key: K,
  name: string,
  family: Family,
): { readonly [P in K]?: number } {
  const text = options.value(name)
  if (text === undefined) return {}
  const bits = parseNumber(text, 'prefix length', bitsOf(family))
  return (bits === bitsOf(family) ? {} : { [key]: bits }) as { readonly [P in K]?: number }
}

function formatHashlimit(match: HashlimitMatch): string {
  const { rate, sourceBits, destinationBits, expire } = match
  const byPackets = 'bytes' in rate ? undefined : writeRate(rate.cost, scale)
  const burst = rate.burst === undefined ? '' : ` --hashlimit-burst ${rate.burst}`
  const text = 'bytes' in rate ? rate.bytes : byPackets?.text
  return joinOptions(
    `--hashlimit-${match.above ? 'above' : 'upto'} ${text}${burst}`,
    match.modes.length > 0 && `--hashlimit-mode ${match.modes.join(',')}`,
    `--hashlimit-name ${saveName(match.name)}`,
    ...match.table,
    expire !== (byPackets?.seconds ?? 1) * 1000 && `--hashlimit-htable-expire ${expire}`,
    sourceBits !== undefined && `--hashlimit-srcmask ${sourceBits}`,
    destinationBits !== undefined && `--hashlimit-dstmask ${destinationBits}`,
    match.rateMatch && '--hashlimit-rate-match',
    match.rateMatch?.interval !== undefined && `--hashlimit-rate-interval ${match.rateMatch.interval}`,
  )
}

/** libxt_hashlimit prints the name as it is; one that would not be read back so is quoted. */
function saveName(name: string): string {
  return /^[^\s"'\\]+$/.test(name) ? name : saveString(name)
}

function partOf(packet: Packet, mode: Mode, { sourceBits, destinationBits }: HashlimitMatch): string {
  switch (mode) {
    case 'srcip':
      return blockOf(packet.src, sourceBits)
    case 'dstip':
      return blockOf(packet.dst, destinationBits)
    case 'srcport':
      return String(packet.sport)
    case 'dstport':
      return String(packet.dport)
    default:
      return mode satisfies never
  }
}

function blockOf(ip: Packet['src'], bits: number | undefined): string {
  const family = familyOf(ip)
  return formatIp(andIp(ip, maskOf(family, bits ?? bitsOf(family))))
}
