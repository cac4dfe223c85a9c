import type { Ip } from '../../../base/ip.ts'
import { familyOf } from '../../../base/ip.ts'
import type { ClusterNode } from '../../../model/cluster.ts'
import type { Route } from '../../../model/network.ts'
import { macOf } from '../../device-names.ts'
import { route } from '../../routes.ts'
import { onOneNetwork } from '../../underlay.ts'
import type { CniContext, Fabric } from '../cni.ts'
import { nodeAddress } from './pod-block.ts'
import type { Vtep } from './vxlan.ts'

/** How other nodes are reached. */
export interface PeerOptions {
  readonly component: string
  /** The family of the pods' addresses, and of the nodes' addresses that carry them. */
  readonly family: 4 | 6
  readonly outer: 4 | 6
  /** The next hop within the tunnel: an address of the other node's own. */
  gatewayOf(node: ClusterNode): Ip | undefined
}

/** The other nodes with their pod blocks, as tunnel ends. */
export function peersOf({ cluster, node }: CniContext, options: PeerOptions): readonly Vtep[] {
  const { component, family, outer } = options
  return cluster.nodes.flatMap((other): readonly Vtep[] => {
    if (other.name === node.name) return []
    const gateway = options.gatewayOf(other)
    const remote = nodeAddress(other, outer)
    const blocks = other.podBlocks.filter((one) => familyOf(one.first) === family)
    if (gateway === undefined || remote === undefined) return []
    return [{ blocks, gateway, mac: tunnelMac(remote), remote, origin: { component, subject: other.ref } }]
  })
}

/** The frame address of a node's tunnel device. */
export function tunnelMac(nodeIp: Ip): string {
  return macOf('0e:c1', nodeIp)
}

/** Whether the peer is on one network with the node, so that it can be a next hop. */
export function isNear({ node, underlay }: CniContext, { remote }: Vtep): boolean {
  const local = nodeAddress(node, familyOf(remote))
  return local !== undefined && onOneNetwork(underlay, local, remote)
}

/** Routes to the peers' blocks by the peers' own addresses. */
export function directRoutes({ uplink }: CniContext, peers: readonly Vtep[]): readonly Route[] {
  return peers.flatMap(({ blocks, remote: via, origin }) =>
    blocks.map((one) => route(one, uplink, { via, origin })),
  )
}

/** What routers or a cloud know of every node's blocks. */
export function blocksInFabric(
  nodes: readonly ClusterNode[],
  component: string,
  transparent: boolean,
): Fabric {
  const routes = nodes.flatMap((node) =>
    node.podBlocks.flatMap((destination) => {
      const via = nodeAddress(node, familyOf(destination.first))
      return via === undefined ? [] : [{ destination, via, origin: { component, subject: node.ref } }]
    }),
  )
  return { routes, transparent }
}
