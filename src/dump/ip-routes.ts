import type { DumpText } from './dump-text.ts'
import { recollect } from './dump-text.ts'
import type { Entry, Field, NamedField } from './entry.ts'
import { entryOf } from './entry.ts'
import type { Line, Word } from './lines.ts'
import { wordsOf } from './lines.ts'

export const routeTypes = new Set(
  'unicast local broadcast multicast anycast blackhole unreachable prohibit throw nat'.split(' '),
)

/** Words that stand alone; all others have a value behind them. */
const flags = new Set(
  'onlink pervasive dead linkdown offload trap notify rt_offload rt_trap rt_offload_failed unresolved nofail cache'.split(
    ' ',
  ),
)

/** Words of the text whose JSON has another name. */
const names: Readonly<Record<string, string>> = { proto: 'protocol', src: 'prefsrc', via: 'gateway' }

/** A route while its lines are read: its next hops stand in lines of their own. */
interface Draft {
  readonly offset: number
  readonly fields: readonly NamedField[]
  readonly hops: Field[]
}

/** `ip route` as text, under the names that its JSON has. */
export function routeEntries(dump: DumpText, lines: readonly Line[]): readonly Entry[] {
  const drafts: Draft[] = []
  for (const line of lines) {
    if (/^\s/.test(line.text)) readMore(dump, line, drafts.at(-1))
    else drafts.push(...startRoute(dump, line))
  }
  return drafts.map(({ offset, fields, hops }) =>
    entryOf(offset, [...fields, ...(hops.length > 0 ? [['nexthops', hops] as const] : [])]),
  )
}

/** A line that goes on with the route before it: one of several next hops, or what the kernel has cached. */
function readMore(dump: DumpText, line: Line, draft: Draft | undefined): void {
  const [first, ...rest] = wordsOf(line)
  if (first?.text === 'nexthop' && draft) {
    draft.hops.push({ offset: first.offset, value: entryOf(first.offset, readWords(rest)) })
  } else if (first?.text !== 'cache' && !draft) {
    dump.problem('dump-syntax', line.offset, 'expected a route, such as "default via 10.0.0.1"', recollect)
  }
}

function startRoute(dump: DumpText, line: Line): readonly Draft[] {
  const words = wordsOf(line)
  const [first, ...rest] = words
  const type = first && routeTypes.has(first.text) ? first : undefined
  const [destination, ...more] = type ? rest : words
  if (!destination) {
    dump.problem('dump-syntax', line.offset, 'expected a destination', recollect)
    return []
  }
  const fields: NamedField[] = [
    ...readWords(more),
    ['dst', destination.text, destination.offset],
    ...(type ? [['type', type.text, type.offset] as const] : []),
  ]
  return [{ offset: line.offset, fields, hops: [] }]
}

function readWords(words: readonly Word[]): NamedField[] {
  const fields: NamedField[] = []
  const found: Field[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]
    if (!word) continue
    if (flags.has(word.text)) {
      found.push({ value: word.text, offset: word.offset })
      continue
    }
    let value = words[at + 1]
    at++
    // `via inet6 fe80::1`, and `mtu lock 1400`.
    if (value && ['inet', 'inet6', 'lock'].includes(value.text)) {
      value = words[at + 1]
      at++
    }
    if (value) fields.push([names[word.text] ?? word.text, value.text, value.offset])
  }
  return [...fields, ['flags', found]]
}
