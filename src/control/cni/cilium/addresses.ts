import type { Ip } from '../../../base/ip.ts'
import { familyOf } from '../../../base/ip.ts'
import type { Cluster, ClusterNode } from '../../../model/cluster.ts'
import { freeAddress } from '../parts/free-address.ts'

/** The address of cilium_host, the pods' gateway (CiliumInternalIP): taken for the first of the node's block that no pod has. */
export function routerOf(cluster: Cluster, node: ClusterNode, family: 4 | 6): Ip | undefined {
  return freeAddress(cluster, node, family, 1)
}

/** Every node's address of a family, the given one left out. */
export function otherNodeAddresses({ nodes }: Cluster, own: string, family: 4 | 6): readonly Ip[] {
  return nodes
    .filter((one) => one.name !== own)
    .flatMap((one) => one.addresses.filter((ip) => familyOf(ip) === family))
}
