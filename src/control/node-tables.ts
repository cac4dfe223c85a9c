import type { Cluster, ClusterNode } from '../model/cluster.ts'
import type { RuleSet } from '../netfilter/rule.ts'
import type { TableContribution } from '../netfilter/table.ts'
import { composeRuleSet } from '../netfilter/table.ts'
import { backendsOf, inOrder } from './host-rules/backends.ts'
import { hostRules } from './host-rules/host-rules.ts'
import { masqueradesPods, withoutMasquerade } from './host-rules/pod-masquerade.ts'

/** What Kubernetes' components put into the tables of a node. */
export interface NodeComponents {
  readonly kubeProxy: readonly TableContribution[]
  readonly kubelet: readonly TableContribution[]
  readonly cni: readonly TableContribution[]
  readonly nodeCache: readonly TableContribution[]
}

/** Where the tables are. */
export interface NodeTablesContext {
  readonly cluster: Cluster
  readonly node: ClusterNode
  readonly uplink: string
  readonly family: 4 | 6
}

/**
 * A node's rule sets. The host's own rules were there first; kube-proxy and kubelet put their jumps in front of them,
 * network plugins append theirs or put them in front. Each component writes through its own backend of iptables, so that
 * there are two sets where the backends differ, and what one of them accepts the other may still drop.
 */
export function nodeTables(
  { cluster, node, uplink, family }: NodeTablesContext,
  components: NodeComponents,
): readonly RuleSet[] {
  const backends = backendsOf(cluster.environment.nodes?.[node.name] ?? {})
  const cni = masqueradesPods(cluster, node.name) ? components.cni : withoutMasquerade(components.cni)
  const all = [...components.kubeProxy, ...components.kubelet, ...cni, ...components.nodeCache]
  const hasChain = (name: string) =>
    all.some((one) => one.table === 'filter' && one.chains.get(name) !== undefined)
  const host = hostRules(cluster, node.name, { family, uplink, hasChain })
  const of = (backend: string, owner: string, list: readonly TableContribution[]) =>
    backend === owner ? list : []
  const sets = inOrder(backends).map((backend) => ({
    backend,
    contributions: [
      ...of(backend, backends.kubeProxy, components.kubeProxy),
      ...of(backend, backends.host, components.kubelet),
      ...host.shares.flatMap((share) => (share.backend === backend ? [share.contribution] : [])),
      ...of(backend, backends.cni, cni),
      ...of(backend, backends.kubeProxy, components.nodeCache),
    ],
  }))
  const used = sets.filter(({ contributions }) => contributions.length > 0)
  return [
    ...used.map(({ backend, contributions }) => ({
      ...composeRuleSet(family, contributions, used.length > 1 ? backend : undefined),
      conntrack: true,
    })),
    ...host.native,
  ]
}
