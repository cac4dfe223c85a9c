import { sha256Hex } from '../../base/hash.ts'
import { formatIp } from '../../base/ip.ts'
import { byText } from '../../base/ordering.ts'
import { announcedBy, statedAnnouncer } from './announce.ts'
import { announcingNodes, metallbSign, speakers } from './metallb.ts'
import type { BalancerContext, BalancerProfile } from './profile.ts'

/**
 * MetalLB in layer 2 mode: of the nodes that may, one answers ARP for the address, and everything enters there. Which
 * one is told by a hash of its name and the address, as MetalLB's speakers tell it among themselves
 * (layer2Controller.ShouldAnnounce); the address is on no device.
 */
export const metallbLayer2: BalancerProfile = {
  name: 'metallb-layer2',
  types: ['metallb', 'metallb-layer2'],
  claims: (service, surroundings) => metallbSign(service, surroundings, 'layer2'),
  announcers: (surroundings, ips) => announcingNodes(surroundings, 'layer2', ips),
  balance: (context) => announcedBy(context, statedAnnouncer(context) ?? elected(context), { held: false }),
}

/**
 * The speaker whose name and the Service's first address have the smallest SHA-256: one node for both families, and
 * for all Services that share an address.
 */
function elected(context: BalancerContext): string | undefined {
  const first = context.service.loadBalancer.find(({ ip }) => ip !== undefined)?.ip ?? context.ip
  const rank = (name: string) => sha256Hex(`${name}#${formatIp(first)}`)
  return speakers(context).toSorted((a, b) => byText(rank(a.name), rank(b.name)))[0]?.name
}
