import type { Cluster } from '../../model/cluster.ts'
import { cniOf } from '../cni/registry.ts'
import type { EnforcedPolicies } from './policy-set.ts'
import { enforcesPolicies, policiesUnder } from './policy-set.ts'

/** The cluster's policies as its network plugin enforces them; `undefined` where nothing does. */
export function policiesOf(cluster: Cluster): EnforcedPolicies | undefined {
  const { policy } = cniOf(cluster)
  return policy && enforcesPolicies(cluster) ? policiesUnder(cluster, policy) : undefined
}
