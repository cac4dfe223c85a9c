import { by, byText } from '../../base/ordering.ts'
import { hostMatches, hostPattern } from '../../http/host-match.ts'
import type {
  Certificate,
  Filter,
  HttpProxy,
  IgnoredObject,
  PathMatch,
  Route,
  RouteAction,
  VirtualHost,
} from '../../http/proxy.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import { annotationsOf, notModelled } from './annotations.ts'
import { decideClass } from './class.ts'
import { flagIsOn, flagValue } from './controller.ts'
import type { PlacedPath } from './host-routes.ts'
import { exactThenLongest, virtualHosts } from './host-routes.ts'
import type { IngressContext, IngressProfile } from './profile.ts'
import { noRoute } from './respond.ts'
import type { RulePath } from './rules.ts'
import { hostsOf, nameOf, namespaceOf, pathsOf } from './rules.ts'
import { backendRequest, clusterIpBackend, endpointsBackend, findServicePort } from './service-backend.ts'
import { secretCertificate } from './tls-secrets.ts'
import { webListeners } from './web-listeners.ts'

const table = {
  prefixes: ['haproxy-ingress.github.io/', 'ingress.kubernetes.io/'],
  modelled: ['path-type', 'service-upstream', 'ssl-redirect'],
  harmless: [
    'affinity',
    'backend-check-interval',
    'balance-algorithm',
    'maxconn-server',
    'maxqueue-server',
    'proxy-body-size',
    'session-cookie-name',
    'timeout-client',
    'timeout-connect',
    'timeout-server',
  ],
}

