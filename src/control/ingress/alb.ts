import { byText } from '../../base/ordering.ts'
import { hostPattern } from '../../http/host-match.ts'
import type {
  Backend,
  Filter,
  HttpProxy,
  PathMatch,
  ProxyListener,
  Route,
  RouteAction,
} from '../../http/proxy.ts'
import type { Ingress, IngressBackend } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import { annotationsOf, notModelled } from './annotations.ts'
import { decideClass } from './class.ts'
import type { Rejection } from './cloud-ingress.ts'
import { cloudProxy } from './cloud-ingress.ts'
import { flagValue } from './controller.ts'
import { nodePortBackend } from './node-port-backend.ts'
import type { IngressContext, IngressProfile, IngressProxy } from './profile.ts'
import { noRoute, respond } from './respond.ts'
import type { RulePath } from './rules.ts'
import { nameOf, namespaceOf, pathsOf } from './rules.ts'
import { backendRequest, endpointsBackend, failingBackend, findServicePort } from './service-backend.ts'

const prefix = 'alb.ingress.kubernetes.io/'

const table = {
  prefixes: [prefix],
  modelled: [
    'backend-protocol',
    'certificate-arn',
    'group.name',
    'group.order',
    'listen-ports',
    'ssl-redirect',
    'target-type',
  ],
  harmless: [
    'healthcheck-interval-seconds',
    'healthcheck-path',
    'healthcheck-port',
    'healthcheck-protocol',
    'healthcheck-timeout-seconds',
    'healthy-threshold-count',
    'ip-address-type',
    'load-balancer-attributes',
    'load-balancer-name',
    'scheme',
    'ssl-policy',
    'subnets',
    'success-codes',
    'tags',
    'target-group-attributes',
    'unhealthy-threshold-count',
  ],
}

/** AWS Load Balancer Controller: an Application Load Balancer for each Ingress, or for each group of them. */
export const alb: IngressProfile = {
  name: 'alb',
  controllers: ['ingress.k8s.aws/alb'],
  classOf: (ingress, context) => {
    const own = flagValue(context.controller.args, 'ingress-class') ?? 'alb'
    return decideClass(
      ingress,
      {
        controllers: alb.controllers,
        annotations: [own],
        takesClassless: own === '',
        first: 'annotation',
        suggestion: 'alb',
      },
      context,
    )
  },
  compile: (taken, context) => ({ proxies: groupsOf(taken).map((group) => compile(group, context)) }),
}

/** Ingresses of one `group.name` share a balancer, by `group.order` and then by name. */
function groupsOf(taken: readonly Located<Ingress>[]): readonly (readonly Located<Ingress>[])[] {
  const groups = new Map<string, Located<Ingress>[]>()
  for (const ingress of taken) {
    const name = annotationsOf(ingress, [prefix]).text('group.name')
    const key = name === undefined ? nameOf(ingress) : `group ${name}`
    groups.set(key, [...(groups.get(key) ?? []), ingress])
  }
  const order = (one: Located<Ingress>) => annotationsOf(one, [prefix]).number('group.order') ?? 0
  const key = ({ ref }: Located<Ingress>) => `${ref.namespace}/${ref.name}`
  return [...groups.values()].map((group) =>
    group.toSorted((a, b) => order(a) - order(b) || byText(key(a), key(b))),
  )
}

function compile(group: readonly Located<Ingress>[], context: IngressContext): IngressProxy {
  const rejections: Rejection[] = []
  const routes = group.flatMap((one) => routesOf(one, context, rejections))
  const defaults = group.flatMap((one) => defaultAction(one, context, rejections))
  const [first] = group
  const label = first ? `the load balancer of ${nameOf(first)}` : 'the load balancer'
  if (defaults.length > 1 && first) {
    const reason = 'several Ingresses of the group have a default backend'
    rejections.push({ code: 'several-defaults', reason, object: first.ref, fix: 'keep one' })
  }
  const fallback = defaults[0] ?? noRoute(label)
  return cloudProxy(group, rejections, (): HttpProxy => {
    return {
      profile: 'alb',
      label,
      listeners: group.flatMap((one) => listenersOf(one, routes, fallback)).filter(isFirstOfPort),
      forwarding: {
        trusted: [],
        append: true,
        appendsForAnyone: true,
        sets: ['X-Forwarded-For', 'X-Forwarded-Port', 'X-Forwarded-Proto'],
      },
      ignored: [],
    }
  })
}

function isFirstOfPort({ port }: ProxyListener, index: number, all: readonly ProxyListener[]): boolean {
  return all.findIndex((one) => one.port === port) === index
}

/** Rules stand in the order of the text; within one, Exact first, then the longest Prefix, then the rest. */
function routesOf(
  ingress: Located<Ingress>,
  context: IngressContext,
  rejections: Rejection[],
): readonly Route[] {
  const filters = notModelled(ingress, table)
  return pathsOf(ingress)
    .toSorted((a, b) => a.rule - b.rule || byType(a, b))
    .flatMap((path) => routeOf(path, filters, context, rejections))
}

const typeOrder: readonly RulePath['pathType'][] = ['Exact', 'Prefix', 'ImplementationSpecific']

function byType(a: RulePath, b: RulePath): number {
  const types = typeOrder.indexOf(a.pathType) - typeOrder.indexOf(b.pathType)
  return types || (a.pathType === 'Prefix' ? b.path.length - a.path.length : 0)
}

