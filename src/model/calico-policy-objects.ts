import type { Typed } from './objects.ts'

/** projectcalico.org/v3 NetworkPolicy: that of Calico, not of Kubernetes. */
export interface CalicoNetworkPolicy extends Typed {
  readonly spec?: CalicoPolicySpec
}

export interface GlobalNetworkPolicy extends Typed {
  readonly spec?: CalicoPolicySpec & {
    /** Namespaces whose pods it is about. */
    readonly namespaceSelector?: string
    /** Host endpoints alone: before connections are tracked, before destinations are translated, for what is forwarded. */
    readonly doNotTrack?: boolean
    readonly preDNAT?: boolean
    readonly applyOnForward?: boolean
  }
}

export interface CalicoPolicySpec {
  readonly tier?: string
  /** Lower numbers first; without one, last. */
  readonly order?: number
  readonly selector?: string
  readonly serviceAccountSelector?: string
  /** `Ingress`, `Egress`. */
  readonly types?: readonly string[]
  readonly ingress?: readonly CalicoRule[]
  readonly egress?: readonly CalicoRule[]
}

export interface CalicoRule {
  /** `Allow`, `Deny`, `Log`, `Pass`. */
  readonly action?: string
  readonly ipVersion?: number
  readonly protocol?: number | string
  readonly notProtocol?: number | string
  readonly icmp?: CalicoIcmp
  readonly notICMP?: CalicoIcmp
  readonly source?: CalicoEntityRule
  readonly destination?: CalicoEntityRule
  readonly http?: unknown
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> }
}

export interface CalicoIcmp {
  readonly type?: number
  readonly code?: number
}

export interface CalicoEntityRule {
  readonly nets?: readonly string[]
  readonly notNets?: readonly string[]
  readonly selector?: string
  readonly notSelector?: string
  readonly namespaceSelector?: string
  /** Numbers, ranges (`80:90`), names. */
  readonly ports?: readonly (number | string)[]
  readonly notPorts?: readonly (number | string)[]
  readonly serviceAccounts?: { readonly names?: readonly string[]; readonly selector?: string }
  readonly services?: { readonly name?: string; readonly namespace?: string }
}

/** Addresses with labels, which selectors of peers select as they do pods. */
export interface NetworkSet extends Typed {
  readonly spec?: { readonly nets?: readonly string[] }
}

/** An interface of a node, or all of them, that policies guard. */
export interface HostEndpoint extends Typed {
  readonly spec?: {
    readonly node?: string
    /** `*` for all of the node's. */
    readonly interfaceName?: string
    readonly expectedIPs?: readonly string[]
    readonly profiles?: readonly string[]
  }
}

/** Policies that are asked together, before those of later tiers. */
export interface CalicoTier extends Typed {
  readonly spec?: {
    readonly order?: number
    /** `Deny` or `Pass`. */
    readonly defaultAction?: string
  }
}

/** A policy that is prepared and has no effect. */
export interface StagedPolicy extends Typed {
  readonly spec?: unknown
}
