import { normalName } from '../../name.ts'
import type { Pattern } from '../go-regexp.ts'
import { compilePattern } from '../go-regexp.ts'

/** How a rule looks at a lower-case name. */
export type NameMatch =
  | { readonly type: 'exact' | 'prefix' | 'suffix' | 'substring'; readonly text: string }
  | { readonly type: 'regex'; readonly pattern: Pattern }

export type MatchType = NameMatch['type']

export function isMatchType(text: string): text is MatchType {
  return ['exact', 'prefix', 'suffix', 'substring', 'regex'].includes(text)
}

/** The match of a rule that only looks: all but a pattern get a final dot. `undefined` for a pattern that is none. */
export function nameMatch(type: MatchType, text: string): NameMatch | undefined {
  if (type !== 'regex') return { type, text: normalName(text) }
  const pattern = compilePattern(text)
  return pattern && { type, pattern }
}

export function matchesName(match: NameMatch, name: string): boolean {
  switch (match.type) {
    case 'exact':
      return name === match.text
    case 'prefix':
      return name.startsWith(match.text)
    case 'suffix':
      return name.endsWith(match.text)
    case 'substring':
      return name.includes(match.text)
    case 'regex':
      return match.pattern.regexp.test(name)
    default:
      return match satisfies never
  }
}
