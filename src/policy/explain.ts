import type { Decision } from './decide.ts'
import type { PolicyEngine } from './engine.ts'
import type { PolicyFlow } from './match.ts'
import type { NearMiss } from './near-miss.ts'
import { matchedBy, nearMissesOf } from './near-miss.ts'
import type { Path, Tier } from './policy.ts'
import { remedyOf } from './remedy.ts'
import type { Remedy } from './remedy-candidate.ts'

/** Why policies decided as they did, and what would let a packet pass that they stopped. */
export interface Explanation {
  /** The peer and the port by which the deciding rule matched, where it states any. */
  readonly matched: { readonly peer?: Path; readonly port?: Path }
  /** Of a packet that does not pass: of each policy that could have let it pass, the rule that came nearest. */
  readonly misses: readonly NearMiss[]
  /** The smallest addition with which it would pass, tried on a copy; absent if there is none, or nothing to mend. */
  readonly remedy?: Remedy
}

/** Explains a decision. `tiers` holds all policies, whomever they are about: what is tried may change who is meant. */
export function explain(
  decision: Decision,
  flow: PolicyFlow,
  engine: PolicyEngine,
  tiers: readonly Tier[],
): Explanation {
  const matched = decision.rule ? matchedBy(decision.rule, flow, engine) : {}
  if (decision.verdict === 'allowed') return { matched, misses: [] }
  const misses = nearMissesOf(decision, flow, engine)
  const remedy = remedyOf({ decision, flow, engine, tiers }, misses)
  return { matched, misses, ...(remedy && { remedy }) }
}
