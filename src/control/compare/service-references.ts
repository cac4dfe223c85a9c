import type { Cluster } from '../../model/cluster.ts'
import type { BackendReference, RouteFilter } from '../../model/gateway-objects.ts'
import type { IngressBackend } from '../../model/ingress-objects.ts'

/** A port of a Service that an Ingress or a route names. */
export interface ServiceReference {
  readonly namespace: string
  readonly name: string
  /** By number or by name; both are absent where a route names none. */
  readonly number?: number
  readonly port?: string
}

/** Every Service that the Ingresses and routes of a cluster name. */
export function serviceReferences(cluster: Cluster): readonly ServiceReference[] {
  return [...ingressReferences(cluster), ...routeReferences(cluster)]
}

function ingressReferences({ ingresses }: Cluster): readonly ServiceReference[] {
  return ingresses.flatMap(({ object, ref }) => {
    const { defaultBackend, rules = [] } = object.spec ?? {}
    const paths = rules.flatMap((rule) => rule.http?.paths ?? [])
    const backends = [defaultBackend, ...paths.map((one) => one.backend)]
    return backends.flatMap((one) => ingressReference(one, ref.namespace ?? 'default'))
  })
}

function ingressReference(
  backend: IngressBackend | undefined,
  namespace: string,
): readonly ServiceReference[] {
  const { name, port } = backend?.service ?? {}
  if (!name) return []
  return [
    {
      namespace,
      name,
      ...(port?.number !== undefined && { number: port.number }),
      ...(port?.name && { port: port.name }),
    },
  ]
}

interface BackedRule {
  readonly backendRefs?: readonly BackendReference[]
  readonly filters?: readonly RouteFilter[]
}

function routeReferences({ gatewayApi }: Cluster): readonly ServiceReference[] {
  const { httpRoutes, grpcRoutes, tlsRoutes, tcpRoutes } = gatewayApi
  return [...httpRoutes, ...grpcRoutes, ...tlsRoutes, ...tcpRoutes].flatMap(({ object, ref }) => {
    const rules: readonly BackedRule[] = object.spec?.rules ?? []
    const backends = rules.flatMap(({ backendRefs = [], filters = [] }) => [
      ...backendRefs,
      ...filters.flatMap((one) => one.requestMirror?.backendRef ?? []),
    ])
    return backends
      .filter(({ group = '', kind = 'Service' }) => group === '' && kind === 'Service')
      .map(({ name = '', namespace = ref.namespace ?? 'default', port }) => ({
        namespace,
        name,
        ...(port !== undefined && { number: port }),
      }))
  })
}
