import { formatRef } from '../base/source.ts'
import type { ClusterDiff } from '../model/cluster-diff.ts'
import { changeGroups, diffSummary, sendersText } from './diff-groups.ts'

/** The same as a comment of a merge request: a table of connections, and one of names. */
export function diffMarkdown(diff: ClusterDiff): string {
  const signs = { disappears: 'no longer', appears: 'new', changes: 'otherwise' } as const
  const groups = changeGroups(diff)
  const rows = groups.map(({ change, from, to, text, because }) => {
    const why = because.map((ref) => `${formatRef(ref)}${ref.at ? ` (${ref.at.file}:${ref.at.line})` : ''}`)
    return cells(signs[change], sendersText(from), to, text, why.join('<br>'))
  })
  const names = diff.names.map(({ name, before, after }) => cells(name, before, after))
  return [
    `**${diffSummary(diff)}**`,
    ...(rows.length > 0 ? ['', cells('', 'from', 'to', 'what', 'by'), '|---|---|---|---|---|', ...rows] : []),
    ...(names.length > 0 ? ['', cells('name', 'before', 'after'), '|---|---|---|', ...names] : []),
    '',
  ].join('\n')
}

function cells(...texts: readonly string[]): string {
  return `| ${texts.map((one) => one.replaceAll('|', '\\|')).join(' | ')} |`
}
