import type { HostPattern } from '../../http/proxy.ts'

/**
 * What a listener's and a route's host name have in common: the more specific of the two, or nothing. A wildcard
 * covers one label or more in front, and never its own suffix.
 */
export function intersectHostnames(listener: string | undefined, route: string): string | undefined {
  const a = listener?.toLowerCase() ?? ''
  const b = route.toLowerCase()
  if (a === '' || a === b) return b
  if (covers(a, b)) return b
  return covers(b, a) ? a : undefined
}

/** Whether every name of the second is one of the first, where they differ; no name covers all. */
export function covers(wide: string, narrow: string): boolean {
  if (wide === '') return true
  if (!wide.startsWith('*.')) return false
  return narrow.replace(/^\*/, 'x').endsWith(wide.slice(1)) && narrow !== wide
}

/** Host names in the form of a proxy's; none stands for every host. */
export function hostPattern(name: string): HostPattern {
  if (name === '') return { type: 'any' }
  if (name.startsWith('*.')) return { type: 'any-depth', suffix: name.slice(2) }
  return { type: 'exact', name }
}

/** Orders the most specific first: names without a wildcard before those with one, longer before shorter. */
export function bySpecificity(a: string, b: string): number {
  const wild = (name: string) => (name === '' || name.startsWith('*.') ? 1 : 0)
  return wild(a) - wild(b) || b.length - a.length || (a < b ? -1 : Number(a > b))
}
