import { joinOptions, parseNumber } from '../save-format/options.ts'
import type { MatchModule } from './match.ts'
import { readRate, takeToken, writeRate } from './token-bucket.ts'

/** A token bucket: one packet each `cost` tenths of a millisecond, and `burst` of them at once. */
export interface LimitMatch {
  readonly cost: number
  readonly burst: number
}

/** XT_LIMIT_SCALE: the tenths of a millisecond in a second. */
const scale = 10_000

/** Mirrors limit_mt of xt_limit: credit grows with time up to the burst, and each packet that matches costs some. */
export const limit: MatchModule<LimitMatch> = {
  remembers: true,
  options: { limit: 1, 'limit-burst': 1 },
  parse: (options) => {
    const rate = readRate(options.value('limit') ?? '3/hour', scale)
    if (typeof rate === 'string') return options.fail(rate)
    const burst = parseNumber(options.value('limit-burst') ?? '5', 'burst', 10_000)
    if (burst === 0 || rate.cost * burst > 0xffffffff)
      options.fail('this burst at this rate does not fit the kernel')
    return { cost: rate.cost, burst }
  },
  format: ({ cost, burst }) =>
    joinOptions(`--limit ${writeRate(cost, scale).text}`, burst !== 5 && `--limit-burst ${burst}`),
  test: ({ cost, burst }, { memory, now, ruleId }) =>
    takeToken({ cost, burst, scale }, memory, `limit ${ruleId}`, now),
}
