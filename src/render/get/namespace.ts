import type { StoredConfigMap, StoredNamespace, StoredSecret } from '../../model/stored.ts'
import { ageOf } from './age.ts'
import type { KindPrinter } from './table.ts'
import { columns } from './table.ts'

/** Mirrors printNamespace. */
export const namespacePrinter: KindPrinter<StoredNamespace> = {
  columns: columns('NAME,STATUS,AGE'),
  cells: ({ metadata, status }, { now }) => [
    metadata.name ?? '',
    status?.phase ?? '',
    ageOf(metadata.creationTimestamp, now),
  ],
}

/** Mirrors printConfigMap. */
export const configMapPrinter: KindPrinter<StoredConfigMap> = {
  columns: columns('NAME,DATA,AGE'),
  cells: ({ metadata, data, binaryData }, { now }) => [
    metadata.name ?? '',
    String(Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length),
    ageOf(metadata.creationTimestamp, now),
  ],
}

/** Mirrors printSecret. */
export const secretPrinter: KindPrinter<StoredSecret> = {
  columns: columns('NAME,TYPE,DATA,AGE'),
  cells: ({ metadata, type, data }, { now }) => [
    metadata.name ?? '',
    type ?? 'Opaque',
    String(Object.keys(data ?? {}).length),
    ageOf(metadata.creationTimestamp, now),
  ],
}
