import type { Options } from '../save-format/options.ts'
import { parseNumber } from '../save-format/options.ts'
import type { TargetModule } from './target.ts'

/** A change of the packet's TTL, or hop limit. */
export interface HopLimitTarget {
  readonly action: 'set' | 'dec' | 'inc'
  readonly value: number
}

const actions = ['set', 'dec', 'inc'] as const

/** The options of TTL and HL differ in their first letters alone. */
function hopLimitTarget(prefix: 'ttl' | 'hl', family: 4 | 6): TargetModule<HopLimitTarget> {
  const names = actions.map((action) => `${prefix}-${action}`)
  return {
    options: Object.fromEntries(names.map((name) => [name, 1])),
    exclusive: [names],
    family,
    tables: ['mangle'],
    parse: (options) => read(options, prefix),
    format: ({ action, value }) => `--${prefix}-${action} ${value}`,
    apply: (target, { packet }) => ({
      type: 'continue',
      packet: { ...packet, ttl: changed(target, packet.ttl) },
    }),
  }
}

function read(options: Options, prefix: string): HopLimitTarget {
  for (const action of actions) {
    const text = options.value(`${prefix}-${action}`)
    if (text === undefined) continue
    const value = parseNumber(text, prefix, 255)
    if (value === 0 && action !== 'set') options.fail(`--${prefix}-${action} 0 changes nothing`)
    return { action, value }
  }
  return options.fail(`expected --${prefix}-set, --${prefix}-dec or --${prefix}-inc`)
}

/** ttl_tg and hl_tg6 stop at 0 and at 255. */
function changed({ action, value }: HopLimitTarget, ttl: number): number {
  switch (action) {
    case 'set':
      return value
    case 'dec':
      return Math.max(0, ttl - value)
    case 'inc':
      return Math.min(255, ttl + value)
    default:
      return action satisfies never
  }
}

/** Mirrors ttl_tg of xt_HL. */
export const ttl: TargetModule<HopLimitTarget> = hopLimitTarget('ttl', 4)

/** Mirrors hl_tg6 of xt_HL. */
export const hl: TargetModule<HopLimitTarget> = hopLimitTarget('hl', 6)
