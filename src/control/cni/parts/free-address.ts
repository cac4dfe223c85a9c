import type { Ip } from '../../../base/ip.ts'
import { offsetIp } from '../../../base/ip.ts'
import type { Cluster, ClusterNode } from '../../../model/cluster.ts'
import { podBlock } from './pod-block.ts'

const podAddresses = new WeakMap<Cluster, ReadonlySet<Ip>>()

function addressesOfPods(cluster: Cluster): ReadonlySet<Ip> {
  const known = podAddresses.get(cluster)
  if (known) return known
  const made = new Set(cluster.pods.filter((one) => !one.hostNetwork).flatMap((one) => one.ips))
  podAddresses.set(cluster, made)
  return made
}

/** An address of the node's block for a plugin itself: the one at that place, or the next that no pod has. */
export function freeAddress(
  cluster: Cluster,
  node: ClusterNode,
  family: 4 | 6,
  place: number,
): Ip | undefined {
  const block = podBlock(node, family)
  if (!block) return undefined
  const taken = addressesOfPods(cluster)
  let offset = place
  while (taken.has(offsetIp(block.first, offset))) offset++
  return offsetIp(block.first, offset)
}
