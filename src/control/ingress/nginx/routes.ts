import type {
  Backend,
  Filter,
  PathMatch,
  Route,
  RouteAction,
  RouteMatch,
  ValueMatch,
} from '../../../http/proxy.ts'
import type { CanaryOptions, LocationOptions } from './location-options.ts'
import type { Location, Server } from './servers.ts'
import type { NginxConfig } from './settings.ts'
import type { Upstream } from './upstreams.ts'
import { isAlive } from './upstreams.ts'

/** What the routes of a server need to know beside it. */
export interface RouteInput {
  readonly config: NginxConfig
  /** Whether a certificate is configured for the host, so that plain requests are sent to https. */
  readonly hasCertificate: boolean
  /** What answers where no rule does. */
  readonly defaultAction: RouteAction
  /** The backend of the annotation `default-backend`, if it has endpoints. */
  errorBackend(location: Location): Backend | undefined
}

/** The routes of a server in nginx's order: exact locations, then the longest prefix, or regexes as they stand. */
export function serverRoutes(server: Server, input: RouteInput): readonly Route[] {
  const { locations } = server
  const roots = locations.flatMap((location) => appRootRoutes(location))
  const placed = locations.some(needsRegex) ? regexLocations(locations) : prefixLocations(locations)
  const routes = placed.flatMap(({ location, path, slash }) =>
    slash ? [slashRoute(location, path)] : locationRoutes(location, path, input),
  )
  return [...roots, ...routes]
}

interface Placed {
  readonly location: Location
  readonly path: PathMatch
  /** Only adds the slash that the location's path ends in. */
  readonly slash?: true
}

/** One such location makes all of its host regexes. */
function needsRegex({ options, path }: Location): boolean {
  return options !== undefined && (options.usesRegex || rewrites(options, path))
}

function rewrites({ rewriteTarget }: LocationOptions, path: string): boolean {
  return rewriteTarget !== undefined && rewriteTarget !== path
}

/** Mirrors updateServerLocations and enforceRegexModifier. */
function regexLocations(locations: readonly Location[]): readonly Placed[] {
  const regex = (location: Location, path: string): Placed => ({
    location,
    path: { type: 'regex', pattern: `^${path}`, ignoreCase: true },
  })
  return locations.flatMap((location) => {
    const { path } = location
    if (path === '/' || location.pathType === 'Exact' || needsRegex(location)) return [regex(location, path)]
    const withSlash = path.endsWith('/') ? path : `${path}/`
    return hasExact(locations, path)
      ? [regex(location, withSlash)]
      : [regex(location, withSlash), regex(location, path)]
  })
}

function hasExact(locations: readonly Location[], path: string): boolean {
  return locations.some((one) => one.pathType === 'Exact' && one.path === path)
}

/**
 * A prefix is an exact location and one that ends in a slash; where that slash stands in the rule itself, be it exact
 * or a prefix, the path without it is redirected by nginx (ngx_http_core_find_static_location, auto_redirect).
 */
function prefixLocations(locations: readonly Location[]): readonly Placed[] {
  const exact: Placed[] = []
  const prefixes: Placed[] = []
  for (const location of locations) {
    const { path, pathType } = location
    if (pathType === 'Exact') exact.push({ location, path: { type: 'exact', value: path } })
    else if (path.endsWith('/') || hasExact(locations, path)) {
      const value = path.endsWith('/') ? path : `${path}/`
      prefixes.push({ location, path: { type: 'string-prefix', value, ignoreCase: false } })
    } else prefixes.push({ location, path: { type: 'prefix', value: path } })
    const bare = path.endsWith('/') ? path.slice(0, -1) : ''
    const isServed = locations.some((one) => one.path === bare)
    const isFirst = locations.find((one) => one.path === path) === location
    if (bare !== '' && !isServed && isFirst) {
      exact.push({ location, path: { type: 'exact', value: bare }, slash: true })
    }
  }
  const length = ({ path }: Placed) =>
    path.type === 'prefix' ? path.value.length + 1 : path.type === 'string-prefix' ? path.value.length : 0
  return [...exact, ...prefixes.toSorted((a, b) => length(b) - length(a))]
}

function routeOf(
  { name, text, object }: Location,
  match: RouteMatch,
  action: RouteAction,
  filters: readonly Filter[] = [],
): Route {
  return { name, text, match, filters, action, object: object ?? { kind: 'Ingress', name } }
}

function slashRoute(location: Location, path: PathMatch): Route {
  const to = path.type === 'exact' ? `${path.value}/` : '/'
  return routeOf(
    location,
    { path },
    {
      type: 'redirect',
      status: 301,
      port: 'scheme',
      path: { type: 'full', path: to },
      reason: 'nginx adds the slash with which the path of the rule ends',
    },
  )
}

/** `if ($uri = /) { return 302 …; }` in the server itself, before any location. */
function appRootRoutes(location: Location): readonly Route[] {
  const { appRoot } = location.options ?? {}
  if (appRoot === undefined) return []
  const question = appRoot.indexOf('?')
  const path = question < 0 ? appRoot : appRoot.slice(0, question)
  const action: RouteAction = {
    type: 'redirect',
    status: 302,
    port: 'keep',
    path: { type: 'regex', pattern: '^.*$', ignoreCase: false, replacement: `${path}?` },
    reason: 'annotation app-root',
  }
  return [routeOf(location, { path: { type: 'exact', value: '/' } }, action)]
}

