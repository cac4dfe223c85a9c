import type { Options } from '../save-format/options.ts'
import { option, parseNumber } from '../save-format/options.ts'
import type { MatchModule } from './match.ts'

/** A comparison of the packet's TTL, or hop limit, with a number. */
export interface HopLimitMatch {
  readonly comparison: 'eq' | 'lt' | 'gt'
  readonly value: number
  readonly inverted: boolean
}

const comparisons = ['eq', 'lt', 'gt'] as const

/** The options of `-m ttl` and `-m hl` differ in their first letters alone. */
function hopLimitMatch(prefix: 'ttl' | 'hl', family: 4 | 6): MatchModule<HopLimitMatch> {
  const names = comparisons.map((comparison) => `${prefix}-${comparison}`)
  return {
    options: Object.fromEntries(names.map((name) => [name, 1])),
    aliases: { [prefix]: `${prefix}-eq` },
    negatable: [`${prefix}-eq`],
    exclusive: [names],
    family,
    parse: (options) => read(options, prefix),
    format: (match) => option(`${prefix}-${match.comparison}`, String(match.value), match.inverted),
    test: (match, { packet }) => {
      const holds = {
        eq: packet.ttl === match.value,
        lt: packet.ttl < match.value,
        gt: packet.ttl > match.value,
      }
      return holds[match.comparison] !== match.inverted
    },
  }
}

function read(options: Options, prefix: string): HopLimitMatch {
  for (const comparison of comparisons) {
    const text = options.value(`${prefix}-${comparison}`)
    if (text === undefined) continue
    const inverted = options.inverted(`${prefix}-${comparison}`)
    return { comparison, value: parseNumber(text, prefix, 255), inverted }
  }
  return options.fail(`expected --${prefix}-eq, --${prefix}-lt or --${prefix}-gt`)
}

/** Mirrors ttl_mt of xt_hl. */
export const ttl: MatchModule<HopLimitMatch> = hopLimitMatch('ttl', 4)

/** Mirrors hl_mt6 of xt_hl. */
export const hl: MatchModule<HopLimitMatch> = hopLimitMatch('hl', 6)
