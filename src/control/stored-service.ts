import { formatIp } from '../base/ip.ts'
import type { ClusterService } from '../model/cluster.ts'
import type { Service } from '../model/objects.ts'

/**
 * A Service as it stands in the API: SetDefaults_Service, the addresses and node ports of the allocators, the IP
 * families of the registry's strategy. A Service of a dump is kept as it is.
 */
export function storedService(service: ClusterService): Service {
  const { object } = service
  if (object.metadata.uid !== undefined) return object
  return {
    ...object,
    apiVersion: 'v1',
    kind: 'Service',
    spec: storedSpec(service),
    status: { ...object.status, loadBalancer: balancerStatus(service) },
  }
}

function storedSpec(service: ClusterService): NonNullable<Service['spec']> {
  const { type, object, affinitySeconds, healthCheckNodePort } = service
  const spec = object.spec ?? {}
  const external = type === 'ExternalName'
  const reached =
    type === 'NodePort' || type === 'LoadBalancer' || (!external && service.externalIps.length > 0)
  return {
    type,
    ...(!external && { internalTrafficPolicy: 'Cluster' }),
    ...(reached && { externalTrafficPolicy: 'Cluster' }),
    ...(type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: true }),
    sessionAffinity: 'None',
    ...spec,
    ...(!external && families(service)),
    ...(spec.ports && { ports: storedPorts(service) }),
    ...(affinitySeconds > 0 && { sessionAffinityConfig: { clientIP: { timeoutSeconds: affinitySeconds } } }),
    ...(healthCheckNodePort > 0 && { healthCheckNodePort }),
  }
}

/** A headless Service without a selector asks for every family there is. */
function families({ headless, clusterIps, families, object, selector }: ClusterService) {
  const texts = headless ? ['None'] : clusterIps.map(formatIp)
  const fallback = headless && !selector ? 'RequireDualStack' : 'SingleStack'
  return {
    ...(texts[0] !== undefined && { clusterIP: texts[0], clusterIPs: texts }),
    ipFamilies: families.map((family) => `IPv${family}`),
    ipFamilyPolicy: object.spec?.ipFamilyPolicy ?? fallback,
  }
}

function storedPorts({ object, ports }: ClusterService) {
  return (object.spec?.ports ?? []).map((stated, index) => {
    const port = ports[index]
    if (!port) return stated
    const { protocol, targetPort, nodePort } = port
    return { ...stated, protocol, targetPort, ...(nodePort > 0 && { nodePort }) }
  })
}

function balancerStatus({ type, loadBalancer, object }: ClusterService) {
  if (loadBalancer.length === 0 || type !== 'LoadBalancer') return object.status?.loadBalancer ?? {}
  const stated = object.status?.loadBalancer?.ingress ?? []
  return {
    ...object.status?.loadBalancer,
    ingress: loadBalancer.map(({ ip, hostname, mode }, index) => ({
      ...(hostname !== undefined && { hostname }),
      ...(ip !== undefined && { ip: formatIp(ip), ipMode: mode }),
      ...stated[index],
    })),
  }
}
