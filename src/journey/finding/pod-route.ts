import type { Ip } from '../../base/ip.ts'
import { contains, familyOf, formatCidr, formatIp } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import { cniOf } from '../../control/cni/registry.ts'
import { hasNoRoute } from '../../control/routers.ts'
import { onOneNetwork } from '../../control/underlay.ts'
import type { ClusterNode } from '../../model/cluster.ts'
import type { World } from '../world.ts'
import type { FindCause } from './failure.ts'
import { finding } from './failure.ts'
import { pluginPlaces } from './plugin-places.ts'
import { stoppedPacket } from './stopped-packet.ts'

/** A router or node on the way between pods does not know where the pods of some node are. */
export const findPodRoute: FindCause = (failure) => {
  const { stop, world } = failure
  const lost = stop?.reason === 'no-route' || stop?.reason === 'blackhole' || stop?.reason === 'no-neighbor'
  const packet = lost ? stoppedPacket(failure)?.packet : undefined
  if (!stop || !packet) return []
  const home = homeOf(world, packet.dst)
  if (!home || stop.netns === `node/${home.node.name}` || !stop.netns.startsWith('router')) return []
  const answer = stop.onReply ? 'the answer' : 'the packet'
  const block = home.block ?? formatIp(packet.dst)
  const message = `the router has no route to ${block}, the pods of ${home.node.name}: ${answer} for ${formatIp(packet.dst)} ends there`
  return [
    finding('pod-route-missing', `${message}${reason(world, home.node)}`, {
      objects: [...meshOff(world), ...places(world), ...pluginPlaces(world, 'backend'), home.node.ref],
      fix: remedy(world, home.node, block),
    }),
  ]
}

/** Calico's nodes that tell one another nothing: the mesh of all of them is off. */
function meshOff({ cluster }: World): readonly ObjectRef[] {
  return cluster.cniObjects.calico.bgpConfigurations
    .filter(({ ref, object }) => ref.name === 'default' && object.spec?.nodeToNodeMeshEnabled === false)
    .map(({ ref, locate }) => ({ ...ref, at: locate(['spec', 'nodeToNodeMeshEnabled']) }))
}

/** The node on which the pod with this address is, and the block that the address is of. */
function homeOf(world: World, ip: Ip): { readonly node: ClusterNode; readonly block?: string } | undefined {
  const pod = world.podsByIp.get(ip)
  for (const node of world.cluster.nodes) {
    const block = node.podBlocks.find((one) => contains(one, ip))
    if (pod ? pod.nodeName === node.name : block) return { node, ...(block && { block: formatCidr(block) }) }
  }
  return undefined
}

/** Why the packet came to the router at all. */
function reason(world: World, home: ClusterNode): string {
  const { cluster, compiled } = world
  if (meshOff(world).length > 0)
    return `; the other nodes do not know it either: the BGP mesh of the nodes is off (nodeToNodeMeshEnabled: false), and no BGPPeer brings them the route`
  if (hasNoRoute(home))
    return `; the cloud's route controller could not make it (NetworkUnavailable, NoRouteCreated)`
  const [first] = cluster.nodes.filter((one) => one.name !== home.name)
  const [a, b] = [first?.addresses[0], home.addresses[0]]
  const apart =
    a !== undefined &&
    b !== undefined &&
    familyOf(a) === familyOf(b) &&
    !onOneNetwork(compiled.underlay, a, b)
  return apart
    ? `; nodes of different subnets have no link between them, and ${cniOf(cluster).name} does not wrap the packet`
    : ''
}

function remedy(world: World, home: ClusterNode, block: string): string {
  const { cluster } = world
  if (meshOff(world).length > 0)
    return 'set nodeToNodeMeshEnabled: true, or make BGPPeers that join all nodes (by a route reflector, or by their routers)'
  const via = home.addresses[0]
  const table = via === undefined ? '' : `: ${block} via ${formatIp(via)}`
  const { name } = cniOf(cluster)
  const tunnel = tunnels[name]
  const wrapped = tunnel ? `; or let ${name} wrap packets between subnets (${tunnel})` : ''
  return `give the router (the cloud's route table, its BGP peer) the route${table}${wrapped}`
}

/** The plugins that route packets as they are or wrap them, as they are told, and what they wrap them in. */
const tunnels: Readonly<Record<string, string>> = {
  antrea: 'trafficEncapMode: hybrid',
  calico: 'ipipMode or vxlanMode: CrossSubnet',
  cilium: 'routing-mode: tunnel',
  flannel: 'Backend vxlan; DirectRouting spares it within a subnet',
  'kube-router': '--enable-overlay',
}

function places({ cluster }: World): readonly ObjectRef[] {
  const { environment, environmentSource: source, cniObjects } = cluster
  const own = source && environment.network ? [{ ...source.ref, at: source.locate(['spec', 'network']) }] : []
  return [...own, ...cniObjects.calico.ipPools.map(({ ref }) => ref)]
}
