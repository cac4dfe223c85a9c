import type { Reach, ReachCell } from '../../model/reach.ts'
import { alignColumns } from '../get/table.ts'
import { wrap } from '../layout.ts'
import { markOf } from './mark.ts'
import type { ReachTextOptions } from './options.ts'

/** Where senders are, seen from a target's namespace. */
const origins = ['itself', 'other namespaces', 'nodes', 'outside'] as const
type Origin = (typeof origins)[number]

interface Tally {
  readonly reached: number
  readonly asked: number
}

const none: Tally = { reached: 0, asked: 0 }
const mostLines = 60

/** For each namespace how many of the connections to it are reached, by where they come from. */
export function* reachSummary(reach: Reach, { columns }: ReachTextOptions): Iterable<string> {
  const tallies = talliesOf(reach)
  const names = [...tallies.keys()].toSorted()
  const shown = names.slice(0, mostLines)
  const lines = shown.map((name) => {
    const own = tallies.get(name)
    return [name, ...origins.map((origin) => tallyText(own?.get(origin) ?? none))]
  })
  yield `${reach.groups.length} senders × ${reach.rows.length} ports: more than fits here. Reached of asked, by namespace:\n\n`
  yield alignColumns([['to', ...origins.map((one) => `from ${one}`)], ...lines])
  if (names.length > shown.length) yield `… and ${names.length - shown.length} namespaces more\n`
  const hint =
    'Ask for a part: --from deploy/NAMESPACE/NAME, --to svc/NAMESPACE/NAME, --between ns/ONE ns/OTHER, --port; or all with -o list, csv, json.'
  yield `\n${wrap(hint, columns).join('\n')}\n`
}

function tallyText({ reached, asked }: Tally): string {
  return asked === 0 ? '-' : `${reached} of ${asked}`
}

type Tallies = Map<string, Map<Origin, Tally>>

function talliesOf({ groups, rows }: Reach): Tallies {
  const homes = new Map(groups.map(({ id, workload }) => [id, homeOf(workload)]))
  const counts = countedSenders(homes)
  const tallies: Tallies = new Map()
  for (const { to, cells } of rows) {
    const home = homeOf(to.object)
    const own = tallies.get(home) ?? new Map<Origin, Tally>()
    tallies.set(home, own)
    for (const cell of cells) {
      const isReached = ['yes', 'part'].includes(markOf(cell.shares))
      for (const [sender, count] of counts(cell)) {
        const origin = originOf(sender, home)
        const { reached, asked } = own.get(origin) ?? none
        own.set(origin, { reached: reached + (isReached ? count : 0), asked: asked + count })
      }
    }
  }
  return tallies
}

/** How many of a cell's senders are at home where; rows share their lists, and each is counted once. */
function countedSenders(
  homes: ReadonlyMap<string, string>,
): (cell: ReachCell) => ReadonlyMap<string, number> {
  const known = new WeakMap<readonly string[], ReadonlyMap<string, number>>()
  return ({ from }) => {
    const before = known.get(from)
    if (before) return before
    const counts = new Map<string, number>()
    for (const id of from) {
      const home = homes.get(id) ?? 'outside'
      counts.set(home, (counts.get(home) ?? 0) + 1)
    }
    known.set(from, counts)
    return counts
  }
}

function homeOf({ kind, namespace }: { readonly kind: string; readonly namespace?: string }): string {
  if (kind === 'Node') return 'nodes'
  return namespace === undefined ? 'outside' : `ns/${namespace}`
}

function originOf(sender: string, home: string): Origin {
  if (sender === home) return 'itself'
  return sender === 'nodes' || sender === 'outside' ? sender : 'other namespaces'
}
