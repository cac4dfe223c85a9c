import type { Reach } from '../../model/reach.ts'
import { reachCsv } from './csv.ts'
import { reachDot } from './dot.ts'
import { reachJson } from './json.ts'
import { reachList } from './list.ts'
import { reachMatrix } from './matrix.ts'
import { reachMermaid } from './mermaid.ts'
import type { ReachTextOptions } from './options.ts'

/** The forms in which it is said who can reach what, by the name after `-o`. */
export const reachFormats = {
  matrix: reachMatrix,
  list: reachList,
  json: reachJson,
  csv: reachCsv,
  dot: reachDot,
  mermaid: reachMermaid,
} as const satisfies Readonly<Record<string, (reach: Reach, options: ReachTextOptions) => Iterable<string>>>

export type ReachFormat = keyof typeof reachFormats

/** Writes who can reach what, piece by piece: of a large cluster it can be longer than one text may be. */
export function drawReach(reach: Reach, format: ReachFormat, options: ReachTextOptions): Iterable<string> {
  return reachFormats[format](reach, options)
}
