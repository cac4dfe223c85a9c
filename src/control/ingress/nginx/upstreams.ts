import { parseIp } from '../../../base/ip.ts'
import type { ObjectRef } from '../../../base/source.ts'
import type { Backend } from '../../../http/proxy.ts'
import type { Cluster, ClusterService, ClusterServicePort } from '../../../model/cluster.ts'
import type { Ingress, IngressBackend } from '../../../model/ingress-objects.ts'
import type { Located } from '../../../model/objects.ts'
import { namespaceOf, pathsOf } from '../rules.ts'
import type { BackendRequest } from '../service-backend.ts'
import {
  backendRequest,
  bareBackend,
  clusterIpBackend,
  endpointsBackend,
  failingBackend,
  findServicePort,
  noEndpoints,
} from '../service-backend.ts'
import type { CanaryOptions, LocationOptions } from './location-options.ts'
import type { NginxSettings } from './settings.ts'

/** ingress-nginx's `upstream`: one for each Service and port that Ingresses name. */
export interface Upstream {
  readonly name: string
  readonly request: BackendRequest
  readonly backend: Backend
  /** Of a canary: it may stand in for another upstream, and has no locations. */
  readonly canary?: CanaryOptions
  /** The canary that takes a part of its requests. */
  alternative?: Upstream
  affinity?: string
}

export type Upstreams = Map<string, Upstream>

/** Mirrors createUpstreams: whoever names a Service and port first decides how it is reached. */
export function createUpstreams(
  ingresses: readonly Located<Ingress>[],
  optionsOf: (ingress: Located<Ingress>) => LocationOptions,
  cluster: Cluster,
  settings: NginxSettings,
): Upstreams {
  const upstreams: Upstreams = new Map()
  for (const ingress of ingresses) {
    const options = optionsOf(ingress)
    const add = (backend: IngressBackend, by: ObjectRef, replaces: boolean) => {
      const request = backendRequest(backend, namespaceOf(ingress), by, options.protocol)
      if (!request) return
      const name = upstreamName(request)
      if (upstreams.has(name) && !replaces) return
      const { canary } = options
      const made = upstreamBackend(cluster, request, options.serviceUpstream, settings)
      upstreams.set(name, { name, request, backend: made, ...(canary && { canary }) })
    }
    const { defaultBackend } = ingress.object.spec ?? {}
    if (defaultBackend) {
      add(defaultBackend, { ...ingress.ref, at: ingress.locate(['spec', 'defaultBackend']) }, true)
    }
    for (const path of pathsOf(ingress)) add(path.backend, path.object, false)
  }
  return upstreams
}

/** `namespace-service-port`. */
export function upstreamName({ namespace, name, port }: BackendRequest): string {
  return `${namespace}-${name}-${port.name || (port.number ?? '')}`
}

/** Whether requests can be sent to it. */
export function isAlive({ backend }: Upstream): boolean {
  return !backend.problem
}

/** Mirrors serviceEndpoints and getServiceClusterEndpoint. */
export function upstreamBackend(
  cluster: Cluster,
  request: BackendRequest,
  serviceUpstream: boolean,
  { externalNames }: NginxSettings,
): Backend {
  const lookup = findServicePort(cluster, request, matchesPort)
  const service = lookup.service
  if (service?.type === 'ExternalName') return externalBackend(request, service, externalNames)
  if (lookup.type === 'missing') return failingBackend(request, lookup.problem, service)
  const byAddress = serviceUpstream && lookup.service.clusterIps.length > 0
  return byAddress ? clusterIpBackend(request, lookup) : endpointsBackend(cluster, request, lookup)
}

/** The port's number or name as the Service has it, or the port of the pods. */
function matchesPort(port: ClusterServicePort, { name, number }: BackendRequest['port']): boolean {
  const asked = name || String(number ?? '')
  return String(port.port) === asked || String(port.targetPort) === asked || port.name === asked
}

function externalBackend(request: BackendRequest, service: ClusterService, allowed: boolean): Backend {
  const { externalName = '', ports } = service
  const name = externalName.replace(/\.$/, '')
  const found = ports.find((one) =>
    request.port.name ? one.name === request.port.name : one.port === request.port.number,
  )
  const target = found && typeof found.targetPort === 'number' ? found.targetPort : 0
  const port = target || found?.port || request.port.number || 0
  if (!allowed || name === 'localhost') {
    const problem = { ...noEndpoints(request, service), code: 'external-name-refused' }
    return failingBackend(request, problem, service)
  }
  const ip = parseIp(name)
  const bare = bareBackend(request, service)
  if (ip !== undefined) return { ...bare, via: 'endpoints', targets: [{ ip, port, object: service.ref }] }
  return { ...bare, via: 'name', targets: [], dnsName: { name, port } }
}
