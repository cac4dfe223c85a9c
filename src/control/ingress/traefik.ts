import { byText } from '../../base/ordering.ts'
import { hostPattern } from '../../http/host-match.ts'
import type {
  Backend,
  Certificate,
  Filter,
  HttpProxy,
  IgnoredObject,
  PathMatch,
  ProxyListener,
  Route,
} from '../../http/proxy.ts'
import type { ClusterEndpoint } from '../../model/cluster.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { Annotations } from './annotations.ts'
import { annotationsOf, notModelled } from './annotations.ts'
import { decideClass } from './class.ts'
import type { ClassDecision, IngressContext, IngressProfile } from './profile.ts'
import { noRoute } from './respond.ts'
import type { RulePath } from './rules.ts'
import { hostsOf, nameOf, namespaceOf, pathsOf } from './rules.ts'
import {
  backendRequest,
  bareBackend,
  clusterIpBackend,
  endpointsBackend,
  endpointTargets,
  findServicePort,
} from './service-backend.ts'
import { secretCertificate } from './tls-secrets.ts'
import type { EntryPoint, TraefikSettings } from './traefik/settings.ts'
import { traefikForwarding, traefikSettings } from './traefik/settings.ts'

const prefix = 'traefik.ingress.kubernetes.io/'

const annotationTable = {
  prefixes: [prefix],
  modelled: ['router.entrypoints', 'router.pathmatcher', 'router.priority', 'router.tls'],
  harmless: [
    'router.observability.accesslogs',
    'router.observability.metrics',
    'router.observability.tracing',
  ],
}

/** Traefik 3 with its provider `kubernetesIngress`. */
export const traefik: IngressProfile = {
  name: 'traefik',
  controllers: ['traefik.io/ingress-controller'],
  classOf: traefikClass,
  compile: (taken, context) => ({ proxies: [{ proxy: compileTraefik(taken, context), ingresses: taken }] }),
}

/**
 * Mirrors shouldProcessIngress and GetIngressClasses: without `ingressClass` every class of Traefik's counts, and an
 * Ingress that names none.
 */
function traefikClass(ingress: Located<Ingress>, context: IngressContext): ClassDecision {
  const { ingressClass, namespaces } = traefikSettings(context.controller)
  if (namespaces.length > 0 && !namespaces.includes(namespaceOf(ingress))) {
    const reason = `the controller watches ${namespaces.join(', ')} alone`
    return { taken: false, code: 'namespace-not-watched', reason }
  }
  const rule = {
    controllers: traefik.controllers,
    annotations: ingressClass === '' ? ['traefik', ''] : [ingressClass],
    takesClassless: ingressClass === '',
    first: 'field' as const,
    suggestion: ingressClass || 'traefik',
  }
  const decided = decideClass(ingress, rule, context)
  const named = ingress.object.spec?.ingressClassName
  if (!decided.taken || named === undefined || ingressClass === '' || named === ingressClass) return decided
  const reason = `the controller takes class ${ingressClass} alone`
  return { taken: false, code: 'class-differs', reason, fix: `write ingressClassName: ${ingressClass}` }
}

/** A router: a rule, its priority, and where it is offered. */
interface Router {
  readonly rule: string
  readonly priority: number
  readonly route: Route
  /** Empty for all. */
  readonly entryPoints: readonly string[]
  readonly tls: boolean
}

function compileTraefik(taken: readonly Located<Ingress>[], context: IngressContext): HttpProxy {
  const { controller } = context
  const settings = traefikSettings(controller)
  const ignored: IgnoredObject[] = []
  const ingresses = taken.toSorted((a, b) => byText(nameOf(a), nameOf(b)))
  const routers = ingresses.flatMap((ingress) => [
    ...pathsOf(ingress).flatMap((path) => routerOf(path, context, settings, ignored)),
    ...defaultRouter(ingress, context, settings, ignored),
  ])
  const sorted = routers.toSorted((a, b) => b.priority - a.priority || byText(a.rule, b.rule))
  const certificates = ingresses.flatMap((ingress) => certificatesOf(ingress, context))
  return {
    profile: 'traefik',
    label: controller.label,
    listeners: settings.entryPoints.map((entry) => listenerOf(entry, sorted, certificates, controller.label)),
    forwarding: traefikForwarding(controller, settings.entryPoints),
    normalization: { decodes: 'unreserved', resolvesDots: true, mergesSlashes: true, forwarded: true },
    ignored,
  }
}

