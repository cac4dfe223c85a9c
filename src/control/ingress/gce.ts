import type { ObjectRef } from '../../base/source.ts'
import type {
  Backend,
  Certificate,
  HttpProxy,
  PathMatch,
  RouteAction,
  VirtualHost,
} from '../../http/proxy.ts'
import type { Cluster, ClusterService } from '../../model/cluster.ts'
import type { Ingress, IngressBackend } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import { annotationsOf, notModelled } from './annotations.ts'
import { classAnnotation } from './class.ts'
import type { Rejection } from './cloud-ingress.ts'
import { cloudProxy } from './cloud-ingress.ts'
import type { PlacedPath } from './host-routes.ts'
import { byLengthAndKind, virtualHosts } from './host-routes.ts'
import { nodePortBackend } from './node-port-backend.ts'
import type { ClassDecision, IngressContext, IngressProfile, IngressProxy } from './profile.ts'
import { noRoute } from './respond.ts'
import type { RulePath } from './rules.ts'
import { nameOf, namespaceOf, pathsOf } from './rules.ts'
import type { BackendRequest, ServiceLookup } from './service-backend.ts'
import { backendRequest, endpointsBackend, findServicePort } from './service-backend.ts'
import { secretCertificate } from './tls-secrets.ts'
import { webListeners } from './web-listeners.ts'

const table = {
  prefixes: ['networking.gke.io/', 'ingress.gcp.kubernetes.io/'],
  modelled: [],
  harmless: ['suppress-firewall-xpn-error'],
}

/** GKE's controller (kubernetes/ingress-gce): a balancer of the cloud for each Ingress. */
export const gce: IngressProfile = {
  name: 'gce',
  controllers: [],
  classOf: (ingress) => gceClass(ingress),
  compile: (taken, context) => ({ proxies: taken.map((one) => compile(one, context)) }),
}

const classes = ['gce', 'gce-internal', 'gce-regional-external']

/** Mirrors IsGCEIngress: the annotation decides, and IngressClasses are not looked at. */
function gceClass({ object }: Located<Ingress>): ClassDecision {
  const annotation = object.metadata.annotations?.[classAnnotation] ?? ''
  const field = object.spec?.ingressClassName
  if (classes.includes(annotation))
    return { taken: true, because: `annotation ${classAnnotation}: ${annotation}` }
  if (annotation !== '') {
    const reason = `its annotation ${classAnnotation} says "${annotation}"`
    return { taken: false, code: 'annotation-differs', reason, fix: 'write "gce"' }
  }
  if (field === undefined) return { taken: true, because: 'it names no class' }
  return {
    taken: false,
    code: 'class-differs',
    reason: `it names class ${field}, and this controller reads the annotation ${classAnnotation} alone`,
    fix: `remove ingressClassName, or write the annotation ${classAnnotation}: gce`,
  }
}

interface Translated {
  readonly placed: PlacedPath[]
  readonly rejections: Rejection[]
}

/** Mirrors TranslateIngress: one fault, and the whole Ingress is not translated. */
function compile(ingress: Located<Ingress>, context: IngressContext): IngressProxy {
  const translated: Translated = { placed: [], rejections: [] }
  for (const path of pathsOf(ingress)) placePath(path, context, translated)
  const fallback = defaultAction(ingress, context, translated)
  return cloudProxy([ingress], translated.rejections, () =>
    proxyOf(ingress, context, translated.placed, fallback),
  )
}

function placePath(path: RulePath, context: IngressContext, { placed, rejections }: Translated): void {
  const matches = matchesOf(path)
  const backend = backendOf(path.backend, path, context, rejections)
  if (!matches) {
    const reason = `${path.text} of ${path.name}: the path has a star, or is empty`
    rejections.push({ code: 'path-refused', reason, object: path.object, fix: 'use ImplementationSpecific' })
  }
  if (!matches || !backend) return
  const action: RouteAction = { type: 'forward', backends: [{ weight: 1, backend }] }
  const filters = notModelled(path.ingress, table)
  placed.push(...matches.map((match) => ({ path, match, action, filters })))
}

/** Mirrors validateAndGetPaths: a URL map has paths as they stand, and those that end in `/*`. */
function matchesOf({ pathType, path }: RulePath): readonly PathMatch[] | undefined {
  if (pathType === 'ImplementationSpecific') return [urlMapPath(path === '' ? '/*' : path)]
  if (path === '' || path.includes('*')) return undefined
  if (pathType === 'Exact') return [urlMapPath(path)]
  return [{ type: 'prefix', value: path }]
}

function urlMapPath(path: string): PathMatch {
  return path.endsWith('/*')
    ? { type: 'string-prefix', value: path.slice(0, -1), ignoreCase: false }
    : { type: 'exact', value: path }
}

