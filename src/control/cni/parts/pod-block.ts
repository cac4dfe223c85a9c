import type { Cidr, Ip } from '../../../base/ip.ts'
import { bitsOf, familyOf, offsetIp } from '../../../base/ip.ts'
import type { ClusterNode } from '../../../model/cluster.ts'

/** The node's block of pod addresses of a family, as host-local is given it. */
export function podBlock({ podBlocks }: ClusterNode, family: 4 | 6): Cidr | undefined {
  return podBlocks.find((one) => familyOf(one.first) === family)
}

/** The gateway that host-local takes by default: the first address of the node's block. */
export function gatewayOf(node: ClusterNode, family: 4 | 6): Ip | undefined {
  const block = podBlock(node, family)
  return block && offsetIp(block.first, 1)
}

/** The prefix length that a pod's address has: that of its node's block. */
export function podBits(node: ClusterNode, ip: Ip): number {
  return podBlock(node, familyOf(ip))?.bits ?? bitsOf(familyOf(ip))
}

/** The node's address of a family on the nodes' network. */
export function nodeAddress({ addresses }: Pick<ClusterNode, 'addresses'>, family: 4 | 6): Ip | undefined {
  return addresses.find((ip) => familyOf(ip) === family)
}