/** A Service that is not there, or has nothing to send to, takes its router away; a shorter rule may then win. */
function routerOf(
  path: RulePath,
  context: IngressContext,
  settings: TraefikSettings,
  ignored: IgnoredObject[],
): readonly Router[] {
  const annotations = annotationsOf(path.ingress, [prefix])
  const backend = traefikBackend(path, context, settings, ignored)
  if (!backend) return []
  const match = pathMatchOf(path, annotations, settings)
  const rule = [
    path.host === '' ? '' : `Host(${JSON.stringify(path.host)})`,
    path.path === '' ? '' : ruleText(match),
  ]
    .filter((part) => part !== '')
    .join(' && ')
  const route: Route = {
    name: path.name,
    text: path.text,
    match: {
      ...(path.host !== '' && { hosts: [hostPattern(path.host, 'one-label')] }),
      ...(path.path !== '' && { path: match }),
    },
    filters: filtersOf(path.ingress),
    action: { type: 'forward', backends: [{ weight: 1, backend }] },
    object: path.object,
  }
  return [routerWith(route, rule, annotations)]
}

function routerWith(route: Route, rule: string, { number, list, text }: Annotations): Router {
  const tls = text('router.tls')
  return {
    rule,
    priority: number('router.priority') || rule.length,
    route,
    entryPoints: list('router.entrypoints'),
    tls: tls !== undefined && tls !== 'false',
  }
}

function filtersOf(ingress: Located<Ingress>): readonly Filter[] {
  return notModelled(ingress, annotationTable)
}

function pathMatchOf(path: RulePath, { text }: Annotations, { strictPrefix }: TraefikSettings): PathMatch {
  const matcher =
    path.pathType === 'Exact'
      ? 'Path'
      : path.pathType === 'Prefix'
        ? 'PathPrefix'
        : (text('router.pathmatcher') ?? 'PathPrefix')
  if (matcher === 'Path') return { type: 'exact', value: path.path }
  if (matcher === 'PathRegexp') return { type: 'regex', pattern: path.path, ignoreCase: false }
  return strictPrefix
    ? { type: 'prefix', value: path.path }
    : { type: 'string-prefix', value: path.path, ignoreCase: false }
}

/** The rule as Traefik writes it; its length is its priority. */
function ruleText(match: PathMatch): string {
  switch (match.type) {
    case 'exact':
    case 'glob':
      return `Path(${JSON.stringify(match.value)})`
    case 'regex':
      return `PathRegexp(${JSON.stringify(match.pattern)})`
    case 'string-prefix':
      return `PathPrefix(${JSON.stringify(match.value)})`
    case 'prefix': {
      const bare = match.value.replace(/\/$/, '')
      if (bare === '') return 'PathPrefix("/")'
      return `(Path(${JSON.stringify(bare)}) || PathPrefix(${JSON.stringify(`${bare}/`)}))`
    }
    default:
      return match satisfies never
  }
}

/** What names a backend, and how messages call it. */
type Asking = Pick<RulePath, 'ingress' | 'backend' | 'object' | 'text'>

/** Where a router sends; nothing, if Traefik leaves the router out. */
function traefikBackend(
  asking: Asking,
  context: IngressContext,
  settings: TraefikSettings,
  ignored: IgnoredObject[],
): Backend | undefined {
  const found = findBackend(asking, context, settings)
  if (found.type === 'backend') return found.backend
  const { code, reason, fix } = found
  ignored.push({
    object: asking.object,
    code,
    reason: `${asking.text}: ${reason}; Traefik leaves the rule out`,
    hosts: hostsOf(asking.ingress),
    ...(fix !== undefined && { fix }),
  })
  return undefined
}

type Found =
  | { readonly type: 'backend'; readonly backend: Backend }
  | {
      readonly type: 'none'
      readonly code: string
      readonly reason: string
      readonly fix?: string | undefined
    }

