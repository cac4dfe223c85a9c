import type { NumberRange } from '../save-format/options.ts'
import { formatPortRange, inRange, option, parseNumberRange } from '../save-format/options.ts'
import type { MatchModule } from './match.ts'

export interface LengthMatch extends NumberRange {
  readonly inverted: boolean
}

/** Mirrors length_mt and length_mt6 of xt_length: the bytes of the whole packet, its IP header included. */
export const length: MatchModule<LengthMatch> = {
  options: { length: 1 },
  negatable: ['length'],
  parse: (options) => ({
    ...parseNumberRange(options.required('length'), 'length', 65535),
    inverted: options.inverted('length'),
  }),
  format: (match) => option('length', formatPortRange(match), match.inverted),
  test: (match, { packet }) => inRange(match, packet.length) !== match.inverted,
}
