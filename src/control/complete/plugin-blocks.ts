import type { Ip } from '../../base/ip.ts'
import type { ClusterNode, ClusterSettings } from '../../model/cluster.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { Cni } from '../cni/cni.ts'
import { statedPodIps } from './stated-addresses.ts'

/** The nodes with the blocks from which a plugin with an address management of its own gives pods their addresses. */
export function withPodBlocks(
  nodes: readonly ClusterNode[],
  cni: Cni,
  objects: ObjectsByKind,
  { podCidrs }: ClusterSettings,
): readonly ClusterNode[] {
  const blocks = cni.blocks?.({ nodes, podCidrs, podIps: statedByNode(objects) })
  if (!blocks) return nodes
  return nodes.map((node) => ({
    ...node,
    podBlocks: blocks.get(node.name) ?? [],
    ...(cni.wholeBlocks && { wholeBlocks: true }),
  }))
}

/** Addresses of pods with a network of their own that the input states. */
function statedByNode({ Pod: pods }: ObjectsByKind): ReadonlyMap<string, readonly Ip[]> {
  const byNode = new Map<string, Ip[]>()
  for (const { object } of pods) {
    const { nodeName, hostNetwork } = object.spec
    if (nodeName === undefined || hostNetwork) continue
    byNode.set(nodeName, [...(byNode.get(nodeName) ?? []), ...statedPodIps(object)])
  }
  return byNode
}
