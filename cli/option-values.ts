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
