import { compilePattern } from './pattern.ts'
import type { ValueMatch } from './proxy.ts'
import type { Header, HttpRequest } from './request.ts'

/** The value of a header; several of one name are one list (RFC 9110, 5.3). */
export function headerValue(headers: readonly Header[], name: string): string | undefined {
  const values = headers.filter(([one]) => one.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
  return values.length === 0 ? undefined : values.join(',')
}

/** The value of a cookie. */
export function cookieValue(headers: readonly Header[], name: string): string | undefined {
  const pairs = headers
    .filter(([one]) => one.toLowerCase() === 'cookie')
    .flatMap(([, value]) => value.split(';'))
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}

/** The first value of a parameter of the query. */
export function queryValue({ query }: HttpRequest, name: string): string | undefined {
  return new URLSearchParams(query ?? '').get(name) ?? undefined
}

/** Whether a value, or that there is none, is what is asked for. */
export function valueMatches(match: ValueMatch, value: string | undefined): boolean {
  switch (match.type) {
    case 'exact':
      return value === match.value
    case 'regex':
      return value !== undefined && (compilePattern(match.value, false)?.test(value) ?? false)
    case 'present':
      return value !== undefined
    case 'absent':
      return value === undefined
    default:
      return match.type satisfies never
  }
}
