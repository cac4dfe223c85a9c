import type { ObjectRef } from '../base/source.ts'
import { formatRef } from '../base/source.ts'
import type { Drift, DriftEntry, ForeignChains } from '../model/drift.ts'
import type { ShowLocation } from './layout.ts'
import { blockLines, locationNames, wrap } from './layout.ts'
import type { Style } from './style.ts'
import { padEnd } from './style.ts'

/** How the text is laid out. */
export interface DriftTextOptions {
  readonly columns: number
  readonly style: Style
  /** Print the lines of rules and routes as well. */
  readonly verbose?: boolean
}

/** Lines of one entry that are printed without being asked for all. */
const mostLines = 12

/** What a node is off by: entries by what they belong to, then what was not judged. */
export function driftText(drift: Drift, options: DriftTextOptions): string {
  const { node, entries, foreign, notes } = drift
  const { style, columns } = options
  const count = entries.length === 1 ? '1 difference' : `${entries.length} differences`
  const title = entries.length === 0 ? style.good('as it should be') : style.bad(count)
  const show = locationNames(entries.map(({ subject }) => subject?.at))
  const lines = [`node/${node}   ${title}`]
  for (const [heading, group] of groupsOf(entries)) {
    lines.push('', ...headingLines(heading, group[0]?.subject, show, options))
    for (const entry of group) lines.push(...entryLines(entry, options))
  }
  if (foreign.length > 0) {
    lines.push('', "  not kubewalk's to judge")
    for (const one of foreign) lines.push(...indented(foreignText(one), columns, '    '))
  }
  for (const note of notes) lines.push('', ...indented(`note: ${note}`, columns, '  '))
  return `${lines.join('\n')}\n`
}

/** Entries of one object, or else of one component, in the order in which they were first met. */
function groupsOf(entries: readonly DriftEntry[]): ReadonlyMap<string, readonly DriftEntry[]> {
  const groups = new Map<string, DriftEntry[]>()
  for (const entry of entries) {
    const { subject, component } = entry
    const heading = subject ? formatRef(subject) : (component ?? 'the node itself')
    groups.set(heading, [...(groups.get(heading) ?? []), entry])
  }
  return groups
}

function headingLines(
  heading: string,
  subject: ObjectRef | undefined,
  show: ShowLocation,
  { columns, style }: DriftTextOptions,
): readonly string[] {
  const block = { left: '  ', text: heading, right: show(subject?.at), paint: style.name }
  return blockLines(block, columns, style)
}

const paints: Readonly<Record<DriftEntry['type'], keyof Style>> = {
  missing: 'bad',
  stale: 'warn',
  extra: 'warn',
  differs: 'warn',
}

function entryLines(
  entry: DriftEntry,
  { columns, style, verbose = false }: DriftTextOptions,
): readonly string[] {
  const left = `    ${padEnd(style[paints[entry.type]](entry.type), 10)}`
  const same = (text: string) => text
  const lines = [...blockLines({ left, text: entry.message, right: '', paint: same }, columns, style)]
  if (entry.consequence !== undefined) {
    const block = { left: ' '.repeat(14), text: `so ${entry.consequence}`, right: '', paint: style.dim }
    lines.push(...blockLines(block, columns, style))
  }
  if (!verbose) return lines
  const quoted = [...entry.expected.map((line) => `- ${line}`), ...entry.actual.map((line) => `+ ${line}`)]
  const shown = quoted.slice(0, mostLines)
  const more = quoted.length - shown.length
  return [
    ...lines,
    ...shown.map((line) => `${' '.repeat(14)}${line}`),
    ...(more > 0 ? [`${' '.repeat(14)}and ${more} more; -o json has them all`] : []),
  ]
}

function foreignText({ family, table, from, chains, rules }: ForeignChains): string {
  const names =
    chains.length > 6 ? `${chains.slice(0, 6).join(', ')} and ${chains.length - 6} more` : chains.join(', ')
  const counted = `${rules} rule${rules === 1 ? '' : 's'}`
  const where = `${table} ${from}${family === 6 ? ' (IPv6)' : ''}`
  return chains.length === 0 ? `${where}: ${counted}` : `${where}: ${names} (${counted})`
}

function indented(text: string, columns: number, indent: string): readonly string[] {
  return wrap(text, columns - indent.length - 2).map(
    (line, index) => `${indent}${index === 0 ? '' : '  '}${line}`,
  )
}
