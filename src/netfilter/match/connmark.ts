import { bit32 } from '../save-format/options.ts'
import type { MarkMatch } from './mark.ts'
import { formatMark, parseMark } from './mark.ts'
import type { MatchModule } from './match.ts'

/** Mirrors connmark_mt of xt_connmark: the connection's mark; never true, inverted or not, without a connection. */
export const connmark: MatchModule<MarkMatch> = {
  options: { mark: 1 },
  negatable: ['mark'],
  parse: parseMark,
  format: formatMark,
  test: (match, { connection }) =>
    connection !== undefined && (bit32(connection.mark & match.mask) === match.value) !== match.inverted,
}
