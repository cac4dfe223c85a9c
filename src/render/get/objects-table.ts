import type { ObjectGroup } from '../../model/object-query.ts'
import type { ObjectMeta } from '../../model/objects.ts'
import type { StoredKind } from '../../model/resources.ts'
import { kindPrefix } from '../../model/resources.ts'
import type { StoredTypes } from '../../model/stored.ts'
import { kindPrinters } from './registry.ts'
import type { Column, KindPrinter, PrintContext } from './table.ts'
import { alignColumns, formatLabels, oneLine } from './table.ts'

/** How `kubectl get` shows its tables. */
export interface TableOptions {
  readonly wide?: boolean
  /** A column NAMESPACE before the name, for kinds that are in one. */
  readonly withNamespace?: boolean
  readonly noHeaders?: boolean
  readonly showLabels?: boolean
  /** A column for each of these labels (`-L`). */
  readonly labelColumns?: readonly string[]
  /** The present, in milliseconds since 1970; ages are `<unknown>` without it. */
  readonly now?: number
}

/**
 * Objects as `kubectl get` prints them: a table for each kind that has any, with a blank line between two; names
 * begin with their kind where several kinds were asked for.
 */
export function objectsTable(groups: readonly ObjectGroup[], options: TableOptions = {}): string {
  const withKind = new Set(groups.map((one) => one.kind)).size > 1
  return groups
    .map((group, index) => {
      // kubectl goes on with the column NAMESPACE once a kind has had it.
      const before = groups.slice(0, index + 1).some((one) => one.resource.namespaced)
      const withNamespace = (options.withNamespace ?? false) && before
      return group.objects.length === 0
        ? ''
        : groupTable(group.kind, group, { ...options, withNamespace }, withKind)
    })
    .filter((table) => table !== '')
    .join(options.noHeaders ? '' : '\n')
}

function groupTable<K extends StoredKind>(
  kind: K,
  group: ObjectGroup,
  options: TableOptions,
  withKind: boolean,
): string {
  const printer: KindPrinter<StoredTypes[K]> = kindPrinters[kind]
  const objects = group.objects as readonly StoredTypes[K][]
  const { wide = false, now, noHeaders = false, withNamespace = false } = options
  const context: PrintContext = now === undefined ? {} : { now }
  const prefix = withKind ? `${kindPrefix(group.resource)}/` : ''
  const rows = objects.map((object) => {
    const { metadata }: { readonly metadata: ObjectMeta } = object
    const [name = '', ...cells] = shown(printer.columns, printer.cells(object, context), wide)
    return [
      ...(withNamespace ? [metadata.namespace ?? ''] : []),
      `${prefix}${name}`,
      ...cells,
      ...labelCells(metadata.labels ?? {}, options),
    ].map(oneLine)
  })
  const head = [
    ...(withNamespace ? ['NAMESPACE'] : []),
    ...shown(
      printer.columns,
      printer.columns.map((one) => one.name),
      wide,
    ),
    ...(options.labelColumns ?? []).map((key) => key.slice(key.lastIndexOf('/') + 1).toUpperCase()),
    ...(options.showLabels ? ['LABELS'] : []),
  ]
  return alignColumns(noHeaders ? rows : [head, ...rows])
}

function shown(columns: readonly Column[], cells: readonly string[], wide: boolean): readonly string[] {
  return cells.filter((_, index) => wide || !columns[index]?.wide)
}

function labelCells(
  labels: Readonly<Record<string, string>>,
  { labelColumns = [], showLabels }: TableOptions,
) {
  return [...labelColumns.map((key) => labels[key] ?? ''), ...(showLabels ? [formatLabels(labels)] : [])]
}

/** Objects as `-o name` prints them: `pod/web-0`, `deployment.apps/web`. */
export function objectNames(groups: readonly ObjectGroup[]): string {
  return groups
    .flatMap(({ resource, objects }) =>
      objects.map(({ metadata }) => `${kindPrefix(resource)}/${metadata.name ?? ''}\n`),
    )
    .join('')
}
