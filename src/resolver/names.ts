import type { Ip } from '../base/ip.ts'
import { parseIp } from '../base/ip.ts'

/** The name with one trailing dot. */
export function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`
}

/** How many dots the name has, a trailing one included, as the libraries compare with `ndots`. */
export function dotsIn(name: string): number {
  return name.split('.').length - 1
}

/** Whether a message can hold the name: labels of 1 to 63 characters, 253 in all, or the root alone. */
export function isEncodable(name: string): boolean {
  const text = name.endsWith('.') ? name.slice(0, -1) : name
  if (text === '') return name === '.'
  return text.length <= 253 && text.split('.').every((label) => label.length >= 1 && label.length <= 63)
}

/**
 * The address that a name spells, so that it is never looked up: IPv6, or IPv4 in any spelling of inet_aton
 * (`10.1`, `0x0a000001`, `012.0.0.1`). `undefined` if the name is none.
 */
export function addressIn(name: string): Ip | undefined {
  return name.includes(':') ? parseIp(name.replace(/%.*$/, '')) : parseInetAton(name)
}

const octal = /^0[0-7]*$/
const decimal = /^[1-9][0-9]*$/
const hexadecimal = /^0x[0-9a-f]+$/i

/** Mirrors inet_aton: one to four numbers, of which the last fills all bytes that are left. */
function parseInetAton(text: string): number | undefined {
  const numbers = text.split('.').map((part) => {
    if (octal.test(part)) return Number.parseInt(part, 8)
    return decimal.test(part) || hexadecimal.test(part) ? Number(part) : Number.NaN
  })
  const last = numbers.pop() ?? Number.NaN
  const room = 256 ** (4 - numbers.length)
  if (numbers.length > 3 || !numbers.every((one) => one < 256) || !(last < room)) return undefined
  return numbers.reduce((sum, one, index) => sum + one * 256 ** (3 - index), last)
}
