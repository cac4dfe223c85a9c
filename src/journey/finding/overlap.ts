import type { Cidr, Ip } from '../../base/ip.ts'
import { cidrOf, contains, formatCidr, formatIp, overlaps, parseInterfaceAddress } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import { cniOf } from '../../control/cni/registry.ts'
import { uplink } from '../../control/node-namespace.ts'
import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding } from './failure.ts'
import { stoppedPacket } from './stopped-packet.ts'

/**
 * The pods' block holds addresses that are not pods': those of Services, which a pod then looks for on its own link, or of a
 * network outside, to which pods' packets go without being masqueraded.
 */
export const findOverlap: FindCause = (failure) => {
  const { world, sent, stop, outcome } = failure
  if (!sent || !stop) return []
  const { podCidrs, serviceCidrs } = world.cluster.settings
  const bridge = behindBridge(failure)
  if (bridge) return [bridge]
  const own = podBlocks(world)
  const inPods = own.find((one) => contains(one, sent.dst))
  if (!inPods || world.podsByIp.has(sent.dst)) return []
  const services = serviceCidrs.find((one) => contains(one, sent.dst))
  if (services && overlaps(services, inPods) && stop.netns.startsWith('pod/')) {
    return [overlapFinding(world, inPods, `the Service addresses ${formatCidr(services)}`, sent.dst)]
  }
  if (world.nodesByIp.has(sent.dst)) {
    const here = stop.netns.startsWith('pod/') && stop.reason === 'no-neighbor'
    return here ? [overlapFinding(world, inPods, "the nodes' network", sent.dst)] : []
  }
  const isHost = world.compiled.hosts.has(sent.dst)
  const isTranslated = outcome.leg.forward.some(({ steps }) =>
    steps.some((step) => step.type === 'nat' && step.side === 'source'),
  )
  const fromPod = [...podCidrs, ...own].some((one) => contains(one, sent.src))
  if (!isHost || !fromPod || isTranslated) return []
  return [overlapFinding(world, inPods, 'a network outside the cluster', sent.dst)]
}

/** A device of the node that has nothing to do with the cluster has a block that holds addresses of others: `docker0`. */
function behindBridge(failure: Failure): Finding | undefined {
  const { world, stop } = failure
  if (stop?.reason !== 'no-neighbor' || !stop.netns.startsWith('node/')) return undefined
  const seen = stoppedPacket(failure)
  const node = stop.netns.slice(5)
  const { environment, environmentSource: source } = world.cluster
  const stated = environment.nodes?.[node]?.interfaces?.[seen?.out ?? '']?.addresses ?? []
  const block = stated
    .flatMap((text) => parseInterfaceAddress(text) ?? [])
    .map(({ ip, bits }) => cidrOf(ip, bits))
    .find((one) => seen && contains(one, seen.packet.dst))
  if (!seen?.out || !block || seen.out === uplink) return undefined
  const dst = formatIp(seen.packet.dst)
  return finding(
    'address-overlap',
    `${dst} lies in ${formatCidr(block)}, the network of ${seen.out} on ${node}: ${node} looks for it there, and nobody answers`,
    {
      objects: [
        source && {
          ...source.ref,
          at: source.locate(['spec', 'nodes', node, 'interfaces', seen.out, 'addresses']),
        },
        world.nodes.get(node)?.ref,
      ],
      fix: `give ${seen.out} of ${node} a network that holds no address of others (for docker0: bip in daemon.json)`,
    },
  )
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
      fix: `give the pods a block that shares no address with ${outside || world.nodesByIp.has(ip) ? `the network of ${formatIp(ip)}` : 'the Services'}`,
    },
  )
}

/** The objects that state the pods' block. */
function stating({ cluster }: World): readonly ObjectRef[] {
  const { environment, environmentSource: source, settings, cniObjects } = cluster
  const own = environment.clusterNetwork?.podCIDR !== undefined && source
  return [
    ...(own ? [{ ...source.ref, at: source.locate(['spec', 'clusterNetwork', 'podCIDR']) }] : []),
    ...cniObjects.calico.ipPools.map(({ ref, locate }) => ({ ...ref, at: locate(['spec', 'cidr']) })),
    ...(settings.cni.foundBy ? [settings.cni.foundBy] : []),
  ]
}
