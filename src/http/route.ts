import type { Ip } from '../base/ip.ts'
import { contains } from '../base/ip.ts'
import { certificateMatches, chooseCertificate } from './certificate.ts'
import { believedClient } from './forwarded-headers.ts'
import { hostName, mostSpecific } from './host-match.ts'
import type { NearMiss } from './near-miss.ts'
import { nearMisses } from './near-miss.ts'
import { normalizePath } from './path-normalization.ts'
import type {
  Backend,
  Certificate,
  Filter,
  HttpProxy,
  ProxyListener,
  Route,
  RouteAction,
  StreamRoute,
  VirtualHost,
} from './proxy.ts'
import { redirectLocation } from './redirect.ts'
import type { HttpRequest } from './request.ts'
import type { RoutedRequest } from './route-match.ts'
import { routeMatches } from './route-match.ts'
import type { Share } from './share.ts'
import { sharesOf } from './share.ts'
import type { UpstreamRequest } from './upstream-request.ts'
import { upstreamRequest } from './upstream-request.ts'

/** What a proxy does with one request, and how it came to that. */
export interface RoutingDecision {
  /** Absent if the proxy does not wait on the port. */
  readonly listener?: ProxyListener
  /** What the handshake shows; absent without TLS, and where TLS is not ended here. */
  readonly tls?: { readonly certificate: Certificate; readonly matches: 'yes' | 'no' | 'unknown' }
  readonly host?: VirtualHost
  readonly route?: Route | StreamRoute
  /** The client as the proxy believes it. */
  readonly client: Ip
  /** Those that were met on the way, in their order; one that refuses is the last. */
  readonly filters: readonly Filter[]
  readonly result: RoutingResult
  /** Copies that are sent elsewhere; the answers to them are thrown away. */
  readonly mirrors: readonly { readonly backend: Backend; readonly share: number }[]
  /** What stands in the way's filters and is not modelled: the answer may be another. */
  readonly notModelled: readonly Extract<Filter, { type: 'not-modelled' }>[]
  readonly nearMisses: readonly NearMiss[]
}

/** How a request ends as far as the proxy itself goes. */
export type RoutingResult =
  | Extract<RouteAction, { type: 'respond' }>
  | { readonly type: 'redirect'; readonly status: number; readonly location: string; readonly reason: string }
  | {
      readonly type: 'forward'
      readonly request: UpstreamRequest
      readonly shares: readonly Share[]
      readonly affinity?: string
    }
  /** The connection goes on as it is. */
  | { readonly type: 'stream'; readonly shares: readonly Share[] }
  /** The connection is closed before there is an answer. */
  | {
      readonly type: 'closed'
      readonly code: 'no-listener' | 'no-certificate' | 'proxy-header-missing' | 'no-stream'
      readonly reason: string
    }

type Decided = Pick<RoutingDecision, 'result'> & Partial<RoutingDecision>

/**
 * Routes one request as the proxy would: listener, TLS, virtual host, route, filters, action. Nothing is sent; the
 * shares say where it would go.
 */
export function routeRequest(proxy: HttpProxy, request: HttpRequest): RoutingDecision {
  const client = believedClient(proxy.forwarding, request).ip
  const decided = decide(proxy, request)
  const filters = decided.filters ?? []
  return {
    client,
    filters,
    mirrors: filters.filter((one) => one.type === 'mirror'),
    notModelled: filters.filter((one) => one.type === 'not-modelled'),
    nearMisses: [],
    ...decided,
  }
}

function decide(proxy: HttpProxy, request: HttpRequest): Decided {
  const listener = proxy.listeners.find((one) => one.port === request.port && one.protocol !== 'udp')
  if (!listener) {
    const reason = `${proxy.label} does not wait on port ${request.port}`
    return { result: { type: 'closed', code: 'no-listener', reason } }
  }
  const broken = brokenHeader(listener, request)
  if (broken) return { listener, result: broken }
  const passed = routeByServerName(listener.passthrough, request)
  if (passed) return { listener, route: passed, ...streamed(passed, proxy, request) }
  if (listener.protocol === 'http') return { listener, ...routeHttp(proxy, listener, request) }
  if (listener.protocol === 'tcp') return { listener, ...streamListener(listener, proxy, request) }
  const certificate = chooseCertificate(listener, request.sni)
  if (!certificate) {
    const reason = `no certificate for ${request.sni ?? 'a client that names no server'}`
    return { listener, result: { type: 'closed', code: 'no-certificate', reason } }
  }
  const tls = { certificate, matches: certificateMatches(certificate, request.sni ?? request.host) }
  const ended = routeByServerName(listener.terminated ?? [], request)
  if (ended) return { listener, tls, route: ended, ...streamed(ended, proxy, request) }
  if (listener.protocol === 'tls') return { listener, tls, ...streamListener(listener, proxy, request) }
  return { listener, tls, ...routeHttp(proxy, listener, request) }
}

/** Both ends must agree on the PROXY protocol: a listener that expects its header takes nothing else for one. */
function brokenHeader(listener: ProxyListener, request: HttpRequest): RoutingResult | undefined {
  if (listener.proxyProtocol === (request.proxied !== undefined)) return undefined
  if (listener.proxyProtocol) {
    const reason = 'the connection does not begin with a PROXY protocol header, which this port insists on'
    return { type: 'closed', code: 'proxy-header-missing', reason }
  }
  return {
    type: 'respond',
    status: 400,
    reason: 'the connection begins with a PROXY protocol header, which this port does not understand',
    code: 'proxy-header-unexpected',
    objects: [],
  }
}

