import type { Report } from '../../base/diagnostic.ts'
import type { Located } from '../../model/objects.ts'

/** What the reader knows of one kind. */
export interface KindModule<T> {
  /** `group/version` that it reads; the first is the current one. */
  readonly apiVersions: readonly string[]
  /** The type in the schema. */
  readonly schema: string
  readonly namespaced: boolean
  /** Reports what the API server would refuse, beyond wrong types and unknown fields. */
  validate?(located: Located<T>, report: Report): void
}

/** Reports a value that the API server refuses, at its place. */
export function refuse(
  located: Located<unknown>,
  report: Report,
  path: readonly (string | number)[],
  message: string,
  fix?: string,
): void {
  report('invalid-value', `${located.ref.kind} ${located.ref.name}: ${message}`, {
    at: located.locate(path),
    object: located.ref,
    ...(fix !== undefined && { fix }),
  })
}

/** Reports a field that must be there. */
export function demand(
  located: Located<unknown>,
  report: Report,
  path: readonly (string | number)[],
  field: string,
  fix?: string,
): void {
  report('missing-field', `${located.ref.kind} ${located.ref.name}: ${field} is required`, {
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
