import type { Direct, Port } from './direct.ts'
import { bySockets, socketsAt } from './direct.ts'
import type { Endings } from './endings.ts'
import type { Group } from './groups.ts'
import { byNode, relationOf } from './pairs.ts'
import type { EndpointGroup, ServiceAsked } from './services.ts'
import type { Context } from './ways.ts'

/** Groups that send, by how their connections to one target end. */
export type Cells = ReadonlyMap<Endings, readonly Group[]>

/** How connections of whole groups end, one by one. */
interface Single extends Pick<Direct, 'fromAfar'> {
  toGroup(sender: Group, destination: Group, port: Port): Endings | undefined
  toService(sender: Group, asked: ServiceAsked): Endings
  endpointGroups(asked: ServiceAsked): readonly EndpointGroup[] | undefined
}

/**
 * Whole rows at once. Groups of one kind have the same answers, but for what hangs on who is on whose node: a row is worked
 * out kind by kind, and group by group only where it makes a difference to be on one node.
 */
export function sharedRows(
  context: Context,
  single: Single,
): {
  toGroup(senders: readonly Group[], destination: Group, port: Port): Cells
  toService(senders: readonly Group[], asked: ServiceAsked): Cells
} {
  const known = new WeakMap<readonly Group[], Senders>()
  const sendersOf = (groups: readonly Group[]): Senders => {
    const found = known.get(groups) ?? { groups, onNode: groupsByNode(groups), rows: new Map() }
    known.set(groups, found)
    return found
  }
  return {
    toGroup: (groups, destination, port) => {
      const ask = (sender: Group) => single.toGroup(sender, destination, port)
      const [place] = destination.places
      if (!place || bySockets(context, destination.places, port).length > 1) return gathered(groups, ask)
      const key = `${destination.kind} ${port.protocol} ${port.number} ${socketsAt(context, place, port)}`
      const afar = single.fromAfar({ place, group: destination }, port)
      const askFar = (sender: Group) => {
        const from = sender.places.find((one) => relationOf(one, place) === 'other')
        return from && afar({ place: from, group: sender })
      }
      return cellsTo(sendersOf(groups), destination, key, { ask, askFar })
    },
    toService: (groups, asked) => {
      const ask = (sender: Group) => single.toService(sender, asked)
      const endpoints = single.endpointGroups(asked)
      const [only] = endpoints ?? []
      const isWhole = endpoints?.length === 1 && only?.places.length === only?.group.places.length
      if (!only || !isWhole) return gathered(groups, ask)
      const { service, port } = asked
      const { type, affinitySeconds, externalLocal, publishNotReady, families } = service
      const shape = `${type} ${affinitySeconds} ${externalLocal} ${publishNotReady} ${families}`
      const key = `service ${only.group.kind} ${only.port} ${port.protocol} ${shape}`
      return cellsTo(sendersOf(groups), only.group, key, { ask, askFar: ask })
    },
  }
}

/** Those who send, with what is known of whole rows. */
interface Senders {
  readonly groups: readonly Group[]
  readonly onNode: ReadonlyMap<string, readonly Group[]>
  readonly rows: Map<string, Row>
}

function groupsByNode(groups: readonly Group[]): ReadonlyMap<string, readonly Group[]> {
  const found = new Map<string, Group[]>()
  for (const group of groups) {
    for (const node of byNode(group.places).keys()) {
      const list = found.get(node)
      if (list) list.push(group)
      else found.set(node, [group])
    }
  }
  return found
}

/** What holds for every destination of one kind. */
interface Row {
  readonly cells: Cells
  readonly byKind: ReadonlyMap<string, Endings>
  /** Kinds of senders of which one that is on a destination's node was asked, and one that is not, with the same answer. */
  readonly near: Set<string>
  readonly far: Set<string>
}

/** How one sender's connections are asked for: all of its members', and those of one that is on another node. */
interface Asking {
  ask(sender: Group): Endings | undefined
  askFar(sender: Group): Endings | undefined
}

/** The row of a kind, or, where a destination has senders for which it does not hold, one of its own. */
function cellsTo(
  { groups, onNode, rows }: Senders,
  destination: Group,
  key: string,
  { ask, askFar }: Asking,
): Cells {
  const beside = new Set(
    [...byNode(destination.places).keys()].flatMap((node) => (node === '' ? [] : (onNode.get(node) ?? []))),
  )
  const row = rows.get(key) ?? makeRow(groups, destination, beside, { ask, askFar })
  rows.set(key, row)
  const own = new Map<Group, Endings | undefined>()
  for (const sender of new Set([destination, ...beside])) {
    if (sender !== destination && row.near.has(sender.kind)) continue
    const endings = ask(sender)
    if (endings !== row.byKind.get(sender.kind)) own.set(sender, endings)
    else if (sender !== destination) row.near.add(sender.kind)
  }
  const untold = groups.filter((sender) => !row.far.has(sender.kind) && !beside.has(sender))
  for (const sender of untold) own.set(sender, ask(sender))
  if (own.size === 0) return row.cells
  return gathered(groups, (sender) => (own.has(sender) ? own.get(sender) : row.byKind.get(sender.kind)))
}

/** Asks one sender of each kind that is on no node of the destination, or for want of such a one any. */
function makeRow(
  groups: readonly Group[],
  destination: Group,
  beside: ReadonlySet<Group>,
  { ask, askFar }: Asking,
): Row {
  const byKind = new Map<string, Endings>()
  const far = new Set<string>()
  for (const sender of groups) {
    if (beside.has(sender) || far.has(sender.kind) || sender === destination) continue
    const endings = askFar(sender)
    if (!endings) continue
    byKind.set(sender.kind, endings)
    far.add(sender.kind)
  }
  for (const sender of groups) {
    const endings = byKind.has(sender.kind) || sender === destination ? undefined : ask(sender)
    if (endings) byKind.set(sender.kind, endings)
  }
  return { cells: gathered(groups, ({ kind }) => byKind.get(kind)), byKind, near: new Set(), far }
}

function gathered(senders: readonly Group[], endingsOf: (sender: Group) => Endings | undefined): Cells {
  const cells = new Map<Endings, Group[]>()
  for (const sender of senders) {
    const endings = endingsOf(sender)
    if (!endings) continue
    const cell = cells.get(endings)
    if (cell) cell.push(sender)
    else cells.set(endings, [sender])
  }
  return cells
}