/** jcmoraisjr/haproxy-ingress. */
export const haproxyIngress: IngressProfile = {
  name: 'haproxy-ingress',
  controllers: ['haproxy-ingress.github.io/controller'],
  classOf: (ingress, context) => {
    const { args } = context.controller
    const suffix = flagValue(args, 'controller-class')?.replace(/^\//, '')
    const own = 'haproxy-ingress.github.io/controller'
    return decideClass(
      ingress,
      {
        controllers: [suffix ? `${own}/${suffix}` : own],
        annotations: [flagValue(args, 'ingress-class') || 'haproxy'],
        takesClassless: flagIsOn(args, 'watch-ingress-without-class'),
        first: flagIsOn(args, 'ingress-class-precedence') ? 'field' : 'annotation',
        suggestion: 'haproxy',
      },
      context,
    )
  },
  compile: (taken, context) => ({ proxies: [{ proxy: compile(taken, context), ingresses: taken }] }),
}

function compile(taken: readonly Located<Ingress>[], context: IngressContext): HttpProxy {
  const { cluster, controller } = context
  const { configMap = {} } = controller
  const ignored: IgnoredObject[] = []
  const created = ({ object }: Located<Ingress>) => object.metadata.creationTimestamp ?? ''
  const ingresses = taken.toSorted((a, b) => byText(created(a), created(b)) || byText(nameOf(a), nameOf(b)))
  const placed = firstOfEach(
    ingresses.flatMap((one) => pathsOf(one).flatMap((path) => place(path, context, ignored))),
  )
  const defaults = ingresses.flatMap((one) => defaultRoute(one, context, ignored))
  const fallback = noRoute(controller.label)
  const hosts = withDefaultHost(
    virtualHosts(placed, exactThenLongest, fallback),
    defaults.slice(0, 1),
    fallback,
  )
  const certificates = ingresses.flatMap((one) => certificatesOf(one, context))
  const port = (name: string, own: number) => Number(configMap[name] ?? own) || own
  return {
    profile: 'haproxy-ingress',
    label: controller.label,
    listeners: webListeners({
      httpPort: port('http-port', 80),
      httpsPort: port('https-port', 443),
      httpHosts: hosts.map((host) => withRedirects(host, ingresses, configMap)),
      httpsHosts: hosts,
      certificates,
      defaultCertificate: defaultCertificate(cluster, flagValue(controller.args, 'default-ssl-certificate')),
      fallback,
    }),
    forwarding: { trusted: [], append: false, sets: ['X-Forwarded-For', 'X-Forwarded-Proto'] },
    ignored,
  }
}

/** Of one host, path and type the first is taken. */
function firstOfEach(placed: readonly PlacedPath[]): readonly PlacedPath[] {
  const seen = new Set<string>()
  return placed.filter(({ path, match }) => {
    const key = `${path.host} ${match.type} ${path.path}`
    return !seen.has(key) && seen.add(key)
  })
}

/** A path whose Service or port is not there is left out. */
function place(path: RulePath, context: IngressContext, ignored: IgnoredObject[]): readonly PlacedPath[] {
  const action = actionOf(path, context, ignored)
  if (!action) return []
  return [{ path, match: matchOf(path), action, filters: filtersOf(path.ingress) }]
}

function filtersOf(ingress: Located<Ingress>): readonly Filter[] {
  return notModelled(ingress, table)
}

/** Mirrors readPathType. */
function matchOf({ pathType, path, ingress }: RulePath): PathMatch {
  const value = path === '' ? '/' : path
  if (pathType === 'Exact') return { type: 'exact', value }
  if (pathType === 'Prefix') return { type: 'prefix', value }
  switch (annotationsOf(ingress, table.prefixes).text('path-type')?.toLowerCase()) {
    case 'exact':
      return { type: 'exact', value }
    case 'prefix':
      return { type: 'prefix', value }
    case 'regex':
      return { type: 'regex', pattern: `^${value.replace(/^\^/, '')}`, ignoreCase: false }
    default:
      return { type: 'string-prefix', value, ignoreCase: true }
  }
}

function actionOf(
  { ingress, backend, object, text }: Pick<RulePath, 'ingress' | 'backend' | 'object' | 'text'>,
  { cluster }: IngressContext,
  ignored: IgnoredObject[],
): RouteAction | undefined {
  const request = backendRequest(backend, namespaceOf(ingress), object)
  const lookup = request && findServicePort(cluster, request)
  if (request && lookup?.type === 'found') {
    const byAddress = annotationsOf(ingress, table.prefixes).flag('service-upstream')
    const made = byAddress ? clusterIpBackend(request, lookup) : endpointsBackend(cluster, request, lookup)
    return { type: 'forward', backends: [{ weight: 1, backend: made }] }
  }
  const problem = lookup?.type === 'missing' ? lookup.problem : undefined
  const reason = problem?.text ?? 'a backend that is a resource is not supported'
  ignored.push({
    object,
    code: problem?.code ?? 'resource-backend',
    reason: `${text}: ${reason}; the controller leaves the path out`,
    hosts: hostsOf(ingress),
    ...(problem?.fix !== undefined && { fix: problem.fix }),
  })
  return undefined
}

/** A default backend is the path `/` of the host that stands for all. */
function defaultRoute(
  ingress: Located<Ingress>,
  context: IngressContext,
  ignored: IgnoredObject[],
): readonly Route[] {
  const { defaultBackend } = ingress.object.spec ?? {}
  if (!defaultBackend) return []
  const object = { ...ingress.ref, at: ingress.locate(['spec', 'defaultBackend']) }
  const text = 'default backend'
  const action = actionOf({ ingress, backend: defaultBackend, object, text }, context, ignored)
  if (!action) return []
  const match = { path: { type: 'string-prefix' as const, value: '/', ignoreCase: true } }
  return [{ name: `${nameOf(ingress)}, ${text}`, text, match, filters: filtersOf(ingress), action, object }]
}

/**
 * What no path of a host takes is looked up once more among the rules of a wildcard that fits, which all stand in one
 * map of regexes behind the others, and then among the rules without a host.
 */
function withDefaultHost(
  hosts: readonly VirtualHost[],
  defaults: readonly Route[],
  fallback: RouteAction,
): readonly VirtualHost[] {
  const any = hosts.find(({ pattern }) => pattern.type === 'any')
  const routes = [...(any?.routes ?? []), ...defaults]
  const named = hosts.filter((one) => one !== any)
  return [
    ...named.map((one) => ({ ...one, routes: [...one.routes, ...wildcardRoutes(one, named), ...routes] })),
    { pattern: { type: 'any' }, routes, fallback },
  ]
}

function wildcardRoutes({ pattern }: VirtualHost, hosts: readonly VirtualHost[]): readonly Route[] {
  if (pattern.type !== 'exact') return []
  return hosts.flatMap((one) =>
    one.pattern.type === 'one-label' && hostMatches(one.pattern, pattern.name) ? one.routes : [],
  )
}

/** `ssl-redirect`, true by default: plain requests for a host with TLS are sent to https. */
function withRedirects(
  host: VirtualHost,
  ingresses: readonly Located<Ingress>[],
  configMap: Readonly<Record<string, string>>,
): VirtualHost {
  const own = ingresses.filter(({ object }) =>
    (object.spec?.tls ?? []).some(({ hosts = [] }) =>
      hosts.some((one) => JSON.stringify(hostPattern(one, 'one-label')) === JSON.stringify(host.pattern)),
    ),
  )
  const [first] = own.toSorted(by(nameOf))
  if (!first) return host
  const wanted = annotationsOf(first, table.prefixes).flag(
    'ssl-redirect',
    configMap['ssl-redirect'] !== 'false',
  )
  if (!wanted) return host
  const action: RouteAction = {
    type: 'redirect',
    status: 302,
    scheme: 'https',
    port: 'scheme',
    reason: 'ssl-redirect: the host has TLS',
  }
  const exempt = { type: 'string-prefix' as const, value: '/.well-known/acme-challenge', ignoreCase: false }
  const isExempt = ({ match }: Route) =>
    match.path?.type !== 'regex' && match.path?.value.startsWith(exempt.value)
  return {
    ...host,
    routes: host.routes.map((route) => (isExempt(route) ? route : { ...route, action, filters: [] })),
  }
}

function certificatesOf(ingress: Located<Ingress>, { cluster }: IngressContext): readonly Certificate[] {
  return (ingress.object.spec?.tls ?? []).flatMap(({ hosts = [], secretName = '' }) => {
    const certificate = secretCertificate(cluster, namespaceOf(ingress), secretName)
    return certificate
      ? [{ ...certificate, servedFor: hosts.map((one) => hostPattern(one, 'one-label')) }]
      : []
  })
}

function defaultCertificate(cluster: IngressContext['cluster'], named: string | undefined): Certificate {
  const [namespace = '', name = ''] = named?.split('/') ?? []
  const fake: Certificate = {
    names: ['localhost'],
    label: 'a certificate that the controller signs by itself',
  }
  return secretCertificate(cluster, namespace, name) ?? fake
}
