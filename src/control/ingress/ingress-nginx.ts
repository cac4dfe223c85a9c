import { by, byText } from '../../base/ordering.ts'
import { hostPattern } from '../../http/host-match.ts'
import type {
  Backend,
  Certificate,
  HostPattern,
  HttpProxy,
  ProxyListener,
  Route,
  RouteAction,
  StreamRoute,
  VirtualHost,
} from '../../http/proxy.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import { decideClass } from './class.ts'
import { defaultCertificate } from './nginx/certificates.ts'
import type { LocationOptions } from './nginx/location-options.ts'
import { locationOptions } from './nginx/location-options.ts'
import type { RouteInput } from './nginx/routes.ts'
import { serverRoutes } from './nginx/routes.ts'
import type { Location, Server } from './nginx/servers.ts'
import { anyHost, createServers } from './nginx/servers.ts'
import type { NginxSettings } from './nginx/settings.ts'
import { nginxForwarding, nginxSettings } from './nginx/settings.ts'
import { streamListeners } from './nginx/stream-services.ts'
import type { Upstreams } from './nginx/upstreams.ts'
import { createUpstreams } from './nginx/upstreams.ts'
import type { IngressContext, IngressProfile } from './profile.ts'
import { namespaceOf } from './rules.ts'
import { clusterIpBackend, endpointsBackend, findService, findServicePort } from './service-backend.ts'

/** kubernetes/ingress-nginx, as of controller 1.15. */
export const ingressNginx: IngressProfile = {
  name: 'ingress-nginx',
  controllers: ['k8s.io/ingress-nginx'],
  classOf: (ingress, context) => {
    const settings = nginxSettings(context.controller)
    const { watchNamespace, refusesCatchAll } = settings
    if (watchNamespace !== undefined && watchNamespace !== namespaceOf(ingress)) {
      const reason = `the controller watches namespace ${watchNamespace} alone`
      return { taken: false, code: 'namespace-not-watched', reason }
    }
    if (refusesCatchAll && ingress.object.spec?.defaultBackend) {
      const reason = 'it has a default backend, and the controller runs with --disable-catch-all'
      return { taken: false, code: 'catch-all-refused', reason }
    }
    return decideClass(
      ingress,
      {
        controllers: [settings.controllerClass],
        annotations: [settings.ingressClass],
        takesClassless: settings.takesClassless,
        first: 'field',
        suggestion: 'nginx',
      },
      context,
    )
  },
  compile: (taken, context) => ({ proxies: [{ proxy: compileNginx(taken, context), ingresses: taken }] }),
}

/** The oldest first; of one age in reverse order of their names. Mirrors sortIngressSlice. */
function sortIngresses(ingresses: readonly Located<Ingress>[]): readonly Located<Ingress>[] {
  const created = ({ object }: Located<Ingress>) => object.metadata.creationTimestamp ?? ''
  const key = ({ ref }: Located<Ingress>) => `${ref.namespace}/${ref.name}`
  return ingresses.toSorted((a, b) => byText(created(a), created(b)) || byText(key(b), key(a)))
}

interface Compiling extends IngressContext {
  readonly settings: NginxSettings
  readonly upstreams: Upstreams
  readonly servers: ReadonlyMap<string, Server>
  readonly defaultAction: RouteAction
}

function compileNginx(taken: readonly Located<Ingress>[], context: IngressContext): HttpProxy {
  const { cluster, controller } = context
  const settings = nginxSettings(controller)
  const ingresses = sortIngresses(taken)
  const known = new Map(ingresses.map((one) => [one, locationOptions(one, settings.config)]))
  const optionsOf = (ingress: Located<Ingress>): LocationOptions =>
    known.get(ingress) ?? locationOptions(ingress, settings.config)
  const upstreams = createUpstreams(ingresses, optionsOf, cluster, settings)
  const fallbackCertificate = defaultCertificate(cluster, settings)
  const { servers, ignored } = createServers({
    cluster,
    ingresses,
    upstreams,
    optionsOf,
    defaultCertificate: fallbackCertificate,
  })
  const defaultAction = defaultBackendAction(context, settings)
  const compiling: Compiling = { ...context, settings, upstreams, servers, defaultAction }
  return {
    profile: 'ingress-nginx',
    label: controller.label,
    listeners: [
      ...webListeners(compiling, fallbackCertificate),
      ...streamListeners(cluster, settings).filter(
        ({ port }) => port !== settings.httpPort && port !== settings.httpsPort,
      ),
    ],
    tries: settings.config.tries,
    forwarding: nginxForwarding(settings.config, controller.configMap ?? {}),
    normalization: {
      decodes: 'all',
      resolvesDots: true,
      refusesAboveRoot: true,
      refusesBadCodes: true,
      mergesSlashes: true,
      forwarded: false,
    },
    ignored,
  }
}

/** The Service of `--default-backend-service`, or the controller's own page. */
function defaultBackendAction({ cluster, controller }: IngressContext, settings: NginxSettings): RouteAction {
  const backend = settings.defaultBackend && firstPortBackend(cluster, settings.defaultBackend)
  if (backend) return { type: 'forward', backends: [{ weight: 1, backend }] }
  return {
    type: 'respond',
    status: 404,
    code: 'no-route',
    reason: `no rule fits; ${controller.label} answers by itself`,
    objects: [],
  }
}

