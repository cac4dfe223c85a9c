import { changedSetKey } from '../match/set.ts'
import type { Option } from '../save-format/options.ts'
import { option } from '../save-format/options.ts'
import type { TargetModule } from './target.ts'

export interface SetTarget {
  /** The ipsets that the rule changes or looks in. */
  readonly sets: readonly string[]
  /** Whether the packet gets a mark, a priority or a queue from an ipset. */
  readonly maps: boolean
  /** The options as iptables-save prints them. */
  readonly text: string
}

/**
 * Mirrors set_target of xt_set as far as the packet goes, which is on. The changed ipset itself is not followed:
 * a later `-m set` on it says that its members are not known.
 */
export const set: TargetModule<SetTarget> = {
  options: {
    'add-set': 2,
    'del-set': 2,
    'map-set': 2,
    exist: 0,
    timeout: 1,
    'map-mark': 0,
    'map-prio': 0,
    'map-queue': 0,
  },
  parse: (options) => {
    const named = options.all.filter((one) => one.values.length === 2)
    if (named.length === 0) options.fail('expected --add-set, --del-set or --map-set')
    return {
      sets: named.flatMap(({ values: [name] }) => name ?? []),
      maps: options.has('map-set'),
      text: options.all.map(formatOption).join(' '),
    }
  },
  format: ({ text }) => text,
  apply: ({ sets, maps }, { memory }) => {
    if (maps) return { type: 'unknown', reason: 'what SET --map-set takes from an ipset is not modelled' }
    for (const name of sets) memory.set(changedSetKey(name), true)
    return { type: 'continue' }
  },
}

function formatOption({ name, values }: Option): string {
  return option(name, values.length > 0 ? values.join(' ') : undefined)
}
