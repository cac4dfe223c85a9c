import { formatIp, parseIp } from '../base/ip.ts'
import type { DnsRecord } from './message.ts'
import { isType } from './mnemonics.ts'
import { absolute, isDomainName } from './name.ts'

/** Records of a zone file (RFC 1035 section 5), or what is wrong with its text. */
export type ZoneText =
  | { readonly records: readonly DnsRecord[] }
  | { readonly error: string; readonly line: number }

interface Word {
  readonly text: string
  readonly quoted: boolean
}

/** One entry: words of one line, or of several in parentheses. */
interface Entry {
  readonly line: number
  /** It begins with a space: the owner is that of the entry before. */
  readonly continued: boolean
  readonly words: readonly Word[]
}

/** What stands so far for what a record leaves out. */
interface Defaults {
  readonly origin: string
  readonly ttl: number
  readonly owner: string
}

/** Seconds that a record lives where neither it nor `$TTL` states a time. */
const DEFAULT_TTL = 3600

class ZoneFault extends Error {}

/** Reads a zone file. `$INCLUDE` and `$GENERATE` are not known here. */
export function parseZoneText(text: string, origin: string): ZoneText {
  const records: DnsRecord[] = []
  let defaults: Defaults = { origin, ttl: DEFAULT_TTL, owner: origin }
  for (const entry of entriesOf(text)) {
    try {
      const directive = entry.words[0]?.text
      if (directive?.startsWith('$')) {
        defaults = applyDirective(entry, defaults)
        continue
      }
      const record = readRecord(entry, defaults)
      defaults = { ...defaults, owner: record.name }
      records.push(record)
    } catch (fault) {
      if (!(fault instanceof ZoneFault)) throw fault
      return { error: fault.message, line: entry.line }
    }
  }
  return { records }
}

/** Reads one record as miekg/dns NewRR does; `undefined` if the text is none. */
export function parseRecord(text: string): DnsRecord | undefined {
  const zone = parseZoneText(text, '.')
  return 'error' in zone ? undefined : zone.records[0]
}

function entriesOf(text: string): readonly Entry[] {
  const entries: Entry[] = []
  let open = 0
  for (const [index, line] of text.split('\n').entries()) {
    const words = wordsOf(line)
    const last = entries.at(-1)
    const continues = open > 0
    open += count(words, '(') - count(words, ')')
    const plain = words.filter((word) => word.quoted || (word.text !== '(' && word.text !== ')'))
    if (continues && last !== undefined) {
      entries[entries.length - 1] = { ...last, words: [...last.words, ...plain] }
    } else if (plain.length > 0) {
      entries.push({ line: index + 1, continued: /^\s/.test(line), words: plain })
    }
  }
  return entries
}

function count(words: readonly Word[], text: string): number {
  return words.filter((word) => !word.quoted && word.text === text).length
}

function wordsOf(line: string): readonly Word[] {
  const found = line.matchAll(/"((?:\\.|[^"\\])*)"|;.*|[()]|(?:\\.|[^\s;()"\\])+/gs)
  return [...found].flatMap(([whole, quoted]): Word[] => {
    if (quoted !== undefined) return [{ text: quoted, quoted: true }]
    return whole.startsWith(';') ? [] : [{ text: whole, quoted: false }]
  })
}

function applyDirective({ words }: Entry, defaults: Defaults): Defaults {
  const [directive, value] = words.map((word) => word.text)
  if (directive === '$ORIGIN' && value !== undefined) {
    return { ...defaults, origin: nameIn(value, defaults.origin) }
  }
  const ttl = directive === '$TTL' ? parseTtl(value ?? '') : undefined
  if (ttl === undefined) throw new ZoneFault(`${directive} is not understood`)
  return { ...defaults, ttl }
}

/** A number of seconds, or of weeks, days, hours and minutes: `1h30m`. */
function parseTtl(text: string): number | undefined {
  if (!/^(\d+[smhdw]?)+$/i.test(text)) return undefined
  const units: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86400, w: 604800 }
  let total = 0
  for (const [, value, unit = ''] of text.matchAll(/(\d+)([smhdw]?)/gi)) {
    total += Number(value) * (units[unit.toLowerCase()] ?? 1)
  }
  return total
}

