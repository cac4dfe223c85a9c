import type {
  Certificate,
  HttpProxy,
  IgnoredObject,
  ProxyListener,
  RouteAction,
  VirtualHost,
} from '../../http/proxy.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Gateway } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { Attachment } from './attachment.ts'
import { ownerKey, parentKey } from './attachment.ts'
import type { CompiledMatch } from './compiled-match.ts'
import type { GatewayContext } from './context.ts'
import { namespaceOf } from './context.ts'
import { compileGrpcRoute } from './grpc-route.ts'
import { bySpecificity, covers, hostPattern, intersectHostnames } from './hostnames.ts'
import { compileHttpRoute } from './http-route.ts'
import type { ResolvedListener } from './listeners.ts'
import { byRank } from './precedence.ts'
import type { GatewayApiState, ResolvedGateway } from './state.ts'
import { gatewayApiState } from './state.ts'
import { isStream, serverNameRoutes, streamRoute } from './stream-routes.ts'

/** One proxy for each Gateway of the cluster, in the order of the input. */
export function gatewayProxies(cluster: Cluster): readonly HttpProxy[] {
  if (cluster.gatewayApi.gateways.length === 0) return []
  const state = gatewayApiState(cluster)
  return state.gateways.map((one) => proxyOf(one, state))
}

/** The proxy that a Gateway stands for: what a conforming implementation makes of it and its routes. */
export function gatewayProxy(gateway: Located<Gateway>, cluster: Cluster): HttpProxy {
  const state = gatewayApiState(cluster)
  const resolved = state.gateways.find((one) => one.gateway === gateway)
  return proxyOf(resolved ?? { gateway, listeners: [], attachments: [] }, state)
}

/** Where a Gateway can be reached: what its controller has written, else what its spec asks for. */
export function gatewayAddresses({ object }: Located<Gateway>): readonly string[] {
  const written = object.status?.addresses ?? []
  const wanted = object.spec?.addresses ?? []
  return (written.length > 0 ? written : wanted).flatMap(({ value }) => (value ? [value] : []))
}

function proxyOf(resolved: ResolvedGateway, state: GatewayApiState): HttpProxy {
  const { gateway, listeners } = resolved
  const serving = listeners.filter((one) => one.programmed)
  const ports = [...new Map(serving.map((one) => [portKey(one), one])).keys()]
  return {
    profile: 'gateway-api',
    label: `Gateway ${namespaceOf(gateway)}/${gateway.ref.name}`,
    listeners: ports.map((key) =>
      proxyListener(
        serving.filter((one) => portKey(one) === key),
        resolved.attachments,
        state.context,
      ),
    ),
    forwarding: { trusted: [], append: true },
    ignored: ignoredRoutes(gateway, state),
  }
}

/** TCP and UDP ports of one number are two. */
function portKey({ port, protocol }: ResolvedListener): string {
  return `${port}/${protocol === 'UDP' ? 'udp' : 'tcp'}`
}

function proxyListener(
  listeners: readonly ResolvedListener[],
  all: readonly Attachment[],
  context: GatewayContext,
): ProxyListener {
  const own = all.filter((one) => listeners.includes(one.listener))
  const streams = own.filter(isStream)
  const tls = streams.filter((one) => one.kind === 'TLSRoute')
  const [stream] = streams.filter((one) => one.kind !== 'TLSRoute')
  const hosts = virtualHosts(listeners, own, context)
  const standard = listeners.find((one) => one.hostname === '')?.certificates[0]
  const terminated = tls.filter((one) => !one.listener.passthrough)
  return {
    port: listeners[0]?.port ?? 0,
    protocol: protocolOf(listeners),
    proxyProtocol: false,
    certificates: certificatesOf(listeners),
    ...(standard && { defaultCertificate: standard }),
    passthrough: serverNameRoutes(
      tls.filter((one) => one.listener.passthrough),
      context,
    ),
    ...(terminated.length > 0 && { terminated: serverNameRoutes(terminated, context) }),
    ...(stream && { stream: streamRoute(stream.kind, stream.route, context) }),
    hosts,
    fallback: noRoute('no listener of this port has this host name', []),
    checksMisdirected: true,
  }
}

function protocolOf(listeners: readonly ResolvedListener[]): ProxyListener['protocol'] {
  const names = listeners.map((one) => one.protocol)
  if (names.includes('HTTPS')) return 'https'
  if (names.includes('TLS')) return 'tls'
  if (names.includes('HTTP')) return 'http'
  return names.includes('UDP') ? 'udp' : 'tcp'
}

/**
 * The certificates of all listeners. Which listener a server name belongs to decides before the names of the
 * certificates do; those choose among several of one listener.
 */
function certificatesOf(listeners: readonly ResolvedListener[]): readonly Certificate[] {
  return listeners.flatMap(({ hostname, certificates }) =>
    certificates.map((certificate, index) => ({
      ...certificate,
      servedFor: [...(index === 0 ? [hostname] : []), ...namesWithin(hostname, certificate)].map(hostPattern),
    })),
  )
}

/** The names of a certificate that a listener's host name leaves. */
function namesWithin(hostname: string, { names }: Certificate): readonly string[] {
  if (names === 'unknown') return []
  return names.flatMap((one) => intersectHostnames(hostname, one) ?? [])
}

