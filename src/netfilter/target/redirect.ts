import type { NumberRange } from '../save-format/options.ts'
import { formatPortRange, joinOptions, parsePortRange } from '../save-format/options.ts'
import { refusePorts } from './nat-range.ts'
import type { TargetModule } from './target.ts'

export interface RedirectTarget {
  readonly ports?: NumberRange
  readonly random: boolean
}

/** Mirrors redirect_tg: a DNAT to the namespace itself. */
export const redirect: TargetModule<RedirectTarget> = {
  options: { 'to-ports': 1, random: 0 },
  aliases: { 'to-port': 'to-ports' },
  tables: ['nat'],
  refuse: refusePorts,
  hooks: ['PREROUTING', 'OUTPUT'],
  parse: (options) => ({
    ...(options.has('to-ports') && { ports: parsePortRange(options.required('to-ports'), '-') }),
    random: options.has('random'),
  }),
  format: (target) =>
    joinOptions(
      target.ports && `--to-ports ${formatPortRange(target.ports, '-')}`,
      target.random && '--random',
    ),
  apply: ({ ports, random }) => ({
    type: 'nat',
    request: {
      manip: 'destination',
      redirect: true,
      ...(ports && { ports }),
      random,
      fullyRandom: false,
      persistent: false,
    },
  }),
}
