import type { Cidr } from '../../base/ip.ts'
import { parseCidrSloppy, parseIpSloppy } from '../../base/ip.ts'
import { by } from '../../base/ordering.ts'
import type {
  ClusterService,
  ClusterServicePort,
  ClusterSettings,
  LoadBalancerAddress,
} from '../../model/cluster.ts'
import type { Located, Service } from '../../model/objects.ts'
import { ClusterIpAllocator } from './cluster-ips.ts'
import type { Completion } from './completion.ts'
import { NodePortAllocator, needsHealthCheck, offersNodePorts } from './node-ports.ts'
import { completeFamilies, isHeadless } from './service-families.ts'

/**
 * Services with the API server's defaults and allocations: addresses, node ports, policies. What is stated is taken
 * first; the rest is given out in the order of namespaces and names, so that the order of the input does not matter.
 */
export function completeServices(
  completion: Completion,
  settings: ClusterSettings,
): readonly ClusterService[] {
  const ips = new ClusterIpAllocator(completion, settings)
  const ports = new NodePortAllocator(completion, settings)
  const services = completion.objects.Service
  const inTurn = services.toSorted(
    by(({ ref }) => `${isFromInput(ref) ? 1 : 0} ${ref.namespace}/${ref.name}`),
  )
  for (const source of inTurn) {
    ips.reserve(source)
    ports.reserve(source)
  }
  const made = new Map(
    inTurn.map((source) => [source, completeService(completion, source, settings, { ips, ports })]),
  )
  return services.flatMap((source) => made.get(source) ?? [])
}

/** Services that were filled in have no place in a file. They were there first. */
function isFromInput({ at }: Located<Service>['ref']): boolean {
  return at !== undefined
}

interface Allocators {
  readonly ips: ClusterIpAllocator
  readonly ports: NodePortAllocator
}

type ServiceType = ClusterService['type']

function typeOf({ spec }: Service): ServiceType {
  return (spec?.type || 'ClusterIP') as ServiceType
}

function completeService(
  completion: Completion,
  source: Located<Service>,
  settings: ClusterSettings,
  { ips, ports }: Allocators,
): ClusterService {
  const { object, ref } = source
  const { spec = {}, metadata } = object
  const { selector, externalName, trafficDistribution } = spec
  const type = typeOf(object)
  const headless = isHeadless(object)
  const families = completeFamilies(completion, source, settings)
  const hasVip = !headless && type !== 'ExternalName'
  return {
    namespace: ref.namespace ?? 'default',
    name: ref.name,
    ref,
    type,
    ...(selector && Object.keys(selector).length > 0 && { selector }),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    headless,
    clusterIps: hasVip ? ips.allocate(source, families) : [],
    families,
    ports: completePorts(source, ports.allocate(source)),
    externalIps: (spec.externalIPs ?? []).flatMap((text) => parseIpSloppy(text) ?? []),
    loadBalancer: balancerAddresses(source),
    sourceRanges: sourceRanges(object),
    ...policiesOf(source, ports),
    affinitySeconds: affinityOf(object),
    publishNotReady: spec.publishNotReadyAddresses ?? false,
    ...(externalName !== undefined && { externalName }),
    ...(trafficDistribution !== undefined && { trafficDistribution }),
    object,
    source,
  }
}

function completePorts(
  { object }: Located<Service>,
  nodePorts: readonly number[],
): readonly ClusterServicePort[] {
  return (object.spec?.ports ?? []).map((port, index) => ({
    name: port.name ?? '',
    protocol: port.protocol ?? 'TCP',
    port: port.port ?? 0,
    targetPort: port.targetPort || (port.port ?? 0),
    nodePort: nodePorts[index] ?? 0,
  }))
}

/** ClientIP affinity lasts three hours unless the Service says otherwise. */
function affinityOf({ spec }: Service): number {
  return spec?.sessionAffinity === 'ClientIP'
    ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800)
    : 0
}

function policiesOf(
  source: Located<Service>,
  allocator: NodePortAllocator,
): Pick<ClusterService, 'externalLocal' | 'internalLocal' | 'healthCheckNodePort'> {
  const { object } = source
  const { externalTrafficPolicy, internalTrafficPolicy, externalIPs = [] } = object.spec ?? {}
  const accessible = offersNodePorts(object) || externalIPs.length > 0
  const externalLocal = externalTrafficPolicy === 'Local' && accessible
  return {
    externalLocal,
    internalLocal: internalTrafficPolicy === 'Local',
    healthCheckNodePort: needsHealthCheck(object) ? allocator.healthCheckPort(source) : 0,
  }
}

function sourceRanges({ spec }: Service): readonly Cidr[] {
  return (spec?.loadBalancerSourceRanges ?? []).flatMap((text) => {
    const cidr = parseCidrSloppy(text.trim())
    return cidr ? [cidr] : []
  })
}

/** The addresses in the status. Where it has none, completeBalancers finds them. */
function balancerAddresses({ object }: Located<Service>): readonly LoadBalancerAddress[] {
  const stated = object.status?.loadBalancer?.ingress ?? []
  return stated.map(({ ip: text, hostname, ipMode }): LoadBalancerAddress => {
    const ip = text ? parseIpSloppy(text) : undefined
    return {
      ...(ip !== undefined && { ip }),
      ...(hostname && { hostname }),
      mode: ipMode === 'Proxy' ? 'Proxy' : 'VIP',
    }
  })
}
