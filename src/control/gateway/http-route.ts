import type { PathMatch, Route, RouteMatch, ValueMatch } from '../../http/proxy.ts'
import type { HttpRoute, HttpRouteMatch, HttpRouteRule, NamedMatch } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { CompiledMatch } from './compiled-match.ts'
import type { GatewayContext } from './context.ts'
import { corsPreflights } from './cors.ts'
import type { CompiledAction } from './rule-action.ts'
import { compileAction } from './rule-action.ts'
import type { GatewayCondition } from './status.ts'

/** The matches of a route on a port, not yet in order, and what is wrong with its references. */
export interface CompiledRoute {
  readonly matches: readonly CompiledMatch[]
  readonly failures: readonly GatewayCondition[]
}

const anyPath: HttpRouteMatch = { path: { type: 'PathPrefix', value: '/' } }

/** A spec without rules stands for one that matches all, as the CRD's default has it. */
export function httpRules({ object }: Located<HttpRoute>): readonly HttpRouteRule[] {
  return object.spec?.rules ?? [{ matches: [anyPath] }]
}

export function compileHttpRoute(
  route: Located<HttpRoute>,
  listenerPort: number,
  context: GatewayContext,
): CompiledRoute {
  const matches: CompiledMatch[] = []
  const failures: GatewayCondition[] = []
  for (const [index, rule] of httpRules(route).entries()) {
    const stated = rule.matches ?? []
    for (const [number, match] of (stated.length > 0 ? stated : [anyPath]).entries()) {
      const scope = {
        kind: 'HTTPRoute' as const,
        route,
        path: ['spec', 'rules', index],
        prefix: prefixOf(match),
        listenerPort,
      }
      const acted = compileAction(rule, scope, context)
      if (number === 0) failures.push(...acted.failures)
      const made = toRoute({ route, rule, index, number, match }, acted)
      const rank = { weights: weightsOf(match), route, rule: index, match: number }
      matches.push(...corsPreflights(rule, made, rank), { rank, route: made })
    }
  }
  return { matches, failures }
}

interface MatchSpot {
  readonly route: Located<HttpRoute>
  readonly rule: HttpRouteRule
  readonly index: number
  readonly number: number
  readonly match: HttpRouteMatch
}

function toRoute(
  { route, rule, index, number, match }: MatchSpot,
  { action, filters }: CompiledAction,
): Route {
  const stated = (rule.matches ?? []).length > 0
  const path = ['spec', 'rules', index, ...(stated ? ['matches', number] : [])]
  const label = `${route.ref.namespace ?? 'default'}/${route.ref.name}`
  return {
    name: `HTTPRoute ${label} ${rule.name ? `rule ${rule.name}` : `rule ${index + 1}`}${stated ? ` match ${number + 1}` : ''}`,
    match: routeMatch(match),
    filters,
    action,
    object: { ...route.ref, at: route.locate(path) },
    text: `${matchText(match)}${timeoutText(rule)}`,
  }
}

function prefixOf({ path }: HttpRouteMatch): string {
  return (path?.type ?? 'PathPrefix') === 'PathPrefix' ? (path?.value ?? '/') : '/'
}

function routeMatch({ path, method, headers = [], queryParams = [] }: HttpRouteMatch): RouteMatch {
  return {
    path: pathMatch(path),
    ...(method !== undefined && { method }),
    ...(headers.length > 0 && { headers: valueMatches(headers, 'any-case') }),
    ...(queryParams.length > 0 && { query: valueMatches(queryParams, 'exact-case') }),
  }
}

function pathMatch({
  type = 'PathPrefix',
  value = '/',
}: NonNullable<HttpRouteMatch['path']> = {}): PathMatch {
  if (type === 'Exact') return { type: 'exact', value }
  if (type === 'RegularExpression') return { type: 'regex', pattern: wholePattern(value), ignoreCase: false }
  return { type: 'prefix', value }
}

/**
 * The specification leaves the meaning of patterns open. Most implementations are built on Envoy, which wants the
 * whole text to match.
 */
export function wholePattern(pattern: string): string {
  return pattern.startsWith('(?i)') ? `(?i)^(?:${pattern.slice(4)})$` : `^(?:${pattern})$`
}

/** Of several entries of one name the first alone counts; headers are named without regard to case. */
export function valueMatches(
  list: readonly NamedMatch[],
  naming: 'any-case' | 'exact-case',
): readonly ValueMatch[] {
  const key = (name: string) => (naming === 'any-case' ? name.toLowerCase() : name)
  const first = new Map<string, ValueMatch>()
  for (const { type = 'Exact', name = '', value = '' } of list) {
    if (first.has(key(name))) continue
    first.set(
      key(name),
      type === 'RegularExpression'
        ? { name, type: 'regex', value: wholePattern(value) }
        : { name, type: 'exact', value },
    )
  }
  return [...first.values()]
}

/**
 * Exact paths, then the longest prefix, a method, the number of headers, of query parameters. The specification
 * leaves patterns open; they go between exact paths and prefixes, as in Envoy Gateway and NGINX Gateway Fabric.
 */
function weightsOf({ path, method, headers = [], queryParams = [] }: HttpRouteMatch): readonly number[] {
  const { type = 'PathPrefix', value = '/' } = path ?? {}
  const kind = { Exact: 2, RegularExpression: 1 }[type] ?? 0
  return [kind, value.length, method === undefined ? 0 : 1, headers.length, queryParams.length]
}

function matchText({ path, method, headers = [], queryParams = [] }: HttpRouteMatch): string {
  const { type = 'PathPrefix', value = '/' } = path ?? {}
  return [
    `${type} ${value}`,
    ...(method === undefined ? [] : [`method ${method}`]),
    ...headers.map((one) => `header ${one.name}${one.type === 'RegularExpression' ? '~' : '='}${one.value}`),
    ...queryParams.map(
      (one) => `query ${one.name}${one.type === 'RegularExpression' ? '~' : '='}${one.value}`,
    ),
  ].join(', ')
}

function timeoutText({ timeouts }: HttpRouteRule): string {
  const { request, backendRequest } = timeouts ?? {}
  const parts = [request && `request ${request}`, backendRequest && `backendRequest ${backendRequest}`]
  const text = parts.filter((one) => one !== undefined && one !== '').join(', ')
  return text === '' ? '' : ` (timeouts: ${text})`
}