/** The endpoints of a Service's first port, if there are any. */
function firstPortBackend(cluster: IngressContext['cluster'], named: string): Backend | undefined {
  const [namespace = '', name = ''] = named.split('/')
  const service = findService(cluster, namespace, name)
  const port = service?.ports[0]
  if (!service || !port) return undefined
  const request = { namespace, name, port: { number: port.port }, protocol: 'http' as const, by: service.ref }
  const backend = endpointsBackend(cluster, request, { type: 'found', service, port })
  return backend.problem ? undefined : backend
}

function webListeners(compiling: Compiling, fallback: Certificate): readonly ProxyListener[] {
  const { settings, servers, defaultAction } = compiling
  const hosts = [...servers.values()]
    .toSorted(by(({ host }) => host))
    .flatMap((one) => hostsOf(one, compiling))
  const common = {
    proxyProtocol: settings.config.proxyProtocol,
    hosts,
    fallback: defaultAction,
    checksMisdirected: false,
  }
  return [
    { ...common, port: settings.httpPort, protocol: 'http', certificates: [], passthrough: [] },
    {
      ...common,
      port: settings.httpsPort,
      protocol: 'https',
      certificates: certificatesOf(servers),
      defaultCertificate: fallback,
      passthrough: settings.passthrough ? passthroughRoutes(compiling) : [],
    },
  ]
}

/** The certificates of the hosts that have one of their own. */
function certificatesOf(servers: ReadonlyMap<string, Server>): readonly Certificate[] {
  return [...servers.values()].flatMap(({ certificate, host }) =>
    certificate && host !== anyHost ? [{ ...certificate, servedFor: [patternOf(host)] }] : [],
  )
}

function patternOf(host: string): HostPattern {
  return hostPattern(host === anyHost ? '' : host, 'one-label')
}

function hostsOf(server: Server, compiling: Compiling): readonly VirtualHost[] {
  const { settings, servers, defaultAction } = compiling
  const input: RouteInput = {
    config: settings.config,
    hasCertificate: hasCertificate(server.host, servers),
    defaultAction,
    errorBackend: (location) => errorBackend(location, compiling),
  }
  const routes = serverRoutes(server, input)
  const own = server.host === anyHost ? [...routes.slice(0, -1), ...probes, ...routes.slice(-1)] : routes
  const fallback = defaultAction
  return [
    { pattern: patternOf(server.host), routes: own, fallback },
    ...server.aliases.map((alias): VirtualHost => ({ pattern: aliasPattern(alias), routes, fallback })),
    ...wwwRedirect(server, compiling),
  ]
}

/** The server of any host answers probes by itself, so long as no rule takes their path. */
const probes: readonly Route[] = [
  {
    name: 'the health check of ingress-nginx',
    text: '/healthz',
    match: { path: { type: 'string-prefix', value: '/healthz', ignoreCase: false } },
    filters: [],
    action: {
      type: 'respond',
      status: 200,
      code: 'health',
      reason: 'the health check of nginx',
      objects: [],
    },
    object: { kind: 'Ingress', name: 'ingress-nginx' },
  },
]

function aliasPattern(alias: string): HostPattern {
  return alias.startsWith('~') ? { type: 'regex', pattern: alias.slice(1) } : hostPattern(alias, 'any-depth')
}

/** Mirrors certificate.lua: the host's own, or that of the wildcard one label up; never for a rule of any host. */
function hasCertificate(host: string, servers: ReadonlyMap<string, Server>): boolean {
  if (host === anyHost) return false
  const wildcard = host.replace(/^[^.]+\./, '*.')
  return [host, wildcard].some((one) => servers.get(one)?.certificate !== undefined)
}

function errorBackend({ options, object }: Location, { cluster }: Compiling): Backend | undefined {
  const { defaultBackend } = options ?? {}
  if (defaultBackend === undefined || object?.namespace === undefined) return undefined
  return firstPortBackend(cluster, `${object.namespace}/${defaultBackend}`)
}

/** Mirrors BuildRedirects: `www.` is added or taken away, unless the other name has rules of its own. */
function wwwRedirect(
  { host, redirectsWww }: Server,
  { settings, servers }: Compiling,
): readonly VirtualHost[] {
  const from = host.startsWith('www.') ? host.slice(4) : `www.${host}`
  if (!redirectsWww || host === anyHost || servers.has(from)) return []
  const fallback: RouteAction = {
    type: 'redirect',
    status: settings.config.redirectCode,
    host,
    port: 'scheme',
    path: { type: 'drop-last-slash' },
    reason: 'annotation from-to-www-redirect',
  }
  return [{ pattern: { type: 'exact', name: from }, routes: [], fallback }]
}

/** Whole hosts that are handed on, TLS and all, to the Service of their `/`. Mirrors PassthroughBackends. */
function passthroughRoutes({ servers, cluster }: Compiling): readonly StreamRoute[] {
  return [...servers.values()].flatMap(({ host, passthrough, locations }): readonly StreamRoute[] => {
    const root = locations.find(({ path }) => path === '/')
    if (!passthrough || !root?.upstream || !root.object) return []
    const { request } = root.upstream
    const lookup = findServicePort(cluster, request)
    if (lookup.type === 'missing') return []
    const backend = { ...clusterIpBackend(request, lookup), protocol: 'tcp' as const }
    return [
      {
        names: [patternOf(host)],
        name: `${root.name} (ssl-passthrough)`,
        action: { type: 'forward', backends: [{ weight: 1, backend }] },
        object: root.object,
      },
    ]
  })
}
