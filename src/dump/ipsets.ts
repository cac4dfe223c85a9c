import type { IpSet } from '../model/network.ts'
import type { DumpText } from './dump-text.ts'
import { clip, recollect } from './dump-text.ts'
import type { Line } from './lines.ts'

/** `ipset save`: `create NAME TYPE …`, then `add NAME ENTRY …` for each entry. */
export function readSets(dump: DumpText, lines: readonly Line[]): readonly IpSet[] {
  const sets = new Map<string, { readonly type: string; readonly entries: string[] }>()
  for (const line of lines) {
    const found = /^\s*(create|add)\s+("[^"]*"|\S+)\s+(.+)$/.exec(line.text)
    const [, verb, quoted = '', rest = ''] = found ?? []
    const name = quoted.replaceAll('"', '')
    const known = sets.get(name)
    if (verb === undefined) {
      dump.problem(
        'dump-syntax',
        line.offset,
        `expected create or add, found "${clip(line.text)}"`,
        recollect,
      )
    } else if (verb === 'create') {
      if (known) dump.problem('dump-syntax', line.offset, `set ${clip(name)} is created twice`, recollect)
      else sets.set(name, { type: rest.split(/\s/)[0] ?? '', entries: [] })
    } else if (known) known.entries.push(rest)
    else {
      const fix = 'the text seems to begin in the middle; collect it again'
      dump.problem('dump-syntax', line.offset, `there is no set ${clip(name)} to add to`, fix)
    }
  }
  return [...sets].map(([name, { type, entries }]) => ({ name, type, entries }))
}
