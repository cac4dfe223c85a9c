import { parseIp } from '../../../src/base/ip.ts'
import { gatewayProxies } from '../../../src/control/gateway/gateway-proxy.ts'
import type { GatewayApiState } from '../../../src/control/gateway/state.ts'
import { gatewayApiState } from '../../../src/control/gateway/state.ts'
import type { GatewayCondition } from '../../../src/control/gateway/status.ts'
import type { HttpProxy } from '../../../src/http/proxy.ts'
import type { Header, HttpRequest } from '../../../src/http/request.ts'
import type { RoutingDecision } from '../../../src/http/route.ts'
import { routeRequest } from '../../../src/http/route.ts'
import { complete, problems } from '../complete.ts'

/** Short forms of Gateway API objects for tables of tests, and answers in one word. */

type Fields = Readonly<Record<string, unknown>>

export const group = 'gateway.networking.k8s.io'

export function object(kind: string, name: string, spec: Fields, metadata: Fields = {}): string {
  const version = kind === 'ReferenceGrant' ? 'v1beta1' : 'v1'
  return JSON.stringify({ apiVersion: `${group}/${version}`, kind, metadata: { name, ...metadata }, spec })
}

/** A listener: `http:80/HTTP`, `foo:443/HTTPS *.foo.com`. HTTPS has a certificate. */
export function listener(text: string, more: Fields = {}): Fields {
  const [, name, port, protocol, hostname] = /^([^:]+):(\d+)\/(\S+)(?: (\S+))?$/.exec(text) ?? []
  const tls = protocol === 'HTTPS' ? { tls: { certificateRefs: [{ name: 'certificate' }] } } : {}
  return { name, port: Number(port), protocol, ...(hostname && { hostname }), ...tls, ...more }
}

export function gateway(
  name: string,
  listeners: readonly (string | Fields)[],
  more: Fields = {},
  metadata: Fields = {},
): string {
  const all = listeners.map((one) => (typeof one === 'string' ? listener(one) : one))
  return object('Gateway', name, { gatewayClassName: 'example', listeners: all, ...more }, metadata)
}

/** A reference to a backend: `v1`, `v1:80*3` with port and weight, `other/v1`. */
export function backend(text: string): Fields {
  const [, namespace, name, port = '8080', weight] =
    /^(?:([^/]+)\/)?([^:*]+)(?::(\d+))?(?:\*(\d+))?$/.exec(text) ?? []
  return {
    name,
    port: Number(port),
    ...(namespace && { namespace }),
    ...(weight && { weight: Number(weight) }),
  }
}

/** A match in short: `{ prefix: '/v2', headers: { version: 'two' } }`. */
export interface ShortMatch {
  readonly prefix?: string
  readonly exact?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
}

export function match({ prefix, exact, method, headers, query }: ShortMatch): Fields {
  const named = (of: Readonly<Record<string, string>>) =>
    Object.entries(of).map(([name, value]) => ({ name, value }))
  return {
    ...(prefix !== undefined && { path: { type: 'PathPrefix', value: prefix } }),
    ...(exact !== undefined && { path: { type: 'Exact', value: exact } }),
    ...(method !== undefined && { method }),
    ...(headers && { headers: named(headers) }),
    ...(query && { queryParams: named(query) }),
  }
}

export type ShortRule = readonly [match: ShortMatch, backend: string]

export function rules(list: readonly ShortRule[]): readonly Fields[] {
  return list.map(([one, to]) => ({ matches: [match(one)], backendRefs: [backend(to)] }))
}

export function httpRoute(name: string, spec: Fields, metadata: Fields = {}): string {
  return object('HTTPRoute', name, { parentRefs: [{ name: 'gw' }], ...spec }, metadata)
}

/** A Service with one ready endpoint. */
export function service(name: string, namespace = 'default', port = 8080, protocol = 'TCP'): string {
  const number = [...`${namespace}/${name}`].reduce(
    (sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 60000,
    7,
  )
  const ip = `10.1.${Math.floor(number / 256)}.${(number % 254) + 1}`
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { ports: [{ port, protocol }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [ip] }],
      ports: [{ port: 3000, protocol }],
    },
  ]
    .map((one) => JSON.stringify(one))
    .join('\n')
}

export function namespace(name: string, labels: Fields = {}): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
}

export const backends = [service('v1'), service('v2'), service('v3')].join('\n')

/** What controllers make of the objects. Fails if any of them is not as the API server would take it. */
export function state(...documents: readonly string[]): GatewayApiState {
  return gatewayApiState(clusterOf(documents))
}

function clusterOf(documents: readonly string[]) {
  const cluster = complete(documents.join('\n'))
  const found = problems(cluster)
  if (found.length > 0) throw new Error(found.join('\n'))
  return cluster
}

export function proxies(...documents: readonly string[]): readonly HttpProxy[] {
  return gatewayProxies(clusterOf(documents))
}

export interface ShortRequest {
  readonly host?: string
  readonly port?: number
  readonly sni?: string
  readonly https?: boolean
}

/** A request: `GET /path?query name:value`; `GET` may be left out. */
export function request(
  text: string,
  { host = 'host', port, sni, https = false }: ShortRequest = {},
): HttpRequest {
  const [method = '', target = '', ...pairs] = /^[A-Z]+ /.test(text)
    ? text.split(' ')
    : ['GET', ...text.split(' ')]
  const [path = '/', query] = target.split('?')
  return {
    scheme: https ? 'https' : 'http',
    method,
    host,
    path,
    ...(query !== undefined && { query }),
    headers: pairs.map((one): Header => {
      const [name = '', value = ''] = one.split(/:(.*)/)
      return [name, value]
    }),
    ...(sni !== undefined && { sni }),
    client: parseIp('192.0.2.7') ?? 0,
    port: port ?? (https ? 443 : 80),
  }
}

/** An answer: the name of the backend, `v1 v2` for several, or the status, or `302 location`. */
export function answer(proxy: HttpProxy | undefined, asked: HttpRequest): string | number {
  return proxy ? said(routeRequest(proxy, asked)) : 'no proxy'
}

export function said({ result }: RoutingDecision): string | number {
  switch (result.type) {
    case 'respond':
      return result.status
    case 'redirect':
      return `${result.status} ${result.location}`
    case 'closed':
      return result.code
    default: {
      const each = result.shares.map(
        ({ backend: one }) => one.problem?.status ?? one.name.replace(/^default\/|:\d+$/g, ''),
      )
      const [only] = each
      return each.length === 1 && only !== undefined ? only : each.join(' ')
    }
  }
}

/** `Accepted=False NoMatchingParent` of the route's first parent that has it. */
export function routeCondition(
  { routeStatuses }: GatewayApiState,
  route: string,
  type: string,
  parent = 0,
): string {
  const found = routeStatuses.find((one) => one.route.name === route)?.parents[parent]
  return conditionText(found?.conditions ?? [], type)
}

export function conditionText(conditions: readonly GatewayCondition[], type: string): string {
  const one = conditions.find((condition) => condition.type === type)
  return one ? `${one.type}=${one.status} ${one.reason}` : `no ${type}`
}
