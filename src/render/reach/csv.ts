import type { Reach } from '../../model/reach.ts'
import { targetName } from './fold.ts'

/** A line for each end that connections from a group to a target have. Mirrors RFC 4180, but for its line ends. */
export function* reachCsv({ rows }: Reach): Iterable<string> {
  yield 'from,to,protocol,port,disposition,share,denied\n'
  for (const { to, cells } of rows) {
    const ports = to.lastPort === undefined ? `${to.port}` : `${to.port}-${to.lastPort}`
    const target = `${quoted(targetName(to))},${to.protocol},${ports}`
    for (const { from, shares } of cells) {
      const ends = shares.map(({ disposition, share, denied = '' }) => `${disposition},${share},${denied}`)
      yield from.flatMap((id) => ends.map((end) => `${quoted(id)},${target},${end}\n`)).join('')
    }
  }
}

function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
