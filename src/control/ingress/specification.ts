import { byText } from '../../base/ordering.ts'
import { hostPattern } from '../../http/host-match.ts'
import type { Certificate, HttpProxy, PathMatch, RouteAction, VirtualHost } from '../../http/proxy.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { PlacedPath } from './host-routes.ts'
import { byLengthAndKind, virtualHosts } from './host-routes.ts'
import type { IngressContext, IngressProfile } from './profile.ts'
import { noRoute } from './respond.ts'
import type { RulePath } from './rules.ts'
import { nameOf, namespaceOf, pathsOf } from './rules.ts'
import { backendRequest, endpointsBackend, failingBackend, findServicePort } from './service-backend.ts'
import { secretCertificate } from './tls-secrets.ts'
import { webListeners } from './web-listeners.ts'

/**
 * No controller, but what the Ingress specification itself says of hosts, paths, precedence and default backends; for
 * controllers that are not modelled, and to compare with. It takes every Ingress and knows no annotation.
 */
export const specification: IngressProfile = {
  name: 'specification',
  controllers: [],
  classOf: () => ({ taken: true, because: 'the specification alone takes every Ingress' }),
  compile: (taken, context) => ({ proxies: [{ proxy: compile(taken, context), ingresses: taken }] }),
}

function compile(taken: readonly Located<Ingress>[], context: IngressContext): HttpProxy {
  const { controller } = context
  const ingresses = taken.toSorted((a, b) => byText(nameOf(a), nameOf(b)))
  const catchAll = ingresses.find(({ object }) => object.spec?.defaultBackend && !object.spec.rules?.length)
  const fallback = (catchAll && defaultAction(catchAll, context)) ?? noRoute(controller.label)
  const placed = ingresses.flatMap((one) => pathsOf(one).map((path) => place(path, context)))
  const hosts = virtualHosts(placed, byLengthAndKind, fallback)
  const all = ingresses.flatMap((one) => emptyHosts(one, hosts, fallback))
  const served = [...hosts, ...all].map((host) => withDefault(host, ingresses, context))
  return {
    profile: 'specification',
    label: controller.label,
    listeners: webListeners({
      httpPort: 80,
      httpsPort: 443,
      httpHosts: served,
      httpsHosts: served,
      certificates: ingresses.flatMap((one) => certificatesOf(one, context)),
      fallback,
    }),
    forwarding: { trusted: [], append: false },
    ignored: [],
  }
}

function place(path: RulePath, context: IngressContext): PlacedPath {
  return { path, match: matchOf(path), action: actionOf(path, context), filters: [] }
}

/** What an ImplementationSpecific path takes is open; a prefix is what most make of it. */
function matchOf({ pathType, path }: RulePath): PathMatch {
  return pathType === 'Exact'
    ? { type: 'exact', value: path }
    : { type: 'prefix', value: path === '' ? '/' : path }
}

function actionOf(
  { backend, ingress, object }: Pick<RulePath, 'backend' | 'ingress' | 'object'>,
  { cluster, controller }: IngressContext,
): RouteAction {
  const request = backendRequest(backend, namespaceOf(ingress), object)
  if (!request) return noRoute(controller.label)
  const lookup = findServicePort(cluster, request)
  const made =
    lookup.type === 'found'
      ? endpointsBackend(cluster, request, lookup)
      : failingBackend(request, lookup.problem, lookup.service)
  return { type: 'forward', backends: [{ weight: 1, backend: made }] }
}

function defaultAction(ingress: Located<Ingress>, context: IngressContext): RouteAction | undefined {
  const { defaultBackend } = ingress.object.spec ?? {}
  if (!defaultBackend) return undefined
  const object = { ...ingress.ref, at: ingress.locate(['spec', 'defaultBackend']) }
  return actionOf({ backend: defaultBackend, ingress, object }, context)
}

/** The hosts of rules without paths: all of theirs goes to the default backend. */
function emptyHosts(
  { object }: Located<Ingress>,
  hosts: readonly VirtualHost[],
  fallback: RouteAction,
): readonly VirtualHost[] {
  const known = new Set(hosts.map(({ pattern }) => JSON.stringify(pattern)))
  return (object.spec?.rules ?? []).flatMap(({ host = '', http }) => {
    const pattern = hostPattern(host, 'one-label')
    return http || known.has(JSON.stringify(pattern)) ? [] : [{ pattern, routes: [], fallback }]
  })
}

/** What no path of a host takes goes to the default backend of an Ingress that has the host. */
function withDefault(
  host: VirtualHost,
  ingresses: readonly Located<Ingress>[],
  context: IngressContext,
): VirtualHost {
  const own = ingresses.find(
    ({ object }) =>
      object.spec?.defaultBackend &&
      object.spec.rules?.some(
        (rule) => JSON.stringify(hostPattern(rule.host ?? '', 'one-label')) === JSON.stringify(host.pattern),
      ),
  )
  const action = own && defaultAction(own, context)
  return action ? { ...host, fallback: action } : host
}

function certificatesOf(ingress: Located<Ingress>, { cluster }: IngressContext): readonly Certificate[] {
  return (ingress.object.spec?.tls ?? []).flatMap(({ hosts = [], secretName = '' }) => {
    const certificate = secretCertificate(cluster, namespaceOf(ingress), secretName)
    return certificate
      ? [{ ...certificate, servedFor: hosts.map((one) => hostPattern(one, 'one-label')) }]
      : []
  })
}
