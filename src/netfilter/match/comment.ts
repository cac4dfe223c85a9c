import { saveString } from '../save-format/tokens.ts'
import type { MatchModule } from './match.ts'

export interface CommentMatch {
  readonly comment: string
}

/** Mirrors xt_comment: always true. */
export const comment: MatchModule<CommentMatch> = {
  options: { comment: 1 },
  parse: (options) => ({ comment: options.required('comment') }),
  format: (match) => `--comment ${saveString(match.comment)}`,
  test: () => true,
}
