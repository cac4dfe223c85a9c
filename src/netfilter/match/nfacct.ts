import { saveString } from '../save-format/tokens.ts'
import type { MatchModule } from './match.ts'

export interface NfacctMatch {
  readonly object: string
}

/** Mirrors xt_nfacct: always true; it counts. iptables prints its value after two blanks. */
export const nfacct: MatchModule<NfacctMatch> = {
  options: { 'nfacct-name': 1 },
  parse: (options) => ({ object: options.required('nfacct-name') }),
  format: (match) => `--nfacct-name  ${saveString(match.object)}`,
  test: () => true,
}
