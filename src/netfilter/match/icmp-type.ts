import type { NumberRange, Options } from '../save-format/options.ts'
import { inRange, option, parseNumber } from '../save-format/options.ts'
import { RuleSyntaxError } from '../save-format/tokens.ts'

/** An ICMP or ICMPv6 type with the codes that go with it. */
export interface IcmpTypeMatch {
  readonly icmpType: number
  readonly codes: NumberRange
  readonly inverted: boolean
}

/** What a name stands for: a type, or a type and one code. */
export type IcmpNames = Readonly<Record<string, string>>

const everyCode: NumberRange = { first: 0, last: 255 }

/** Reads a type, `type/code`, or a name of the list, which may be cut short as long as it is clear. */
export function parseIcmpType(options: Options, name: string, names: IcmpNames): IcmpTypeMatch {
  const text = options.required(name)
  return { ...readType(text, names), inverted: options.inverted(name) }
}

function readType(text: string, names: IcmpNames): Pick<IcmpTypeMatch, 'icmpType' | 'codes'> {
  const [typeText = '', codeText] = (/^\d/.test(text) ? text : meaningOf(text, names)).split('/')
  const icmpType = parseNumber(typeText, 'ICMP type', 255)
  if (codeText === undefined) return { icmpType, codes: everyCode }
  const code = parseNumber(codeText, 'ICMP code', 255)
  return { icmpType, codes: { first: code, last: code } }
}

function meaningOf(text: string, names: IcmpNames): string {
  const wanted = text.toLowerCase()
  const exact = names[wanted]
  if (exact !== undefined) return exact
  const meanings = new Set(
    Object.entries(names).flatMap(([name, meaning]) => (name.startsWith(wanted) ? [meaning] : [])),
  )
  const [only] = meanings
  if (meanings.size === 1 && only !== undefined) return only
  throw new RuleSyntaxError(`"${text}" is ${meanings.size === 0 ? 'no' : 'more than one'} ICMP type`)
}

export function formatIcmpType(name: string, { icmpType, codes, inverted }: IcmpTypeMatch): string {
  return option(name, codes.first === codes.last ? `${icmpType}/${codes.first}` : String(icmpType), inverted)
}

/** Whether a message has the type and one of the codes; the inversion is the caller's. */
export function isIcmpType(match: IcmpTypeMatch, type: number, code: number): boolean {
  return match.icmpType === type && inRange(match.codes, code)
}
