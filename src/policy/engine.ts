import type { Direction, PolicyApi, PolicyRule } from './policy.ts'

/**
 * What enforces policies in a cluster, and what the specification leaves to it. Each network plugin names its own in
 * its file; where and when packets are judged is in the rules and filters that it makes.
 */
export interface PolicyEngine {
  /** `Felix`, `kube-network-policies`. */
  readonly name: string
  /** The kinds that it enforces. Policies of others are accepted by the API server and have no effect. */
  readonly apis: readonly PolicyApi[]
  /** What becomes of a packet that is not allowed: silence, or an ICMP error. */
  readonly refusal: 'drop' | 'reject'
  /** Blocks match addresses of pods and nodes too. No for Cilium, which knows those by their identity alone, or those of nodes. */
  readonly blocksMatchEndpoints: boolean | 'nodes'
  /** Rules with named ports work. Without, they match nothing. */
  readonly namedPorts: boolean
  /** `endPort` counts. Without, the first port of the range stands alone. */
  readonly endPorts: boolean
  /** What it lets pass in a direction before it asks any policy: the endpoint's own node, ICMP that networks need. */
  readonly exempt?: Readonly<Partial<Record<Direction, readonly PolicyRule[]>>>
  /**
   * `either`: what an endpoint sends to itself by way of a Service passes if it may in one of the two directions.
   * Otherwise it must in both.
   */
  readonly toItself?: 'either'
  /** An isolated endpoint takes what its own node sends, unless a rule denies that. What does not ask then is not told. */
  readonly ownNodePasses?: true
  /**
   * Whether the policies of one end are asked can hang on those of the other: kube-router accepts what one of a pod's chains
   * has marked. Then nothing follows from walks with other policies.
   */
  readonly asksEndsTogether?: boolean
}

/** An engine that does what the specification of NetworkPolicy says where it says something, and else what most do. */
export const plainEngine: PolicyEngine = {
  name: 'policy engine',
  apis: ['NetworkPolicy', 'ClusterNetworkPolicy', 'AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'],
  refusal: 'drop',
  blocksMatchEndpoints: true,
  namedPorts: true,
  endPorts: true,
}
