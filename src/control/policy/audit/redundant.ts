import { ruleWithin, selectorWithin } from '../../../policy/cover.ts'
import { rulesOf } from '../../../policy/decide.ts'
import type { Policy, PolicyRule } from '../../../policy/policy.ts'
import type { Audit, PlacedRule } from './rules.ts'
import { allRules, placeIn, policyName, ruleName } from './rules.ts'

/** Rules that make no difference, because another rule has decided all that they would, whatever pods there are. */
export function auditRedundant(audit: Audit): void {
  const groups = new Map<string, PlacedRule[]>()
  for (const placed of allRules(audit.policies)) {
    const key = groupOf(placed)
    const group = groups.get(key)
    if (group) group.push(placed)
    else groups.set(key, [placed])
  }
  const everywhere = (['ingress', 'egress'] as const).map((one) => [one, groups.get(one) ?? []] as const)
  for (const [direction, wide] of everywhere) {
    for (const [key, group] of groups) {
      if (key === direction || key.startsWith(`${direction} `))
        auditGroup(audit, key === direction ? [] : wide, group)
    }
  }
}

/** Rules of one namespace are compared with one another, and with those of policies that are about all namespaces. */
function groupOf({ direction, policy: { subject } }: PlacedRule): string {
  return typeof subject.namespace === 'string' ? `${direction} ${subject.namespace}` : direction
}

function auditGroup(audit: Audit, wide: readonly PlacedRule[], group: readonly PlacedRule[]): void {
  const order = new Map(audit.policies.set.tiers.map((tier, index) => [tier, index]))
  for (const [index, placed] of group.entries()) {
    const by = decidedBefore(placed, index, group, wide, order)
    if (by) reportBy(audit, placed, by)
  }
}

/** The rule that has decided all that this one would. */
function decidedBefore(
  placed: PlacedRule,
  index: number,
  group: readonly PlacedRule[],
  wide: readonly PlacedRule[],
  order: ReadonlyMap<PlacedRule['tier'], number>,
): PlacedRule | undefined {
  if (placed.rule.action === 'log') return undefined
  const rank = ({ tier }: PlacedRule) => order.get(tier) ?? 0
  const earlierTiers = wide.filter((one) => rank(one) < rank(placed))
  return [...earlierTiers, ...group].find((other) => {
    if (other === placed || other.rule.action === 'log' || other.rule.unmodelled) return false
    if (!selectorWithin(placed.policy.subject, other.policy.subject)) return false
    if (!ruleWithin(placed.rule, other.rule)) return false
    if (other.tier !== placed.tier) return rank(other) < rank(placed) && decidesAlone(other)
    const at = group.indexOf(other)
    const isUnion = other.rule.action === 'allow' && isUnionOfAllows(placed.tier)
    // Of two that say the same, the later one makes no difference.
    return (
      at < index ||
      (isUnion && !ruleWithin(other.rule, placed.rule)) ||
      (isUnion && !sameSubject(other, placed))
    )
  })
}

function sameSubject(a: PlacedRule, b: PlacedRule): boolean {
  return (
    selectorWithin(a.policy.subject, b.policy.subject) && selectorWithin(b.policy.subject, a.policy.subject)
  )
}

/** In a tier that only allows, the order of rules says nothing. */
function isUnionOfAllows({ policies }: PlacedRule['tier']): boolean {
  return policies.every((policy) => onlyAllows(policy))
}

function onlyAllows(policy: Policy): boolean {
  return (['ingress', 'egress'] as const).every((direction) =>
    (rulesOf(policy, direction) ?? []).every(({ action }) => action === 'allow'),
  )
}

/** Whether nothing of its tier may pass a packet on before the rule is asked. */
function decidesAlone({ tier, rule, direction }: PlacedRule): boolean {
  if (rule.action === 'pass') return false
  const passes = (one: PolicyRule) => one.action === 'pass'
  return !tier.policies.some((policy) => (rulesOf(policy, direction) ?? []).some(passes))
}

function reportBy({ report }: Audit, placed: PlacedRule, by: PlacedRule): void {
  const what = `${policyName(placed.policy)}: ${ruleName(placed)}`
  const other = `${ruleName(by)} of ${by.policy === placed.policy ? 'the same policy' : policyName(by.policy)}`
  const place = placeIn(placed.policy, placed.rule.path)
  const at = by.policy.locate(by.rule.path)
  const where = at ? ` (${at.file}:${at.line})` : ''
  if (placed.rule.action === by.rule.action) {
    report('policy-rule-redundant', `${what} ${verb(placed)} nothing that ${other}${where} does not`, {
      ...place,
      fix: 'take it away, or make it say what is meant',
    })
    return
  }
  const code = placed.tier === by.tier ? 'policy-rule-shadowed' : 'policy-tiers-contradict'
  report(
    code,
    `${what} would ${verbs[placed.rule.action]} what ${other}${where} has ${past[by.rule.action]} before: it never counts`,
    {
      ...place,
      fix:
        placed.tier === by.tier
          ? 'put the narrower rule first'
          : 'change one of them: the earlier tier has the last word',
    },
  )
}

const verbs = { allow: 'allow', deny: 'deny', pass: 'pass on', log: 'log' } as const
const past = { allow: 'allowed', deny: 'denied', pass: 'passed on', log: 'logged' } as const

function verb({ rule }: PlacedRule): string {
  return { allow: 'allows', deny: 'denies', pass: 'passes on', log: 'logs' }[rule.action]
}
