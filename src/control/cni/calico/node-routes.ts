import type { Cidr, Ip } from '../../../base/ip.ts'
import { bitsOf, cidrOf, contains, familyOf, parseInterfaceAddress } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterNode } from '../../../model/cluster.ts'
import type { Route } from '../../../model/network.ts'
import { blackhole, route } from '../../routes.ts'
import type { Underlay } from '../../underlay.ts'
import { networkOf, onOneNetwork } from '../../underlay.ts'
import type { CniContext } from '../cni.ts'
import { bgpPasses, learnsFrom } from './bgp.ts'
import type { CalicoConfiguration, Encapsulations } from './configuration.ts'
import type { CalicoPool } from './pool.ts'
import { poolOf } from './pool.ts'
import { tunnelDevice } from './tunnel-address.ts'

/** What Felix writes with a protocol number of its own (dataplanedefs.DefaultRouteProto). */
const felixProtocol = '80'
/** From this release on Felix writes the routes of IPIP pools, and not BIRD. */
export const felixWritesIpip = 33

/** What the routes of one node are made from. */
export interface RoutesContext {
  readonly configuration: CalicoConfiguration
  readonly on: Encapsulations
  readonly context: CniContext
}

/** The address that Calico knows a node by: its annotation's, else the Node object's. */
export function calicoAddress(node: ClusterNode, family: 4 | 6): Ip | undefined {
  const stated = annotatedAddress(node, family)
  return stated?.ip ?? node.addresses.find((ip) => familyOf(ip) === family)
}

function annotatedAddress({ source }: ClusterNode, family: 4 | 6) {
  const text = source?.object.metadata.annotations?.[`projectcalico.org/IPv${family}Address`]
  const address = text === undefined ? undefined : parseInterfaceAddress(text)
  return address && familyOf(address.ip) === family ? address : undefined
}

/** Whether the other node's address lies in the network of this node's own, as CrossSubnet compares. */
export function inOneSubnet(
  underlay: Underlay,
  node: ClusterNode,
  other: ClusterNode,
  family: 4 | 6,
): boolean {
  const own = calicoAddress(node, family)
  const remote = calicoAddress(other, family)
  if (own === undefined || remote === undefined) return false
  const stated = annotatedAddress(node, family)
  const network =
    stated && stated.bits < bitsOf(family) ? cidrOf(stated.ip, stated.bits) : networkOf(underlay, own)?.cidr
  return network !== undefined && contains(network, remote)
}

/** The blackholes for the node's own blocks: what no pod of them has goes nowhere, least of all round and round. */
export function ownBlocks({ configuration, on, context }: RoutesContext): readonly Route[] {
  const { node } = context
  return node.podBlocks.flatMap((block): readonly Route[] => {
    if (block.bits === bitsOf(familyOf(block.first))) return []
    const byFelix = writtenByFelix(configuration, poolOf(on.pools, block.first))
    if (!byFelix && configuration.backend !== 'bird') return []
    const origin: Origin = { component: 'calico', subject: node.ref }
    return [{ ...blackhole(block), protocol: byFelix ? felixProtocol : 'bird', origin }]
  })
}

function writtenByFelix({ release }: CalicoConfiguration, pool: CalicoPool | undefined): boolean {
  if (!pool) return false
  return pool.vxlan !== 'Never' || (pool.ipip !== 'Never' && release >= felixWritesIpip)
}

/** The routes to every other node's blocks that lead over no VXLAN device; those are made with the device. */
export function routesToNodes(given: RoutesContext): readonly Route[] {
  const { node, cluster } = given.context
  return cluster.nodes.flatMap((other) =>
    other.name === node.name ? [] : other.podBlocks.flatMap((block) => routeTo(given, other, block) ?? []),
  )
}

function routeTo(given: RoutesContext, other: ClusterNode, block: Cidr): Route | undefined {
  const { configuration, on, context } = given
  const family = familyOf(block.first)
  const via = calicoAddress(other, family)
  if (via === undefined || usesVxlan(given, other, block)) return undefined
  const pool = poolOf(on.pools, block.first)
  const near = inOneSubnet(context.underlay, context.node, other, family)
  const way: Way = { other, block, via, near, ...(pool && { pool }) }
  return writtenByFelix(configuration, pool) ? felixRoute(given, way) : birdRoute(given, way)
}

interface Way {
  readonly other: ClusterNode
  readonly block: Cidr
  readonly via: Ip
  readonly near: boolean
  readonly pool?: CalicoPool
}

/** Towards its own subnet a pool with CrossSubnet needs no tunnel. */
function felixRoute(
  { configuration, context }: RoutesContext,
  { other, block, via, near, pool }: Way,
): Route {
  const tunnelled = pool?.ipip === 'Always' || !near
  const device = tunnelled ? tunnelDevice(configuration, 'ipip') : context.uplink
  const origin: Origin = { component: 'calico', subject: other.ref }
  return { ...route(block, device, { via, onlink: true, origin }), protocol: felixProtocol }
}

/** What BIRD writes, if it has learnt of the block (calico_kernel_programming). */
function birdRoute({ configuration, on, context }: RoutesContext, way: Way): Route | undefined {
  const { other, block, via, near, pool } = way
  const { cluster, node, uplink, underlay } = context
  if (configuration.backend !== 'bird' || pool?.exported === false) return undefined
  const passes = (one: ClusterNode, two: ClusterNode) => bgpPasses(cluster, underlay, one, two)
  if (!learnsFrom(configuration.bgp, node, other, cluster.nodes, passes)) return undefined
  const origin: Origin = { component: 'calico', subject: other.ref }
  const protocol = 'bird'
  if (on.ipip && (pool?.ipip === 'Always' || (pool?.ipip === 'CrossSubnet' && !near))) {
    return { ...route(block, tunnelDevice(configuration, 'ipip'), { via, onlink: true, origin }), protocol }
  }
  // BIRD looks the next hop up (`gateway recursive`): behind a router it is the router.
  const own = calicoAddress(node, familyOf(via)) ?? via
  const hop = onOneNetwork(underlay, own, via) ? via : (networkOf(underlay, own)?.gateway ?? via)
  return { ...route(block, uplink, { via: hop, origin }), protocol }
}

/** Whether packets to a block of another node go through the VXLAN device. */
export function usesVxlan({ on, context }: RoutesContext, other: ClusterNode, block: Cidr): boolean {
  const family = familyOf(block.first)
  const pool = poolOf(on.pools, block.first)
  if (!pool || !on.vxlan[family]) return false
  if (pool.vxlan === 'Always') return true
  return pool.vxlan === 'CrossSubnet' && !inOneSubnet(context.underlay, context.node, other, family)
}
