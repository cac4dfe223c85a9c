import type { NumberRange } from '../save-format/options.ts'
import { formatPortRange, joinOptions, parsePortRange } from '../save-format/options.ts'
import { refusePorts } from './nat-range.ts'
import type { TargetModule } from './target.ts'

export interface MasqueradeTarget {
  readonly ports?: NumberRange
  readonly random: boolean
  readonly fullyRandom: boolean
}

/** Mirrors masquerade_tg: nat POSTROUTING only; the address is that of the outgoing device. */
export const masquerade: TargetModule<MasqueradeTarget> = {
  options: { 'to-ports': 1, random: 0, 'random-fully': 0 },
  tables: ['nat'],
  refuse: refusePorts,
  hooks: ['POSTROUTING'],
  parse: (options) => ({
    ...(options.has('to-ports') && { ports: parsePortRange(options.required('to-ports'), '-') }),
    random: options.has('random'),
    fullyRandom: options.has('random-fully'),
  }),
  format: (target) =>
    joinOptions(
      target.ports && `--to-ports ${formatPortRange(target.ports, '-')}`,
      target.random && '--random',
      target.fullyRandom && '--random-fully',
    ),
  apply: ({ ports, random, fullyRandom }) => ({
    type: 'nat',
    request: {
      manip: 'source',
      masquerade: true,
      ...(ports && { ports }),
      random,
      fullyRandom,
      persistent: false,
    },
  }),
}
