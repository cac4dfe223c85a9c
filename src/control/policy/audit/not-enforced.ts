import type { Report } from '../../../base/diagnostic.ts'
import type { Cluster } from '../../../model/cluster.ts'
import { policiesOf } from '../policies-of.ts'

/** NetworkPolicies in a cluster whose network plugin enforces none. */
export function auditNotEnforced(cluster: Cluster, report: Report): void {
  const [first, ...others] = cluster.policies.networkPolicies
  if (!first || policiesOf(cluster)?.engine.apis.includes('NetworkPolicy')) return
  const { plugin } = cluster.settings.cni
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  report(
    'policy-not-enforced',
    `NetworkPolicy ${first.ref.namespace}/${first.ref.name}${more}: accepted, not enforced; the network plugin ${plugin} enforces no policies`,
    {
      object: first.ref,
      fix: 'install a policy engine: Canal or kube-network-policies beside flannel, Calico, Cilium',
    },
  )
}
