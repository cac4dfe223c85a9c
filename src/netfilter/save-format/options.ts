import type { Cidr, Family, Ip } from '../../base/ip.ts'
import { bitsOf, cidrOf, familyOf, formatIp, parseIp } from '../../base/ip.ts'
import type { HeaderMatch, HookName, TableName } from '../rule.ts'
import { portOfService } from './services.ts'
import { RuleSyntaxError } from './tokens.ts'

/** One option of a match or target as it stands in a rule: `! --dport 80` is inverted with one value. */
export interface Option {
  readonly name: string
  readonly inverted: boolean
  readonly values: readonly string[]
  /** The token at which the option stands in its rule. */
  readonly at: number
}

/** Where a rule stands when it is checked; `hook` is a base chain from which it is reached. */
export interface RuleSite {
  readonly family: Family
  readonly table: TableName
  readonly hook?: HookName
  readonly header: HeaderMatch
}

/** Where the kernel lets an extension stand; what is left out is not restricted (xt_check_match, xt_check_target). */
export interface Places {
  readonly family?: Family
  readonly tables?: readonly TableName[]
  /** The hooks it may be reached from. */
  readonly hooks?: readonly HookName[]
  /** The rule must ask for one of these with `-p`. */
  readonly protocols?: readonly number[]
}

/** What the reader and the writer of one extension share. */
export interface Extension<T> extends Places {
  /** Every option that it takes, without the dashes, and how many values each takes. */
  readonly options: Readonly<Record<string, number>>
  /** Other names of the same options. */
  readonly aliases?: Readonly<Record<string, string>>
  /** The options that may have a `!` before them. */
  readonly negatable?: readonly string[]
  /** The options that may stand more than once. */
  readonly repeatable?: readonly string[]
  /** Groups of options of which a rule may have one at most. */
  readonly exclusive?: readonly (readonly string[])[]
  /** What the kernel or iptables says against it at this place, beyond `Places`; mirrors its checkentry. */
  refuse?(value: T, site: RuleSite): string | undefined
  /** Makes the typed form. Throws a RuleSyntaxError if it cannot. */
  parse(options: Options, family: Family): T
  /** The options in iptables-save's spelling and order; empty if there are none. */
  format(value: T, family: Family): string
}

/** The options of one extension in one rule, with readers for the usual kinds of value. */
export class Options {
  readonly #options: readonly Option[]
  readonly #owner: string
  #lastRead: Option | undefined

  constructor(owner: string, options: readonly Option[]) {
    this.#owner = owner
    this.#options = options
  }

  get all(): readonly Option[] {
    return this.#options
  }

  /** The option that was looked at last: the one at fault if its value cannot be read. */
  get lastRead(): Option | undefined {
    return this.#lastRead
  }

  find(name: string): Option | undefined {
    const found = this.#options.find((option) => option.name === name)
    this.#lastRead = found ?? this.#lastRead
    return found
  }

  has(name: string): boolean {
    return this.find(name) !== undefined
  }

  inverted(name: string): boolean {
    return this.find(name)?.inverted ?? false
  }

  value(name: string): string | undefined {
    return this.find(name)?.values[0]
  }

  required(name: string): string {
    const value = this.value(name)
    if (value === undefined) throw new RuleSyntaxError(`${this.#owner} needs --${name}`)
    return value
  }

  fail(message: string): never {
    throw new RuleSyntaxError(`${this.#owner}: ${message}`)
  }
}

/** A closed range of ports or numbers; `first === last` for one. */
export interface NumberRange {
  readonly first: number
  readonly last: number
}

/** A number in decimal, hex (0x) or octal (0), at most `max`. */
export function parseNumber(text: string, what: string, max = 0xffffffff): number {
  const value = /^(0[xX][0-9a-fA-F]+|\d+)$/.test(text) ? Number(octal(text)) : Number.NaN
  if (!(value <= max)) throw new RuleSyntaxError(`${what} "${text}" is not a number from 0 to ${max}`)
  return value
}

function octal(text: string): string {
  return /^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text
}

/** `80`, `80:90`, `:1023`, `1024:`, or the name of a well-known service. */
export function parsePortRange(text: string, separator = ':'): NumberRange {
  const [low = '', high] = text.split(separator)
  const first = low === '' && high !== undefined ? 0 : parsePort(low)
  const last = high === undefined ? first : high === '' ? 65535 : parsePort(high)
  if (last < first) throw new RuleSyntaxError(`port range "${text}" ends before it begins`)
  return { first, last }
}

