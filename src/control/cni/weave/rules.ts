import type { Cidr } from '../../../base/ip.ts'
import { formatCidr } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import { writtenTable } from '../parts/written-rules.ts'
import { policyChains, policyLines } from './policy-controller.ts'
import type { WeaveSettings } from './settings.ts'

const origin: Origin = { component: 'weave' }

/** Weave's rules are for IPv4 alone. Mirrors ConfigureIPTables and exposeNAT. */
export function weaveRules(
  settings: WeaveSettings,
  cluster: Cluster,
  range: Cidr,
): readonly TableContribution[] {
  return [filter(settings, cluster, range), nat(settings, range)]
}

function nat({ noMasqLocal }: WeaveSettings, range: Cidr): TableContribution {
  const pods = formatCidr(range)
  const local =
    '-A WEAVE -m set --match-set weaver-no-masq-local dst -m comment --comment "Prevent SNAT to locally running containers" -j RETURN'
  const lines = [
    '-A POSTROUTING -j WEAVE',
    ...(noMasqLocal ? [local] : []),
    `-A WEAVE -s ${pods} -d 224.0.0.0/4 -j RETURN`,
    `-A WEAVE ! -s ${pods} -d ${pods} -j MASQUERADE`,
    `-A WEAVE -s ${pods} ! -d ${pods} -j MASQUERADE`,
  ]
  return writtenTable({ origin, table: 'nat', family: 4, lines })
}

const control =
  '-A INPUT -d 127.0.0.1/32 -p tcp -m tcp --dport 6784 -m addrtype ! --src-type LOCAL -m conntrack ! --ctstate RELATED,ESTABLISHED -m comment --comment "Block non-local access to Weave Net control port" -j DROP'
const before = `-m comment --comment "NOTE: this must go before '-j KUBE-FORWARD'"`

/** What is forwarded to pods passes the policy controller, or nothing at all. */
const steering: readonly string[] = [
  `-A FORWARD -i weave ${before} -j WEAVE-NPC-EGRESS`,
  `-A FORWARD -o weave ${before} -j WEAVE-NPC`,
  '-A FORWARD -o weave -m state --state NEW -j NFLOG --nflog-group 86',
  '-A FORWARD -o weave -j DROP',
]
const unsteered: readonly string[] = [
  '-A FORWARD -i weave -o weave -j ACCEPT',
  '-A FORWARD -o weave -j WEAVE-EXPOSE',
]
const onwards: readonly string[] = [
  '-A FORWARD -i weave ! -o weave -j ACCEPT',
  '-A FORWARD -o weave -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
]

function filter({ expectNpc, npc }: WeaveSettings, cluster: Cluster, range: Cidr): TableContribution {
  const own = npc ? policyLines(cluster) : []
  return writtenTable({
    origin,
    table: 'filter',
    family: 4,
    prepended: [...(expectNpc ? steering : unsteered), ...onwards],
    lines: [
      control,
      ...(expectNpc
        ? ['-A INPUT -i weave -j WEAVE-NPC-EGRESS', ...own]
        : [`-A WEAVE-EXPOSE -d ${formatCidr(range)} -j ACCEPT`]),
    ],
    chains: expectNpc ? (npc ? policyChains : ['WEAVE-NPC', 'WEAVE-NPC-EGRESS']) : ['WEAVE-EXPOSE'],
  })
}
