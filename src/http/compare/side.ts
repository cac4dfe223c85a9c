import { hostMatches, hostName, mostSpecific } from '../host-match.ts'
import type {
  Backend,
  HostPattern,
  HttpProxy,
  ProxyListener,
  Route,
  RouteAction,
  VirtualHost,
} from '../proxy.ts'

/** One of two configurations that are compared. */
export interface CompareSide {
  /** What messages call it: the file. */
  readonly name: string
  readonly proxies: readonly HttpProxy[]
  /** Names a backend so that both sides mean the same by it. */
  identify(backend: Backend): string
}

export type Scheme = 'http' | 'https'

/** Where a proxy takes requests of a scheme: on the scheme's own port, or on the first of that protocol. */
export function entryOf({ listeners }: HttpProxy, scheme: Scheme): ProxyListener | undefined {
  const own = listeners.filter((one) =>
    scheme === 'http' ? one.protocol === 'http' : one.protocol === 'https' || one.protocol === 'tls',
  )
  return own.find((one) => one.port === (scheme === 'http' ? 80 : 443)) ?? own[0]
}

/** The virtual host that a listener uses for a host name. */
export function hostFor({ hosts }: ProxyListener, host: string): VirtualHost | undefined {
  return mostSpecific(hosts, ({ pattern }) => pattern, hostName(host))
}

/** Of several proxies the one that serves a host; the first, if none does. */
export function proxyFor(side: CompareSide, host: string, scheme: Scheme): HttpProxy | undefined {
  const serving = side.proxies.find((proxy) => {
    const entry = entryOf(proxy, scheme)
    return entry !== undefined && serves(entry, hostName(host))
  })
  return serving ?? side.proxies[0]
}

function serves({ hosts, passthrough }: ProxyListener, name: string): boolean {
  const named = passthrough.some(({ names = [] }) => names.some((one) => hostMatches(one, name)))
  return named || hosts.some((one) => one.pattern.type !== 'any' && hostMatches(one.pattern, name))
}

/** The routes that can have a say in requests for a host. */
export function routesFor(side: CompareSide, host: string, scheme: Scheme): readonly Route[] {
  const proxy = proxyFor(side, host, scheme)
  const entry = proxy && entryOf(proxy, scheme)
  const routes = (entry && hostFor(entry, host)?.routes) ?? []
  return routes.filter(
    ({ match, action }) =>
      !isProbe(action) && (!match.hosts || match.hosts.some((one) => hostMatches(one, hostName(host)))),
  )
}

/** Every pattern of a host that a side knows, on whichever port. */
export function hostPatterns({ proxies }: CompareSide): readonly HostPattern[] {
  return proxies.flatMap(({ listeners }) =>
    listeners.flatMap(({ hosts, passthrough, terminated = [] }) => [
      ...hosts.flatMap(({ pattern, routes }) => [
        pattern,
        ...routes.flatMap(({ match }) => match.hosts ?? []),
      ]),
      ...[...passthrough, ...terminated].flatMap(({ names = [] }) => names),
    ]),
  )
}

/** What a proxy answers for its own health checks is no route of anybody's. */
function isProbe(action: RouteAction): boolean {
  return action.type === 'respond' && action.code === 'health'
}
