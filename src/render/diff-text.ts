import { formatRef } from '../base/source.ts'
import type { ClusterDiff, ConnectionChangeKind } from '../model/cluster-diff.ts'
import type { ChangeGroup } from './diff-groups.ts'
import { changeGroups, diffSummary, sendersText } from './diff-groups.ts'
import type { ShowLocation } from './layout.ts'
import { blockLines, locationNames, wrap } from './layout.ts'
import type { Style } from './style.ts'

/** How the text is laid out. */
export interface DiffTextOptions {
  readonly columns: number
  readonly style: Style
}

const headings: Readonly<Record<ConnectionChangeKind, string>> = {
  disappears: 'no longer reached',
  appears: 'newly reached',
  changes: 'otherwise',
}

/** What a reviewer wants to know of a change: connections and names, and which object made them so. */
export function diffText(diff: ClusterDiff, options: DiffTextOptions): string {
  const { style, columns } = options
  const groups = changeGroups(diff)
  const show = locationNames(groups.flatMap(({ because }) => because.map(({ at }) => at)))
  const lines = [diffSummary(diff)]
  for (const change of ['disappears', 'appears', 'changes'] as const) {
    const own = groups.filter((group) => group.change === change)
    if (own.length === 0) continue
    const paint = change === 'disappears' ? style.bad : change === 'appears' ? style.good : style.name
    lines.push('', `  ${paint(headings[change])}`)
    for (const group of own) lines.push(...groupLines(group, show, options))
  }
  if (diff.names.length > 0) lines.push('', `  ${style.name('names')}`)
  for (const { name, before, after } of diff.names)
    lines.push(...wrap(`${name}: ${before} → ${after}`, columns - 4).map((one) => `    ${one}`))
  return `${lines.join('\n')}\n`
}

function groupLines(
  { from, to, text, because }: ChangeGroup,
  show: ShowLocation,
  { columns, style }: DiffTextOptions,
): readonly string[] {
  const title = `${sendersText(from)} → ${to}`
  return [
    ...wrap(title, columns - 4).map((one) => `    ${one}`),
    ...wrap(text, columns - 6).map((one) => `      ${one}`),
    ...because.flatMap((ref) =>
      blockLines(
        { left: '      ', text: `by ${formatRef(ref)}`, right: show(ref.at), paint: style.dim },
        columns,
        style,
      ),
    ),
  ]
}
