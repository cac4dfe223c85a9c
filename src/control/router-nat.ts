import type { Ip } from '../base/ip.ts'
import { familyOf } from '../base/ip.ts'
import type { Origin } from '../base/source.ts'
import type { ClusterNode } from '../model/cluster.ts'
import type { Rule, RuleSet, Target } from '../netfilter/rule.ts'
import { makeTable } from '../netfilter/table.ts'
import { host, rule } from './proxy/iptables-rules.ts'

/** A cloud maps a node's ExternalIP to its InternalIP and back; nodes without one are not translated. */
export function oneToOneNat(nodes: readonly ClusterNode[]): readonly RuleSet[] {
  const pairs = nodes.flatMap((node) =>
    node.externalAddresses.flatMap((outside) => {
      const inside = node.addresses.find((ip) => familyOf(ip) === familyOf(outside))
      return inside === undefined || inside === outside ? [] : [{ outside, inside, node }]
    }),
  )
  return ([4, 6] as const).flatMap((family): RuleSet[] => {
    const own = pairs.filter((pair) => familyOf(pair.outside) === family)
    if (own.length === 0) return []
    const inbound = own.map(({ outside, inside, node }) =>
      rule(originOf(node), { destination: host(outside) }, [], translation('DNAT', inside)),
    )
    const outbound = own.map(({ outside, inside, node }) =>
      rule(
        originOf(node),
        { source: host(inside), out: { name: 'wan0', inverted: false } },
        [],
        translation('SNAT', outside),
      ),
    )
    return [{ family, tables: [natTable(inbound, outbound)] }]
  })
}

function originOf(node: ClusterNode): Origin {
  return { component: 'cloud network', subject: node.ref }
}

function translation(type: 'DNAT' | 'SNAT', ip: Ip): Target {
  const addresses = { first: ip, last: ip }
  return type === 'DNAT'
    ? { type, addresses, random: false, persistent: false }
    : { type, addresses, random: false, fullyRandom: false, persistent: false }
}

function natTable(inbound: readonly Rule[], outbound: readonly Rule[]) {
  return makeTable('nat', [
    { name: 'PREROUTING', policy: 'ACCEPT', rules: inbound },
    { name: 'INPUT', policy: 'ACCEPT', rules: [] },
    { name: 'OUTPUT', policy: 'ACCEPT', rules: [] },
    { name: 'POSTROUTING', policy: 'ACCEPT', rules: outbound },
  ])
}
