import type { Packet } from '../../base/packet.ts'
import { packetFamily } from '../../base/packet.ts'
import type { ObjectRef } from '../../base/source.ts'
import { cniOf } from '../../control/cni/registry.ts'
import type { World } from '../world.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding } from './failure.ts'

/** A tunnel's packet is too large for a link on its way, and the sender does not come to know of it. */
export const findPathMtu: FindCause = (failure) => {
  const { stop, outcome, world } = failure
  const outer = stop?.reason === 'too-big' ? carrying(failure) : undefined
  const inner = outer?.tunnel?.inner
  const stall = outcome.stall
  if (!stop || !outer || !inner || !stall) return []
  const overhead = outer.length - inner.length
  const plugin = cniOf(world.cluster).name
  const told = stall.told === 'lost' ? 'the ICMP error about it is lost' : 'nobody tells the sender'
  const room = stall.mtu - overhead
  return [
    finding(
      'path-mtu-black-hole',
      `small packets pass and large ones are lost: ${inner.length} bytes of a pod are ${outer.length} in the tunnel, and ${taker(world, stop.netns, stall.device)} takes ${stall.mtu}; ${told}`,
      {
        objects: [...places(world), world.nodes.get(stop.netns.replace(/^node\//, ''))?.ref],
        fix: `set the MTU of ${plugin} to ${room} at most (${stall.mtu} less ${overhead} of the tunnel) on all nodes, or clamp the MSS to ${room - (packetFamily(inner) === 4 ? 40 : 60)}`,
      },
    ),
  ]
}

/** The tunnel's packet that was under way when it stopped. */
function carrying({ outcome, stop }: Failure): Packet | undefined {
  const { later, reply, forward } = outcome.leg
  // The last walk may be that of the ICMP error about the packet.
  const walks = [...(later ?? []).toReversed().map(({ hops: own }) => own), reply, forward]
  const hops = walks.find((walk) =>
    walk.at(-1)?.steps.some((step) => step.type === 'ended' && step.reason === stop?.reason),
  )
  const steps = (hops ?? []).flatMap((hop) => hop.steps)
  const last = steps.findLast((step) => step.type === 'encapsulated' || step.type === 'decapsulated')
  return last?.type === 'encapsulated' ? last.outer : undefined
}

/** `eth0 on router a`, `the network of eth0 on worker2`: the device, or the wire behind it. */
function taker({ compiled }: World, netns: string, device: string): string {
  return `${device} on ${compiled.network.namespaces.get(netns)?.label ?? netns}`
}

/** Where sizes are stated. */
function places({ cluster }: World): readonly ObjectRef[] {
  const { environment, environmentSource: source, settings } = cluster
  const stated = environment.mtu && source ? [{ ...source.ref, at: source.locate(['spec', 'mtu']) }] : []
  return [...stated, ...(settings.cni.foundBy ? [settings.cni.foundBy] : [])]
}
