import type { Report } from '../../base/diagnostic.ts'
import type { Located } from '../../model/objects.ts'
import { formatPath } from '../schema/path.ts'

type Path = readonly (string | number)[]

/** An object whose types have been checked: what had a wrong type is not in it, and its place is known as faulty. */
export interface Examined<T> extends Located<T> {
  /** Whether the value at the path, or one around it, was taken out or is missing because of a fault already told. */
  faulty(path: Path): boolean
}

/** What the reader knows of one kind. */
export interface KindModule<T> {
  /** The name after `kind:`, where another group has one of the same name. */
  readonly kind?: string
  /** `group/version` that it reads; the first is the current one. */
  readonly apiVersions: readonly string[]
  /** The type in the schema. */
  readonly schema: string
  /** Types of versions that have another. */
  readonly schemaOf?: Readonly<Record<string, string>>
  readonly namespaced: boolean
  /** What its names must be; configuration kinds have none. */
  readonly names?: 'dns-label' | 'dns-name'
  /** Whether an object without a spec is nothing that could be worked with. */
  readonly needsSpec?: true
  /** Reports what the API server would refuse, beyond wrong types, unknown fields and names; after `convert`. */
  validate?(located: Examined<T>, report: Report): void
  /** Gives the object the form in which it is kept: that of the current version. */
  convert?(located: Examined<unknown>): Examined<T>
}

/** Reports a value that the API server refuses, at its place; not, if something else is wrong with it. */
export function refuse(
  located: Examined<unknown>,
  report: Report,
  path: Path,
  message: string,
  fix?: string,
): void {
  if (located.faulty(path)) return
  report('invalid-value', `${located.ref.kind} ${located.ref.name}: ${message}`, {
    at: located.locate(path),
    object: located.ref,
    ...(fix !== undefined && { fix }),
  })
}

/** Reports a field that must be there; not, if it was there and something else was wrong with it. */
export function demand(located: Examined<unknown>, report: Report, path: Path, fix?: string): void {
  if (located.faulty(path)) return
  report('missing-field', `${located.ref.kind} ${located.ref.name}: ${formatPath(path)} is required`, {
    at: located.locate(path),
    object: located.ref,
    ...(fix !== undefined && { fix }),
  })
}

/** A lower-case DNS label of RFC 1123: what names of Services, ports and namespaces must be. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)
}

/** A lower-case DNS name of RFC 1123: what names of most objects must be. */
export function isDnsName(text: string): boolean {
  return text.length <= 253 && text.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part))
}

/** A name of a container port (IANA service name): at most 15 characters, with a letter, no double hyphens. */
export function isPortName(text: string): boolean {
  return (
    text.length <= 15 &&
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text) &&
    /[a-z]/.test(text) &&
    !text.includes('--')
  )
}

export function isPortNumber(port: unknown): boolean {
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535
}

export const protocols: readonly string[] = ['TCP', 'UDP', 'SCTP']
