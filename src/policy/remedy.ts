import type { Decision } from './decide.ts'
import { decide } from './decide.ts'
import type { PolicyEngine } from './engine.ts'
import type { NearMiss } from './near-miss.ts'
import type { Candidate, Denied, Remedy } from './remedy-candidate.ts'
import { labelCandidates } from './remedy-label.ts'
import { peerCandidate, portCandidate, ruleCandidates } from './remedy-rule.ts'
import { selectPolicies } from './select.ts'

/**
 * The smallest addition that is sure to let the packet pass: each candidate is tried on a copy, and the first with which
 * the decision is `allowed` is given. Deny rules of Cilium come before all else wherever they stand: for those there is none.
 */
export function remedyOf(denied: Denied, misses: readonly NearMiss[]): Remedy | undefined {
  if (denied.decision.verdict !== 'denied') return undefined
  for (const candidate of candidates(denied, misses)) {
    if (isAllowed(candidate, denied.engine)) return candidate.remedy
  }
  return undefined
}

function isAllowed({ tiers, flow }: Candidate, engine: PolicyEngine): boolean {
  const selected = selectPolicies(tiers, flow.self.endpoint, flow.direction)
  return decide(selected, flow, engine).verdict === 'allowed'
}

function candidates(denied: Denied, misses: readonly NearMiss[]): readonly Candidate[] {
  const { decision } = denied
  const own = decision.by === 'isolated' ? misses.filter((one) => ofTier(decision, one)) : []
  const near = own.toSorted((a, b) => a.misses.length - b.misses.length)
  return [
    ...near.flatMap((miss) => [
      ...portCandidate(denied, miss),
      ...labelCandidates(denied, miss),
      ...peerCandidate(denied, miss),
    ]),
    ...ruleCandidates(denied),
  ]
}

/** Only what the isolating tier allows can lift its isolation. */
function ofTier({ tier }: Decision, { policy }: NearMiss): boolean {
  return tier?.policies.includes(policy) ?? false
}
