import type { Cidr } from '../base/ip.ts'
import type { ObjectRef, SourceLocation } from '../base/source.ts'
import type { LabelExpression } from './label-expression.ts'

/** From an endpoint's point of view: connections to it, and from it. */
export type Direction = 'ingress' | 'egress'

/** A place within an object. */
export type Path = readonly (string | number)[]

/** The kinds of policies, by the group that they belong to where two have one name. */
export type PolicyApi =
  | 'NetworkPolicy'
  | 'ClusterNetworkPolicy'
  | 'AdminNetworkPolicy'
  | 'BaselineAdminNetworkPolicy'
  | 'CalicoNetworkPolicy'
  | 'GlobalNetworkPolicy'
  | 'CiliumNetworkPolicy'
  | 'CiliumClusterwideNetworkPolicy'

/**
 * All policies of a cluster in the order in which they are asked: tier by tier, and in a tier policy by policy. This is
 * what every API comes to; what it is made from is in src/control/policy, one file an API.
 */
export interface PolicySet {
  readonly tiers: readonly Tier[]
}

/** Policies that are asked together. */
export interface Tier {
  readonly name: string
  readonly policies: readonly Policy[]
  /**
   * What becomes of a packet of which no rule says anything, at an endpoint that a policy of this tier selects for its
   * direction: NetworkPolicies isolate, cluster-wide tiers of upstream Kubernetes do not.
   */
  readonly otherwise: 'deny' | 'pass'
  /** Rules that deny come before all others, wherever they stand (Cilium). */
  readonly denyFirst?: true
}

/** One policy. */
export interface Policy {
  readonly api: PolicyApi
  readonly ref: ObjectRef
  /** Whom it is about. */
  readonly subject: EndpointSelector
  /** In order; absent if it says nothing of that direction; empty if it selects and has no rule. */
  readonly ingress?: readonly PolicyRule[]
  readonly egress?: readonly PolicyRule[]
  /** Directions in which it has rules and does not isolate: what none matches is as if it were not there. */
  readonly passive?: readonly Direction[]
  /** Where a part of it stands; the object itself, for what was filled in. */
  locate(path: Path): SourceLocation | undefined
}

/** What happens to a packet that a rule matches. `pass` asks the next tier, `log` the next rule. */
export type RuleAction = 'allow' | 'deny' | 'pass' | 'log'

/** One rule. It matches if all that is stated holds. */
export interface PolicyRule {
  readonly action: RuleAction
  /** Where it stands in its policy. */
  readonly path: Path
  readonly name?: string
  /** The other end is one of these; anybody, if left out; nobody, if empty. */
  readonly peers?: readonly Peer[]
  /** What its own end must be, beside the policy's subject. */
  readonly self?: Peer
  /** The destination port is one of these; any protocol and port, if left out. */
  readonly ports?: readonly PortMatch[]
  readonly notPorts?: readonly PortMatch[]
  readonly sourcePorts?: readonly PortMatch[]
  readonly notSourcePorts?: readonly PortMatch[]
  /** IANA numbers; any, if left out. */
  readonly protocol?: { readonly number: number; readonly inverted: boolean }
  readonly icmp?: { readonly type: number; readonly code?: number; readonly inverted: boolean }
  readonly family?: 4 | 6
  /** Conditions that are not modelled, in words: whether the rule matches is not known where all else does. */
  readonly unmodelled?: readonly string[]
  /** What a proxy judges of the requests in these packets, in words; the packets themselves pass. */
  readonly proxied?: readonly string[]
}

/** One alternative of a rule's `from` or `to`. It matches if all that is stated holds. */
export interface Peer {
  readonly path: Path
  readonly endpoints?: EndpointSelector
  readonly notEndpoints?: EndpointSelector
  /** The address is in one of these blocks. */
  readonly blocks?: readonly IpBlock[]
  readonly notBlocks?: readonly IpBlock[]
  /** Cilium's names for whole groups: the node itself, other nodes, what is outside. */
  readonly entities?: readonly Entity[]
  readonly notEntities?: readonly Entity[]
}

/**
 * A group of Cilium's: the node itself, other nodes, what is outside. Nobody is in those of endpoints that the cluster
 * does not have: health endpoints, pods that have no labels yet, Cilium's own ingress, pods that it does not manage.
 */
export type Entity =
  | 'all'
  | 'cluster'
  | 'host'
  | 'remote-node'
  | 'kube-apiserver'
  | 'world'
  | 'world-ipv4'
  | 'world-ipv6'
  | 'health'
  | 'init'
  | 'ingress'
  | 'unmanaged'
  | 'none'

/** A block of addresses without some of its parts. */
export interface IpBlock {
  readonly cidr: Cidr
  readonly except: readonly Cidr[]
  readonly path: Path
}

/** Endpoints by where they are and what they are labelled with. */
export interface EndpointSelector {
  /** Which endpoints it can select at all; pods, if left out. */
  readonly types?: readonly ('pod' | 'node' | 'host-interface')[]
  /** One namespace by its name, or those whose labels fulfil a condition; every one, if left out. */
  readonly namespace?: string | LabelExpression
  readonly labels: LabelExpression
  readonly serviceAccounts?: {
    readonly names?: readonly string[]
    readonly exceptNames?: readonly string[]
    readonly labels?: LabelExpression
  }
  /** Where the conditions stand. */
  readonly namespacePath?: Path
  readonly labelsPath?: Path
}

/** A destination port, or several. */
export interface PortMatch {
  readonly path: Path
  /** IANA number; any, if left out. */
  readonly protocol?: number
  /** All ports of the protocol, if neither this nor a name is there. */
  readonly port?: number
  /** The last of a range that begins with `port`, inclusive. */
  readonly endPort?: number
  /** A port of the destination by its name there; one without a port of this name and protocol is not matched. */
  readonly name?: string
}