function parsePort(text: string): number {
  return portOfService(text) ?? parseNumber(text, 'port', 65535)
}

/** `5`, `5:9`, `:9` or `5:`, as many matches write a range of numbers; one that ends before it begins holds none. */
export function parseNumberRange(text: string, what: string, max = 0xffffffff): NumberRange {
  const [low = '', high] = text.split(':')
  const first = low === '' && high !== undefined ? 0 : parseNumber(low, what, max)
  const last = high === undefined ? first : high === '' ? max : parseNumber(high, what, max)
  return { first, last }
}

export function inRange(range: NumberRange, value: number): boolean {
  return value >= range.first && value <= range.last
}

export function formatPortRange(range: NumberRange, separator = ':'): string {
  return range.first === range.last ? String(range.first) : `${range.first}${separator}${range.last}`
}

/** `value` or `value/mask`, as marks are written. */
export function parseMasked(text: string, what: string): { readonly value: number; readonly mask: number } {
  const [value = '', mask] = text.split('/')
  return { value: parseNumber(value, what), mask: mask === undefined ? 0xffffffff : parseNumber(mask, what) }
}

/** A mark as iptables-save prints it: `0x4000`. */
export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`
}

/** The bits of a number as an unsigned 32-bit value. */
export function bit32(value: number): number {
  return value >>> 0
}

/** `address`, `address/bits` or `address/mask`; the family must be the table's. */
export function parseAddressMask(text: string, family: Family): { readonly address: Ip; readonly mask: Ip } {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const ip = parseIp(slash >= 0 && family === 4 ? withAllOctets(address) : address)
  const mask = slash < 0 ? maskOf(family, bitsOf(family)) : parseMask(text.slice(slash + 1), family)
  if (ip === undefined || mask === undefined || familyOf(ip) !== family) {
    throw new RuleSyntaxError(`"${text}" is not an IPv${family} address or block`)
  }
  return { address: andIp(ip, mask), mask }
}

/** `10` or `10.1` before a mask stand for `10.0.0.0` and `10.1.0.0`. */
function withAllOctets(text: string): string {
  return text + '.0'.repeat(Math.max(0, 4 - text.split('.').length))
}

function parseMask(text: string, family: Family): Ip | undefined {
  if (/^\d+$/.test(text)) return Number(text) <= bitsOf(family) ? maskOf(family, Number(text)) : undefined
  const mask = parseIp(text)
  return mask !== undefined && familyOf(mask) === family ? mask : undefined
}

/** An address as inet_ntop of the C library spells it, which keeps the dotted form of `::10.0.0.1`. */
export function saveIp(ip: Ip): string {
  const compatible = typeof ip === 'bigint' && ip >> 32n === 0n && ip >> 16n !== 0n
  return compatible ? `::${formatIp(Number(ip))}` : formatIp(ip)
}

/** The mask of a prefix length. */
export function maskOf(family: Family, bits: number): Ip {
  if (family === 4) return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0
  return ((1n << BigInt(bits)) - 1n) << BigInt(128 - bits)
}

export function andIp(ip: Ip, mask: Ip): Ip {
  return typeof ip === 'number' ? (ip & Number(mask)) >>> 0 : ip & BigInt(mask)
}

/** The prefix length of a mask; `undefined` if its bits are not contiguous. */
export function prefixOf(mask: Ip): number | undefined {
  if (typeof mask === 'number') {
    const bits = Math.clz32(~mask)
    return maskOf(4, bits) === mask ? bits : undefined
  }
  for (let bits = 128; bits >= 0; bits--) if (maskOf(6, bits) === mask) return bits
  return undefined
}

/** The block that an address match stands for; `undefined` if its mask is no prefix. */
export function cidrOfMask(address: Ip, mask: Ip): Cidr | undefined {
  const bits = prefixOf(mask)
  return bits === undefined ? undefined : cidrOf(address, bits)
}

/** Joins an option to its values, with iptables-save's leading `! ` if it is inverted. */
export function option(name: string, value: string | undefined, inverted = false): string {
  return `${inverted ? '! ' : ''}--${name}${value === undefined ? '' : ` ${value}`}`
}

/** Joins the parts of an extension's text that are there. */
export function joinOptions(...parts: readonly (string | undefined | false)[]): string {
  let text = ''
  for (const part of parts) if (part) text += text === '' ? part : ` ${part}`
  return text
}
