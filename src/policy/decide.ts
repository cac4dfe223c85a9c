import type { PolicyEngine } from './engine.ts'
import type { PolicyFlow } from './match.ts'
import { matchesRule } from './match.ts'
import type { Direction, Policy, PolicyRule, Tier } from './policy.ts'

/** The policies of one tier that are about an endpoint in one direction, in their order. */
export interface SelectedTier {
  readonly tier: Tier
  readonly policies: readonly Policy[]
}

/** What the policies say of a packet at one of its ends, and by what. */
export interface Decision {
  /** `unknown`: it depends on a condition that is not modelled. */
  readonly verdict: 'allowed' | 'denied' | 'unknown'
  /**
   * `rule`: one matched and decided; without a policy, one of the engine's own. `isolated`: policies select the endpoint
   * for this direction, and no rule matched. `own-node`: the same, but the engine lets pass what the endpoint's own node
   * sends. `unselected`: nothing in any tier decided; such packets pass.
   */
  readonly by: 'rule' | 'isolated' | 'own-node' | 'unselected'
  readonly tier?: Tier
  readonly policy?: Policy
  readonly rule?: PolicyRule
  /** All that select the endpoint for the direction, tier by tier. */
  readonly selected: readonly SelectedTier[]
}

/** The rules of a policy for one direction; `undefined` if it says nothing of it. */
export function rulesOf(policy: Policy, direction: Direction): readonly PolicyRule[] | undefined {
  return direction === 'ingress' ? policy.ingress : policy.egress
}

/**
 * What the policies say of a packet. Tiers are asked in order; in a tier the first rule that matches decides, and where
 * none does the tier's `otherwise`. Mirrors the evaluation order of the API documentation of NetworkPolicy (a union of what
 * is allowed), KEP-2091 (Admin and Baseline tiers) and Calico's tiers.
 */
export function decide(selected: readonly SelectedTier[], flow: PolicyFlow, engine: PolicyEngine): Decision {
  const exempt = engine.exempt?.[flow.direction]?.find((rule) => matchesRule(rule, flow, engine) === 'yes')
  if (exempt) return { verdict: 'allowed', by: 'rule', rule: exempt, selected }
  for (const [at, { tier, policies }] of selected.entries()) {
    const found = decideInTier(tier, policies, flow, engine)
    if (found === 'pass') continue
    if (found === undefined) {
      if (!isolates(tier, policies, flow.direction)) continue
      return { ...unmatched(flow, engine), tier, selected }
    }
    const { policy, rule, certain } = found
    const verdict = rule.action === 'deny' ? 'denied' : 'allowed'
    if (certain) return { verdict, by: 'rule', tier, policy, rule, selected }
    return uncertain(
      { verdict, by: 'rule', tier, policy, rule, selected },
      found,
      selected.slice(at),
      flow,
      engine,
    )
  }
  return { verdict: 'allowed', by: 'unselected', selected }
}

/** Whether a packet that no rule of the tier matches is denied by it. */
export function isolates({ otherwise }: Tier, policies: readonly Policy[], direction: Direction): boolean {
  return otherwise === 'deny' && policies.some(({ passive }) => !passive?.includes(direction))
}

/** What becomes of a packet at an isolated endpoint that no rule matches. */
function unmatched(flow: PolicyFlow, engine: PolicyEngine): Pick<Decision, 'verdict' | 'by'> {
  return engine.ownNodePasses && isFromOwnNode(flow)
    ? { verdict: 'allowed', by: 'own-node' }
    : { verdict: 'denied', by: 'isolated' }
}

function isFromOwnNode({ direction, self, peer }: PolicyFlow): boolean {
  const { endpoint } = peer
  return direction === 'ingress' && endpoint?.type === 'node' && endpoint.node === self.endpoint.node
}

interface Found {
  readonly policy: Policy
  readonly rule: PolicyRule
  readonly certain: boolean
}

function decideInTier(
  { denyFirst }: Tier,
  policies: readonly Policy[],
  flow: PolicyFlow,
  engine: PolicyEngine,
): Found | 'pass' | undefined {
  const denied = denyFirst ? firstMatch(policies, flow, engine, (one) => one.action === 'deny') : undefined
  return denied ?? firstMatch(policies, flow, engine, (one) => one.action !== 'log')
}

function firstMatch(
  policies: readonly Policy[],
  flow: PolicyFlow,
  engine: PolicyEngine,
  wanted: (rule: PolicyRule) => boolean,
): Found | 'pass' | undefined {
  for (const policy of policies) {
    for (const rule of rulesOf(policy, flow.direction) ?? []) {
      if (!wanted(rule)) continue
      const match = matchesRule(rule, flow, engine)
      if (match === 'no') continue
      if (rule.action === 'pass' && match === 'yes') return 'pass'
      return { policy, rule, certain: match === 'yes' }
    }
  }
  return undefined
}

/** A rule that may match: the answer is known if it is the same without the rule. */
function uncertain(
  assumed: Decision,
  { policy, rule }: Found,
  rest: readonly SelectedTier[],
  flow: PolicyFlow,
  engine: PolicyEngine,
): Decision {
  const without = rest.map(({ tier, policies }) => ({
    tier,
    policies: policies.map((one) => (one === policy ? withoutRule(one, rule, flow.direction) : one)),
  }))
  const other = decide(without, flow, engine)
  if (rule.action === 'pass') {
    const passed = decide(rest.slice(1), flow, engine)
    return passed.verdict === other.verdict ? other : { ...assumed, verdict: 'unknown' }
  }
  return other.verdict === assumed.verdict ? assumed : { ...assumed, verdict: 'unknown' }
}

function withoutRule(policy: Policy, rule: PolicyRule, direction: Direction): Policy {
  const rules = (rulesOf(policy, direction) ?? []).filter((one) => one !== rule)
  return direction === 'ingress' ? { ...policy, ingress: rules } : { ...policy, egress: rules }
}
