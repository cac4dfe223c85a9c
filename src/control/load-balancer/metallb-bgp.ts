import { announcedByAll } from './announce.ts'
import { announcingNodes, metallbSign, speakers } from './metallb.ts'
import type { BalancerProfile } from './profile.ts'

/**
 * MetalLB in BGP mode: every node that may announces the address to the router, which spreads connections over them,
 * to each node the same share whatever the number of its pods (bgpController.ShouldAnnounce).
 */
export const metallbBgp: BalancerProfile = {
  name: 'metallb-bgp',
  types: ['metallb', 'metallb-bgp'],
  claims: (service, surroundings) => metallbSign(service, surroundings, 'bgp'),
  announcers: (surroundings, ips) => announcingNodes(surroundings, 'bgp', ips),
  balance: (context) => announcedByAll({ ...context, nodes: speakers(context) }),
}
