import { trafficClass } from '../../base/packet.ts'
import { option } from '../save-format/options.ts'
import type { MaskedByte } from '../save-format/traffic-class.ts'
import { formatTos, parseTos } from '../save-format/traffic-class.ts'
import type { MatchModule } from './match.ts'

export interface TosMatch extends MaskedByte {
  readonly inverted: boolean
}

/** Mirrors tos_mt of xt_dscp: the whole DS field, under a mask. */
export const tos: MatchModule<TosMatch> = {
  options: { tos: 1 },
  negatable: ['tos'],
  parse: (options) => ({ ...parseTos(options.required('tos')), inverted: options.inverted('tos') }),
  format: (match) => option('tos', formatTos(match), match.inverted),
  test: (match, { packet }) => ((trafficClass(packet) & match.mask) === match.value) !== match.inverted,
}
