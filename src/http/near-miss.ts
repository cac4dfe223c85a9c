import { nearest } from '../base/nearest.ts'
import { formatHostPattern, hostMatches } from './host-match.ts'
import type { HostPattern, PathMatch, ProxyListener, Route, VirtualHost } from './proxy.ts'
import type { FailedCondition, RoutedRequest } from './route-match.ts'
import { failedConditions } from './route-match.ts'

/** A route that a request would have taken, had it been a little different. */
export interface NearMiss {
  readonly route: Route
  /** The host that the route is for. */
  readonly host: HostPattern
  /** What does not hold. */
  readonly failed: FailedCondition
  /** That it is one typing error or a matter of case away, and not just something else. */
  readonly close: boolean
}

/** As many are told. */
const limit = 5

/**
 * Routes of which one condition alone does not hold, the likeliest first: of the same host a header, a method, a path
 * nearly the same; then the same path under another host, that of a name nearly the same first.
 */
export function nearMisses(
  { hosts }: ProxyListener,
  chosen: VirtualHost | undefined,
  taken: Route | undefined,
  routed: RoutedRequest,
): readonly NearMiss[] {
  const found = hosts.flatMap((host) =>
    host.routes
      .filter((route) => route !== taken && route.action.type !== 'respond' && !route.match.scheme)
      .flatMap((route) =>
        missOf(route, host, host === chosen || hostMatches(host.pattern, routed.name), routed),
      ),
  )
  const ranked = found.map((miss, index) => ({ miss, index, rank: rankOf(miss) }))
  const seen = new Set<string>()
  return ranked
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ miss }) => miss)
    .filter((miss) => {
      const key = `${miss.route.name} ${miss.failed.type} ${miss.failed.wanted}`
      return !seen.has(key) && seen.add(key)
    })
    .slice(0, limit)
}

function missOf(
  route: Route,
  { pattern }: VirtualHost,
  isHost: boolean,
  routed: RoutedRequest,
): readonly NearMiss[] {
  const failed = failedConditions(route.match, routed, 2)
  const host = route.match.hosts?.[0] ?? pattern
  if (isHost) {
    const [one, ...others] = failed
    if (!one || others.length > 0) return []
    const close = isClose(one, route.match.path, pattern, routed)
    return one.type === 'path' && !close ? [] : [{ route, host, failed: one, close }]
  }
  if (failed.length > 0) return []
  const one: FailedCondition = { type: 'host', wanted: formatHostPattern(pattern), found: routed.name }
  return [{ route, host, failed: one, close: isNearHost(pattern, routed.name) }]
}

function rankOf({ failed, close }: NearMiss): number {
  if (failed.type === 'host') return close ? 2 : 3
  return close ? 0 : 1
}

function isClose(
  { type, found = '' }: FailedCondition,
  path: PathMatch | undefined,
  pattern: HostPattern,
  { name }: RoutedRequest,
): boolean {
  if (type === 'path') return path !== undefined && isNearPath(path, found)
  return type === 'host' ? isNearHost(pattern, name) : true
}

/** A slash at the end, letters of another case, a typing error, or an element that only begins as it should. */
function isNearPath(match: PathMatch, path: string): boolean {
  if (match.type === 'regex' || match.type === 'glob') return false
  const wanted = match.value.replace(/\/$/, '')
  const asked = path.replace(/\/$/, '')
  if (wanted === '') return false
  if (asked.toLowerCase() === wanted.toLowerCase()) return true
  if (asked.startsWith(wanted)) return true
  const sameDepth = asked.split('/').slice(0, wanted.split('/').length).join('/')
  return nearest(sameDepth, [wanted]) !== undefined
}

function isNearHost(pattern: HostPattern, name: string): boolean {
  if (pattern.type === 'exact') {
    return (
      nearest(name, [pattern.name]) !== undefined ||
      name === `www.${pattern.name}` ||
      pattern.name === `www.${name}`
    )
  }
  if (pattern.type !== 'one-label' && pattern.type !== 'any-depth') return false
  return name === pattern.suffix || name.endsWith(`.${pattern.suffix}`)
}