/** `@` is the origin, and names without a final dot are below it. An empty label makes no name. */
function nameIn(text: string, origin: string): string {
  if (text === '@') return origin
  const name = absolute(text) === text ? text : origin === '.' ? `${text}.` : `${text}.${origin}`
  if (!isDomainName(name)) throw new ZoneFault(`bad name ${text}`)
  return name
}

function readRecord(entry: Entry, defaults: Defaults): DnsRecord {
  const [first, ...others] = entry.words
  const name = entry.continued || first === undefined ? defaults.owner : nameIn(first.text, defaults.origin)
  let rest = entry.continued ? entry.words : others
  let { ttl } = defaults
  for (let index = 0; index < 2; index++) {
    const text = rest[0]?.text ?? ''
    const stated = parseTtl(text)
    if (stated !== undefined) ttl = stated
    else if (!/^(IN|CH|HS|CS)$/i.test(text)) break
    rest = rest.slice(1)
  }
  const [word, ...data] = rest
  const type = word?.text.toUpperCase() ?? ''
  if (!isType(type)) throw new ZoneFault(`no type at ${name}`)
  return { name, type, ttl, data: readData(type, data, defaults.origin) }
}

/** What the fields of a type's data are: names, numbers, addresses; the last may repeat. */
const fields: Readonly<Record<string, readonly ('name' | 'number' | 'time' | 'text')[]>> = {
  CNAME: ['name'],
  NS: ['name'],
  PTR: ['name'],
  DNAME: ['name'],
  MX: ['number', 'name'],
  SRV: ['number', 'number', 'number', 'name'],
  SOA: ['name', 'name', 'number', 'time', 'time', 'time', 'time'],
  NAPTR: ['number', 'number', 'text', 'text', 'text', 'name'],
}

function readData(type: string, words: readonly Word[], origin: string): string {
  if (type === 'A' || type === 'AAAA') return readAddress(type, words)
  if (type === 'SVCB' || type === 'HTTPS') return readBinding(type, words, origin)
  const layout = fields[type]
  if (layout === undefined) return readTexts(type, words)
  if (words.length !== layout.length) throw new ZoneFault(`bad ${type}`)
  return words
    .map((word, index) => {
      const kind = layout[index]
      if (kind === 'name') return nameIn(word.text, origin)
      if (kind === 'text') return quoted(word.text)
      const value = kind === 'time' ? parseTtl(word.text) : Number(word.text)
      if (value === undefined || Number.isNaN(value)) throw new ZoneFault(`bad ${type} ${word.text}`)
      return String(value)
    })
    .join(' ')
}

function readAddress(type: 'A' | 'AAAA', words: readonly Word[]): string {
  const ip = parseIp(words[0]?.text ?? '')
  const wanted = type === 'A' ? 'number' : 'bigint'
  if (typeof ip !== wanted || ip === undefined || words.length !== 1) {
    throw new ZoneFault(`bad ${type} ${words[0]?.text ?? ''}`)
  }
  return formatIp(ip)
}

/** SVCB and HTTPS: a priority, a target, and parameters whose values stand in quotes (RFC 9460). */
function readBinding(type: string, words: readonly Word[], origin: string): string {
  const [priority, target, ...parameters] = words.map((word) => word.text)
  if (priority === undefined || target === undefined || !/^\d+$/.test(priority)) {
    throw new ZoneFault(`bad ${type}`)
  }
  const values = parameters.map((text) => text.replace(/=(.+)$/s, '="$1"'))
  return [priority, nameIn(target, origin), ...values].join(' ')
}

/** TXT and its like keep their strings in quotes; of other types the text is kept as it is. */
function readTexts(type: string, words: readonly Word[]): string {
  if (words.length === 0) throw new ZoneFault(`bad ${type}`)
  const strings = ['TXT', 'SPF', 'HINFO'].includes(type)
  return words.map((word) => (strings || word.quoted ? quoted(word.text) : word.text)).join(' ')
}

function quoted(text: string): string {
  return `"${text}"`
}
