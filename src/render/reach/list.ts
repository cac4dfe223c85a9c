import type { Reach, ReachCell, ReachShare } from '../../model/reach.ts'
import { wrap } from '../layout.ts'
import { foldParts } from './fold.ts'
import { markMeanings, markOf, paintMark } from './mark.ts'
import type { ReachTextOptions } from './options.ts'

const marks = Object.keys(markMeanings)

/** Target by target: how connections end, and whose they are. */
export function* reachList(reach: Reach, options: ReachTextOptions): Iterable<string> {
  const { rows, groups } = foldParts(reach)
  const order = new Map(groups.map(({ id }, index) => [id, index]))
  for (const { to, cells } of rows) {
    const note = to.assumed ? '   nothing states that it listens there' : ''
    yield `${options.style.name(to.id)}${options.style.dim(note)}\n`
    for (const cell of joined(cells)) yield cellText(cell, order, options)
  }
}

/** Cells with the same ends as one; what is reached comes first. */
function joined(cells: readonly ReachCell[]): readonly ReachCell[] {
  const found = new Map<string, ReachCell>()
  for (const { from, shares } of cells) {
    const key = sharesText(shares)
    const before = found.get(key)
    found.set(key, { from: [...(before?.from ?? []), ...from], shares })
  }
  const rank = ({ shares }: ReachCell) => marks.indexOf(markOf(shares))
  return [...found.values()].toSorted((a, b) => rank(a) - rank(b))
}

function cellText(
  { from, shares }: ReachCell,
  order: ReadonlyMap<string, number>,
  { columns, style }: ReachTextOptions,
): string {
  const names = from.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)).join(', ')
  const head = `  ${paintMark(markOf(shares), style)(sharesText(shares))}\n`
  return `${head}${wrap(names, columns - 4)
    .map((line) => `    ${line}\n`)
    .join('')}`
}

/** `reached`, `dropped by an ingress policy`, `50 % reached, 50 % refused`. */
function sharesText(shares: readonly ReachShare[]): string {
  const [only] = shares
  if (only && shares.length === 1) return endText(only)
  return shares
    .toSorted(
      (a, b) =>
        b.share - a.share || Number(b.disposition === 'reached') - Number(a.disposition === 'reached'),
    )
    .map((share) => `${percent(share.share)} ${endText(share)}`)
    .join(', ')
}

function endText({ disposition, denied }: ReachShare): string {
  return denied ? `${disposition} by ${denied} policies` : disposition
}

/** With one decimal where it says more. */
function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
