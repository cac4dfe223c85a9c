import type { Report } from '../../../base/diagnostic.ts'
import type { Cluster } from '../../../model/cluster.ts'
import { rulesOf } from '../../../policy/decide.ts'
import type { Direction, Policy, PolicyRule, Tier } from '../../../policy/policy.ts'
import type { EnforcedPolicies } from '../policy-set.ts'

/** What every part of the audit works with. */
export interface Audit {
  readonly cluster: Cluster
  readonly policies: EnforcedPolicies
  readonly report: Report
}

/** One rule, and where it stands. */
export interface PlacedRule {
  readonly tier: Tier
  readonly policy: Policy
  readonly direction: Direction
  readonly rule: PolicyRule
}

/** Every rule of every policy, in the order in which they are asked. */
export function allRules({ set }: EnforcedPolicies): readonly PlacedRule[] {
  return set.tiers.flatMap((tier) => tier.policies.flatMap((policy) => rulesIn(tier, policy)))
}

function rulesIn(tier: Tier, policy: Policy): readonly PlacedRule[] {
  return (['ingress', 'egress'] as const).flatMap((direction) =>
    (rulesOf(policy, direction) ?? []).map((rule) => ({ tier, policy, direction, rule })),
  )
}

/** `NetworkPolicy shop/web`. */
export function policyName({ ref }: Policy): string {
  return `${ref.kind} ${ref.namespace === undefined ? '' : `${ref.namespace}/`}${ref.name}`
}

/** `ingress[0]`, as it stands in the policy. */
export function ruleName({ rule }: Pick<PlacedRule, 'rule'>): string {
  const path = rule.path.filter((part) => part !== 'spec')
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${part}`))
    .join('')
}

/** What a report says of a place in a policy. */
export function placeIn(policy: Policy, path: readonly (string | number)[]) {
  const at = policy.locate(path)
  return { object: policy.ref, ...(at && { at }) }
}
