import type { Report } from '../../base/diagnostic.ts'
import type {
  BackendReference,
  GrpcRoute,
  GrpcRouteMatch,
  GrpcRouteRule,
  HttpRoute,
  HttpRouteMatch,
  HttpRouteRule,
  NamedMatch,
  RouteFilter,
} from '../../model/gateway-objects.ts'
import type { Spot } from './gateway-fields.ts'
import {
  checkBackend,
  checkChoice,
  checkHostnames,
  checkLength,
  checkParents,
  checkRuleNames,
  reject,
  require,
  within,
} from './gateway-fields.ts'
import { checkFilters, checkHeaderName } from './gateway-filters.ts'
import type { Examined, KindModule } from './kind.ts'

/** The rules of the CustomResourceDefinition of HTTPRoute. */
export const httpRoute: KindModule<HttpRoute> = {
  apiVersions: ['gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io/v1beta1'],
  schema: 'HTTPRoute',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const { rules = [] } = located.object.spec ?? {}
    const spot = checkRoute(located, report, rules)
    for (const [index, rule] of rules.entries()) checkHttpRule(within(spot, index), rule)
  },
}

/** The rules of the CustomResourceDefinition of GRPCRoute. */
export const grpcRoute: KindModule<GrpcRoute> = {
  apiVersions: ['gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io/v1alpha2'],
  schema: 'GRPCRoute',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const { rules = [] } = located.object.spec ?? {}
    const spot = checkRoute(located, report, rules)
    for (const [index, rule] of rules.entries()) checkGrpcRule(within(spot, index), rule)
  },
}

/** What HTTPRoutes and GRPCRoutes have in common; gives the place of the rules. */
function checkRoute(
  located: Examined<HttpRoute | GrpcRoute>,
  report: Report,
  rules: readonly (HttpRouteRule | GrpcRouteRule)[],
): Spot {
  const { parentRefs, hostnames } = located.object.spec ?? {}
  const spec: Spot = { located, report, path: ['spec'] }
  checkParents(within(spec, 'parentRefs'), parentRefs)
  checkHostnames(within(spec, 'hostnames'), hostnames, 16)
  const spot = within(spec, 'rules')
  checkLength(spot, rules, 16)
  checkRuleNames(spot, rules)
  const matches = rules.reduce((sum, rule) => sum + (rule.matches?.length ?? 0), 0)
  if (matches > 128) reject(spot, `there are ${matches} matches in all rules; at most 128`)
  return spot
}

function checkHttpRule(spot: Spot, rule: HttpRouteRule): void {
  const { matches = [], filters = [], backendRefs = [] } = rule
  checkLength(within(spot, 'matches'), matches, 64)
  for (const [index, match] of matches.entries()) checkHttpMatch(within(spot, 'matches', index), match)
  checkFilters(within(spot, 'filters'), filters)
  checkBackends(within(spot, 'backendRefs'), backendRefs, false)
  const redirect = filters.findIndex((one) => one.requestRedirect)
  if (redirect >= 0 && backendRefs.length > 0) {
    const fix = 'remove the backendRefs: a redirect is answered by the Gateway itself'
    reject(within(spot, 'filters', redirect), 'RequestRedirect excludes backendRefs', fix)
  }
  const lists: readonly (readonly [Spot, readonly RouteFilter[]])[] = [
    [within(spot, 'filters'), filters],
    ...backendRefs.map(
      (one, index) => [within(spot, 'backendRefs', index, 'filters'), one.filters ?? []] as const,
    ),
  ]
  for (const [at, list] of lists) checkPrefixReplacement(at, list, matches)
  checkTimeouts(within(spot, 'timeouts'), rule)
}