function routeOf(
  path: RulePath,
  filters: readonly Filter[],
  context: IngressContext,
  rejections: Rejection[],
): readonly Route[] {
  const { name, text, object, host } = path
  if (path.pathType !== 'ImplementationSpecific' && /[*?]/.test(path.path)) {
    rejections.push({ code: 'path-refused', reason: `${text}: such a path may have no wildcard`, object })
    return []
  }
  const backend = backendOf(path.backend, path, context, rejections)
  if (!backend) return []
  const match = matchOf(path)
  return [
    {
      name,
      text,
      object,
      match: {
        ...(host !== '' && { hosts: [hostPattern(host, 'any-depth')] }),
        ...(match && { path: match }),
      },
      filters,
      action: actionOf(backend),
    },
  ]
}

/** Mirrors buildPathPatterns. */
function matchOf({ pathType, path }: RulePath): PathMatch | undefined {
  if (path === '') return undefined
  if (pathType === 'Exact') return { type: 'exact', value: path }
  return pathType === 'Prefix' ? { type: 'prefix', value: path } : { type: 'glob', value: path }
}

function actionOf(backend: Backend): RouteAction {
  if (backend.problem?.code === 'service-missing') {
    const { code, text, objects, fix } = backend.problem
    return respond(503, code, text, objects, fix)
  }
  return { type: 'forward', backends: [{ weight: 1, backend }] }
}

/** A Service that is not there is answered 503; a port that is not there, or a type that has no node port, stops it all. */
function backendOf(
  backend: IngressBackend,
  { ingress, object }: Pick<RulePath, 'ingress' | 'object'>,
  { cluster }: IngressContext,
  rejections: Rejection[],
): Backend | undefined {
  const { text } = annotationsOf(ingress, [prefix])
  const protocol = text('backend-protocol') === 'HTTPS' ? 'https' : 'http'
  const request = backendRequest(backend, namespaceOf(ingress), object, protocol)
  const reject = (code: string, reason: string, fix?: string, about = object) => {
    rejections.push({ code, reason, object: about, ...(fix !== undefined && { fix }) })
    return undefined
  }
  if (!request) return reject('resource-backend', 'a backend that is a resource is not supported')
  if (request.port.name === 'use-annotation') {
    const what = `the action of the annotation ${prefix}actions.${request.name}`
    return reject('action-not-modelled', `${what} is not modelled`)
  }
  const lookup = findServicePort(cluster, request)
  if (lookup.type === 'missing') {
    const { code, text: reason, fix } = lookup.problem
    return code === 'service-missing' ? failingBackend(request, lookup.problem) : reject(code, reason, fix)
  }
  const { type, namespace, name, ref, source } = lookup.service
  if (text('target-type') === 'ip') return endpointsBackend(cluster, request, lookup)
  if (type === 'NodePort' || type === 'LoadBalancer') return nodePortBackend(cluster, request, lookup)
  return reject(
    'node-port-needed',
    `Service ${namespace}/${name} is of type ${type}; targets of the type instance are node ports`,
    `set type: NodePort, or the annotation ${prefix}target-type: ip`,
    source ? { ...ref, at: source.locate(['spec', 'type']) } : ref,
  )
}

function defaultAction(
  ingress: Located<Ingress>,
  context: IngressContext,
  rejections: Rejection[],
): readonly RouteAction[] {
  const { defaultBackend } = ingress.object.spec ?? {}
  if (!defaultBackend) return []
  const object = { ...ingress.ref, at: ingress.locate(['spec', 'defaultBackend']) }
  const backend = backendOf(defaultBackend, { ingress, object }, context, rejections)
  return backend ? [actionOf(backend)] : []
}

/** `listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]'`; without it 443 if there is a certificate, else 80. */
function listenersOf(
  ingress: Located<Ingress>,
  routes: readonly Route[],
  fallback: RouteAction,
): readonly ProxyListener[] {
  const { text, number } = annotationsOf(ingress, [prefix])
  const listed = [...(text('listen-ports') ?? '').matchAll(/"(HTTPS?)"\s*:\s*(\d+)/g)]
  const ports = listed.map(([, protocol, port]) => ({ isSecure: protocol === 'HTTPS', port: Number(port) }))
  const secure = text('certificate-arn') !== undefined || (ingress.object.spec?.tls ?? []).length > 0
  const own = ports.length > 0 ? ports : [{ isSecure: secure, port: secure ? 443 : 80 }]
  const redirect = number('ssl-redirect')
  const label = `the certificate of ${nameOf(ingress)} at the cloud`
  return own.map(({ isSecure, port }): ProxyListener => {
    const sent = redirect !== undefined && !isSecure
    const to: RouteAction = sent
      ? {
          type: 'redirect',
          status: 301,
          scheme: 'https',
          port: redirect ?? 443,
          reason: 'annotation ssl-redirect',
        }
      : fallback
    return {
      port,
      protocol: isSecure ? 'https' : 'http',
      proxyProtocol: false,
      certificates: [],
      ...(isSecure && { defaultCertificate: { names: 'unknown' as const, label } }),
      passthrough: [],
      hosts: [{ pattern: { type: 'any' }, routes: sent ? [] : routes, fallback: to }],
      fallback: to,
      checksMisdirected: false,
    }
  })
}
