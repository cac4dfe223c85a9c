import type { Ip } from '../../base/ip.ts'
import { cidrOf, familyOf } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Route } from '../../model/network.ts'
import { route } from '../routes.ts'

/** What a VPC's route table would say to a machine on its lan0: each node's pods are behind that node. */
export function podRoutes(
  { nodes }: Pick<Cluster, 'nodes'>,
  family: 4 | 6,
  options: { readonly origin: Origin; readonly source?: Ip },
): readonly Route[] {
  return nodes.flatMap((node) => {
    const via = node.addresses.find((one) => familyOf(one) === family)
    if (via === undefined) return []
    return node.podCidrs
      .filter((block) => familyOf(block.first) === family)
      .map((block) => route(cidrOf(block.first, block.bits), 'lan0', { via, onlink: true, ...options }))
  })
}