function locationRoutes(location: Location, path: PathMatch, input: RouteInput): readonly Route[] {
  const { options } = location
  if (!options) return [routeOf(location, { path }, mainAction(location, input))]
  if (options.denied !== undefined)
    return [routeOf(location, { path }, deniedAction(location, options.denied))]
  const early = options.cors ? [preflightRoute(location, path)] : []
  const { redirect } = options
  if (redirect) {
    const { status, url } = redirect
    const reason = 'annotation permanent-redirect or temporal-redirect'
    const action: RouteAction = { type: 'redirect', status, location: url, port: 'keep', reason }
    return [...early, routeOf(location, { path }, action)]
  }
  const filters = [...options.filters, ...rewriteFilters(location, options)]
  return [
    ...early,
    ...sslRoutes(location, path, options, input),
    ...canaryRoutes(location, path, filters),
    routeOf(location, { path }, mainAction(location, input), filters),
  ]
}

function deniedAction({ object }: Location, reason: string): RouteAction {
  return { type: 'respond', status: 503, code: 'location-denied', reason, objects: object ? [object] : [] }
}

/** `rewrite "(?i)path" target break`: the path is searched for, and the whole of the request's is replaced. */
function rewriteFilters({ path }: Location, options: LocationOptions): readonly Filter[] {
  const { rewriteTarget } = options
  if (rewriteTarget === undefined || !rewrites(options, path)) return []
  return [
    {
      type: 'rewrite-path',
      rewrite: { type: 'regex', pattern: path, ignoreCase: true, replacement: rewriteTarget },
    },
  ]
}

function preflightRoute(location: Location, path: PathMatch): Route {
  const { object } = location
  return routeOf(
    location,
    { path, method: 'OPTIONS' },
    {
      type: 'respond',
      status: 204,
      code: 'preflight',
      reason: 'annotation enable-cors: nginx answers OPTIONS itself',
      objects: object ? [object] : [],
    },
  )
}

/** Mirrors redirect_to_https of lua_ingress.lua. */
function sslRoutes(
  location: Location,
  path: PathMatch,
  { sslRedirect, forceSslRedirect, keepsSlash }: LocationOptions,
  { config, hasCertificate }: RouteInput,
): readonly Route[] {
  const exempt = config.withoutSslRedirect.some((one) => location.path.startsWith(one))
  if (exempt || !(forceSslRedirect || (sslRedirect && hasCertificate))) return []
  const action: RouteAction = {
    type: 'redirect',
    status: config.redirectCode,
    scheme: 'https',
    port: 'scheme',
    ...(!keepsSlash && { path: { type: 'drop-last-slash' as const } }),
    reason: forceSslRedirect ? 'force-ssl-redirect' : 'ssl-redirect: the host has a certificate',
  }
  return [routeOf(location, { path, scheme: 'http' }, action)]
}

function mainAction(location: Location, { defaultAction, errorBackend }: RouteInput): RouteAction {
  const { upstream } = location
  if (!upstream) return defaultAction
  const instead = isAlive(upstream) ? undefined : errorBackend(location)
  if (instead) return { type: 'forward', backends: [{ weight: 1, backend: instead }] }
  const { affinity, alternative } = upstream
  const main = { weight: 1, backend: withProtocol(upstream.backend, location) }
  const keeps = affinity === undefined ? {} : { affinity }
  const share = alternative && takesPart(upstream) ? shareOf(alternative) : 0
  if (!alternative || share <= 0) return { type: 'forward', backends: [main], ...keeps }
  const backends = [
    { ...main, weight: 1 - share },
    { weight: share, backend: withProtocol(alternative.backend, location) },
  ]
  return { type: 'forward', backends, ...keeps }
}

/** `math.random(total) <= weight`. */
function shareOf({ canary }: Upstream): number {
  return canary ? Math.min(Math.max(canary.weight, 0), canary.total) / canary.total : 0
}

/** The protocol is the location's. */
function withProtocol(backend: Backend, { options }: Location): Backend {
  return { ...backend, protocol: options?.protocol ?? backend.protocol }
}

/** A canary takes part while both it and the main upstream have endpoints. */
function takesPart(upstream: Upstream): boolean {
  return isAlive(upstream) && upstream.alternative !== undefined && isAlive(upstream.alternative)
}

/** Mirrors route_to_alternative_balancer: header, then cookie; what they leave open is spread by weight. */
function canaryRoutes(location: Location, path: PathMatch, filters: readonly Filter[]): readonly Route[] {
  const { upstream } = location
  const { alternative } = upstream ?? {}
  if (!upstream || !alternative?.canary || !takesPart(upstream)) return []
  const to = (target: Upstream): RouteAction => ({
    type: 'forward',
    backends: [{ weight: 1, backend: withProtocol(target.backend, location) }],
  })
  return canaryConditions(alternative.canary).map(({ condition, toCanary }) =>
    routeOf(location, { path, ...condition }, to(toCanary ? alternative : upstream), filters),
  )
}

interface CanaryCondition {
  readonly condition: Pick<RouteMatch, 'headers' | 'cookies'>
  readonly toCanary: boolean
}

function canaryConditions({
  header,
  headerValue,
  headerPattern,
  cookie,
}: CanaryOptions): readonly CanaryCondition[] {
  const byHeader = (type: ValueMatch['type'], value: string, toCanary: boolean): CanaryCondition => ({
    condition: { headers: [{ name: header, type, value }] },
    toCanary,
  })
  const byCookie = (value: string, toCanary: boolean): CanaryCondition => ({
    condition: { cookies: [{ name: cookie, type: 'exact', value }] },
    toCanary,
  })
  const words = [byHeader('exact', 'always', true), byHeader('exact', 'never', false)]
  const headers =
    headerValue !== ''
      ? [byHeader('exact', headerValue, true)]
      : headerPattern !== ''
        ? [byHeader('regex', headerPattern, true)]
        : words
  return [
    ...(header === '' ? [] : headers),
    ...(cookie === '' ? [] : [byCookie('always', true), byCookie('never', false)]),
  ]
}
