import type { Ip } from '../../base/ip.ts'
import { contains, formatIp } from '../../base/ip.ts'
import { cniOf } from '../../control/cni/registry.ts'
import { masqueradesPods } from '../../control/host-rules/pod-masquerade.ts'
import type { World } from '../world.ts'
import type { FindCause } from './failure.ts'
import { finding } from './failure.ts'

/** A pod's packet left the cluster with the pod's own address, to which no way leads back from outside. */
export const findMasquerade: FindCause = ({ world, outcome, sent, stop }) => {
  if (!sent || !stop || stop.netns.startsWith('node/') || stop.netns.startsWith('pod/')) return []
  const { podCidrs } = world.cluster.settings
  if (!podCidrs.some((cidr) => contains(cidr, sent.src)) || isInside(world, sent.dst)) return []
  const steps = outcome.leg.forward.flatMap((hop) => hop.steps)
  if (steps.some((step) => step.type === 'nat' && step.side === 'source')) return []
  const last = outcome.leg.forward.findLast(({ netns }) => netns.startsWith('node/'))
  const node = world.nodes.get(last?.netns.slice(5) ?? '')
  if (!node) return []
  const plugin = cniOf(world.cluster).name
  const missing = !masqueradesPods(world.cluster, node.name)
  const source = world.cluster.environmentSource
  const path = ['spec', 'nodes', node.name, 'nat', 'POSTROUTING', 'podMasquerade']
  return [
    finding(
      'pods-not-masqueraded',
      `${node.name} sends out packets with the address of the pod, ${formatIp(sent.src)}, to which no way leads back from outside: ${missing ? `${plugin}'s masquerade rule is missing there` : 'no rule masquerades them'}`,
      {
        objects: [missing && source ? { ...source.ref, at: source.locate(path) } : undefined, node.ref],
        fix: missing
          ? `restore the rule: restart the agent of ${plugin} on ${node.name}, and see that it is told to masquerade`
          : `let ${plugin} masquerade what leaves the pods' network, or give the network outside a route to the pods`,
      },
    ),
  ]
}

/** Whether an address is one of the cluster's own. */
function isInside({ cluster, nodesByIp }: World, ip: Ip): boolean {
  const { podCidrs, serviceCidrs } = cluster.settings
  return nodesByIp.has(ip) || [...podCidrs, ...serviceCidrs].some((cidr) => contains(cidr, ip))
}
