import type { MatchContext } from '../match/match.ts'
import { joinOptions } from '../save-format/options.ts'
import type { Effect, TargetModule } from './target.ts'

export interface CtTarget {
  readonly notrack: boolean
  /** Other options (zone, helper, timeout, events) as written. */
  readonly others: readonly string[]
}

/** Mirrors xt_ct_target: raw table only. Zones are not modelled; helpers, timeouts and events change no first packet. */
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
  apply: (target, context) => {
    if (target.notrack) return untrack(context)
    const zone = target.others.find((text) => text.startsWith('--zone'))
    return zone && !isTracked(context)
      ? { type: 'unknown', reason: `CT ${zone} is not modelled` }
      : { type: 'continue' }
  },
}

/** The old NOTRACK target, the same as `CT --notrack`. */
export const notrack: TargetModule<object> = {
  options: {},
  tables: ['raw'],
  hooks: ['PREROUTING', 'OUTPUT'],
  parse: () => ({}),
  format: () => '',
  apply: (_target, context) => untrack(context),
}

/** xt_ct_target leaves a packet alone that has its entry already, which came round by the loopback device. */
function untrack(context: MatchContext): Effect {
  return isTracked(context) ? { type: 'continue' } : { type: 'continue', untracked: true }
}

function isTracked({ connection, state }: MatchContext): boolean {
  return connection !== undefined || state === 'UNTRACKED'
}
