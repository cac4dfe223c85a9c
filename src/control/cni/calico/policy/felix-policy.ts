import type { Cluster } from '../../../../model/cluster.ts'
import type { LabelExpression } from '../../../../policy/label-expression.ts'
import { labelExpressionOf } from '../selector.ts'
import type { ApiPolicy } from './api-policy.ts'
import { fromCalicoPolicy, fromGlobalPolicy } from './from-calico-policy.ts'
import { fromClusterPolicies } from './from-cluster-policy.ts'
import { fromNetworkPolicy } from './from-network-policy.ts'
import type { ParsedRule } from './parsed-rule.ts'
import { parseRule } from './parsed-rule.ts'
import { tiersOfCluster } from './tier.ts'

/** A policy as Felix works with it. */
export interface FelixPolicy extends ApiPolicy {
  /** Its name in Felix before 3.32: `shop/knp.default.web`. */
  readonly key: string
  /** Whom it is about. */
  readonly subject: LabelExpression
  /** No for those that guard interfaces of nodes before connections are tracked, or before translation. */
  readonly isForPods: boolean
  readonly inbound: readonly ParsedRule[]
  readonly outbound: readonly ParsedRule[]
}

/** A tier and its policies in their order. */
export interface FelixTier {
  readonly name: string
  /** What becomes of a packet that a policy of the tier could be about, and none of them decides. */
  readonly otherwise: 'deny' | 'pass'
  readonly policies: readonly FelixPolicy[]
}

/** Since this release a policy's own name comes before its namespace where orders are the same. */
const nameFirst = 32

const known = new WeakMap<Cluster, Map<number, readonly FelixTier[]>>()

/** The cluster's policies, tier by tier, as Felix of this release puts them in order; worked out once. */
export function felixTiers(cluster: Cluster, release: number): readonly FelixTier[] {
  const releases = known.get(cluster) ?? new Map<number, readonly FelixTier[]>()
  known.set(cluster, releases)
  const made = releases.get(release) ?? readTiers(cluster, release)
  releases.set(release, made)
  return made
}

function readTiers(cluster: Cluster, release: number): readonly FelixTier[] {
  const { networkPolicies, calico } = cluster.policies
  const all = [
    ...networkPolicies.map(fromNetworkPolicy),
    ...fromClusterPolicies(cluster, release),
    ...calico.networkPolicies.map(fromCalicoPolicy),
    ...calico.globalNetworkPolicies.map(fromGlobalPolicy),
  ].map((policy) => felixPolicy(policy, release))
  return tiersOfCluster(calico.tiers, release).map(({ name, otherwise }) => ({
    name,
    otherwise,
    policies: inOrder(
      all.filter(({ tier }) => tier === name),
      release,
    ),
  }))
}

function felixPolicy(policy: ApiPolicy, release: number): FelixPolicy {
  const { namespace, storedName, selector, ingress, egress, doNotTrack, preDnat } = policy
  return {
    ...policy,
    key: namespace === undefined ? storedName : `${namespace}/${storedName}`,
    subject: labelExpressionOf(selector),
    isForPods: !doNotTrack && !preDnat,
    inbound: ingress.map((rule) => parseRule(rule, release)),
    outbound: egress.map((rule) => parseRule(rule, release)),
  }
}

/** By their order, and where that is the same by their names. Mirrors PolKVLess of felix/calc. */
function inOrder(policies: readonly FelixPolicy[], release: number): readonly FelixPolicy[] {
  const nameOf = ({ name, namespace = '', kind, key }: FelixPolicy) =>
    release >= nameFirst ? `${name}/${namespace}/${kind}` : key
  return policies
    .map((policy) => ({ policy, order: policy.order ?? Number.POSITIVE_INFINITY, name: nameOf(policy) }))
    .toSorted((a, b) => (a.order === b.order ? byText(a.name, b.name) : a.order - b.order))
    .map(({ policy }) => policy)
}

function byText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
