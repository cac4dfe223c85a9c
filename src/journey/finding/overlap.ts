import type { Cidr, Ip } from '../../base/ip.ts'
import { contains, formatCidr, formatIp, overlaps } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import { cniOf } from '../../control/cni/registry.ts'
import type { World } from '../world.ts'
import type { FindCause } from './failure.ts'
import { finding } from './failure.ts'

/**
 * The pods' block holds addresses that are not pods': those of Services, which a pod then looks for on its own link, or of a
 * network outside, to which pods' packets go without being masqueraded.
 */
export const findOverlap: FindCause = ({ world, sent, stop, outcome }) => {
  if (!sent || !stop) return []
  const { podCidrs, serviceCidrs } = world.cluster.settings
  const own = podBlocks(world)
  const inPods = own.find((one) => contains(one, sent.dst))
  if (!inPods || world.podsByIp.has(sent.dst)) return []
  const services = serviceCidrs.find((one) => contains(one, sent.dst))
  if (services && overlaps(services, inPods) && stop.netns.startsWith('pod/')) {
    return [overlapFinding(world, inPods, `the Service addresses ${formatCidr(services)}`, sent.dst)]
  }
  const isHost = world.compiled.hosts.has(sent.dst)
  const isTranslated = outcome.leg.forward.some(({ steps }) =>
    steps.some((step) => step.type === 'nat' && step.side === 'source'),
  )
  const fromPod = [...podCidrs, ...own].some((one) => contains(one, sent.src))
  if (!isHost || !fromPod || isTranslated) return []
  return [overlapFinding(world, inPods, 'a network outside the cluster', sent.dst)]
}

/** The pods' blocks as the plugin and as the cluster have them. */
function podBlocks({ cluster }: World): readonly Cidr[] {
  return [...(cniOf(cluster).podNetwork ?? []), ...cluster.settings.podCidrs]
}

function overlapFinding(world: World, pods: Cidr, other: string, ip: Ip) {
  const outside = other.startsWith('a network')
  const effect = outside
    ? `pods' packets to it keep their own address, to which ${formatIp(ip)} has no way back`
    : 'a pod takes it for a neighbour on its own link, and nobody answers there'
  return finding(
    'address-overlap',
    `${formatIp(ip)} lies in the pods' block ${formatCidr(pods)} and is an address of ${other}: ${effect}`,
    {
      objects: stating(world),
      fix: `give the pods a block that shares no address with ${outside ? `the network of ${formatIp(ip)}` : 'the Services'}`,
    },
  )
}

/** The objects that state the pods' block. */
function stating({ cluster }: World): readonly ObjectRef[] {
  const { environment, environmentSource: source, settings } = cluster
  const own = environment.clusterNetwork?.podCIDR !== undefined && source
  return [
    ...(own ? [{ ...source.ref, at: source.locate(['spec', 'clusterNetwork', 'podCIDR']) }] : []),
    ...(settings.cni.foundBy ? [settings.cni.foundBy] : []),
  ]
}
