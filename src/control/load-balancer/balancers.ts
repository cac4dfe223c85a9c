import { fnv1a } from '../../base/hash.ts'
import type { Ip } from '../../base/ip.ts'
import { contains, familyOf, offsetIp } from '../../base/ip.ts'
import { byText } from '../../base/ordering.ts'
import type { Cluster, ClusterService } from '../../model/cluster.ts'
import type { Underlay } from '../underlay.ts'
import { healthyNodes } from './healthy-nodes.ts'
import { balancerId } from './machine.ts'
import type { Balancer } from './profile.ts'
import { profileOf } from './registry.ts'

interface Place {
  readonly service: ClusterService
  readonly ip: Ip
  readonly mode: 'VIP' | 'Proxy'
  readonly id: string
}

/** The balancers of all Services: one for each of their load balancer addresses. */
export function balancersOf(cluster: Cluster, underlay: Underlay): readonly Balancer[] {
  const places = cluster.services.flatMap((service) =>
    service.loadBalancer.flatMap(({ ip, behindName, mode }): Place[] => {
      const address = ip ?? behindName
      if (address === undefined) return []
      // kube-proxy has no rules for an address behind a name: it can be served by node ports or pods alone.
      const served = ip === undefined ? 'Proxy' : mode
      return [{ service, ip: address, mode: served, id: balancerId(service, address) }]
    }),
  )
  const inside = insideAddresses(cluster, underlay, places)
  return places.flatMap(({ service, ip, mode, id }) =>
    profileOf(service.balancer?.profile).balance({
      cluster,
      underlay,
      service,
      ip,
      mode,
      nodes: healthyNodes(cluster, service, familyOf(ip)),
      inside: inside.get(id),
    }),
  )
}

/** An address for each balancer's inner side, near the end of the nodes' network, where nobody else is. */
function insideAddresses(
  cluster: Cluster,
  underlay: Underlay,
  places: readonly Place[],
): ReadonlyMap<string, Ip> {
  const taken = new Set<Ip>([
    ...underlay.networks.map(({ gateway }) => gateway),
    ...cluster.nodes.flatMap((node) => node.addresses),
    ...places.map(({ ip }) => ip),
  ])
  const chosen = new Map<string, Ip>()
  for (const { id, ip } of places.toSorted((a, b) => byText(a.id, b.id))) {
    const network = underlay.networks.find(({ cidr }) => familyOf(cidr.first) === familyOf(ip))
    if (!network || chosen.has(id)) continue
    const start = offsetIp(network.cidr.last, -2 - (fnv1a(id) % 40))
    let free = start
    while (taken.has(free) && contains(network.cidr, free)) free = offsetIp(free, -1)
    taken.add(free)
    chosen.set(id, free)
  }
  return chosen
}
