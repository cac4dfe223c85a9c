import { joinOptions } from '../save-format/options.ts'
import type { NatRange } from './nat-range.ts'
import { formatNatRange, parseNatRange, refusePorts } from './nat-range.ts'
import type { TargetModule } from './target.ts'

export interface SnatTarget extends NatRange {
  readonly random: boolean
  readonly fullyRandom: boolean
  readonly persistent: boolean
}

/** Mirrors xt_snat_target_v2: nat POSTROUTING and INPUT only. */
export const snat: TargetModule<SnatTarget> = {
  options: { 'to-source': 1, random: 0, 'random-fully': 0, persistent: 0 },
  tables: ['nat'],
  refuse: refusePorts,
  hooks: ['POSTROUTING', 'INPUT'],
  parse: (options, family) => ({
    ...parseNatRange(options.required('to-source'), family),
    random: options.has('random'),
    fullyRandom: options.has('random-fully'),
    persistent: options.has('persistent'),
  }),
  format: (target) =>
    joinOptions(
      `--to-source ${formatNatRange(target)}`,
      target.random && '--random',
      target.fullyRandom && '--random-fully',
      target.persistent && '--persistent',
    ),
  apply: ({ random, fullyRandom, persistent, addresses, ports }) => ({
    type: 'nat',
    request: {
      manip: 'source',
      ...(addresses && { addresses }),
      ...(ports && { ports }),
      random,
      fullyRandom,
      persistent,
    },
  }),
}
