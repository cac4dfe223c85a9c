import { joinOptions, option, parseNumber } from '../save-format/options.ts'
import type { MatchContext, MatchModule, MatchResult } from './match.ts'

/** `--mode random`, with the probability in units of 2^-31 as the kernel holds it, or `--mode nth`. */
export type StatisticMatch =
  | { readonly mode: 'random'; readonly probability: number; readonly inverted: boolean }
  | { readonly mode: 'nth'; readonly every: number; readonly packet: number; readonly inverted: boolean }

const one = 0x80000000

/** Mirrors statistic_mt of xt_statistic. Random forks the walk; nth counts the packets that reach the rule. */
export const statistic: MatchModule<StatisticMatch> = {
  remembers: true,
  options: { mode: 1, probability: 1, every: 1, packet: 1 },
  negatable: ['probability', 'every'],
  exclusive: [
    ['probability', 'every'],
    ['probability', 'packet'],
  ],
  parse: (options) => {
    const mode = options.required('mode')
    if (mode === 'random') {
      const text = options.required('probability')
      const value = Number(text)
      if (!(text !== '' && value >= 0 && value <= 1)) options.fail(`probability "${text}" is not from 0 to 1`)
      return { mode, probability: Math.round(value * one), inverted: options.inverted('probability') }
    }
    if (mode !== 'nth') return options.fail(`mode "${mode}" is not random or nth`)
    const every = parseNumber(options.required('every'), 'every')
    const packet = parseNumber(options.required('packet'), 'packet')
    if (every === 0) options.fail('--every must be at least 1')
    if (packet >= every) options.fail('--packet must be less than --every')
    return { mode, every, packet, inverted: options.inverted('every') }
  },
  format: (match) =>
    match.mode === 'random'
      ? joinOptions(
          '--mode random',
          option('probability', probabilityText(match.probability), match.inverted),
        )
      : joinOptions(
          '--mode nth',
          option('every', String(match.every), match.inverted),
          `--packet ${match.packet}`,
        ),
  test: (match, context): MatchResult => {
    if (match.mode === 'nth') return countNth(match, context)
    const share = match.probability / one
    const probability = match.inverted ? 1 - share : share
    return probability <= 0 ? false : probability >= 1 ? true : { probability }
  },
}

const texts = new Map<number, string>()

/** Eleven decimals, as libxt_statistic prints them. Few shares occur, each very often, and toFixed is slow. */
function probabilityText(probability: number): string {
  const known = texts.get(probability)
  if (known !== undefined) return known
  const text = (probability / one).toFixed(11)
  texts.set(probability, text)
  return text
}

function countNth(match: StatisticMatch & { readonly mode: 'nth' }, context: MatchContext): boolean {
  const key = `nth ${context.ruleId}`
  const stored = context.memory.get(key)
  const arrived = typeof stored === 'number' ? stored : match.every - 1 - match.packet
  const next = arrived === match.every - 1 ? 0 : arrived + 1
  context.memory.set(key, next)
  return (next === 0) !== match.inverted
}
