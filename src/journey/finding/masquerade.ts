import type { Ip } from '../../base/ip.ts'
import { contains, formatIp, parseCidr } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import { cniOf } from '../../control/cni/registry.ts'
import { masqueradesPods } from '../../control/host-rules/pod-masquerade.ts'
import { masqAgentConfig } from '../../control/ip-masq-agent.ts'
import type { World } from '../world.ts'
import type { FindCause } from './failure.ts'
import { finding } from './failure.ts'
import { pluginPlaces } from './plugin-places.ts'

/** A pod's packet left the cluster with the pod's own address, to which no way leads back from outside. */
export const findMasquerade: FindCause = ({ world, outcome, sent, stop }) => {
  if (!sent || !stop || stop.netns.startsWith('node/') || stop.netns.startsWith('pod/')) return []
  const { podCidrs } = world.cluster.settings
  const isPods = podCidrs.some((cidr) => contains(cidr, sent.src)) || world.podsByIp.has(sent.src)
  if (!isPods || isInside(world, sent.dst)) return []
  const steps = outcome.leg.forward.flatMap((hop) => hop.steps)
  if (steps.some((step) => step.type === 'nat' && step.side === 'source')) return []
  const last = outcome.leg.forward.findLast(({ netns }) => netns.startsWith('node/'))
  const node = world.nodes.get(last?.netns.slice(5) ?? '')
  if (!node) return []
  const plugin = cniOf(world.cluster).name
  const missing = !masqueradesPods(world.cluster, node.name)
  return [
    finding(
      'pods-not-masqueraded',
      `${node.name} sends out packets with the address of the pod, ${formatIp(sent.src)}, to which no way leads back from outside: ${missing ? `${plugin}'s masquerade rule is missing there` : 'no rule masquerades them'}`,
      {
        objects: [...(missing ? ofNode(world, node.name) : masqueradePlaces(world, sent.src)), node.ref],
        fix: missing
          ? `restore the rule: restart the agent of ${plugin} on ${node.name}, and see that it is told to masquerade`
          : `let ${plugin} masquerade what leaves the pods' network, or give the network outside a route to the pods`,
      },
    ),
  ]
}

function ofNode({ cluster }: World, name: string): readonly ObjectRef[] {
  const source = cluster.environmentSource
  const path = ['spec', 'nodes', name, 'nat', 'POSTROUTING', 'podMasquerade']
  return source ? [{ ...source.ref, at: source.locate(path) }] : []
}

/** What says that nothing, or too little, is masqueraded: Calico's pool, ip-masq-agent's list, the plugin's configuration. */
function masqueradePlaces(world: World, src: Ip): readonly ObjectRef[] {
  const { environment, environmentSource: source, cniObjects } = world.cluster
  const inEnvironment = (...path: readonly (string | number)[]): readonly ObjectRef[] =>
    source ? [{ ...source.ref, at: source.locate(['spec', ...path]) }] : []
  const holds = (cidr: string | undefined) => {
    const block = parseCidr(cidr ?? '')
    return block !== undefined && contains(block, src)
  }
  const stated = (environment.calico?.ipPools ?? []).findIndex(({ cidr }) => holds(cidr))
  const pools = cniObjects.calico.ipPools.filter(({ object }) => holds(object.spec?.cidr))
  const agent = masqAgentConfig(environment, cniObjects)
  return [
    ...(stated < 0 ? [] : inEnvironment('calico', 'ipPools', stated)),
    ...pools.map(({ ref, locate }) => ({ ...ref, at: locate(['spec', 'natOutgoing']) })),
    ...(environment.ipMasqAgent ? inEnvironment('ipMasqAgent') : []),
    ...(agent?.subject ? [agent.subject] : []),
    ...pluginPlaces(world, 'natOutgoing'),
  ]
}

/** Whether an address is one of the cluster's own. */
function isInside({ cluster, nodesByIp }: World, ip: Ip): boolean {
  const { podCidrs, serviceCidrs } = cluster.settings
  return nodesByIp.has(ip) || [...podCidrs, ...serviceCidrs].some((cidr) => contains(cidr, ip))
}
