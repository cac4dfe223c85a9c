import { bgpPasses } from '../../control/cni/calico/bgp.ts'
import { cniOf } from '../../control/cni/registry.ts'
import { firewallPlace, firewallsOf } from '../../control/firewalls.ts'
import type { FindCause } from './failure.ts'
import { finding } from './failure.ts'
import { stoppedPacket } from './stopped-packet.ts'

/** A node does not know where the pods of another one are, since the firewall between them does not let BGP pass. */
export const findBgpSession: FindCause = (failure) => {
  const { world, stop } = failure
  const dst = stop?.netns.startsWith('router') ? stoppedPacket(failure)?.packet.dst : undefined
  const pod = dst === undefined ? undefined : world.podsByIp.get(dst)
  const home = world.nodes.get(pod?.nodeName ?? '')
  const { cluster, compiled } = world
  if (!home || cniOf(cluster).name !== 'calico') return []
  const last = [...failure.outcome.leg.forward, ...failure.outcome.leg.reply].findLast(({ netns }) =>
    netns.startsWith('node/'),
  )
  const here = world.nodes.get(last?.netns.slice(5) ?? '')
  if (!here || here === home || bgpPasses(cluster, compiled.underlay, here, home)) return []
  const between = (cluster.environment.network?.firewalls ?? []).filter((one) => one.between)
  const entries = [...firewallsOf(cluster, home), ...between]
  return [
    finding(
      'bgp-session-blocked',
      `${here.name} has no route to the pods of ${home.name}: the firewall between them does not let BGP (TCP 179) pass, by which Calico's nodes tell one another of their blocks`,
      {
        objects: [...entries.map((entry) => firewallPlace(cluster, entry)), home.ref],
        fix: 'allow TCP 179 between all nodes',
      },
    ),
  ]
}
