import type { CalicoSelector } from '../../../../base/calico-selector.ts'
import type { Cidr } from '../../../../base/ip.ts'
import type { ObjectRef, SourceLocation } from '../../../../base/source.ts'
import type { Path, Policy, RuleAction } from '../../../../policy/policy.ts'

/** The kinds that Felix tells apart, as libcalico-go names them since 3.32. */
export type CalicoPolicyKind =
  | 'KubernetesNetworkPolicy'
  | 'KubernetesClusterNetworkPolicy'
  | 'NetworkPolicy'
  | 'GlobalNetworkPolicy'

/** A policy in Calico's own data model (projectcalico.org/v3), which policies of other kinds are turned into. */
export interface ApiPolicy {
  readonly kind: CalicoPolicyKind
  readonly ref: ObjectRef
  readonly namespace?: string
  /** As the datastore names it before 3.32, when a name told the tier and the kind: `knp.default.web`, `default.web`. */
  readonly storedName: string
  readonly name: string
  readonly tier: string
  /** The last ones, if left out. */
  readonly order?: number
  /** The endpoints that it is about, its namespace among the conditions. */
  readonly selector: CalicoSelector
  readonly types: { readonly ingress: boolean; readonly egress: boolean }
  readonly ingress: readonly ApiRule[]
  readonly egress: readonly ApiRule[]
  readonly doNotTrack?: boolean
  readonly preDnat?: boolean
  readonly applyOnForward?: boolean
  /** What the policy means, where its own API says that better than what Calico makes of it. */
  readonly canonical?: Policy
  locate(path: Path): SourceLocation | undefined
}

/** One rule of such a policy. */
export interface ApiRule {
  readonly action: RuleAction
  /** Where it, or the part that it was made from, stands in its object. */
  readonly path: Path
  readonly family?: 4 | 6
  readonly protocol?: Protocol
  readonly notProtocol?: Protocol
  readonly icmp?: IcmpMatch
  readonly notIcmp?: IcmpMatch
  readonly source: EntityRule
  readonly destination: EntityRule
  /** It asks what the requests are, which iptables cannot. */
  readonly http?: boolean
  /** Words that Felix puts beside the rule as comments. */
  readonly annotations?: Readonly<Record<string, string>>
}

/** A protocol by its name in small letters, or by its number. */
export type Protocol = string | number

export interface IcmpMatch {
  readonly type?: number
  readonly code?: number
}

/** What is asked of one end of a packet; absent or empty lists ask nothing. */
export interface EntityRule {
  readonly nets?: readonly Cidr[]
  readonly notNets?: readonly Cidr[]
  /** All that is asked of the endpoint there: its labels, its namespace and its service account. */
  readonly selector?: CalicoSelector
  readonly notSelector?: CalicoSelector
  readonly ports?: readonly ApiPort[]
  readonly notPorts?: readonly ApiPort[]
  readonly service?: { readonly namespace: string; readonly name: string }
}

/** A port, a range of them with both ends, or a name that each endpoint has a number for. */
export type ApiPort = { readonly first: number; readonly last: number } | { readonly name: string }

/** Nothing is asked of this end. */
export const anybody: EntityRule = {}