/**
 * The hosts of all HTTP listeners of a port. Every listener's own name is one, so that a request that its routes do
 * not take never falls to a broader listener (GatewayHTTPListenerIsolation).
 */
function virtualHosts(
  listeners: readonly ResolvedListener[],
  attachments: readonly Attachment[],
  context: GatewayContext,
): readonly VirtualHost[] {
  const http = listeners.filter((one) => one.protocol === 'HTTP' || one.protocol === 'HTTPS')
  const hosts = http.flatMap((listener) => {
    const own = attachments.filter((one) => one.listener === listener)
    const matches = new Map(own.map((one) => [one, compileMatches(one, context)]))
    const names = new Set([listener.hostname, ...own.flatMap((one) => one.hostnames)])
    return [...names]
      .filter((name) => !http.some((other) => hides(other, listener, name)))
      .map((name) => ({ name, host: virtualHost(name, listener, matches) }))
  })
  return hosts.toSorted((a, b) => bySpecificity(a.name, b.name)).map((one) => one.host)
}

/** Whether all requests for a name go to another listener, because that one is more specific. */
function hides(other: ResolvedListener, listener: ResolvedListener, name: string): boolean {
  if (other === listener || bySpecificity(other.hostname, listener.hostname) > 0) return false
  return other.hostname === name || covers(other.hostname, name)
}

/** Routes whose host names cover the name: those with the most specific one go first, then by their matches. */
function virtualHost(
  name: string,
  listener: ResolvedListener,
  matches: ReadonlyMap<Attachment, readonly CompiledMatch[]>,
): VirtualHost {
  const fitting = [...matches].flatMap(([{ hostnames }, list]) => {
    const [best] = hostnames.filter((one) => one === name || covers(one, name)).toSorted(bySpecificity)
    return best === undefined ? [] : list.map((match) => ({ best, match }))
  })
  const routes = fitting
    .toSorted((a, b) => bySpecificity(a.best, b.best) || byRank(a.match.rank, b.match.rank))
    .map(({ best, match: { route } }) => ({
      ...route,
      match: { ...route.match, hosts: [hostPattern(best)] },
    }))
  const where = `listener ${listener.name}${name === '' ? '' : ` for ${name}`}`
  return {
    pattern: hostPattern(name),
    group: `${listener.owner.ref.kind}/${listener.owner.ref.name}/${listener.name}`,
    routes,
    fallback: noRoute(`no route of ${where} takes this request`, [listener.object]),
  }
}

function compileMatches(one: Attachment, context: GatewayContext): readonly CompiledMatch[] {
  const { port } = one.listener
  if (one.kind === 'HTTPRoute') return compileHttpRoute(one.route, port, context).matches
  return one.kind === 'GRPCRoute' ? compileGrpcRoute(one.route, port, context).matches : []
}

/** A gRPC client reads 404 as UNIMPLEMENTED. */
function noRoute(reason: string, objects: readonly ResolvedListener['object'][]): RouteAction {
  return { type: 'respond', status: 404, reason, code: 'no-route', objects }
}

/** Routes and sets that mean this Gateway and are not taken. */
function ignoredRoutes(gateway: Located<Gateway>, state: GatewayApiState): readonly IgnoredObject[] {
  const key = ownerKey('Gateway', namespaceOf(gateway), gateway.ref.name)
  const { api } = state.context
  const routes = [...api.httpRoutes, ...api.grpcRoutes, ...api.tlsRoutes, ...api.tcpRoutes, ...api.udpRoutes]
  const byRef = new Map(routes.map((one) => [one.ref, one]))
  const ofRoutes = state.routeStatuses.flatMap(({ route, parents }) => {
    const located = byRef.get(route)
    if (!located) return []
    return parents.flatMap(({ parent, conditions }): readonly IgnoredObject[] => {
      const refused = conditions.find((one) => one.type === 'Accepted' && one.status === 'False')
      if (!refused || parentKey(parent, located) !== key) return []
      return [
        {
          object: refused.object ?? route,
          reason: `${refused.reason}: ${refused.message}`,
          code: 'not-accepted',
          hosts: anyIfEmpty(located.object.spec?.hostnames ?? []),
          ...(refused.fix !== undefined && { fix: refused.fix }),
        },
      ]
    })
  })
  return [...ofRoutes, ...ignoredListeners(gateway, state)]
}

/** Without a host name of its own it would serve every one. */
function anyIfEmpty(hosts: readonly string[]): readonly string[] {
  return hosts.length === 0 ? ['*'] : hosts
}

function ignoredListeners(gateway: Located<Gateway>, state: GatewayApiState): readonly IgnoredObject[] {
  const own = state.gateways.find((one) => one.gateway === gateway)?.listeners ?? []
  return own
    .filter((one) => !one.programmed)
    .map((one) => {
      const why = one.conditions.find((condition) => condition.status === 'False' && condition.message !== '')
      return {
        object: why?.object ?? one.object,
        reason: `listener ${one.name} does not serve: ${why?.reason ?? 'Invalid'}: ${why?.message ?? ''}`,
        code: 'listener-invalid',
        hosts: anyIfEmpty(one.hostname === '' ? [] : [one.hostname]),
        ...(why?.fix !== undefined && { fix: why.fix }),
      }
    })
}
