import type { Ip } from '../../base/ip.ts'
import { formatIp } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import { cniOf } from '../../control/cni/registry.ts'
import { extraAddresses } from '../../control/underlay.ts'
import type { ClusterNode } from '../../model/cluster.ts'
import type { Step } from '../../model/trace.ts'
import type { World } from '../world.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding } from './failure.ts'

/** A tunnel ends at an address that is not one of the node behind it: the plugin took the wrong interface there. */
export const findTunnelEndpoint: FindCause = (failure) => {
  const { world, stop } = failure
  const sent = lastTunnelled(failure)
  if (!stop || !sent) return []
  const home = homeOf(world, sent.inner)
  const known = home ? [...home.addresses, ...home.externalAddresses] : []
  if (!home || home.name === sent.node || known.includes(sent.outer)) return []
  const end = formatIp(sent.outer)
  const sender = world.nodes.get(sent.node)
  const isOwn = sender !== undefined && addressesOf(world, sender).includes(sent.outer)
  const [own] = home.addresses
  const plugin = cniOf(world.cluster).name
  const set = plugin === 'calico' ? 'IP_AUTODETECTION_METHOD of calico-node' : `--iface of ${plugin}`
  return [
    finding(
      'tunnel-endpoint-differs',
      `${sent.node} sends what is for pods of ${home.name} through the tunnel to ${end}, which is ${isOwn ? `an address of ${sent.node} itself` : `no address of ${home.name}`}: ${plugin} took the wrong interface of ${home.name}`,
      {
        objects: [announced(home, end)],
        fix: `let ${plugin} take the interface with ${own === undefined ? 'the address that other nodes reach' : formatIp(own)} (${set}), and start it again on all nodes`,
      },
    ),
  ]
}

/** The last packet that went into a tunnel and did not come out of it where the walk stopped. */
function lastTunnelled({
  outcome,
  stop,
}: Failure): { readonly node: string; readonly outer: Ip; readonly inner: Ip } | undefined {
  const { forward, reply } = outcome.leg
  // Whoever gets the tunnel's packet in the place of the node may even answer it.
  const hops = stop?.onReply && !reply.every(({ steps }) => steps.every(isNoTunnel)) ? reply : forward
  const hop = hops.findLast(({ steps }) => !steps.every(isNoTunnel))
  const step = hop?.steps.findLast((one) => one.type === 'encapsulated')
  if (!hop || step?.type !== 'encapsulated' || !step.outer.tunnel) return undefined
  const { outer } = step
  return outer.tunnel
    ? { node: hop.netns.replace(/^node\//, ''), outer: outer.dst, inner: outer.tunnel.inner.dst }
    : undefined
}

function isNoTunnel({ type }: Step): boolean {
  return type !== 'encapsulated'
}

function homeOf(world: World, ip: Ip): ClusterNode | undefined {
  return world.nodes.get(world.podsByIp.get(ip)?.nodeName ?? '')
}

function addressesOf({ cluster }: World, node: ClusterNode): readonly Ip[] {
  const further = extraAddresses(cluster, node).map(({ ip }) => ip)
  return [...node.addresses, ...node.externalAddresses, ...further]
}

/** The Node, at the annotation that tells the other nodes of the address. */
function announced({ ref, source }: ClusterNode, address: string): ObjectRef {
  const annotations = Object.entries(source?.object.metadata.annotations ?? {})
  const key = annotations.find(([, value]) => value.split('/')[0] === address)?.[0]
  return source && key !== undefined ? { ...ref, at: source.locate(['metadata', 'annotations', key]) } : ref
}
