import { compilePattern, escapePattern } from './pattern.ts'
import type { PathMatch } from './proxy.ts'

/** Whether a path fits; the table of the Ingress specification, and what controllers have beside it. */
export function pathMatches(match: PathMatch, path: string): boolean {
  switch (match.type) {
    case 'exact':
      return path === match.value
    case 'prefix':
      return isPathPrefix(match.value, path)
    case 'string-prefix':
      return match.ignoreCase
        ? path.toLowerCase().startsWith(match.value.toLowerCase())
        : path.startsWith(match.value)
    case 'regex':
      return compilePattern(match.pattern, match.ignoreCase)?.test(path) ?? false
    case 'glob':
      return globPattern(match.value).test(path)
    default:
      return match satisfies never
  }
}

/** Whether the elements of a prefix are the first of a path; a slash at its end makes no difference. */
export function isPathPrefix(prefix: string, path: string): boolean {
  const bare = prefix.replace(/\/$/, '')
  return path === bare || path.startsWith(`${bare}/`)
}

/** `/foo`, `Exact /foo`, `~ /fo+`: the match as short as it can be said. */
export function formatPathMatch(match: PathMatch): string {
  switch (match.type) {
    case 'exact':
      return `Exact ${match.value}`
    case 'prefix':
      return `Prefix ${match.value}`
    case 'string-prefix':
      return `${match.value}…`
    case 'regex':
      return `${match.ignoreCase ? '~*' : '~'} ${match.pattern}`
    case 'glob':
      return match.value
    default:
      return match satisfies never
  }
}

function globPattern(glob: string): RegExp {
  const source = [...glob]
    .map((letter) => (letter === '*' ? '.*' : letter === '?' ? '.' : escapePattern(letter)))
    .join('')
  return new RegExp(`^${source}$`, 's')
}
