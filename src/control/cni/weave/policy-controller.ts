import type { Cluster } from '../../../model/cluster.ts'
import type { WrittenLine } from '../parts/written-rules.ts'
import { analysedPolicies } from './policy-rules.ts'
import { setName } from './set-names.ts'

/** The chains that it makes, of which some stay empty while there are no policies. */
export const policyChains: readonly string[] = [
  'WEAVE-NPC',
  'WEAVE-NPC-DEFAULT',
  'WEAVE-NPC-INGRESS',
  'WEAVE-NPC-EGRESS',
  'WEAVE-NPC-EGRESS-ACCEPT',
  'WEAVE-NPC-EGRESS-CUSTOM',
  'WEAVE-NPC-EGRESS-DEFAULT',
]

/**
 * Mirrors createBaseRules, what addNamespace puts into the default chains, the rules of policies, and the drop that
 * AddNetworkPolicy appends when the first policy about egress comes. Policies are asked about new connections alone, and
 * about pods that one of them isolates.
 */
export function policyLines(cluster: Cluster): readonly WrittenLine[] {
  const { lines, dropsEgress } = analysedPolicies(cluster)
  const unmarked = '-m mark ! --mark 0x40000/0x40000'
  return [
    '-A WEAVE-NPC -m state --state RELATED,ESTABLISHED -j ACCEPT',
    '-A WEAVE-NPC -d 224.0.0.0/4 -j ACCEPT',
    '-A WEAVE-NPC -m physdev --physdev-out vethwe-bridge --physdev-is-bridged -j ACCEPT',
    '-A WEAVE-NPC -m state --state NEW -j WEAVE-NPC-DEFAULT',
    {
      text: '-A WEAVE-NPC -m state --state NEW -j WEAVE-NPC-INGRESS',
      judges: { direction: 'ingress' },
    },
    '-A WEAVE-NPC-EGRESS -m state --state RELATED,ESTABLISHED -j ACCEPT',
    '-A WEAVE-NPC-EGRESS -m physdev --physdev-in vethwe-bridge --physdev-is-bridged -j RETURN',
    '-A WEAVE-NPC-EGRESS -m addrtype --dst-type LOCAL -j RETURN',
    '-A WEAVE-NPC-EGRESS -d 224.0.0.0/4 -j RETURN',
    '-A WEAVE-NPC-EGRESS -m state --state NEW -j WEAVE-NPC-EGRESS-DEFAULT',
    {
      text: `-A WEAVE-NPC-EGRESS -m state --state NEW ${unmarked} -j WEAVE-NPC-EGRESS-CUSTOM`,
      judges: { direction: 'egress' },
    },
    ...(dropsEgress
      ? [
          `-A WEAVE-NPC-EGRESS -m state --state NEW ${unmarked} -j NFLOG --nflog-group 86`,
          `-A WEAVE-NPC-EGRESS ${unmarked} -j DROP`,
        ]
      : []),
    '-A WEAVE-NPC-EGRESS-ACCEPT -j MARK --set-xmark 0x40000/0x40000',
    ...cluster.namespaces.map(({ name }) => name).flatMap(defaultAllow),
    ...lines,
  ]
}

function defaultAllow(namespace: string): readonly string[] {
  const line = (chain: string, direction: string, side: string, target: string) => {
    const set = setName(`${direction}-default-allow:${namespace}`)
    return `-A ${chain} -m set --match-set ${set} ${side} -m comment --comment "DefaultAllow ${direction} isolation for namespace: ${namespace}" -j ${target}`
  }
  return [
    line('WEAVE-NPC-DEFAULT', 'ingress', 'dst', 'ACCEPT'),
    line('WEAVE-NPC-EGRESS-DEFAULT', 'egress', 'src', 'WEAVE-NPC-EGRESS-ACCEPT'),
    line('WEAVE-NPC-EGRESS-DEFAULT', 'egress', 'src', 'RETURN'),
  ]
}
