import type { Options } from '../save-format/options.ts'
import { joinOptions, parseNumber } from '../save-format/options.ts'
import type { MatchContext, MatchModule } from './match.ts'

/** A token bucket: one packet each `cost` tenths of a millisecond, and `burst` of them at once. */
export interface LimitMatch {
  readonly cost: number
  readonly burst: number
}

/** What a rule's bucket held when it was last looked at. */
interface Bucket {
  readonly credit: number
  /** The walk's clock in milliseconds. */
  readonly at: number
}

/** XT_LIMIT_SCALE: the tenths of a millisecond in a second. */
const scale = 10_000

const units = [
  { name: 'day', long: 'day', seconds: 86_400 },
  { name: 'hour', long: 'hour', seconds: 3600 },
  { name: 'min', long: 'minute', seconds: 60 },
  { name: 'sec', long: 'second', seconds: 1 },
] as const

/** Mirrors limit_mt of xt_limit: credit grows with time up to the burst, and each packet that matches costs some. */
export const limit: MatchModule<LimitMatch> = {
  remembers: true,
  options: { limit: 1, 'limit-burst': 1 },
  parse: (options) => {
    const cost = readRate(options)
    const burst = parseNumber(options.value('limit-burst') ?? '5', 'burst', 10_000)
    if (burst === 0 || cost * burst > 0xffffffff)
      options.fail('this burst at this rate does not fit the kernel')
    return { cost, burst }
  },
  format: ({ cost, burst }) =>
    joinOptions(`--limit ${formatRate(cost)}`, burst !== 5 && `--limit-burst ${burst}`),
  test: takeToken,
}

function takeToken({ cost, burst }: LimitMatch, { memory, now, ruleId }: MatchContext): boolean {
  const key = `limit ${ruleId}`
  const full: Bucket = { credit: cost * burst, at: now }
  const bucket = (memory.get(key) as Bucket | undefined) ?? full
  const grown = bucket.credit + (now - bucket.at) * (scale / 1000)
  const credit = Math.min(full.credit, grown)
  const matches = credit >= cost
  memory.set(key, { credit: matches ? credit - cost : credit, at: now } satisfies Bucket)
  return matches
}

/** `3/hour`, `10/s`: a number for each second, minute, hour or day, whose name may be cut short. */
function readRate(options: Options): number {
  const text = options.value('limit') ?? '3/hour'
  const [number = '', unit = 'second'] = text.split('/')
  const found = units
    .toReversed()
    .find(({ long }) => unit !== '' && long.startsWith(unit.toLowerCase().replace(/^(min|sec)s?$/, '$1')))
  if (!/^\d+$/.test(number) || Number(number) === 0 || !found)
    return options.fail(`"${text}" is not a rate such as 3/min`)
  const cost = Math.floor((scale * found.seconds) / Number(number))
  return cost > 0 ? cost : options.fail(`rate "${text}" is too fast; at most ${scale}/sec`)
}

/** The coarsest unit in which the rate is a whole number, as print_rate of libxt_limit chooses it. */
function formatRate(cost: number): string {
  let chosen: (typeof units)[number] = units[0]
  for (const unit of units) {
    const whole = unit.seconds * scale
    if (unit !== chosen && (cost > whole || Math.floor(whole / cost) < whole % cost)) break
    chosen = unit
  }
  return `${Math.floor((chosen.seconds * scale) / cost)}/${chosen.name}`
}
