import type { AnyRoute } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import { byAge } from './listeners.ts'

/** What decides between two matches that both fit a request, once their host names are equal. */
export interface MatchRank {
  /** In the order of the specification's list; each number: the larger goes first. */
  readonly weights: readonly number[]
  readonly route: Located<AnyRoute>
  readonly rule: number
  readonly match: number
}

/**
 * The order of HTTPRoute's rules ("precedence must be given to"): weights, then the oldest route, its name, and the
 * order in which rules and matches stand.
 */
export function byRank(a: MatchRank, b: MatchRank): number {
  for (const [index, weight] of a.weights.entries()) {
    const other = b.weights[index] ?? 0
    if (weight !== other) return other - weight
  }
  return byAge(a.route, b.route) || a.rule - b.rule || a.match - b.match
}
