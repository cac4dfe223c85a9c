import type { Reach, ReachRow, ReachTarget } from '../../model/reach.ts'
import { wrap } from '../layout.ts'
import { padEnd } from '../style.ts'
import { foldParts } from './fold.ts'
import { reachList } from './list.ts'
import type { Mark } from './mark.ts'
import { markMeanings, markOf, paintMark } from './mark.ts'
import type { ReachTextOptions } from './options.ts'
import { reachSummary } from './summary.ts'

const cellWidth = 5
/** How many targets a person looks through: unasked, and when they were asked for. */
const mostRows = { all: 80, asked: 1000 }
/** So many targets are still a short list. */
const shortList = 20

/**
 * Senders as columns, targets as lines. What is too wide is a list, if it is about few targets, and else a summary by
 * namespace. Ports of the nodes themselves are left out unless they are asked for.
 */
export function* reachMatrix(reach: Reach, options: ReachTextOptions): Iterable<string> {
  const { from, to, between, port } = reach.request
  const isAsked = [from, to, between, port].some((one) => one !== undefined)
  const shown = foldParts(isAsked ? reach : withoutNodes(reach))
  const names = shown.rows.map(({ to: target }) => targetText(target))
  const width = shown.groups.length * cellWidth + Math.max(0, ...names.map((name) => name.length))
  const fits = width <= options.columns && shown.rows.length <= (isAsked ? mostRows.asked : mostRows.all)
  if (fits) yield `${matrixLines(shown, options).join('\n')}\n`
  else if (isAsked && shown.rows.length <= shortList) yield* reachList(reach, options)
  else yield* reachSummary(reach, options)
  const left = reach.rows.length - (isAsked ? reach : withoutNodes(reach)).rows.length
  if (fits && left > 0) yield `left out: ${left} ports of nodes (-o list, or --to node/NAME)\n`
}

function withoutNodes(reach: Reach): Reach {
  return { ...reach, rows: reach.rows.filter(({ to }) => to.object.kind !== 'Node') }
}

function matrixLines({ groups, rows }: Reach, { columns, style }: ReachTextOptions): readonly string[] {
  const bar = padEnd('│', cellWidth)
  // Each sender's name stands above its column, in a line of its own.
  const heads = groups.map(
    ({ id, members }, index) =>
      `${style.dim(bar.repeat(index))}${id}${members.length > 1 ? style.dim(` ×${members.length}`) : ''}`,
  )
  const counts = new Map<Mark, number>()
  const lines = rows.map((row) => {
    const marks = marksOf(row)
    const cells = groups.map(({ id }) => {
      const mark = marks.get(id)
      if (mark) counts.set(mark, (counts.get(mark) ?? 0) + 1)
      return mark ? padEnd(paintMark(mark, style)(mark), cellWidth) : padEnd('·', cellWidth)
    })
    return `${cells.join('')}${targetText(row.to)}`
  })
  return [...heads, style.dim(bar.repeat(groups.length).trimEnd()), ...lines, '', ...legend(counts, columns)]
}

function marksOf({ cells }: ReachRow): ReadonlyMap<string, Mark> {
  return new Map(
    cells.flatMap(({ from, shares }) => {
      const mark = markOf(shares)
      return from.map((id) => [id, mark] as const)
    }),
  )
}

function legend(counts: ReadonlyMap<Mark, number>, columns: number): readonly string[] {
  return Object.entries(markMeanings).flatMap(([mark, meaning]) => {
    const count = [...counts].find(([one]) => one === mark)?.[1]
    return count === undefined ? [] : wrap(`${padEnd(mark, cellWidth)}${count} × ${meaning}`, columns)
  })
}

function targetText({ id, assumed }: ReachTarget): string {
  return assumed ? `${id} (if it listens)` : id
}
