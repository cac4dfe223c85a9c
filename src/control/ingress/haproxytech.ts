import { byText } from '../../base/ordering.ts'
import { hostPattern } from '../../http/host-match.ts'
import type {
  Certificate,
  Filter,
  HttpProxy,
  IgnoredObject,
  PathMatch,
  RouteAction,
} from '../../http/proxy.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import { notModelled } from './annotations.ts'
import { decideClass } from './class.ts'
import { flagIsOn, flagValue } from './controller.ts'
import type { PlacedPath } from './host-routes.ts'
import { exactThenLongest, virtualHosts } from './host-routes.ts'
import type { IngressContext, IngressProfile } from './profile.ts'
import { noRoute } from './respond.ts'
import type { RulePath } from './rules.ts'
import { hostsOf, nameOf, namespaceOf, pathsOf } from './rules.ts'
import { backendRequest, bareBackend, endpointsBackend, findServicePort } from './service-backend.ts'
import { secretCertificate } from './tls-secrets.ts'
import { webListeners } from './web-listeners.ts'

const table = {
  prefixes: ['haproxy.org/'],
  modelled: [],
  harmless: [
    'check',
    'check-interval',
    'cookie-persistence',
    'load-balance',
    'pod-maxconn',
    'timeout-server',
  ],
}

/** haproxytech/kubernetes-ingress. */
export const haproxytech: IngressProfile = {
  name: 'haproxytech',
  controllers: ['haproxy.org/ingress-controller'],
  classOf: (ingress, context) => {
    const { args } = context.controller
    const suffix = flagValue(args, 'ingress.class') ?? ''
    const own = 'haproxy.org/ingress-controller'
    return decideClass(
      ingress,
      {
        controllers: [suffix === '' ? own : `${own}/${suffix}`],
        annotations: [suffix === '' ? 'haproxy' : suffix],
        takesClassless: suffix === '' || flagIsOn(args, 'empty-ingress-class'),
        first: 'annotation',
        suggestion: 'haproxy',
      },
      context,
    )
  },
  compile: (taken, context) => ({ proxies: [{ proxy: compile(taken, context), ingresses: taken }] }),
}

function compile(taken: readonly Located<Ingress>[], context: IngressContext): HttpProxy {
  const { controller } = context
  const ignored: IgnoredObject[] = []
  const ingresses = taken.toSorted((a, b) => byText(nameOf(a), nameOf(b)))
  const defaults = ingresses.flatMap((one) => defaultAction(one, context, ignored))
  const fallback = defaults[0] ?? noRoute(controller.label)
  const placed = ingresses.flatMap((one) => pathsOf(one).flatMap((path) => place(path, context, ignored)))
  const hosts = virtualHosts(placed, exactThenLongest, fallback)
  return {
    profile: 'haproxytech',
    label: controller.label,
    listeners: webListeners({
      ...portsOf(context),
      httpHosts: hosts,
      httpsHosts: hosts,
      certificates: ingresses.flatMap((one) => certificatesOf(one, context)),
      fallback,
    }),
    forwarding: { trusted: [], append: false, sets: ['X-Forwarded-For', 'X-Forwarded-Proto'] },
    ignored,
  }
}

/** The controller itself waits on 8080 and 8443; one that is only assumed is spoken to on 80 and 443. */
function portsOf({ controller }: IngressContext): { readonly httpPort: number; readonly httpsPort: number } {
  const [http, https] = controller.pod ? [8080, 8443] : [80, 443]
  const port = (name: string, own: number) => Number(flagValue(controller.args, name) ?? own) || own
  return { httpPort: port('http-bind-port', http), httpsPort: port('https-bind-port', https) }
}

function place(path: RulePath, context: IngressContext, ignored: IgnoredObject[]): readonly PlacedPath[] {
  const action = actionOf(path, context, ignored)
  return action ? [{ path, match: matchOf(path), action, filters: filtersOf(path.ingress) }] : []
}

/** Mirrors AddHostPathRoute: `ImplementationSpecific` is a prefix letter by letter. */
function matchOf({ pathType, path }: RulePath): PathMatch {
  if (pathType === 'Exact') return { type: 'exact', value: path }
  if (pathType === 'Prefix' || path === '' || path === '/')
    return { type: 'prefix', value: path === '' ? '/' : path }
  return { type: 'string-prefix', value: path.replace(/\/$/, ''), ignoreCase: false }
}

/** TLS and its redirect hang on annotations and on settings of the ConfigMap that are not read. */
function filtersOf(ingress: Located<Ingress>): readonly Filter[] {
  const tls = (ingress.object.spec?.tls ?? []).length > 0
  const object = { ...ingress.ref, at: ingress.locate(['spec', 'tls']) }
  return [
    ...notModelled(ingress, table),
    ...(tls ? [{ type: 'not-modelled' as const, what: 'the redirect to https of haproxytech', object }] : []),
  ]
}

function actionOf(
  { ingress, backend, object, text }: Pick<RulePath, 'ingress' | 'backend' | 'object' | 'text'>,
  { cluster }: IngressContext,
  ignored: IgnoredObject[],
): RouteAction | undefined {
  const request = backendRequest(backend, namespaceOf(ingress), object)
  const lookup = request && findServicePort(cluster, request)
  if (request && lookup?.type === 'found') {
    const { service, port } = lookup
    const made =
      service.type === 'ExternalName'
        ? {
            ...bareBackend(request, service),
            via: 'name' as const,
            targets: [],
            dnsName: { name: service.externalName ?? '', port: port.port },
          }
        : endpointsBackend(cluster, request, lookup)
    return { type: 'forward', backends: [{ weight: 1, backend: made }] }
  }
  const problem = lookup?.type === 'missing' ? lookup.problem : undefined
  ignored.push({
    object,
    code: problem?.code ?? 'resource-backend',
    reason: `${text}: ${problem?.text ?? 'a backend that is a resource is not supported'}; the path is left out`,
    hosts: hostsOf(ingress),
    ...(problem?.fix !== undefined && { fix: problem.fix }),
  })
  return undefined
}

/** Any Ingress's default backend is that of the whole proxy. */
function defaultAction(
  ingress: Located<Ingress>,
  context: IngressContext,
  ignored: IgnoredObject[],
): readonly RouteAction[] {
  const { defaultBackend } = ingress.object.spec ?? {}
  if (!defaultBackend) return []
  const object = { ...ingress.ref, at: ingress.locate(['spec', 'defaultBackend']) }
  const action = actionOf(
    { ingress, backend: defaultBackend, object, text: 'default backend' },
    context,
    ignored,
  )
  return action ? [action] : []
}

/** Certificates are chosen by their own names; where those are not known, by the hosts of the section. */
function certificatesOf(ingress: Located<Ingress>, { cluster }: IngressContext): readonly Certificate[] {
  return (ingress.object.spec?.tls ?? []).flatMap(({ hosts = [], secretName = '' }) => {
    const certificate = secretCertificate(cluster, namespaceOf(ingress), secretName)
    if (!certificate) return []
    const servedFor = hosts.map((one) => hostPattern(one, 'one-label'))
    return [certificate.names === 'unknown' ? { ...certificate, servedFor } : certificate]
  })
}