/** The way of a connection by its server name alone. */
function routeByServerName(routes: readonly StreamRoute[], { sni }: HttpRequest): StreamRoute | undefined {
  if (sni === undefined) return routes.find((one) => !one.names)
  const name = hostName(sni)
  const candidates = routes.flatMap((route) =>
    (route.names ?? [{ type: 'any' as const }]).map((pattern) => ({ route, pattern })),
  )
  return mostSpecific(candidates, ({ pattern }) => pattern, name)?.route
}

function streamListener({ stream }: ProxyListener, proxy: HttpProxy, request: HttpRequest): Decided {
  if (stream) return { route: stream, ...streamed(stream, proxy, request) }
  return { result: { type: 'closed', code: 'no-stream', reason: 'nothing says where connections go' } }
}

function streamed({ action }: StreamRoute, proxy: HttpProxy, request: HttpRequest): Decided {
  if (action.type === 'forward') return { result: { type: 'stream', shares: sharesOf(action) } }
  return { result: actionResult(action, [], { proxy, request, path: request.path }) }
}

function routeHttp(proxy: HttpProxy, listener: ProxyListener, request: HttpRequest): Decided {
  const believed = believedClient(proxy.forwarding, request)
  const path = normalizePath(request.path, proxy.normalization)
  if (path === undefined) return { result: aboveRoot }
  const name = hostName(request.host)
  const routed: RoutedRequest = { request, name, path, client: believed.ip, scheme: believed.scheme }
  const host = mostSpecific(listener.hosts, ({ pattern }) => pattern, name)
  if (listener.checksMisdirected && isMisdirected(listener, host, request)) {
    return { ...(host && { host }), result: misdirected(request) }
  }
  const route = host?.routes.find((one) => routeMatches(one.match, routed))
  const misses = nearMisses(listener, host, route, routed)
  const found = { nearMisses: misses, ...(host && { host }), ...(route && { route }) }
  const filters = route?.filters ?? []
  const refusal = filters.findIndex((one) => one.type === 'sources' && !admits(one, routed.client))
  const refusing = filters[refusal]
  if (refusing?.type === 'sources') {
    return { ...found, filters: filters.slice(0, refusal + 1), result: refused(refusing) }
  }
  const action = route?.action ?? host?.fallback ?? listener.fallback
  return { ...found, filters, result: actionResult(action, filters, { proxy, request, path }) }
}

const aboveRoot: RoutingResult = {
  type: 'respond',
  status: 400,
  reason: 'the path leads above the root, or has a percent sign that encodes nothing',
  code: 'bad-request',
  objects: [],
}

/** Whether the server name belongs to another host than the request does (RFC 9110, 15.5.20). */
function isMisdirected(
  { hosts }: ProxyListener,
  host: VirtualHost | undefined,
  { sni }: HttpRequest,
): boolean {
  if (sni === undefined) return false
  const named = mostSpecific(hosts, ({ pattern }) => pattern, hostName(sni))
  return named !== host && (named?.group === undefined || named.group !== host?.group)
}

function misdirected({ sni = '', host }: HttpRequest): RoutingResult {
  return {
    type: 'respond',
    status: 421,
    reason: `the connection was made for ${sni}, and the request is for ${hostName(host)}, which another host serves`,
    code: 'misdirected',
    objects: [],
  }
}

type SourceFilter = Extract<Filter, { type: 'sources' }>

function admits({ mode, blocks }: SourceFilter, client: Ip): boolean {
  return blocks.some((block) => contains(block, client)) === (mode === 'allow')
}

function refused({ status, mode, object }: SourceFilter): RoutingResult {
  const reason =
    mode === 'allow'
      ? 'the client is in none of the blocks that are allowed'
      : 'the client is in a block that is denied'
  return { type: 'respond', status, reason, code: 'source-refused', objects: [object] }
}

interface Asked {
  readonly proxy: HttpProxy
  readonly request: HttpRequest
  /** Settled. */
  readonly path: string
}

function actionResult(action: RouteAction, filters: readonly Filter[], asked: Asked): RoutingResult {
  switch (action.type) {
    case 'respond':
      return action
    case 'redirect': {
      const { status, reason } = action
      return { type: 'redirect', status, location: redirectLocation(action, asked.request), reason }
    }
    case 'forward': {
      const shares = sharesOf(action)
      if (shares.length === 0) return noBackends
      const { affinity } = action
      const request = upstreamRequest(asked.proxy, asked.request, asked.path, filters)
      return {
        type: 'forward',
        request,
        shares: withOwnFilters(shares, filters, asked),
        ...(affinity !== undefined && { affinity }),
      }
    }
    default:
      return action satisfies never
  }
}

/** What the backend of a share gets, where it has filters of its own; they come after those of the route. */
function withOwnFilters(shares: readonly Share[], common: readonly Filter[], asked: Asked): readonly Share[] {
  return shares.map((share) => {
    if (!share.filters) return share
    const all = [...common, ...share.filters]
    return { ...share, request: upstreamRequest(asked.proxy, asked.request, asked.path, all) }
  })
}

const noBackends: RoutingResult = {
  type: 'respond',
  status: 500,
  reason: 'no backend has a weight',
  code: 'no-backends',
  objects: [],
}
