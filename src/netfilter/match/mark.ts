import type { Options } from '../save-format/options.ts'
import { bit32, hex, option, parseMasked } from '../save-format/options.ts'
import type { MatchModule } from './match.ts'

/** `--mark value/mask`: matches when `(mark & mask) === value`. */
export interface MarkMatch {
  readonly value: number
  readonly mask: number
  readonly inverted: boolean
}

/** Mirrors mark_mt of xt_mark: the packet's own mark. */
export const mark: MatchModule<MarkMatch> = {
  options: { mark: 1 },
  negatable: ['mark'],
  parse: parseMark,
  format: formatMark,
  test: (match, { packet }) => (bit32(packet.mark & match.mask) === match.value) !== match.inverted,
}

export function parseMark(options: Options): MarkMatch {
  return { ...parseMasked(options.required('mark'), 'mark'), inverted: options.inverted('mark') }
}

/** The mask is left out when it is all ones, as xtables prints it. */
export function formatMark(match: MarkMatch): string {
  const mask = match.mask === 0xffffffff ? '' : `/${hex(match.mask)}`
  return option('mark', hex(match.value) + mask, match.inverted)
}
