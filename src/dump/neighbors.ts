import { parseIp } from '../base/ip.ts'
import type { DumpedNeighbor } from '../model/node-dump.ts'
import { readMac } from './devices.ts'
import type { DumpText } from './dump-text.ts'
import { offsetOf, readField, recollect } from './dump-text.ts'
import type { Entry, Field, NamedField } from './entry.ts'
import { entryOf, listHas, textIn } from './entry.ts'
import type { Line } from './lines.ts'
import { wordsOf } from './lines.ts'

const states = new Set('NONE INCOMPLETE REACHABLE STALE DELAY PROBE FAILED NOARP PERMANENT'.split(' '))

/** `ip neigh` as text, under the names that its JSON has. */
export function neighborEntries(_dump: DumpText, lines: readonly Line[]): readonly Entry[] {
  return lines.flatMap((line) => {
    const [first, ...words] = wordsOf(line)
    if (!first) return []
    const fields: NamedField[] = [['dst', first.text, first.offset]]
    const state: Field[] = []
    for (const [at, word] of words.entries()) {
      const value = words[at + 1]
      if (states.has(word.text)) state.push({ value: word.text, offset: word.offset })
      if ((word.text === 'dev' || word.text === 'lladdr') && value) {
        fields.push([word.text, value.text, value.offset])
      }
    }
    return entryOf(line.offset, [...fields, ['state', state]])
  })
}

const address = { read: parseIp, expected: 'an IP address' }

/** `ip neigh`: entries with a frame address that count now. What was asked for in vain is asked for again. */
export function readNeighbors(dump: DumpText, entries: readonly Entry[]): readonly DumpedNeighbor[] {
  return entries.flatMap((entry): readonly DumpedNeighbor[] => {
    const ip = readField(dump, entry, 'dst', address)
    const device = textIn(entry, 'dev')
    if (ip === undefined) return []
    if (device === undefined) {
      dump.problem('dump-syntax', offsetOf(entry, 'dst'), 'a neighbour is on no device', recollect)
      return []
    }
    if (listHas(entry, 'state', 'FAILED') || listHas(entry, 'state', 'INCOMPLETE')) return []
    const mac = readMac(textIn(entry, 'lladdr') ?? '')
    const permanent = listHas(entry, 'state', 'PERMANENT')
    return mac === undefined ? [] : [{ ip, mac, device, ...(permanent && { permanent }) }]
  })
}
