import { familyOf } from '../../base/ip.ts'
import type { Backend } from '../../http/proxy.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { BackendRequest, ServiceLookup } from './service-backend.ts'
import { bareBackend } from './service-backend.ts'

/** A backend that a cloud's balancer reaches at the node port of every ready node. */
export function nodePortBackend(
  cluster: Cluster,
  request: BackendRequest,
  { service, port }: Extract<ServiceLookup, { type: 'found' }>,
): Backend {
  const family = service.families[0] ?? 4
  const targets = cluster.nodes
    .filter((node) => node.ready)
    .flatMap((node) => {
      const ip = node.addresses.find((one) => familyOf(one) === family)
      return ip === undefined ? [] : [{ ip, port: port.nodePort, object: node.ref }]
    })
  return { ...bareBackend(request, service), via: 'node-port', targets }
}
