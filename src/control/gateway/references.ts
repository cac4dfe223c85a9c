import type { ObjectRef } from '../../base/source.ts'
import type { Backend, BackendProblem } from '../../http/proxy.ts'
import type { ClusterService, ClusterServicePort } from '../../model/cluster.ts'
import type { AnyRoute, BackendReference } from '../../model/gateway-objects.ts'
import { gatewayGroup } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { GatewayContext } from './context.ts'
import { namespaceOf } from './context.ts'
import { readyTargets } from './endpoints.ts'
import { grantFix, isPermitted } from './grants.ts'
import type { BackendTls } from './policies.ts'
import { backendTls } from './policies.ts'
import type { GatewayCondition } from './status.ts'
import { fails } from './status.ts'

/** Kinds whose routes take whole connections. */
export type StreamKind = 'TLSRoute' | 'TCPRoute' | 'UDPRoute'
export type RouteKind = 'HTTPRoute' | 'GRPCRoute' | StreamKind

/** A route whose reference is resolved, and where the reference stands in it. */
export interface RouteSpot {
  readonly kind: RouteKind
  readonly route: Located<AnyRoute>
  readonly path: readonly (string | number)[]
}

/** A backend, and the condition that the route gets if it is invalid. */
export interface ResolvedBackend {
  readonly backend: Backend
  readonly failure?: GatewayCondition
}

interface Problem {
  readonly reason: string
  readonly code: string
  readonly text: string
  readonly fix?: string
}

/** What a backendRef leads to. An invalid one stays in the list, so that its share of requests gets the error. */
export function resolveBackend(
  spot: RouteSpot,
  reference: BackendReference,
  context: GatewayContext,
): ResolvedBackend {
  const { route, kind, path } = spot
  const own = namespaceOf(route)
  const { namespace = own, name = '', port } = reference
  const label = `${namespace}/${name}${port === undefined ? '' : `:${port}`}`
  const object: ObjectRef = { ...route.ref, at: route.locate(path) }
  const invalid = ({ reason, code, text, fix }: Problem, service?: ClusterService): ResolvedBackend => {
    const problem: BackendProblem = {
      code,
      status: kind === 'GRPCRoute' ? 503 : 500,
      text,
      objects: service ? [object, service.ref] : [object],
      ...(fix !== undefined && { fix }),
    }
    const more = { object, ...(fix !== undefined && { fix }) }
    return {
      backend: {
        name: label,
        protocol: plainProtocol(kind),
        via: 'endpoints',
        targets: [],
        problem,
        ...(service && { service: service.ref }),
      },
      failure: fails('ResolvedRefs', reason, text, more),
    }
  }
  const refused = refusal(spot, reference, context)
  if (refused) return invalid(refused)
  const service = context.service(namespace, name)
  if (!service) {
    const text = `there is no Service ${namespace}/${name}`
    return invalid({
      reason: 'BackendNotFound',
      code: 'service-missing',
      text,
      fix: 'correct the name in backendRefs',
    })
  }
  const chosen = choosePort(service, port, kind)
  if ('reason' in chosen) return invalid(chosen, service)
  return { backend: serviceBackend({ label, service, port: chosen, kind }, context) }
}

/** What is wrong with a reference before its Service is looked at. */
function refusal(
  { route, kind }: RouteSpot,
  { group = '', kind: target = 'Service', name = '', namespace }: BackendReference,
  context: GatewayContext,
): Problem | undefined {
  if (group !== '' || target !== 'Service') {
    const text = `a backend of kind ${target}${group && `.${group}`} is not known`
    return { reason: 'InvalidKind', code: 'kind-unknown', text, fix: 'refer to a Service' }
  }
  const own = namespaceOf(route)
  const from = { group: gatewayGroup, kind, namespace: own }
  const to = { group, kind: target, name, namespace: namespace ?? own }
  if (isPermitted(from, to, context)) return undefined
  const text = `no ReferenceGrant lets ${kind}s of ${own} use Service ${to.namespace}/${name}`
  return { reason: 'RefNotPermitted', code: 'not-permitted', text, fix: grantFix(from, to) }
}

function choosePort(
  service: ClusterService,
  port: number | undefined,
  kind: RouteKind,
): ClusterServicePort | Problem {
  const label = `${service.namespace}/${service.name}`
  if (service.type === 'ExternalName') {
    const text = `Service ${label} is an ExternalName, which Gateways refuse as a backend`
    return { reason: 'UnsupportedValue', code: 'external-name-refused', text }
  }
  const protocol = kind === 'UDPRoute' ? 'UDP' : 'TCP'
  const numbered = service.ports.filter((one) => one.port === port)
  const found = numbered.find((one) => one.protocol === protocol)
  if (found) return found
  const [other] = numbered
  if (other) {
    const text = `port ${port} of Service ${label} is ${other.protocol}, and a ${kind} wants ${protocol}`
    return { reason: 'UnsupportedProtocol', code: 'protocol-unsupported', text }
  }
  const ports = service.ports.map((one) => one.port).join(', ')
  return {
    reason: 'BackendNotFound',
    code: 'port-missing',
    text: `Service ${label} has no port ${port ?? '(none is given)'}; it has ${ports || 'none'}`,
    fix: 'give a port of the Service, not of its pods',
  }
}

interface Chosen {
  readonly label: string
  readonly service: ClusterService
  readonly port: ClusterServicePort
  readonly kind: RouteKind
}

function serviceBackend({ label, service, port, kind }: Chosen, context: GatewayContext): Backend {
  const tls = backendTls(service, port.name, context)
  const targets = readyTargets(service, port, context)
  const problem = backendProblem(service, tls, targets.length)
  return {
    name: label,
    service: service.ref,
    protocol: protocolOf(service, port, kind, tls.type !== 'plain'),
    via: 'endpoints',
    targets: problem ? [] : targets,
    ...(problem && { problem }),
  }
}

function backendProblem(
  service: ClusterService,
  tls: BackendTls,
  targets: number,
): BackendProblem | undefined {
  if (tls.type === 'broken') {
    const text = `BackendTLSPolicy ${tls.policy.ref.name} cannot be followed: ${tls.message}`
    return { code: 'backend-tls-invalid', status: 500, text, objects: [tls.policy.ref, service.ref] }
  }
  if (targets > 0) return undefined
  const text = `Service ${service.namespace}/${service.name} has no ready endpoint`
  return { code: 'no-ready-endpoints', status: 503, text, objects: [service.ref] }
}

function plainProtocol(kind: RouteKind): Backend['protocol'] {
  if (kind === 'UDPRoute') return 'udp'
  if (kind === 'GRPCRoute') return 'grpc'
  return kind === 'HTTPRoute' ? 'http' : 'tcp'
}

/** The protocol towards the backend: appProtocol as GEP-1911 has it, and TLS by policy alone. */
function protocolOf(
  service: ClusterService,
  port: ClusterServicePort,
  kind: RouteKind,
  secured: boolean,
): Backend['protocol'] {
  const plain = plainProtocol(kind)
  if (plain === 'grpc') return secured ? 'grpcs' : 'grpc'
  if (plain !== 'http') return plain
  if (secured) return 'https'
  const stated = service.object.spec?.ports?.find(
    (one) => one.port === port.port && (one.name ?? '') === port.name,
  )
  return stated?.appProtocol === 'kubernetes.io/h2c' ? 'h2c' : 'http'
}
