import { joinOptions } from '../save-format/options.ts'
import type { TargetModule } from './target.ts'

export interface CtTarget {
  readonly notrack: boolean
  /** Other options (zone, helper, timeout, events) as written. */
  readonly others: readonly string[]
}

/** Mirrors xt_ct_target: raw table only. Zones, helpers and timeouts are not modelled. */
export const ct: TargetModule<CtTarget> = {
  options: {
    notrack: 0,
    helper: 1,
    ctevents: 1,
    expevents: 1,
    zone: 1,
    'zone-orig': 1,
    'zone-reply': 1,
    timeout: 1,
  },
  tables: ['raw'],
  hooks: ['PREROUTING', 'OUTPUT'],
  parse: (options) => ({
    notrack: options.has('notrack'),
    others: options.all
      .filter((one) => one.name !== 'notrack')
      .map((one) => `--${one.name} ${one.values.join(' ')}`),
  }),
  format: (target) => joinOptions(target.notrack && '--notrack', ...target.others),
  apply: (target) => {
    if (target.notrack) return { type: 'continue', untracked: true }
    const zone = target.others.find((text) => text.startsWith('--zone') || text.startsWith('--helper'))
    return zone ? { type: 'unknown', reason: `CT ${zone} is not modelled` } : { type: 'continue' }
  },
}

/** The old NOTRACK target, the same as `CT --notrack`. */
export const notrack: TargetModule<object> = {
  options: {},
  tables: ['raw'],
  hooks: ['PREROUTING', 'OUTPUT'],
  parse: () => ({}),
  format: () => '',
  apply: () => ({ type: 'continue', untracked: true }),
}
