import { familyOf } from '../../../base/ip.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { Route } from '../../../model/network.ts'
import { route } from '../../routes.ts'
import { onOneNetwork } from '../../underlay.ts'
import type { CniContext, FabricRoute } from '../cni.ts'
import { nodeAddress } from './pod-block.ts'

/**
 * One route for each block of every other node, by that node's address. The kernel takes none whose gateway is not on a
 * connected network ("Nexthop has invalid gateway"), so that nodes of another subnet have no route.
 */
export function routesToNodes(
  { cluster, node, uplink, underlay }: CniContext,
  component: string,
): readonly Route[] {
  return cluster.nodes.flatMap((other) => {
    if (other.name === node.name) return []
    return other.podCidrs.flatMap((cidr): Route[] => {
      const [via, local] = [other, node].map((one) => nodeAddress(one, familyOf(cidr.first)))
      if (via === undefined || local === undefined || !onOneNetwork(underlay, local, via)) return []
      return [route(cidr, uplink, { via, origin: { component, subject: other.ref } })]
    })
  })
}

/** The same for a router: each node's block by that node. */
export function fabricRoutes({ nodes }: Cluster, component: string): readonly FabricRoute[] {
  return nodes.flatMap((node) =>
    node.podCidrs.flatMap((destination) => {
      const via = nodeAddress(node, familyOf(destination.first))
      return via === undefined ? [] : [{ destination, via, origin: { component, subject: node.ref } }]
    }),
  )
}
