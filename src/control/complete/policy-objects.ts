import type { ObjectsByKind } from '../../model/kinds.ts'
import type { PolicyObjects } from '../../model/policy-objects.ts'

/** The policies of the input, and what they refer to. */
export function policyObjects(objects: ObjectsByKind): PolicyObjects {
  return {
    adminNetworkPolicies: objects.AdminNetworkPolicy,
    baselineAdminNetworkPolicies: objects.BaselineAdminNetworkPolicy,
    calico: {
      networkPolicies: objects.CalicoNetworkPolicy,
      globalNetworkPolicies: objects.GlobalNetworkPolicy,
      networkSets: objects.NetworkSet,
      globalNetworkSets: objects.GlobalNetworkSet,
      hostEndpoints: objects.HostEndpoint,
      tiers: objects.Tier,
    },
    clusterNetworkPolicies: objects.ClusterNetworkPolicy,
    ciliumCidrGroups: objects.CiliumCIDRGroup,
    ciliumClusterwideNetworkPolicies: objects.CiliumClusterwideNetworkPolicy,
    ciliumNetworkPolicies: objects.CiliumNetworkPolicy,
    networkPolicies: objects.NetworkPolicy,
    serviceAccounts: objects.ServiceAccount,
  }
}
