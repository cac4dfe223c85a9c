import { contains, formatCidr, formatIp, overlaps } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import type { ClusterNode } from '../../model/cluster.ts'
import type { World } from '../world.ts'
import type { FindCause, Stop } from './failure.ts'
import { finding } from './failure.ts'
import { stoppedPacket } from './stopped-packet.ts'

/** Two nodes have the same block of pods: each looks for the other's pods on its own links. */
export const findPodBlocks: FindCause = (failure) => {
  const { world, stop } = failure
  const dst = stop && stoppedPacket(failure)?.packet.dst
  const pod = dst === undefined ? undefined : world.podsByIp.get(dst)
  const home = world.nodes.get(pod?.nodeName ?? '')
  const here = stop && nodeOf(world, stop)
  if (dst === undefined || !home || !here || home === here) return []
  const own = here.podBlocks.find((one) => contains(one, dst))
  const other = own && home.podBlocks.find((one) => overlaps(one, own))
  if (!own || !other) return []
  const which = own.bits === other.bits ? formatCidr(own) : `${formatCidr(own)} and ${formatCidr(other)}`
  return [
    finding(
      'pod-blocks-overlap',
      `${here.name} and ${home.name} have blocks of pods that overlap, ${which}: ${here.name} looks for ${formatIp(dst)}, a pod of ${home.name}, on its own links`,
      {
        objects: [placeOf(home), placeOf(here)],
        fix: `give ${home.name} a podCIDR of its own (delete the Node and let it join again), and create its pods anew`,
      },
    ),
  ]
}

function nodeOf(world: World, { netns }: Stop): ClusterNode | undefined {
  if (netns.startsWith('node/')) return world.nodes.get(netns.slice(5))
  return netns.startsWith('pod/')
    ? world.nodes.get(world.pods.get(netns.slice(4))?.nodeName ?? '')
    : undefined
}

function placeOf({ ref, source }: ClusterNode): ObjectRef {
  return source?.object.spec?.podCIDR === undefined ? ref : { ...ref, at: source.locate(['spec', 'podCIDR']) }
}