/** A prefix can only be replaced where it is certain which one has matched. */
function checkPrefixReplacement(
  spot: Spot,
  filters: readonly RouteFilter[],
  matches: readonly HttpRouteMatch[],
): void {
  for (const [index, { requestRedirect, urlRewrite }] of filters.entries()) {
    const path = requestRedirect?.path ?? urlRewrite?.path
    if (path?.type !== 'ReplacePrefixMatch') continue
    const [match] = matches
    // A match that is left out is the prefix `/`.
    const single = matches.length === 1 && (match?.path?.type ?? 'PathPrefix') === 'PathPrefix'
    if (single || matches.length === 0) continue
    const message = 'replacePrefixMatch needs exactly one match in the rule, of type PathPrefix'
    reject(within(spot, index), message, 'make a rule of its own for each prefix')
  }
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']

function checkHttpMatch(spot: Spot, { path, method, headers, queryParams }: HttpRouteMatch): void {
  if (path) checkPath(within(spot, 'path'), path)
  checkChoice(within(spot, 'method'), method, methods)
  checkNamed(within(spot, 'headers'), headers)
  checkNamed(within(spot, 'queryParams'), queryParams)
}

const forbidden = ['//', '/./', '/../', '%2f', '%2F', '#']

function checkPath(
  spot: Spot,
  { type = 'PathPrefix', value = '/' }: NonNullable<HttpRouteMatch['path']>,
): void {
  checkChoice(within(spot, 'type'), type, ['Exact', 'PathPrefix', 'RegularExpression'])
  if (type !== 'Exact' && type !== 'PathPrefix') return
  const at = within(spot, 'value')
  const wrong = forbidden.find((one) => value.includes(one))
  const end = ['/..', '/.'].find((one) => value.endsWith(one))
  if (!value.startsWith('/')) reject(at, `path "${value}" does not begin with /`, `write /${value}`)
  else if (wrong) reject(at, `path "${value}" must not contain "${wrong}"`)
  else if (end) reject(at, `path "${value}" must not end with "${end}"`)
  else if (!/^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/.test(value)) {
    reject(
      at,
      `path "${value}" has characters that a path cannot have`,
      'type: RegularExpression takes patterns',
    )
  }
}

function checkNamed(spot: Spot, list: readonly NamedMatch[] = []): void {
  checkLength(spot, list, 16)
  for (const [index, { type, name, value }] of list.entries()) {
    const at = within(spot, index)
    checkChoice(within(at, 'type'), type, ['Exact', 'RegularExpression'])
    checkHeaderName(within(at, 'name'), name)
    if (value === undefined || value === '') require(within(at, 'value'))
    if (name !== undefined && list.slice(0, index).some((one) => one.name === name)) {
      reject(within(at, 'name'), `"${name}" stands twice in one match`, 'keep one: all of a match must hold')
    }
  }
}

function checkBackends(spot: Spot, backends: readonly BackendReference[], grpc: boolean): void {
  checkLength(spot, backends, 16)
  for (const [index, backend] of backends.entries()) {
    checkBackend(within(spot, index), backend)
    checkFilters(within(spot, index, 'filters'), backend.filters, grpc)
  }
}

function checkTimeouts(spot: Spot, { timeouts }: HttpRouteRule): void {
  for (const field of ['request', 'backendRequest'] as const) {
    const text = timeouts?.[field]
    if (text !== undefined && !/^([0-9]{1,5}(h|m|s|ms)){1,4}$/.test(text)) {
      reject(within(spot, field), `"${text}" is not a duration such as 10s or 500ms`)
    }
  }
  const { request, backendRequest } = timeouts ?? {}
  if (request === undefined || backendRequest === undefined) return
  const whole = milliseconds(request)
  if (whole > 0 && milliseconds(backendRequest) > whole) {
    reject(within(spot, 'backendRequest'), 'backendRequest is longer than the timeout of the whole request')
  }
}

const unitMilliseconds: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

function milliseconds(text: string): number {
  return [...text.matchAll(/(\d+)(ms|h|m|s)/g)].reduce(
    (sum, [, count = '0', unit = 's']) => sum + Number(count) * (unitMilliseconds[unit] ?? 0),
    0,
  )
}

function checkGrpcRule(spot: Spot, { matches = [], filters = [], backendRefs = [] }: GrpcRouteRule): void {
  checkLength(within(spot, 'matches'), matches, 64)
  for (const [index, match] of matches.entries()) checkGrpcMatch(within(spot, 'matches', index), match)
  checkFilters(within(spot, 'filters'), filters, true)
  checkBackends(within(spot, 'backendRefs'), backendRefs, true)
}

function checkGrpcMatch(spot: Spot, { method, headers }: GrpcRouteMatch): void {
  checkNamed(within(spot, 'headers'), headers)
  if (!method) return
  const at = within(spot, 'method')
  const { type = 'Exact', service, method: name } = method
  checkChoice(within(at, 'type'), type, ['Exact', 'RegularExpression'])
  if (!service && !name) reject(at, 'service or method must be given')
  if (type !== 'Exact') return
  if (service && !/^\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$/i.test(service)) {
    reject(within(at, 'service'), `"${service}" is not the name of a gRPC service`, 'package.Service')
  }
  if (name && !/^[A-Za-z_][A-Za-z_0-9]*$/.test(name)) {
    reject(within(at, 'method'), `"${name}" is not the name of a gRPC method`)
  }
}
