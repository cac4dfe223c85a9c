import type { SelectedTier } from './decide.ts'
import { rulesOf } from './decide.ts'
import type { Endpoint } from './endpoint.ts'
import { selects } from './match.ts'
import type { Direction, Tier } from './policy.ts'

/** The policies that are about an endpoint in a direction, tier by tier, each looked at; tiers with none are left out. */
export function selectPolicies(
  tiers: readonly Tier[],
  endpoint: Endpoint,
  direction: Direction,
): readonly SelectedTier[] {
  return tiers.flatMap((tier) => {
    const policies = tier.policies.filter(
      (one) => rulesOf(one, direction) !== undefined && selects(one.subject, endpoint),
    )
    return policies.length > 0 ? [{ tier, policies }] : []
  })
}
