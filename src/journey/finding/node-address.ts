import { formatIp } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import type { ClusterNode } from '../../model/cluster.ts'
import type { FindCause } from './failure.ts'
import { finding } from './failure.ts'

/** Two nodes that the packet has to do with say that they have one address: packets for one of them never leave the other. */
export const findNodeAddress: FindCause = ({ world, outcome, stop, sender, sent }) => {
  const target = outcome.destination?.ip ?? sent?.dst
  const pod = target === undefined ? undefined : world.podsByIp.get(target)
  if (!stop || !pod || !sender.pod) return []
  const [from, to] = [sender.pod, pod].map(({ nodeName }) => world.nodes.get(nodeName ?? ''))
  const shared = from && to && from !== to && from.addresses.find((ip) => to.addresses.includes(ip))
  if (shared === undefined || shared === false || !from || !to) return []
  return [
    finding(
      'node-address-shared',
      `${from.name} and ${to.name} have one and the same address, ${formatIp(shared)}: what ${from.name} sends to ${to.name} stays on ${from.name}`,
      {
        objects: [placeOf(to), placeOf(from)],
        fix: `start kubelet of both nodes with --node-ip and the address by which the other one is reached`,
      },
    ),
  ]
}

function placeOf({ ref, source }: ClusterNode): ObjectRef {
  return source ? { ...ref, at: source.locate(['status', 'addresses']) } : ref
}
