import type { Cidr, Ip } from '../base/ip.ts'
import { contains, formatCidr, formatIp } from '../base/ip.ts'
import { formatHostPattern, hostMatches } from './host-match.ts'
import { formatPathMatch, pathMatches } from './path-match.ts'
import type { RouteMatch, ValueMatch } from './proxy.ts'
import type { HttpRequest } from './request.ts'
import { cookieValue, headerValue, queryValue, valueMatches } from './value-match.ts'

/** A request as routes look at it. */
export interface RoutedRequest {
  readonly request: HttpRequest
  /** The name of the Host header. */
  readonly name: string
  /** The path, settled. */
  readonly path: string
  /** The client and its scheme as the proxy believes them. */
  readonly client: Ip
  readonly scheme: 'http' | 'https'
}

/** One condition of a route that a request does not meet. */
export interface FailedCondition {
  readonly type: 'host' | 'scheme' | 'path' | 'method' | 'header' | 'query' | 'cookie' | 'source'
  /** What the route asks for: `method GET`, `header X-Version: v2`. */
  readonly wanted: string
  /** What the request has; absent where it has nothing of the kind. */
  readonly found?: string
}

/** Whether all conditions of a route hold. */
export function routeMatches(match: RouteMatch, routed: RoutedRequest): boolean {
  return failedConditions(match, routed, 1).length === 0
}

/** The conditions that do not hold, up to a number of them. */
export function failedConditions(
  match: RouteMatch,
  routed: RoutedRequest,
  limit: number,
): readonly FailedCondition[] {
  const failed: FailedCondition[] = []
  for (const condition of conditionsOf(match, routed)) {
    if (condition.holds) continue
    const { type, wanted, found } = condition
    failed.push({ type, wanted, ...(found !== undefined && { found }) })
    if (failed.length === limit) break
  }
  return failed
}

interface Condition {
  readonly type: FailedCondition['type']
  readonly wanted: string
  readonly found?: string | undefined
  readonly holds: boolean
}

function* conditionsOf(match: RouteMatch, routed: RoutedRequest): Generator<Condition> {
  const { request, path } = routed
  const { method } = match
  yield* connectionConditions(match, routed)
  if (match.path) {
    const holds = pathMatches(match.path, path)
    yield { type: 'path', wanted: formatPathMatch(match.path), found: path, holds }
  }
  if (method !== undefined) {
    yield {
      type: 'method',
      wanted: `method ${method}`,
      found: request.method,
      holds: request.method === method,
    }
  }
  for (const one of match.headers ?? []) {
    yield valueCondition('header', one, headerValue(request.headers, one.name))
  }
  for (const one of match.query ?? []) yield valueCondition('query', one, queryValue(request, one.name))
  for (const one of match.cookies ?? []) {
    yield valueCondition('cookie', one, cookieValue(request.headers, one.name))
  }
}

function* connectionConditions(match: RouteMatch, routed: RoutedRequest): Generator<Condition> {
  const { hosts, scheme, sources } = match
  if (hosts) {
    const wanted = hosts.map(formatHostPattern).join(' or ')
    const holds = hosts.some((one) => hostMatches(one, routed.name))
    yield { type: 'host', wanted, found: routed.name, holds }
  }
  if (scheme) yield { type: 'scheme', wanted: scheme, found: routed.scheme, holds: scheme === routed.scheme }
  if (sources) {
    const holds = sources.some((block: Cidr) => contains(block, routed.client))
    const wanted = `client in ${sources.map(formatCidr).join(', ')}`
    yield { type: 'source', wanted, found: formatIp(routed.client), holds }
  }
}

function valueCondition(
  type: 'header' | 'query' | 'cookie',
  match: ValueMatch,
  found: string | undefined,
): Condition {
  return { type, wanted: formatValueMatch(type, match), found, holds: valueMatches(match, found) }
}

function formatValueMatch(
  type: 'header' | 'query' | 'cookie',
  { type: way, name, value }: ValueMatch,
): string {
  if (way === 'present' || way === 'absent') return `${way === 'absent' ? 'no ' : ''}${type} ${name}`
  const sign = type === 'header' ? ': ' : '='
  return `${type} ${name}${sign}${way === 'regex' ? `~${value}` : value}`
}
