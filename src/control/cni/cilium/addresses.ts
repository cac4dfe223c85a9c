import type { Ip } from '../../../base/ip.ts'
import { familyOf, offsetIp } from '../../../base/ip.ts'
import type { Cluster, ClusterNode } from '../../../model/cluster.ts'
import { podBlock } from '../parts/pod-block.ts'

const podAddresses = new WeakMap<Cluster, ReadonlySet<Ip>>()

function addressesOfPods(cluster: Cluster): ReadonlySet<Ip> {
  const known = podAddresses.get(cluster)
  if (known) return known
  const made = new Set(cluster.pods.filter((one) => !one.hostNetwork).flatMap((one) => one.ips))
  podAddresses.set(cluster, made)
  return made
}

/** The address of cilium_host, the pods' gateway (CiliumInternalIP): taken for the first of the node's block that no pod has. */
export function routerOf(cluster: Cluster, node: ClusterNode, family: 4 | 6): Ip | undefined {
  const block = podBlock(node, family)
  if (!block) return undefined
  const taken = addressesOfPods(cluster)
  let offset = 1
  while (taken.has(offsetIp(block.first, offset))) offset++
  return offsetIp(block.first, offset)
}

/** Every node's address of a family, the given one left out. */
export function otherNodeAddresses({ nodes }: Cluster, own: string, family: 4 | 6): readonly Ip[] {
  return nodes
    .filter((one) => one.name !== own)
    .flatMap((one) => one.addresses.filter((ip) => familyOf(ip) === family))
}
