import { InvalidArgumentError } from 'commander'

/** Reads a whole number within limits. */
export function integer(what: string, first: number, last: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= first && value <= last) return value
    throw new InvalidArgumentError(`Expected ${what} from ${first} to ${last}.`)
  }
}

/** Reads `NODE=FILE`; may be given several times. */
export function nodeFile(text: string, before: readonly (readonly [string, string])[] = []) {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('Expected NODE=FILE.')
  return [...before, [text.slice(0, at), text.slice(at + 1)] as const]
}

/** Reads paths with commas between them; may be given several times. Mirrors kubectl's `-f`. */
export function paths(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...list(text)]
}

/** Reads a list with commas. */
export function list(text: string): readonly string[] {
  return text.split(',').filter((one) => one !== '')
}

/** Reads a time of RFC 3339, in milliseconds since 1970. */
export function moment(text: string): number {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
  const time = form.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new InvalidArgumentError('Expected a time such as 2026-01-31T12:00:00Z.')
}

/** Collects texts; may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

/** Reads `NAME=ADDRESS`, or curl's `NAME:PORT:ADDRESS`; may be given several times. */
export function nameAddress(text: string, before: readonly (readonly [string, string])[] = []) {
  const found = /^([^=:]+)(?:=|:\d*:)(.*)$/.exec(text)
  if (!found) throw new InvalidArgumentError('Expected NAME=ADDRESS.')
  return [...before, [found[1] ?? '', found[2] ?? ''] as const]
}
