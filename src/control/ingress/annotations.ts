import type { Filter } from '../../http/proxy.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import { annotationRef } from './rules.ts'

/** The annotations of one controller, by their names without its prefix. */
export interface Annotations {
  readonly ingress: Located<Ingress>
  text(name: string): string | undefined
  /** As Go's strconv.ParseBool reads it; the fallback, if it is something else. */
  flag(name: string, fallback?: boolean): boolean
  number(name: string): number | undefined
  /** The values of a list that commas part. */
  list(name: string): readonly string[]
}

/** What a profile knows of annotations: those that it reads, and those that cannot change where a request goes. */
export interface AnnotationTable {
  readonly prefixes: readonly string[]
  readonly modelled: readonly string[]
  readonly harmless: readonly string[]
}

/** Of several prefixes the first that has an annotation counts. */
export function annotationsOf(ingress: Located<Ingress>, prefixes: readonly string[]): Annotations {
  const all = ingress.object.metadata.annotations ?? {}
  const text = (name: string) => {
    const prefix = prefixes.find((one) => all[one + name] !== undefined)
    return prefix === undefined ? undefined : all[prefix + name]
  }
  return {
    ingress,
    text,
    flag: (name, fallback = false) => parseFlag(text(name)) ?? fallback,
    number: (name) => {
      const value = text(name)?.trim() ?? ''
      return /^-?\d+$/.test(value) ? Number(value) : undefined
    },
    list: (name) =>
      (text(name) ?? '')
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== ''),
  }
}

/** Filters that say which annotations are not modelled and may change the answer. */
export function notModelled(ingress: Located<Ingress>, table: AnnotationTable): readonly Filter[] {
  const known = new Set([...table.modelled, ...table.harmless])
  return Object.keys(ingress.object.metadata.annotations ?? {}).flatMap((annotation): readonly Filter[] => {
    const prefix = table.prefixes.find((one) => annotation.startsWith(one))
    if (prefix === undefined || known.has(annotation.slice(prefix.length))) return []
    return [
      { type: 'not-modelled', what: `annotation ${annotation}`, object: annotationRef(ingress, annotation) },
    ]
  })
}

/** Mirrors strconv.ParseBool. */
export function parseFlag(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text) ? false : undefined
}
