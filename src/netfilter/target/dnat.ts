import { joinOptions } from '../save-format/options.ts'
import type { NatRange } from './nat-range.ts'
import { formatNatRange, parseNatRange, refusePorts } from './nat-range.ts'
import type { TargetModule } from './target.ts'

export interface DnatTarget extends NatRange {
  readonly random: boolean
  readonly persistent: boolean
}

/** Mirrors xt_dnat_target_v2: nat PREROUTING and OUTPUT only. */
export const dnat: TargetModule<DnatTarget> = {
  options: { 'to-destination': 1, random: 0, persistent: 0 },
  tables: ['nat'],
  refuse: refusePorts,
  hooks: ['PREROUTING', 'OUTPUT'],
  parse: (options, family) => ({
    ...parseNatRange(options.required('to-destination'), family),
    random: options.has('random'),
    persistent: options.has('persistent'),
  }),
  format: (target) =>
    joinOptions(
      `--to-destination ${formatNatRange(target)}`,
      target.random && '--random',
      target.persistent && '--persistent',
    ),
  apply: ({ random, persistent, addresses, ports, basePort }) => ({
    type: 'nat',
    request: {
      manip: 'destination',
      ...(addresses && { addresses }),
      ...(ports && { ports }),
      ...(basePort === undefined ? {} : { basePort }),
      random,
      fullyRandom: false,
      persistent,
    },
  }),
}
