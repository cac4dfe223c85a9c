import { sha1Hex } from '../../../base/hash.ts'

/** The 85 characters of which names of sets are made (ShortNameSymbols). */
const symbols = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789(){}[]+=_$%^!*|/?.;:@#~'

/** Mirrors shortName: a SHA-1 as a number to the base 85, its lowest digit first. */
export function shortName(text: string): string {
  const base = BigInt(symbols.length)
  const digits: string[] = []
  for (let rest = BigInt(`0x${sha1Hex(text)}`); rest > 0n; rest /= base) {
    digits.push(symbols.charAt(Number(rest % base)))
  }
  return digits.join('')
}

/** The name of the set for what the text says. */
export function setName(text: string): string {
  return `weave-${shortName(text)}`
}
