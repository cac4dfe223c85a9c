import type { Memory } from './match.ts'

/** A bucket of tokens: one comes each `cost` parts of a second, and it holds `burst` of them. */
export interface TokenRate {
  readonly cost: number
  readonly burst: number
  /** The parts of a second in which the kernel counts: XT_LIMIT_SCALE, XT_HASHLIMIT_SCALE_v2. */
  readonly scale: number
  /** Milliseconds after which a bucket that nobody asks is forgotten; never, if left out. */
  readonly expire?: number
}

interface Bucket {
  readonly credit: number
  /** The walk's clock in milliseconds. */
  readonly at: number
}

const units = [
  { name: 'day', long: 'day', seconds: 86_400 },
  { name: 'hour', long: 'hour', seconds: 3600 },
  { name: 'min', long: 'minute', seconds: 60 },
  { name: 'sec', long: 'second', seconds: 1 },
] as const

/** Takes a token if there is one. Mirrors rateinfo_recalc of xt_limit and of xt_hashlimit. */
export function takeToken(rate: TokenRate, memory: Memory, key: string, now: number): boolean {
  const { cost, burst, scale, expire = Number.POSITIVE_INFINITY } = rate
  const full: Bucket = { credit: cost * burst, at: now }
  const stored = memory.get(key) as Bucket | undefined
  const bucket = stored && now - stored.at <= expire ? stored : full
  const grown = bucket.credit + (now - bucket.at) * (scale / 1000)
  const credit = Math.min(full.credit, grown)
  const matches = credit >= cost
  memory.set(key, { credit: matches ? credit - cost : credit, at: now } satisfies Bucket)
  return matches
}

/** `3/hour`, `10/s`: a number for each second, minute, hour or day, whose name may be cut short; or what is wrong. */
export function readRate(
  text: string,
  scale: number,
): { readonly cost: number; readonly seconds: number } | string {
  const [number = '', unit = 'second'] = text.split('/')
  const found = units
    .toReversed()
    .find(({ long }) => unit !== '' && long.startsWith(unit.toLowerCase().replace(/^(min|sec)s?$/, '$1')))
  if (!/^\d+$/.test(number) || Number(number) === 0 || !found) return `"${text}" is not a rate such as 3/min`
  const cost = Math.floor((scale * found.seconds) / Number(number))
  return cost > 0 ? { cost, seconds: found.seconds } : `rate "${text}" is too fast; at most ${scale}/sec`
}

/** The coarsest unit in which the rate is a whole number, as print_rate of libxt_limit chooses it. */
export function writeRate(cost: number, scale: number): { readonly text: string; readonly seconds: number } {
  let chosen: (typeof units)[number] = units[0]
  for (const unit of units) {
    const whole = unit.seconds * scale
    if (unit !== chosen && (cost > whole || Math.floor(whole / cost) < whole % cost)) break
    chosen = unit
  }
  return { text: `${Math.floor((chosen.seconds * scale) / cost)}/${chosen.name}`, seconds: chosen.seconds }
}
