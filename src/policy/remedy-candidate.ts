import type { ObjectRef } from '../base/source.ts'
import type { YamlValue } from '../base/yaml-text.ts'
import type { Decision } from './decide.ts'
import { rulesOf } from './decide.ts'
import type { PolicyEngine } from './engine.ts'
import type { PolicyFlow } from './match.ts'
import type { Path, Policy, PolicyRule, Tier } from './policy.ts'

/** The smallest thing to add that lets the packet pass these policies: what, where, and the value as data. */
export interface Remedy {
  /** A port of a rule, a peer of a rule, a label of the other end or of its namespace, a rule. */
  readonly type: 'port' | 'peer' | 'label' | 'rule'
  readonly object: ObjectRef
  /** Where: as in a JSON patch, a last `-` stands for the end of a list. */
  readonly path: Path
  readonly value: YamlValue
}

/** Something that may mend it, and how the policies and the packet would look with it. */
export interface Candidate {
  readonly remedy: Remedy
  readonly tiers: readonly Tier[]
  readonly flow: PolicyFlow
}

/** A packet that was denied, and by what. */
export interface Denied {
  readonly decision: Decision
  readonly flow: PolicyFlow
  readonly engine: PolicyEngine
  /** All policies, whomever they are about. */
  readonly tiers: readonly Tier[]
}

/** The tiers with one policy in another's place. */
export function withPolicy(tiers: readonly Tier[], old: Policy, changed: Policy): readonly Tier[] {
  return tiers.map((tier) =>
    tier.policies.includes(old)
      ? { ...tier, policies: tier.policies.map((one) => (one === old ? changed : one)) }
      : tier,
  )
}

/** The policy with other rules in one direction. */
export function withRules(
  policy: Policy,
  { direction }: PolicyFlow,
  change: (rules: readonly PolicyRule[]) => readonly PolicyRule[],
): Policy {
  const rules = change(rulesOf(policy, direction) ?? [])
  return direction === 'ingress' ? { ...policy, ingress: rules } : { ...policy, egress: rules }
}
