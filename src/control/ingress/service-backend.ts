import type { Ip } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import type { ObjectRef } from '../../base/source.ts'
import type { Backend, BackendProblem, BackendTarget } from '../../http/proxy.ts'
import type {
  Cluster,
  ClusterEndpoint,
  ClusterEndpointSlice,
  ClusterService,
  ClusterServicePort,
} from '../../model/cluster.ts'
import type { IngressBackend } from '../../model/ingress-objects.ts'

/** Which port of which Service is asked for, and by what. */
export interface BackendRequest {
  readonly namespace: string
  readonly name: string
  readonly port: { readonly name?: string; readonly number?: number }
  readonly protocol: Backend['protocol']
  /** The object that names it, at its line. */
  readonly by: ObjectRef
}

/** A Service and its port, or why there is none. */
export type ServiceLookup =
  | { readonly type: 'found'; readonly service: ClusterService; readonly port: ClusterServicePort }
  | { readonly type: 'missing'; readonly problem: BackendProblem; readonly service?: ClusterService }

/** What an Ingress's backend asks for; nothing, if it names no Service. */
export function backendRequest(
  backend: IngressBackend,
  namespace: string,
  by: ObjectRef,
  protocol: Backend['protocol'] = 'http',
): BackendRequest | undefined {
  const { name, port = {} } = backend.service ?? {}
  return name === undefined ? undefined : { namespace, name, port, protocol, by }
}

/** `shop/web:80`. */
export function backendName({ namespace, name, port }: BackendRequest): string {
  return `${namespace}/${name}:${port.name || (port.number ?? '')}`
}

/** The Service and the port by the number or name that the Service has for it, as the specification says. */
export function findServicePort(
  cluster: Cluster,
  request: BackendRequest,
  matches: PortMatch = isServicePort,
): ServiceLookup {
  const service = findService(cluster, request.namespace, request.name)
  if (!service) return { type: 'missing', problem: serviceMissing(cluster, request) }
  const port = service.ports.find((one) => one.protocol === 'TCP' && matches(one, request.port))
  return port
    ? { type: 'found', service, port }
    : { type: 'missing', service, problem: portMissing(service, request) }
}

export type PortMatch = (port: ClusterServicePort, asked: BackendRequest['port']) => boolean

function isServicePort(port: ClusterServicePort, { name, number }: BackendRequest['port']): boolean {
  return name ? port.name === name : port.port === number
}

export function findService(cluster: Cluster, namespace: string, name: string): ClusterService | undefined {
  return cluster.services.find((one) => one.namespace === namespace && one.name === name)
}

function serviceMissing(cluster: Cluster, { namespace, name, by }: BackendRequest): BackendProblem {
  const inNamespace = cluster.services.filter((one) => one.namespace === namespace).map((one) => one.name)
  const near = nearest(name, inNamespace)
  const elsewhere = cluster.services.find((one) => one.name === name)
  const fix =
    near !== undefined
      ? `write ${near}`
      : elsewhere
        ? `Service ${name} is in namespace ${elsewhere.namespace}; put the Ingress there, for its backends are of its own namespace`
        : `create the Service ${name} in namespace ${namespace}`
  return {
    code: 'service-missing',
    status: 503,
    text: `there is no Service ${name} in namespace ${namespace}`,
    objects: [by, ...(near === undefined && elsewhere ? [elsewhere.ref] : [])],
    fix,
  }
}

function portMissing({ ref, ports, name }: ClusterService, request: BackendRequest): BackendProblem {
  const { port, by } = request
  const asked = port.name ? `called "${port.name}"` : `${port.number}`
  const behind = ports.find((one) => one.targetPort === (port.name || port.number))
  const all = ports.map((one) => (one.name === '' ? `${one.port}` : `${one.name} (${one.port})`)).join(', ')
  const fix = behind
    ? `${port.name || port.number} is the port of the pods; write the Service's own, ${behind.port}`
    : `Service ${name} has ${all === '' ? 'no ports' : all}`
  const text = `Service ${request.namespace}/${request.name} has no port ${asked}`
  return { code: 'port-missing', status: 503, text, objects: [by, ref], fix }
}

/** Which endpoints a controller sends to: the ready ones, if not stated otherwise. */
export type EndpointFilter = (endpoint: ClusterEndpoint) => boolean

/** The endpoints of a Service's port, each address once. */
export function endpointTargets(
  cluster: Cluster,
  service: ClusterService,
  port: ClusterServicePort,
  takes: EndpointFilter = (one) => one.ready,
): readonly BackendTarget[] {
  const targets = new Map<string, BackendTarget>()
  for (const slice of cluster.endpointSlices) {
    if (slice.namespace !== service.namespace || slice.service !== service.name) continue
    const number = portIn(slice, port)
    if (number === undefined) continue
    for (const { addresses, target } of slice.endpoints.filter(takes)) {
      for (const ip of addresses)
        targets.set(`${ip} ${number}`, { ip, port: number, ...(target && { object: target }) })
    }
  }
  return [...targets.values()]
}

/** The number that a Service's port has in a slice; the target's own, where the slice has none. */
function portIn({ ports }: ClusterEndpointSlice, port: ClusterServicePort): number | undefined {
  const found = ports.find((one) => one.name === port.name && one.protocol === port.protocol)
  if (!found) return undefined
  return found.port ?? (typeof port.targetPort === 'number' ? port.targetPort : undefined)
}

/** A backend that is reached at its endpoints. */
export function endpointsBackend(
  cluster: Cluster,
  request: BackendRequest,
  { service, port }: Extract<ServiceLookup, { type: 'found' }>,
  takes?: EndpointFilter,
): Backend {
  const targets = endpointTargets(cluster, service, port, takes)
  return {
    ...bareBackend(request, service),
    via: 'endpoints',
    targets,
    ...(targets.length === 0 && { problem: noEndpoints(request, service) }),
  }
}

/** A backend that is reached at its Service's own address. */
export function clusterIpBackend(
  request: BackendRequest,
  { service, port }: Extract<ServiceLookup, { type: 'found' }>,
): Backend {
  const targets = service.clusterIps
    .slice(0, 1)
    .map((ip: Ip) => ({ ip, port: port.port, object: service.ref }))
  return {
    ...bareBackend(request, service),
    via: 'cluster-ip',
    targets,
    ...(targets.length === 0 && { problem: noEndpoints(request, service) }),
  }
}

/** A backend to which nothing can be sent. */
export function failingBackend(
  request: BackendRequest,
  problem: BackendProblem,
  service?: ClusterService,
): Backend {
  return { ...bareBackend(request, service), via: 'endpoints', targets: [], problem }
}

export function bareBackend(
  request: BackendRequest,
  service: ClusterService | undefined,
): Pick<Backend, 'name' | 'protocol' | 'service'> {
  return { name: backendName(request), protocol: request.protocol, ...(service && { service: service.ref }) }
}

export function noEndpoints(
  { by }: BackendRequest,
  { ref, namespace, name }: ClusterService,
): BackendProblem {
  return {
    code: 'no-ready-endpoints',
    status: 503,
    text: `Service ${namespace}/${name} has no ready endpoint`,
    objects: [ref, by],
  }
}
