import type { Report } from '../base/diagnostic.ts'
import type { Path, RawDocument } from './document.ts'
import { describeValue } from './schema/scalars.ts'

export type RawObject = Readonly<Record<string, unknown>>

/** One object of a document: the document itself, or an item of a List. */
export interface Entry {
  readonly value: unknown
  readonly document: RawDocument
  readonly path: Path
}

export function isRecord(value: unknown): value is RawObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A List stands for its items; so does a plain array of objects. */
export function expand(entry: Entry, report: Report): readonly Entry[] {
  const { value, document, path } = entry
  if (Array.isArray(value)) return expandItems(value, path, document, report)
  if (!isRecord(value) || typeof value['kind'] !== 'string') return [entry]
  const { items, kind, apiVersion } = value
  if (!kind.endsWith('List') || items === undefined) return [entry]
  if (items === null) return []
  if (!Array.isArray(items)) {
    report('wrong-type', `items of a ${kind} must be a list, not ${describeValue(items)}`, {
      at: document.locate([...path, 'items']),
    })
    return []
  }
  const itemKind = kind.slice(0, -4)
  const typed = items.map((item) => withKind(item, itemKind, apiVersion))
  return expandItems(typed, [...path, 'items'], document, report)
}

/** What is no object is told once in a list, however often it is there. */
function expandItems(
  items: readonly unknown[],
  path: Path,
  document: RawDocument,
  report: Report,
): readonly Entry[] {
  const isNested = (item: unknown) => isRecord(item) || Array.isArray(item)
  const odd = items.findIndex((item) => !isNested(item))
  if (odd >= 0) {
    report('not-an-object', `expected a Kubernetes object, found ${describeValue(items[odd])}`, {
      at: document.locate([...path, odd]),
    })
  }
  return items.flatMap((item, index) =>
    isNested(item) ? expand({ value: item, document, path: [...path, index] }, report) : [],
  )
}

/** The API leaves kind and apiVersion out of the items of a typed list. */
function withKind(item: unknown, kind: string, apiVersion: unknown): unknown {
  if (!isRecord(item) || kind === '' || typeof item['kind'] === 'string') return item
  return { apiVersion, kind, ...item }
}
