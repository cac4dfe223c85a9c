import { linearRegExp } from '../../base/regexp/linear.ts'

/** A pattern that was found to be fit, with its text as it was written. */
export interface Pattern {
  readonly source: string
  readonly regexp: RegExp
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}

/**
 * Reads a pattern as Go's regexp package does (RE2): what RE2 has not, look-around and back references, is refused,
 * and what JavaScript spells otherwise is changed. `undefined` if the pattern is no good.
 */
export function compilePattern(source: string): Pattern | undefined {
  if (/\(\?<?[=!]|\\[1-9]|\\k</.test(source.replace(/\\\\/g, ''))) return undefined
  const flags = /^\^?\(\?([ims]+)\)/.exec(source)
  const body = source
    .slice(flags?.[0].length ?? 0)
    .replace(/^/, flags?.[0].startsWith('^') ? '^' : '')
    .replace(/\(\?P</g, '(?<')
    .replace(/\[:(\^?)(\w+):\]/g, (whole, _not: string, name: string) => posixClasses[name] ?? whole)
    .replace(/\\A/g, '(?<![\\s\\S])')
    .replace(/\\z/g, '(?![\\s\\S])')
    .replace(/\\Q(.*?)\\E/g, (_, text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  try {
    return { source, regexp: linearRegExp(body, flags?.[1] ?? '') }
  } catch {
    return undefined
  }
}

/** The number of groups in a pattern. */
export function groupsOf(pattern: Pattern): number {
  return (new RegExp(`${pattern.regexp.source}|`).exec('')?.length ?? 1) - 1
}

/** Puts what the groups matched in the place of `{0}`, `{1}` and so on, as the rewrite plugin does. */
export function expandGroups(replacement: string, found: RegExpExecArray): string {
  let text = replacement
  for (const [index, group] of found.entries()) text = text.replaceAll(`{${index}}`, () => group ?? '')
  return text
}

/** What Go says is wrong with a pattern that compilePattern does not take. */
export function patternError(source: string): string {
  const plain = source.replace(/\\./gs, '__').replace(/\[\^?\]?[^\]]*\]/g, (one) => '_'.repeat(one.length))
  const said = (what: string, part = source) => `error parsing regexp: ${what}: \`${part}\``
  const perl = /\(\?<?[=!]/.exec(source)?.[0]
  if (perl !== undefined) return said('invalid or unsupported Perl syntax', perl)
  if (plain.includes('[')) return said('missing closing ]', source.slice(plain.indexOf('[')))
  const repeated = /^[*+?]/.exec(plain)?.[0]
  if (repeated !== undefined) return said('missing argument to repetition operator', repeated)
  return plain.split('(').length > plain.split(')').length ? said('missing closing )') : said('unexpected )')
}
