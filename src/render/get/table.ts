import { width } from '../style.ts'

/** A column of `kubectl get`; a wide one is shown by `-o wide` alone. */
export interface Column {
  readonly name: string
  readonly wide?: boolean
}

/** What a row may depend on beside its object. */
export interface PrintContext {
  /** The present, in milliseconds since 1970; ages are unknown without it. */
  readonly now?: number
}

/** How the objects of one kind become rows: the counterpart of a kind's printer in the API server. */
export interface KindPrinter<T> {
  readonly columns: readonly Column[]
  /** One cell for each column, the wide ones included. */
  cells(object: T, context: PrintContext): readonly string[]
}

/** Columns by name; those after `|` are wide. */
export function columns(text: string): readonly Column[] {
  const [narrow = '', wide = ''] = text.split(' | ')
  const names = (list: string) => list.split(',').filter((one) => one !== '')
  return [...names(narrow).map((name) => ({ name })), ...names(wide).map((name) => ({ name, wide: true }))]
}

const minimumWidth = 6
const padding = 3

/**
 * Lines up cells as kubectl does: each column as wide as its widest cell and three spaces more, at least six; the
 * last cell of a line ends it. Mirrors text/tabwriter with kubectl's settings.
 */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.slice(0, -1).entries()) {
      widths[index] = Math.max(widths[index] ?? minimumWidth, width(cell) + padding)
    }
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) =>
        index === row.length - 1 ? cell : cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - width(cell))),
      )
      .join('')
  return rows.map((row) => `${line(row)}\n`).join('')
}

/** A cell on one line: what comes after a line break is left out. Mirrors printTable of cli-runtime. */
export function oneLine(cell: string): string {
  const end = cell.search(/[\f\n\r]/)
  return end < 0 ? cell : `${cell.slice(0, end)}...`
}

/** `a=b,c=d`, sorted; `<none>` for no labels. Mirrors labels.FormatLabels. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? '<none>' : pairs.toSorted().join(',')
}
