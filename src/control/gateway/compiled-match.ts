import type { Route } from '../../http/proxy.ts'
import type { MatchRank } from './precedence.ts'

/** One match of one rule in the common form, with what decides its place among others. */
export interface CompiledMatch {
  readonly rank: MatchRank
  readonly route: Route
}
