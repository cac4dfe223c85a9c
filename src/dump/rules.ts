import type { Cidr } from '../base/ip.ts'
import { cidrOf, familyOf, hostCidr, parseCidr, parseIp } from '../base/ip.ts'
import type { RoutingRule } from '../model/network.ts'
import type { DumpText } from './dump-text.ts'
import { offsetOf, readField, recollect, wholeNumber } from './dump-text.ts'
import type { Entry, NamedField } from './entry.ts'
import { entryOf, hasFlag, textIn } from './entry.ts'
import type { Line, Word } from './lines.ts'
import { wordsOf } from './lines.ts'
import { readTable } from './routing-tables.ts'

/** What a rule does, where it does not look up a table. */
const alone = new Set(['blackhole', 'unreachable', 'prohibit', 'nop'])

/** `ip rule` as text, under the names that its JSON has. */
export function ruleEntries(dump: DumpText, lines: readonly Line[]): readonly Entry[] {
  return lines.flatMap((line) => {
    const [first, ...words] = wordsOf(line)
    const priority = /^(\d+):$/.exec(first?.text ?? '')?.[1]
    if (priority === undefined) {
      dump.problem(
        'dump-syntax',
        line.offset,
        'expected a rule such as "0: from all lookup local"',
        recollect,
      )
      return []
    }
    return entryOf(line.offset, [['priority', Number(priority), line.offset], ...wordFields(words)])
  })
}

function wordFields(words: readonly Word[]): readonly NamedField[] {
  const fields: NamedField[] = []
  for (let at = 0; at < words.length; at++) {
    const [word, value] = [words[at], words[at + 1]]
    if (!word) continue
    if (word.text === 'not') fields.push(['not', true, word.offset])
    else if (alone.has(word.text)) fields.push(['action', word.text, word.offset])
    else {
      if (value) fields.push(...named(word.text, value.text, value.offset))
      at++
    }
  }
  return fields
}

const jsonNames: Readonly<Record<string, string>> = {
  from: 'src',
  to: 'dst',
  lookup: 'table',
  proto: 'protocol',
  suppress_prefixlength: 'suppress_prefixlen',
}

function named(name: string, value: string, at: number): readonly NamedField[] {
  if (name === 'fwmark') {
    const [mark, mask] = value.split('/')
    return [['fwmark', mark, at], ...(mask === undefined ? [] : [['fwmask', mask, at] as const])]
  }
  if (name === 'from' || name === 'to') {
    const [ip, bits] = value.split('/')
    const short = jsonNames[name] ?? name
    return [[short, ip, at], ...(bits === undefined ? [] : [[`${short}len`, bits, at] as const])]
  }
  return [[jsonNames[name] ?? name, value, at]]
}

/** What a rule may ask for that no walk knows. */
const notModelled = [
  'tos',
  'dsfield',
  'ipproto',
  'sport',
  'dport',
  'uid_start',
  'uidrange',
  'goto',
  'suppress_prefixlen',
  'suppress_ifgroup',
  'l3mdev',
  'tun_id',
]

const number = { read: wholeNumber, expected: 'a number' }
const table = { read: readTable, expected: 'the number or the name of a routing table' }

/** `ip rule`; `family` is the file's, for rules without an address. */
export function readRules(dump: DumpText, entries: readonly Entry[], family: 4 | 6): readonly RoutingRule[] {
  return entries.flatMap((entry) => readRule(dump, entry, family) ?? [])
}

function readRule(dump: DumpText, entry: Entry, stated: 4 | 6): RoutingRule | undefined {
  const strange = notModelled.find((name) => hasFlag(entry, name))
  if (strange !== undefined) {
    const message = `a routing rule with ${strange} is not modelled; it is left out`
    dump.problem('dump-not-modelled', offsetOf(entry, strange), message, 'do not trust ways that it decides')
    return undefined
  }
  const priority = readField(dump, entry, 'priority', number)
  const from = readBlock(dump, entry, 'src')
  const to = readBlock(dump, entry, 'dst')
  const action = readAction(dump, entry)
  if (priority === undefined || !action) return undefined
  const own = (from ?? to)?.first
  const mark = readField(dump, entry, 'fwmark', number)
  const mask = readField(dump, entry, 'fwmask', number) ?? 0xffffffff
  const device = textIn(entry, 'iif')
  const out = textIn(entry, 'oif')
  return {
    priority,
    family: own === undefined ? stated : familyOf(own),
    ...(from && { from }),
    ...(to && { to }),
    ...(mark !== undefined && { mark: { value: mark, mask } }),
    ...(device !== undefined && { in: device }),
    ...(out !== undefined && { out }),
    ...(hasFlag(entry, 'not') && { inverted: true }),
    action,
  }
}

function readAction(dump: DumpText, entry: Entry): RoutingRule['action'] | undefined {
  const type = textIn(entry, 'action')
  if (type === 'blackhole' || type === 'unreachable' || type === 'prohibit') return { type }
  const found = readField(dump, entry, 'table', table)
  if (found !== undefined) return { type: 'lookup', table: found }
  if (type !== 'nop' && !entry.fields.has('table')) {
    dump.problem('dump-syntax', entry.offset, 'expected a rule that looks up a table', recollect)
  }
  return undefined
}

/** The length of the prefix stands in a field of its own. */
function readBlock(dump: DumpText, entry: Entry, name: 'src' | 'dst'): Cidr | undefined {
  const text = textIn(entry, name)
  if (text === undefined || text === 'all') return undefined
  const length = readField(dump, entry, `${name}len`, number)
  const ip = parseIp(text)
  const block = ip === undefined ? parseCidr(text) : length === undefined ? hostCidr(ip) : blockOf(ip, length)
  if (!block) dump.problem('dump-syntax', offsetOf(entry, name), 'expected an address or a block', recollect)
  return block
}

function blockOf(ip: number | bigint, bits: number): Cidr | undefined {
  return bits <= (typeof ip === 'number' ? 32 : 128) ? cidrOf(ip, bits) : undefined
}
