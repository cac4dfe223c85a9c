import type { Report } from '../../../base/diagnostic.ts'
import type { Cluster } from '../../../model/cluster.ts'
import { cniOf } from '../../cni/registry.ts'
import { policiesOf } from '../policies-of.ts'

/** NetworkPolicies in a cluster whose network plugin enforces none, and single ones that it leaves out. */
export function auditNotEnforced(cluster: Cluster, report: Report): void {
  const [first, ...others] = cluster.policies.networkPolicies
  if (!first) return
  if (policiesOf(cluster)?.engine.apis.includes('NetworkPolicy')) {
    reportLeftOut(cluster, report)
    return
  }
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

/** Policies of which an engine that enforces others applies nothing. */
function reportLeftOut(cluster: Cluster, report: Report): void {
  const { policy } = cniOf(cluster)
  for (const { ref, why, at, fix } of policy?.leavesOut?.(cluster) ?? []) {
    report(
      'policy-not-enforced',
      `${ref.kind} ${ref.namespace}/${ref.name}: accepted, not enforced; ${policy?.engine.name} ${why}`,
      { object: ref, ...(at && { at }), fix },
    )
  }
}
