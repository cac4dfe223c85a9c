import type { Ip } from '../base/ip.ts'
import { parseIp } from '../base/ip.ts'
import { readMac } from './devices.ts'
import type { DumpText } from './dump-text.ts'
import { offsetOf, readField } from './dump-text.ts'
import type { Entry, NamedField } from './entry.ts'
import { entryOf, hasFlag, listHas, textIn } from './entry.ts'
import type { Line, Word } from './lines.ts'
import { wordsOf } from './lines.ts'

/** One line of `bridge fdb`. */
export interface FdbLine {
  readonly mac: string
  readonly device: string
  /** On a tunnel: the tunnel end behind which the address is. */
  readonly remote?: Ip
  /** On a bridge port: whether the address is behind the port, and not its own. */
  readonly learned: boolean
}

/** `bridge fdb show` as text, under the names that its JSON has. */
export function fdbEntries(_dump: DumpText, lines: readonly Line[]): readonly Entry[] {
  return lines.flatMap((line) => {
    const [first, ...words] = wordsOf(line)
    if (!first) return []
    const fields = words.flatMap((word, at) => wordField(word, words[at + 1]))
    const flags = words
      .filter(({ text }) => text === 'self')
      .map(({ text, offset }) => ({ value: text, offset }))
    return entryOf(line.offset, [['mac', first.text, first.offset], ...fields, ['flags', flags]])
  })
}

function wordField({ text, offset }: Word, next: Word | undefined): readonly NamedField[] {
  switch (text) {
    case 'dev':
      return next ? [['ifname', next.text, next.offset]] : []
    case 'dst':
    case 'master':
      return next ? [[text, next.text, next.offset]] : []
    case 'permanent':
    case 'static':
      return [['state', text, offset]]
    default:
      return []
  }
}

const address = { read: parseIp, expected: 'an IP address' }
const mac = { read: readMac, expected: 'a MAC address' }

/** What bridges and tunnels have learnt or been told. Multicast groups are left out. */
export function readForwarding(dump: DumpText, entries: readonly Entry[]): readonly FdbLine[] {
  return entries.flatMap((entry): readonly FdbLine[] => {
    const found = readField(dump, entry, 'mac', mac)
    const device = textIn(entry, 'ifname')
    if (found === undefined) return []
    if (device === undefined) {
      const fix = 'collect bridge fdb show, without dev'
      dump.problem('dump-syntax', offsetOf(entry, 'mac'), 'a forwarding entry names no device', fix)
      return []
    }
    if (Number.parseInt(found.slice(0, 2), 16) & 1) return []
    const remote = readField(dump, entry, 'dst', address)
    const own = textIn(entry, 'state') === 'permanent' || listHas(entry, 'flags', 'self')
    const learned = hasFlag(entry, 'master') && !own
    return [{ mac: found, device, learned, ...(remote !== undefined && { remote }) }]
  })
}
