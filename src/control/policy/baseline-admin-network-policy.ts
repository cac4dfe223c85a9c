import type { Cluster } from '../../model/cluster.ts'
import type { BaselineAdminNetworkPolicy } from '../../model/cluster-policy-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { Policy } from '../../policy/policy.ts'
import { adminRules } from './admin-network-policy.ts'
import { clusterSubject } from './cluster-policy.ts'

/** The BaselineAdminNetworkPolicy (policy.networking.k8s.io/v1alpha1) as engines evaluate it. */
export function baselineAdminNetworkPolicyOf(
  cluster: Cluster,
  { object, ref, locate }: Located<BaselineAdminNetworkPolicy>,
): Policy {
  const { subject, ...rules } = object.spec ?? {}
  return {
    api: 'BaselineAdminNetworkPolicy',
    ref,
    subject: clusterSubject(subject),
    ...adminRules(cluster, rules),
    locate,
  }
}
