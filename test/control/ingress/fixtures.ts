import type { Ip } from '../../../src/base/ip.ts'
import { parseIp } from '../../../src/base/ip.ts'
import type { Controller } from '../../../src/control/ingress/controller.ts'
import type { IngressProfileName } from '../../../src/control/ingress/profile.ts'
import { ingressProxies } from '../../../src/control/ingress/registry.ts'
import type { HttpProxy } from '../../../src/http/proxy.ts'
import type { Header, HttpRequest } from '../../../src/http/request.ts'
import type { RoutingDecision } from '../../../src/http/route.ts'
import { routeRequest } from '../../../src/http/route.ts'
import type { Cluster } from '../../../src/model/cluster.ts'
import { complete } from '../complete.ts'

/** `[host, path, pathType, service, port]`, as the reference's tables write a rule. */
export type Rule = readonly [
  host: string,
  path: string,
  pathType: string,
  service: string,
  port: number | string,
]

export interface IngressFixture {
  readonly name?: string
  readonly rules?: readonly Rule[]
  /** Rules that have a host alone. */
  readonly hosts?: readonly string[]
  readonly default?: readonly [service: string, port: number | string]
  readonly annotations?: Readonly<Record<string, string>>
  readonly className?: string
  readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[]
  readonly created?: string
}

function backend(service: string, port: number | string) {
  if (service === '<resource>') return { resource: { kind: 'StorageBucket', name: 'static' } }
  return { service: { name: service, port: typeof port === 'number' ? { number: port } : { name: port } } }
}

/** The manifest of an Ingress. Annotations are written without their prefix. */
export function ingressManifest(fixture: IngressFixture, prefix = 'nginx.ingress.kubernetes.io/'): object {
  const { name = 'web', rules = [], hosts = [], annotations = {}, className, tls, created } = fixture
  const prefixed = Object.entries(annotations).map(([key, value]) => [
    key.includes('/') ? key : prefix + key,
    value,
  ])
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name,
      annotations: Object.fromEntries(prefixed),
      ...(created && { creationTimestamp: created }),
    },
    spec: {
      ...(className !== undefined && { ingressClassName: className }),
      ...(tls && { tls }),
      ...(fixture.default && { defaultBackend: backend(...fixture.default) }),
      ...(rules.length + hosts.length > 0 && {
        rules: [
          ...hosts.map((host) => ({ host })),
          ...rules.map(([host, path, pathType, service, port]) => ({
            ...(host !== '' && { host }),
            http: { paths: [{ path, pathType, backend: backend(service, port) }] },
          })),
        ],
      }),
    },
  }
}

/** A Service with as many ready endpoints, which listen on 3000. Its port 8080 is called `http`. */
export function serviceManifests(
  name: string,
  index: number,
  ready = 1,
  spec: object = {},
): readonly object[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: {
        ports: [
          { name: 'web', port: 80, targetPort: 3000 },
          { name: 'http', port: 8080, targetPort: 3000 },
        ],
        ...spec,
      },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [
        { name: 'web', port: 3000, protocol: 'TCP' },
        { name: 'http', port: 3000, protocol: 'TCP' },
      ],
      endpoints: Array.from({ length: ready }, (_, at) => ({ addresses: [`10.244.${index + 1}.${at + 2}`] })),
    },
  ]
}

/** A cluster of Ingresses and of every Service that they name; those in `without` have no ready endpoint. */
export function clusterWith(
  ingresses: readonly IngressFixture[],
  options: {
    readonly missing?: readonly string[]
    readonly without?: readonly string[]
    readonly prefix?: string
    readonly more?: readonly object[]
  } = {},
): Cluster {
  const { missing = [], without = [], prefix, more = [] } = options
  const names = ingresses.flatMap((one) => [
    ...(one.rules ?? []).map(([, , , service]) => service),
    ...(one.default ? [one.default[0]] : []),
  ])
  const services = [...new Set([...names, ...without])].filter(
    (name) => !missing.includes(name) && name !== '<resource>',
  )
  const objects = [
    ...ingresses.map((one, index) => ingressManifest({ name: `web-${index}`, ...one }, prefix)),
    ...services.flatMap((name, index) => serviceManifests(name, index, without.includes(name) ? 0 : 1)),
    ...more,
  ]
  return complete(objects.map((one) => JSON.stringify(one)).join('\n---\n'))
}

export function controller(
  args: readonly string[] = [],
  configMap: Readonly<Record<string, string>> = {},
): Controller {
  return { label: 'the controller', namespace: 'ingress', args, configMap }
}

/** The proxy of a controller that also takes Ingresses without a class. */
export function proxyOf(
  profile: IngressProfileName,
  cluster: Cluster,
  settings: Controller = controller(['--watch-ingress-without-class=true']),
): HttpProxy {
  const [first] = ingressProxies(profile, { cluster, controller: settings })
  if (!first?.proxy) throw new Error(`no proxy: ${first?.rejected?.reason}`)
  return first.proxy
}

/** `GET http://a.test/x?q=1` with headers, from 192.0.2.7. */
export function request(
  url: string,
  headers: readonly Header[] = [],
  more: Partial<HttpRequest> = {},
): HttpRequest {
  const parts = /^(https?):\/\/([^/?]*)([^?]*)(?:\?(.*))?$/.exec(url)
  const [, scheme = 'http', host = '', path = '/', query] = parts ?? []
  const isTls = scheme === 'https'
  return {
    scheme: isTls ? 'https' : 'http',
    method: 'GET',
    host,
    path,
    ...(query !== undefined && { query }),
    headers,
    ...(isTls && { sni: host.replace(/:.*$/, '') }),
    client: parseIp('192.0.2.7') as Ip,
    port: isTls ? 443 : 80,
    ...more,
  }
}

/**
 * The end of a decision as the reference's tables write it: `foo:80`, `foo:80 path /x`, `404`, `301 http://…`. Several
 * shares are joined by `|`.
 */
export function endOf({ result }: RoutingDecision, asked?: HttpRequest): string {
  if (result.type === 'respond') return String(result.status)
  if (result.type === 'redirect') return `${result.status} ${result.location}`
  if (result.type === 'closed') return result.code
  const path = result.type === 'forward' ? pathOf(result.request) : undefined
  const changed = asked && path !== undefined && path !== pathOf(asked) ? ` path ${path}` : ''
  const ends = result.shares.map(({ share, backend: to }) => {
    const part = share === 1 ? '' : `${Math.round(share * 100)}% `
    return `${part}${to.problem ? to.problem.status : to.name.replace(/^default\//, '')}`
  })
  return [...new Set(ends)].join(' | ') + changed
}

function pathOf({ path, query }: { readonly path: string; readonly query?: string }): string {
  return query === undefined ? path : `${path}?${query}`
}

/** Routes one request and says how it ends. */
export function ask(proxy: HttpProxy, asked: HttpRequest): string {
  return endOf(routeRequest(proxy, asked), asked)
}
