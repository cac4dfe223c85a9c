import { linearRegExp } from '../base/regexp/linear.ts'

/**
 * A regular expression of a proxy (PCRE, RE2) as one of this language: those that people write in manifests mean the
 * same in all three. `undefined` if it cannot be read, so that nothing matches it.
 */
export function compilePattern(pattern: string, ignoreCase: boolean): RegExp | undefined {
  const flagged = pattern.startsWith('(?i)')
  const source = (flagged ? pattern.slice(4) : pattern).replaceAll('(?P<', '(?<')
  try {
    return linearRegExp(source, ignoreCase || flagged ? 'i' : '')
  } catch {
    return undefined
  }
}

/** The text as a pattern that finds it letter by letter. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
