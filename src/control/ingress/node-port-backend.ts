import { familyOf } from '../../base/ip.ts'
import type { Backend } from '../../http/proxy.ts'
import type { Cluster } from '../../model/cluster.ts'
import { healthyNodes } from '../load-balancer/healthy-nodes.ts'
import type { BackendRequest, ServiceLookup } from './service-backend.ts'
import { bareBackend, noEndpoints } from './service-backend.ts'

/**
 * A backend that a cloud's balancer reaches at the node port of every node that passes its checks: the ready ones, and
 * under externalTrafficPolicy Local those that have an endpoint.
 */
export function nodePortBackend(
  cluster: Cluster,
  request: BackendRequest,
  { service, port }: Extract<ServiceLookup, { type: 'found' }>,
): Backend {
  const family = service.families[0] ?? 4
  const targets = healthyNodes(cluster, service, family).flatMap((node) => {
    const ip = node.addresses.find((one) => familyOf(one) === family)
    return ip === undefined ? [] : [{ ip, port: port.nodePort, object: node.ref }]
  })
  const bare = { ...bareBackend(request, service), via: 'node-port' as const, targets }
  return targets.length > 0 ? bare : { ...bare, problem: noEndpoints(request, service) }
}