/** Mirrors loadService. */
function findBackend(asking: Asking, { cluster }: IngressContext, settings: TraefikSettings): Found {
  const request = backendRequest(asking.backend, namespaceOf(asking.ingress), asking.object)
  if (!request) {
    return { type: 'none', code: 'resource-backend', reason: 'a backend that is a resource is not supported' }
  }
  const lookup = findServicePort(cluster, request)
  if (lookup.type === 'missing') {
    const { code, text, fix } = lookup.problem
    return { type: 'none', code, reason: text, fix }
  }
  const { service, port } = lookup
  const secure = port.port === 443 || port.name.startsWith('https')
  const asked = { ...request, protocol: secure ? ('https' as const) : ('http' as const) }
  const name = `Service ${service.namespace}/${service.name}`
  if (service.type === 'ExternalName') {
    if (!settings.externalNames) {
      const reason = `${name} is an ExternalName, which is not allowed`
      return { type: 'none', code: 'external-name-refused', reason }
    }
    const dnsName = { name: service.externalName ?? '', port: port.port }
    return { type: 'backend', backend: { ...bareBackend(asked, service), via: 'name', targets: [], dnsName } }
  }
  if (settings.nativeBalancing) return { type: 'backend', backend: clusterIpBackend(asked, lookup) }
  const servers = endpointTargets(cluster, service, port, (one) => one.serving)
  if (servers.length === 0 && !settings.emptyServices) {
    return { type: 'none', code: 'no-ready-endpoints', reason: `${name} has no endpoint that serves` }
  }
  const backend = endpointsBackend(cluster, asked, lookup, takesNewClients)
  return { type: 'backend', backend }
}

/** Endpoints that are about to end count as servers, and get no new client. */
function takesNewClients({ serving, terminating }: ClusterEndpoint): boolean {
  return serving && !terminating
}

/** The default backend of an Ingress without rules; with rules Traefik does not look at it. */
function defaultRouter(
  ingress: Located<Ingress>,
  context: IngressContext,
  settings: TraefikSettings,
  ignored: IgnoredObject[],
): readonly Router[] {
  const { defaultBackend, rules = [] } = ingress.object.spec ?? {}
  if (!defaultBackend || rules.length > 0) return []
  const object = { ...ingress.ref, at: ingress.locate(['spec', 'defaultBackend']) }
  const text = 'default backend'
  const backend = traefikBackend(
    { ingress, backend: defaultBackend, object, text },
    context,
    settings,
    ignored,
  )
  if (!backend) return []
  const route: Route = {
    name: `${nameOf(ingress)}, default backend`,
    text,
    match: {},
    filters: filtersOf(ingress),
    action: { type: 'forward', backends: [{ weight: 1, backend }] },
    object,
  }
  const router = routerWith(route, 'PathPrefix("/")', annotationsOf(ingress, [prefix]))
  return [{ ...router, priority: Number.MIN_SAFE_INTEGER }]
}

/** Any certificate is shown to whom its names fit, whatever hosts the TLS section lists. */
function certificatesOf(ingress: Located<Ingress>, { cluster }: IngressContext): readonly Certificate[] {
  return (ingress.object.spec?.tls ?? []).flatMap(({ secretName = '', hosts = [] }) => {
    const certificate = secretCertificate(cluster, namespaceOf(ingress), secretName)
    if (!certificate) return []
    const guessed = hosts.map((host) => hostPattern(host, 'one-label'))
    return [certificate.names === 'unknown' ? { ...certificate, servedFor: guessed } : certificate]
  })
}

const defaultCertificate: Certificate = { names: [], label: 'CN=TRAEFIK DEFAULT CERT' }

/** A router without TLS is offered over plain HTTP alone, and one with TLS over TLS alone. */
function listenerOf(
  entry: EntryPoint,
  routers: readonly Router[],
  certificates: readonly Certificate[],
  label: string,
): ProxyListener {
  const offered = routers.filter(
    ({ entryPoints }) => entryPoints.length === 0 || entryPoints.includes(entry.name),
  )
  const isSecure = entry.tls || (offered.some((one) => one.tls) && entry.name !== 'web')
  const routes = offered.filter(({ tls }) => entry.tls || tls === isSecure).map(({ route }) => route)
  const fallback = entry.redirect ?? noRoute(label)
  return {
    port: entry.port,
    protocol: isSecure ? 'https' : 'http',
    proxyProtocol: entry.proxyProtocol,
    certificates: isSecure ? certificates : [],
    ...(isSecure && { defaultCertificate }),
    passthrough: [],
    hosts: [{ pattern: { type: 'any' }, routes: entry.redirect ? [] : routes, fallback }],
    fallback,
    checksMisdirected: false,
  }
}
