import { compilePattern } from './pattern.ts'
import type { HostPattern } from './proxy.ts'

/** The name of a Host header: without the port and a dot at the end, in lower case; an IPv6 address in brackets. */
export function hostName(host: string): string {
  const bare = host.startsWith('[')
    ? host.slice(0, host.indexOf(']') + 1 || undefined)
    : host.replace(/:.*$/, '')
  return bare.toLowerCase().replace(/\.$/, '')
}

/** The port of a Host header, if it has one. */
export function hostPort(host: string): number | undefined {
  const digits = /:(\d+)$/.exec(host.replace(/^\[[^\]]*\]/, ''))?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Whether a host name, as `hostName` gives it, fits a pattern. */
export function hostMatches(pattern: HostPattern, name: string): boolean {
  switch (pattern.type) {
    case 'exact':
      return name === pattern.name.toLowerCase()
    case 'one-label':
      return labelsBefore(pattern.suffix, name) === 1
    case 'any-depth':
      return labelsBefore(pattern.suffix, name) >= 1
    case 'regex':
      return compilePattern(pattern.pattern, true)?.test(name) ?? false
    case 'any':
      return true
    default:
      return pattern satisfies never
  }
}

/** The pattern of a rule's host: `*.example.com` stands for names of one label more, or of any number more. */
export function hostPattern(host: string, star: 'one-label' | 'any-depth'): HostPattern {
  if (host === '' || host === '*') return { type: 'any' }
  return host.startsWith('*.') ? { type: star, suffix: host.slice(2) } : { type: 'exact', name: host }
}

/** The pattern as manifests write it. */
export function formatHostPattern(pattern: HostPattern): string {
  switch (pattern.type) {
    case 'exact':
      return pattern.name
    case 'one-label':
    case 'any-depth':
      return `*.${pattern.suffix}`
    case 'regex':
      return `~${pattern.pattern}`
    case 'any':
      return '*'
    default:
      return pattern satisfies never
  }
}

/**
 * The one of those that fit a name which is most specific: the name itself, then the longest suffix, then a regex in
 * the order given, then any.
 */
export function mostSpecific<T>(
  candidates: readonly T[],
  patternOf: (candidate: T) => HostPattern,
  name: string,
): T | undefined {
  let best: { readonly candidate: T; readonly rank: number } | undefined
  for (const candidate of candidates) {
    const pattern = patternOf(candidate)
    if (!hostMatches(pattern, name)) continue
    const rank = specificity(pattern)
    if (rank > (best?.rank ?? -1)) best = { candidate, rank }
  }
  return best?.candidate
}

/** How specific a pattern is; the greater the more. */
export function specificity(pattern: HostPattern): number {
  switch (pattern.type) {
    case 'exact':
      return Number.MAX_SAFE_INTEGER
    case 'one-label':
      return 2 * pattern.suffix.length + 3
    case 'any-depth':
      return 2 * pattern.suffix.length + 2
    case 'regex':
      return 1
    case 'any':
      return 0
    default:
      return pattern satisfies never
  }
}

/** How many labels a name has in front of a suffix; 0 if it does not end in it. */
function labelsBefore(suffix: string, name: string): number {
  const end = `.${suffix.toLowerCase()}`
  if (!name.endsWith(end) || name.length === end.length) return 0
  const labels = name.slice(0, -end.length).split('.')
  return labels.includes('') ? 0 : labels.length
}
