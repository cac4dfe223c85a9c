import { byText } from '../../base/ordering.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { PolicyEngine } from '../../policy/engine.ts'
import type { Policy, Tier } from '../../policy/policy.ts'
import { adminNetworkPolicyOf } from './admin-network-policy.ts'
import { baselineAdminNetworkPolicyOf } from './baseline-admin-network-policy.ts'
import { clusterNetworkPolicyOf } from './cluster-network-policy.ts'
import { networkPolicyOf } from './network-policy.ts'

/**
 * The tiers of upstream Kubernetes, as far as the engine enforces them: Admin, then NetworkPolicies, then Baseline
 * (KEP-2091 and NPEP-285). In a tier the lower priority comes first; of equal ones, for which the API leaves it open, the one whose
 * name does. Engines with policies of their own put them together in their own files.
 */
export function upstreamTiers(cluster: Cluster, engine: PolicyEngine): readonly Tier[] {
  const { networkPolicies } = cluster.policies
  const isEnforced = ({ api }: Pick<Policy, 'api'>) => engine.apis.includes(api)
  return [
    { name: 'Admin', policies: adminPolicies(cluster).filter(isEnforced), otherwise: 'pass' },
    {
      name: 'NetworkPolicy',
      policies: networkPolicies.map(networkPolicyOf).filter(isEnforced),
      otherwise: 'deny',
    },
    { name: 'Baseline', policies: baselinePolicies(cluster).filter(isEnforced), otherwise: 'pass' },
  ]
}

function adminPolicies(cluster: Cluster): readonly Policy[] {
  const { adminNetworkPolicies } = cluster.policies
  const admin = adminNetworkPolicies.map((located) => ({
    priority: located.object.spec?.priority ?? 0,
    policy: adminNetworkPolicyOf(cluster, located),
  }))
  return inOrder([...clusterPoliciesOf(cluster, 'Admin'), ...admin])
}

/** A BaselineAdminNetworkPolicy has no priority: it comes after those that have. */
function baselinePolicies(cluster: Cluster): readonly Policy[] {
  const { baselineAdminNetworkPolicies } = cluster.policies
  const baseline = baselineAdminNetworkPolicies.map((located) =>
    baselineAdminNetworkPolicyOf(cluster, located),
  )
  return [...inOrder(clusterPoliciesOf(cluster, 'Baseline')), ...baseline]
}

interface Ranked {
  readonly priority: number
  readonly policy: Policy
}

function clusterPoliciesOf(cluster: Cluster, tier: 'Admin' | 'Baseline'): readonly Ranked[] {
  return cluster.policies.clusterNetworkPolicies.flatMap((located) => {
    const { spec = {} } = located.object
    if (spec.tier !== tier) return []
    return [{ priority: spec.priority ?? 0, policy: clusterNetworkPolicyOf(cluster, located) }]
  })
}

function inOrder(ranked: readonly Ranked[]): readonly Policy[] {
  return ranked
    .toSorted((a, b) => a.priority - b.priority || byText(a.policy.ref.name, b.policy.ref.name))
    .map(({ policy }) => policy)
}