function backendOf(
  backend: IngressBackend,
  { ingress, object }: Pick<RulePath, 'ingress' | 'object'>,
  { cluster }: IngressContext,
  rejections: Rejection[],
): Backend | undefined {
  const request = backendRequest(backend, namespaceOf(ingress), object)
  if (!request) {
    rejections.push({
      code: 'resource-backend',
      reason: 'a backend that is a resource is not supported',
      object,
    })
    return undefined
  }
  const lookup = findServicePort(cluster, request)
  if (lookup.type === 'missing') {
    const { code, text, fix } = lookup.problem
    rejections.push({ code, reason: text, object, ...(fix !== undefined && { fix }) })
    return undefined
  }
  const { service } = lookup
  if (hasGroups(service, cluster)) return podsBackend(cluster, request, lookup)
  if (isInternal(ingress)) {
    rejections.push({
      code: 'groups-needed',
      reason: `Service ${service.namespace}/${service.name} has no endpoint groups, and an internal balancer reaches nothing else`,
      object: inService(service, 'metadata', 'annotations'),
      fix: `set the annotation ${groupsAnnotation}: '{"ingress": true}'`,
    })
    return undefined
  }
  if (service.type === 'NodePort' || service.type === 'LoadBalancer') {
    return { ...nodePortBackend(cluster, request, lookup), protocol: protocolOf(service) }
  }
  rejections.push({
    code: 'node-port-needed',
    reason: `Service ${service.namespace}/${service.name} is of type ${service.type}; the balancer reaches node ports, or endpoint groups`,
    object: inService(service, 'spec', 'type'),
    fix: `set type: NodePort, or the annotation ${groupsAnnotation}: '{"ingress": true}'`,
  })
  return undefined
}

const groupsAnnotation = 'cloud.google.com/neg'

/**
 * Whether a Service has network endpoint groups, so that the balancer sends straight to its pods: by its annotation, else
 * where the cluster gives them to every Service.
 */
function hasGroups({ annotations }: ClusterService, { environment }: Cluster): boolean {
  const stated = /"ingress"\s*:\s*(true|false)/.exec(annotations[groupsAnnotation] ?? '')?.[1]
  if (stated !== undefined) return stated === 'true'
  const own = environment.ingressControllers?.find(({ type }) => type === 'gce')
  return own?.containerNativeNEG === true
}

/** An Ingress whose balancer is inside the VPC only. */
export function isInternal({ object }: Located<Ingress>): boolean {
  return object.metadata.annotations?.[classAnnotation] === 'gce-internal'
}

/** Without a healthy backend Google's proxies answer 502 (`failed_to_pick_backend`). */
function podsBackend(
  cluster: Cluster,
  request: BackendRequest,
  lookup: Extract<ServiceLookup, { type: 'found' }>,
): Backend {
  const made = { ...endpointsBackend(cluster, request, lookup), protocol: protocolOf(lookup.service) }
  return made.problem ? { ...made, problem: { ...made.problem, status: 502 } } : made
}

function inService({ ref, source }: ClusterService, ...path: readonly string[]): ObjectRef {
  return source ? { ...ref, at: source.locate(path) } : ref
}

function protocolOf({ annotations }: ClusterService): Backend['protocol'] {
  const text = annotations['cloud.google.com/app-protocols'] ?? ''
  if (text.includes('HTTP2')) return 'h2c'
  return text.includes('HTTPS') ? 'https' : 'http'
}

function defaultAction(
  ingress: Located<Ingress>,
  context: IngressContext,
  { rejections }: Translated,
): RouteAction {
  const { defaultBackend } = ingress.object.spec ?? {}
  if (!defaultBackend) return noRoute("the cloud's default backend")
  const object = { ...ingress.ref, at: ingress.locate(['spec', 'defaultBackend']) }
  const backend = backendOf(defaultBackend, { ingress, object }, context, rejections)
  return backend ? { type: 'forward', backends: [{ weight: 1, backend }] } : noRoute('nothing')
}

/** Without certificates there is no port 443, and with `allow-http: "false"` no port 80. */
function proxyOf(
  ingress: Located<Ingress>,
  { cluster }: IngressContext,
  placed: readonly PlacedPath[],
  fallback: RouteAction,
): HttpProxy {
  // The star of a URL map's host is any text, dots and all (Compute Engine API, HostRule.hosts).
  const hosts: readonly VirtualHost[] = virtualHosts(placed, byLengthAndKind, fallback, 'any-depth')
  const certificates = (ingress.object.spec?.tls ?? []).flatMap(
    ({ secretName = '' }): readonly Certificate[] => {
      const certificate = secretCertificate(cluster, namespaceOf(ingress), secretName)
      return certificate ? [certificate] : []
    },
  )
  const [first] = certificates
  const plain = annotationsOf(ingress, ['kubernetes.io/ingress.']).flag('allow-http', true)
  const listeners = webListeners({
    httpPort: 80,
    httpsPort: 443,
    httpHosts: hosts,
    httpsHosts: hosts,
    certificates,
    ...(first && { defaultCertificate: first }),
    fallback,
  }).filter(({ protocol }) => (protocol === 'http' ? plain : first !== undefined))
  return {
    profile: 'gce',
    label: `the load balancer of ${nameOf(ingress)}`,
    listeners,
    forwarding: {
      trusted: [],
      append: true,
      appendsForAnyone: true,
      sets: ['X-Forwarded-For', 'X-Forwarded-Proto'],
    },
    ignored: [],
  }
}
