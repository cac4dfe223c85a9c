import type {
  CalicoNetworkPolicy,
  CalicoTier,
  GlobalNetworkPolicy,
  HostEndpoint,
  NetworkSet,
} from './calico-policy-objects.ts'
import type { CiliumPolicyObjects } from './cilium-policy-objects.ts'
import type {
  AdminNetworkPolicy,
  BaselineAdminNetworkPolicy,
  ClusterNetworkPolicy,
} from './cluster-policy-objects.ts'
import type { LabelSelector, Located, Typed } from './objects.ts'

/** networking.k8s.io/v1. */
export interface NetworkPolicy extends Typed {
  readonly spec?: {
    readonly podSelector?: LabelSelector
    /** `Ingress`, `Egress`. */
    readonly policyTypes?: readonly string[]
    readonly ingress?: readonly NetworkPolicyIngressRule[]
    readonly egress?: readonly NetworkPolicyEgressRule[]
  }
}

export interface NetworkPolicyIngressRule {
  readonly from?: readonly NetworkPolicyPeer[]
  readonly ports?: readonly NetworkPolicyPort[]
}

export interface NetworkPolicyEgressRule {
  readonly to?: readonly NetworkPolicyPeer[]
  readonly ports?: readonly NetworkPolicyPort[]
}

export interface NetworkPolicyPeer {
  readonly podSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
  readonly ipBlock?: { readonly cidr?: string; readonly except?: readonly string[] }
}

export interface NetworkPolicyPort {
  readonly protocol?: string
  readonly port?: number | string
  readonly endPort?: number
}

export type ServiceAccount = Typed

/** Calico's own, and what they refer to. */
export interface CalicoPolicyObjects {
  readonly networkPolicies: readonly Located<CalicoNetworkPolicy>[]
  readonly globalNetworkPolicies: readonly Located<GlobalNetworkPolicy>[]
  readonly networkSets: readonly Located<NetworkSet>[]
  readonly globalNetworkSets: readonly Located<NetworkSet>[]
  readonly hostEndpoints: readonly Located<HostEndpoint>[]
  readonly tiers: readonly Located<CalicoTier>[]
}

/** The policies of the input, and what they refer to. */
export interface PolicyObjects extends CiliumPolicyObjects {
  readonly adminNetworkPolicies: readonly Located<AdminNetworkPolicy>[]
  readonly baselineAdminNetworkPolicies: readonly Located<BaselineAdminNetworkPolicy>[]
  readonly calico: CalicoPolicyObjects
  readonly clusterNetworkPolicies: readonly Located<ClusterNetworkPolicy>[]
  readonly networkPolicies: readonly Located<NetworkPolicy>[]
  readonly serviceAccounts: readonly Located<ServiceAccount>[]
}
