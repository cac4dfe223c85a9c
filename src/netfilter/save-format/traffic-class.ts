import { parseNumber } from './options.ts'
import { RuleSyntaxError } from './tokens.ts'

/** A byte of the DS field or traffic class, and which of its bits are meant. */
export interface MaskedByte {
  readonly value: number
  readonly mask: number
}

/** The old names of TOS values, which all leave the precedence and the last bit alone. */
const tosNames: Readonly<Record<string, number>> = {
  'minimize-delay': 0x10,
  'maximize-throughput': 0x08,
  'maximize-reliability': 0x04,
  'minimize-cost': 0x02,
  'normal-service': 0x00,
}

/** Reads `value`, `value/mask` or a name; without a mask all eight bits are meant. */
export function parseTos(text: string): MaskedByte {
  const named = tosNames[text.toLowerCase()]
  if (named !== undefined) return { value: named, mask: 0x3f }
  const [value = '', mask] = text.split('/')
  return {
    value: parseNumber(value, 'TOS value', 255),
    mask: mask === undefined ? 0xff : parseNumber(mask, 'TOS mask', 255),
  }
}

export function formatTos({ value, mask }: MaskedByte): string {
  return `${hexByte(value)}/${hexByte(mask)}`
}

/** Two hexadecimal digits, as TOS and DSCP values are printed. */
export function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`
}

/** Reads a class of RFC 2474, 2597 and 3246: `CS3`, `AF21`, `EF`, `BE`. */
export function parseDscpClass(text: string): number {
  const name = text.toUpperCase()
  if (name === 'EF') return 46
  if (name === 'BE') return 0
  const [, kind, first = '', second = ''] = /^(CS|AF)([0-7])([1-3])?$/.exec(name) ?? []
  if (kind === 'CS' && second === '') return Number(first) * 8
  if (kind === 'AF' && second !== '' && /[1-4]/.test(first)) return Number(first) * 8 + Number(second) * 2
  throw new RuleSyntaxError(`"${text}" is not a DSCP class such as CS3, AF21 or EF`)
}
