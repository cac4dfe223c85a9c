import type { LabelSelector, Typed } from './objects.ts'

/** Pods by their labels and those of their namespaces; a selector that is left out takes all. */
export interface NamespacedPods {
  readonly namespaceSelector?: LabelSelector
  readonly podSelector?: LabelSelector
}

/** Whom a cluster-wide policy is about: one of the two. */
export interface ClusterPolicySubject {
  readonly namespaces?: LabelSelector
  readonly pods?: NamespacedPods
}

/** The other end: one of the fields. Those below `pods` are for egress alone. */
export interface ClusterPolicyPeer extends ClusterPolicySubject {
  /** Blocks such as `10.0.0.0/8`. */
  readonly networks?: readonly string[]
  readonly nodes?: LabelSelector
  /** `example.com`, `*.example.com`. */
  readonly domainNames?: readonly string[]
}

/** What the rules of all cluster-wide policies have. */
export interface ClusterPolicyRule {
  readonly name?: string
  readonly action?: string
  /** For ingress. */
  readonly from?: readonly ClusterPolicyPeer[]
  /** For egress. */
  readonly to?: readonly ClusterPolicyPeer[]
}

/** policy.networking.k8s.io/v1alpha2. */
export interface ClusterNetworkPolicy extends Typed {
  readonly spec?: {
    /** `Admin` or `Baseline`. */
    readonly tier?: string
    /** 0 to 1000; the lower, the earlier. */
    readonly priority?: number
    readonly subject?: ClusterPolicySubject
    readonly ingress?: readonly ClusterNetworkPolicyRule[]
    readonly egress?: readonly ClusterNetworkPolicyRule[]
  }
}

export interface ClusterNetworkPolicyRule extends ClusterPolicyRule {
  readonly protocols?: readonly ClusterNetworkPolicyProtocol[]
}

/** One of the fields. */
export interface ClusterNetworkPolicyProtocol {
  readonly tcp?: ProtocolMatch
  readonly udp?: ProtocolMatch
  readonly sctp?: ProtocolMatch
  readonly destinationNamedPort?: string
}

export interface ProtocolMatch {
  readonly destinationPort?: DestinationPort
}

/** One of the two. */
export interface DestinationPort {
  readonly number?: number
  readonly range?: { readonly start?: number; readonly end?: number }
}

/** policy.networking.k8s.io/v1alpha1. */
export interface AdminNetworkPolicy extends Typed {
  readonly spec?: {
    /** 0 to 1000; the lower, the earlier. */
    readonly priority?: number
    readonly subject?: ClusterPolicySubject
    readonly ingress?: readonly AdminNetworkPolicyRule[]
    readonly egress?: readonly AdminNetworkPolicyRule[]
  }
}

export interface AdminNetworkPolicyRule extends ClusterPolicyRule {
  readonly ports?: readonly AdminNetworkPolicyPort[]
}

/** One of the fields. */
export interface AdminNetworkPolicyPort {
  readonly portNumber?: { readonly protocol?: string; readonly port?: number }
  readonly portRange?: { readonly protocol?: string; readonly start?: number; readonly end?: number }
  readonly namedPort?: string
}

/** policy.networking.k8s.io/v1alpha1; a cluster has one, and it is called `default`. */
export interface BaselineAdminNetworkPolicy extends Typed {
  readonly spec?: {
    readonly subject?: ClusterPolicySubject
    readonly ingress?: readonly AdminNetworkPolicyRule[]
    readonly egress?: readonly AdminNetworkPolicyRule[]
  }
}
