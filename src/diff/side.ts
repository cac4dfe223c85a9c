import type { Cluster } from '../model/cluster.ts'
import type { Journey, JourneyRequest, NameRequest, ResolutionAnswer } from '../model/journey.ts'
import type { ReachTable } from '../reach/table.ts'

/** One of the two clusters that are compared, and how it is asked. */
export interface DiffSide {
  readonly cluster: Cluster
  /** Who can reach what; made when it is first asked for. */
  readonly table: ReachTable
  trace(request: JourneyRequest): Journey
  resolve(request: NameRequest): ResolutionAnswer
}

/** A cluster before a change and after it. */
export interface Sides {
  readonly before: DiffSide
  readonly after: DiffSide
}

/** Both, the older first. */
export function both({ before, after }: Sides): readonly [DiffSide, DiffSide] {
  return [before, after]
}
