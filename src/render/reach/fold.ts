import type { ObjectRef } from '../../base/source.ts'
import type { Reach, ReachCell, ReachGroup, ReachRow, ReachTarget } from '../../model/reach.ts'

/** Past so many cells nobody reads them one by one, and folding would only take time. */
const mostCells = 1_000_000

/**
 * The parts of a workload as one, where nothing that is shown differs between them: the program tells them apart by
 * what might matter, and here it did not.
 */
export function foldParts(reach: Reach): Reach {
  if (reach.groups.length * reach.rows.length > mostCells) return reach
  return foldTargets(foldSenders(reach))
}

function foldSenders(reach: Reach): Reach {
  const ends = endsByGroup(reach)
  const folded = new Map<string, ReachGroup>()
  for (const parts of listsBy(reach.groups, ({ workload }) => refKey(workload)).values()) {
    const [first] = parts
    const isOne = new Set(parts.map(({ id }) => ends.get(id)?.join(' '))).size === 1
    if (!first || parts.length < 2 || !isOne) continue
    const whole: ReachGroup = {
      id: wholeName(first.id, first.workload),
      workload: first.workload,
      members: parts.flatMap(({ members }) => members),
    }
    for (const { id } of parts) folded.set(id, whole)
  }
  const cell = ({ from, shares }: ReachCell): ReachCell => ({
    from: [...new Set(from.map((id) => folded.get(id)?.id ?? id))],
    shares,
  })
  return {
    ...reach,
    groups: [...new Set(reach.groups.map((group) => folded.get(group.id) ?? group))],
    rows: reach.rows.map(({ to, cells }) => ({ to, cells: cells.map(cell) })),
  }
}

/** For each group how its connections end, target by target; equal texts for equal ends. */
function endsByGroup({ rows }: Reach): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const [index, { cells }] of rows.entries()) {
    for (const { from, shares } of cells) {
      const text = `${index} ${JSON.stringify(shares)}`
      for (const id of from) {
        const list = found.get(id)
        if (list) list.push(text)
        else found.set(id, [text])
      }
    }
  }
  return found
}

function foldTargets(reach: Reach): Reach {
  const parts = new Map(
    [...listsBy(reach.rows, ({ to }) => refKey(to.object))].map(([key, rows]) => [
      key,
      new Set(rows.map(({ to }) => targetName(to))).size,
    ]),
  )
  const rows = [...listsBy(reach.rows, ({ to }) => portKey(to)).values()].flatMap(
    (own): readonly ReachRow[] => {
      const [first] = own
      const isWhole = first && own.length > 1 && own.length === parts.get(refKey(first.to.object))
      if (!isWhole || new Set(own.map(cellsKey)).size > 1) return own
      const name = wholeName(targetName(first.to), first.to.object)
      return [
        { ...first, to: { ...first.to, id: `${name}${first.to.id.slice(targetName(first.to).length)}` } },
      ]
    },
  )
  return { ...reach, rows }
}

/** Equal for rows with the same cells, in whatever order. */
function cellsKey({ cells }: ReachRow): string {
  const texts = cells.flatMap(({ from, shares }) => from.map((id) => `${id} ${JSON.stringify(shares)}`))
  return texts.toSorted().join('\n')
}

/** The target without its port: `svc/shop/web`. */
export function targetName({ id }: ReachTarget): string {
  return id.slice(0, id.lastIndexOf(':'))
}

function wholeName(id: string, { kind }: ObjectRef): string {
  return kind === 'Node' ? 'nodes' : id.replace(/#\d+$/, '')
}

function refKey({ kind, namespace = '', name }: ObjectRef): string {
  return `${kind}/${namespace}/${name}`
}

function portKey({ object, protocol, port, lastPort = port }: ReachTarget): string {
  return `${refKey(object)} ${protocol} ${port}-${lastPort}`
}

/** In the order in which each key comes first. */
function listsBy<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>()
  for (const one of all) {
    const key = keyOf(one)
    const list = found.get(key)
    if (list) list.push(one)
    else found.set(key, [one])
  }
  return found
}
