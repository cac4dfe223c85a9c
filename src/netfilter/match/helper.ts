import { option } from '../save-format/options.ts'
import { saveString } from '../save-format/tokens.ts'
import type { MatchModule } from './match.ts'

/** Connections that a helper (`ftp`, `sip-5060`) expected because of another one. */
export interface HelperMatch {
  readonly name: string
  readonly inverted: boolean
}

/** Mirrors helper_mt of xt_helper: only a connection with a master has a helper to compare, and no walk's has one. */
export const helper: MatchModule<HelperMatch> = {
  options: { helper: 1 },
  negatable: ['helper'],
  parse: (options) => ({ name: options.required('helper'), inverted: options.inverted('helper') }),
  format: ({ name, inverted }) => option('helper', saveString(name), inverted),
  test: ({ inverted }) => inverted,
}
