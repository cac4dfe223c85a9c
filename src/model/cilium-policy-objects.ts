import type { LabelSelector, Located, Typed } from './objects.ts'

/** CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy, cilium.io/v2: one rule, several, or both. */
export interface CiliumPolicy extends Typed {
  readonly spec?: CiliumRule
  readonly specs?: readonly CiliumRule[]
}

/** `Rule` of pkg/policy/api. Lists of one direction mean nothing where they are empty. */
export interface CiliumRule {
  readonly endpointSelector?: LabelSelector
  /** Nodes, in the place of endpoints; of clusterwide policies alone. */
  readonly nodeSelector?: LabelSelector
  readonly ingress?: readonly CiliumIngressRule[]
  readonly ingressDeny?: readonly CiliumIngressRule[]
  readonly egress?: readonly CiliumEgressRule[]
  readonly egressDeny?: readonly CiliumEgressRule[]
  readonly enableDefaultDeny?: { readonly ingress?: boolean; readonly egress?: boolean }
}

/** What both directions have. */
interface CiliumCommonRule {
  readonly toPorts?: readonly CiliumPortRule[]
  readonly icmps?: readonly CiliumIcmpRule[]
  readonly authentication?: { readonly mode?: string }
}

export interface CiliumIngressRule extends CiliumCommonRule {
  readonly fromEndpoints?: readonly LabelSelector[]
  readonly fromCIDR?: readonly string[]
  readonly fromCIDRSet?: readonly CiliumCidrRule[]
  readonly fromEntities?: readonly string[]
  readonly fromNodes?: readonly LabelSelector[]
  readonly fromGroups?: readonly unknown[]
  readonly fromRequires?: readonly unknown[]
}

export interface CiliumEgressRule extends CiliumCommonRule {
  readonly toEndpoints?: readonly LabelSelector[]
  readonly toCIDR?: readonly string[]
  readonly toCIDRSet?: readonly CiliumCidrRule[]
  readonly toEntities?: readonly string[]
  readonly toNodes?: readonly LabelSelector[]
  readonly toServices?: readonly CiliumServiceRef[]
  readonly toFQDNs?: readonly CiliumNameSelector[]
  readonly toGroups?: readonly unknown[]
  readonly toRequires?: readonly unknown[]
}

/** Exactly one of `cidr`, `cidrGroupRef` and `cidrGroupSelector`. */
export interface CiliumCidrRule {
  readonly cidr?: string
  readonly cidrGroupRef?: string
  readonly cidrGroupSelector?: LabelSelector
  readonly except?: readonly string[]
}

/** A Service by its name, or those with certain labels. */
export interface CiliumServiceRef {
  readonly k8sService?: { readonly serviceName?: string; readonly namespace?: string }
  readonly k8sServiceSelector?: { readonly selector?: LabelSelector; readonly namespace?: string }
}

export interface CiliumNameSelector {
  readonly matchName?: string
  readonly matchPattern?: string
}

export interface CiliumPortRule {
  readonly ports?: readonly CiliumPort[]
  /** What the proxy lets pass of what comes to these ports. */
  readonly rules?: {
    readonly http?: readonly unknown[]
    readonly dns?: readonly CiliumNameSelector[]
    readonly kafka?: readonly unknown[]
    readonly l7proto?: string
    readonly l7?: readonly unknown[]
  }
  readonly serverNames?: readonly string[]
  readonly listener?: unknown
}

export interface CiliumPort {
  /** A number, or a name; `0` is every port. */
  readonly port?: string
  readonly endPort?: number
  /** `TCP`, `UDP`, `SCTP`; `ANY`, if left out. */
  readonly protocol?: string
}

export interface CiliumIcmpRule {
  readonly fields?: readonly CiliumIcmpField[]
}

export interface CiliumIcmpField {
  /** `IPv4`, if left out. */
  readonly family?: string
  /** A number or a name: 8, `EchoRequest`. */
  readonly type?: number | string
}

/** Blocks that policies name: CiliumCIDRGroup, cilium.io/v2 and v2alpha1. */
export interface CiliumCidrGroup extends Typed {
  readonly spec?: { readonly externalCIDRs?: readonly string[] }
}

/** What Cilium's policies are made from. */
export interface CiliumPolicyObjects {
  readonly ciliumNetworkPolicies: readonly Located<CiliumPolicy>[]
  readonly ciliumClusterwideNetworkPolicies: readonly Located<CiliumPolicy>[]
  readonly ciliumCidrGroups: readonly Located<CiliumCidrGroup>[]
}

/** Types of ICMP messages by the names that policies have for them. Mirrors the tables of pkg/policy/api/icmp.go. */
export const ciliumIcmpTypes: Readonly<Record<'IPv4' | 'IPv6', Readonly<Record<string, number>>>> = {
  IPv4: {
    EchoReply: 0,
    DestinationUnreachable: 3,
    Redirect: 5,
    Echo: 8,
    EchoRequest: 8,
    RouterAdvertisement: 9,
    RouterSelection: 10,
    TimeExceeded: 11,
    ParameterProblem: 12,
    Timestamp: 13,
    TimestampReply: 14,
    Photuris: 40,
    ExtendedEchoRequest: 42,
    ExtendedEchoReply: 43,
  },
  IPv6: {
    DestinationUnreachable: 1,
    PacketTooBig: 2,
    TimeExceeded: 3,
    ParameterProblem: 4,
    EchoRequest: 128,
    EchoReply: 129,
    MulticastListenerQuery: 130,
    MulticastListenerReport: 131,
    MulticastListenerDone: 132,
    RouterSolicitation: 133,
    RouterAdvertisement: 134,
    NeighborSolicitation: 135,
    NeighborAdvertisement: 136,
    RedirectMessage: 137,
    RouterRenumbering: 138,
    ICMPNodeInformationQuery: 139,
    ICMPNodeInformationResponse: 140,
    InverseNeighborDiscoverySolicitation: 141,
    InverseNeighborDiscoveryAdvertisement: 142,
    HomeAgentAddressDiscoveryRequest: 144,
    HomeAgentAddressDiscoveryReply: 145,
    MobilePrefixSolicitation: 146,
    MobilePrefixAdvertisement: 147,
    DuplicateAddressRequestCodeSuffix: 157,
    DuplicateAddressConfirmationCodeSuffix: 158,
    ExtendedEchoRequest: 160,
    ExtendedEchoReply: 161,
  },
}
