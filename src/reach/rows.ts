import type { Direct, Port } from './direct.ts'
import { bySockets, socketsAt } from './direct.ts'
import type { Endings } from './endings.ts'
import type { Group } from './groups.ts'
import type { Cells, Part, Row, SenderNetwork, Target } from './judged-row.ts'
import { firstPair, gathered, makeRow } from './judged-row.ts'
import { byNode } from './pairs.ts'
import type { EndpointGroup, ServiceAsked, ServiceConnections } from './services.ts'
import type { Context } from './ways.ts'

/** How connections of whole groups end, one by one, and of all senders of one kind. */
interface Single {
  readonly direct: Pick<Direct, 'judge' | 'sameFromNear'>
  readonly services: Pick<ServiceConnections, 'judge' | 'sameFromNear' | 'endpointGroups' | 'fromGroup'>
  toGroup(sender: Group, destination: Group, port: Port): Endings | undefined
}

/**
 * Whole rows at once. Where nothing but the classes of the two ends counts, each class of senders is judged once, and a row
 * holds for all destinations of one kind; other senders are asked one by one.
 */
export function sharedRows(
  context: Context,
  { direct, services, toGroup }: Single,
): {
  toGroup(senders: readonly Group[], destination: Group, port: Port): Cells
  toService(senders: readonly Group[], asked: ServiceAsked): Cells
} {
  const known = new WeakMap<readonly Group[], Senders>()
  const sendersOf = (groups: readonly Group[]): Senders => {
    const found = known.get(groups) ?? makeSenders(groups)
    known.set(groups, found)
    return found
  }
  const likeness = new Map<string, boolean>()
  return {
    toGroup: (groups, destination, port) => {
      const ask = (sender: Group) => toGroup(sender, destination, port)
      const [place] = destination.places
      if (!place || bySockets(context, destination.places, port).length > 1) return gathered(groups, ask)
      const about = `${destination.network} ${port.protocol} ${port.number} ${socketsAt(context, place, port)}`
      const target: Target = {
        kinds: [`${destination.partyClass} ${about}`, `kind ${destination.kind} ${about}`],
        parts: [{ group: destination, places: destination.places, about }],
        judge: (pair) => direct.judge(pair, port),
        sameFromNear: (near, far) => direct.sameFromNear(near, far, port),
        ask,
      }
      return cellsTo(sendersOf(groups), target, likeness)
    },
    toService: (groups, asked) => {
      const ask = (sender: Group) => services.fromGroup(sender, asked)
      const endpoints = services.endpointGroups(asked)
      if (!endpoints || endpoints.length === 0) return gathered(groups, ask)
      const { service, port } = asked
      const { type, affinitySeconds, externalLocal, publishNotReady, families } = service
      const shape = `${type} ${port.protocol} ${affinitySeconds} ${externalLocal} ${publishNotReady} ${families}`
      const partOf = ({ group, places, port: number }: EndpointGroup): Part => ({
        group,
        places,
        about: `service ${shape} ${group.network} ${number}`,
      })
      const portOf = (group: Group) => endpoints.find((one) => one.group === group)?.port ?? 0
      const target: Target = {
        parts: endpoints.map(partOf),
        judge: (pair) => services.judge(pair, asked, portOf(pair[1].group)),
        sameFromNear: (near, far) => services.sameFromNear(near, far, asked, portOf(far[1].group)),
        ask,
      }
      return cellsTo(sendersOf(groups), target, likeness)
    },
  }
}

/** Those who send, with what is known of whole rows. */
interface Senders {
  readonly networks: readonly SenderNetwork[]
  /** Groups on a node, by the network's class. */
  readonly onNode: ReadonlyMap<string, ReadonlyMap<number, readonly Group[]>>
  readonly rows: Map<string, Row>
  readonly all: ReadonlySet<Group>
}

function makeSenders(groups: readonly Group[]): Senders {
  const networks = groupBy(groups, ({ network }) => network)
  const onNode = new Map<string, Group[]>()
  for (const group of groups)
    for (const node of byNode(group.places).keys()) if (node !== '') push(onNode, node, group)
  return {
    networks: [...networks.values()].map((own) => ({ groups: own })),
    onNode: new Map([...onNode].map(([node, own]) => [node, groupBy(own, ({ network }) => network)])),
    rows: new Map(),
    all: new Set(groups),
  }
}

function groupBy(
  groups: readonly Group[],
  keyOf: (group: Group) => number,
): ReadonlyMap<number, readonly Group[]> {
  const found = new Map<number, Group[]>()
  for (const group of groups) push(found, keyOf(group), group)
  return found
}

function push<K>(lists: Map<K, Group[]>, key: K, group: Group): void {
  const list = lists.get(key)
  if (list) list.push(group)
  else lists.set(key, [group])
}

function cellsTo(senders: Senders, target: Target, likeness: Map<string, boolean>): Cells {
  const { ask } = target
  const row = rowTo(senders, target)
  const own = new Map<Group, Endings | undefined>()
  for (const sender of row.asked) own.set(sender, ask(sender))
  for (const sender of specialTo(senders, target, likeness)) {
    if (own.has(sender)) continue
    const endings = ask(sender)
    if (endings !== row.endingsOf(sender)) own.set(sender, endings)
  }
  if (own.size === 0) return row.cells()
  const byNumber = row.byNumber()
  for (const [{ number }, endings] of own) byNumber[number] = endings
  return gathered(senders.all, ({ number }) => byNumber[number])
}

function rowTo(senders: Senders, target: Target): Row {
  const { rows } = senders
  const [byOwn = '', byKind = ''] = target.kinds ?? []
  const known = rows.get(byOwn) ?? rows.get(byKind)
  if (known) return known
  const made = makeRow(senders.networks, senders.all, target)
  if (target.kinds) rows.set(made.byOwn ? byOwn : byKind, made)
  return made
}

/** Senders for whom a row does not hold: those that are destinations themselves, and on whose node one is, where that counts. */
function specialTo(senders: Senders, target: Target, likeness: Map<string, boolean>): ReadonlySet<Group> {
  const { parts } = target
  const found = new Set<Group>()
  for (const part of parts) {
    const isWhole = parts.length === 1 && part.places.length === part.group.places.length
    if (senders.all.has(part.group) && (!isWhole || part.group.places.length === 1)) found.add(part.group)
    for (const sender of besideDiffering(senders, part, target, likeness)) found.add(sender)
  }
  return found
}

/** Senders on a node of the destination, of whom that makes a difference. */
function besideDiffering(
  senders: Senders,
  part: Part,
  target: Target,
  likeness: Map<string, boolean>,
): readonly Group[] {
  const decided = new Map<number | undefined, boolean>()
  const found: Group[] = []
  for (const node of byNode(part.places).keys()) {
    for (const [network, groups] of senders.onNode.get(node) ?? []) {
      const alike = decided.get(network) ?? isAlike(senders, groups, part, target, likeness)
      decided.set(network, alike)
      if (!alike) found.push(...groups)
    }
  }
  return found.filter((sender) => sender !== part.group)
}

/** Whether it makes no difference for senders of this network's class to be on the node of the destination. */
function isAlike(
  { networks }: Senders,
  beside: readonly Group[],
  { group, places, about }: Part,
  { sameFromNear }: Target,
  likeness: Map<string, boolean>,
): boolean {
  const network = beside[0]?.network
  const key = `${network} ${about}`
  const known = likeness.get(key)
  if (known !== undefined) return known
  const same = firstPair(beside, places, group, 'same')
  const all = networks.find(({ groups: [first] }) => first?.network === network)?.groups ?? []
  const far = firstPair(all, places, group, 'other')
  if (!same || !far) return false
  const made = sameFromNear(same, far)
  likeness.set(key, made)
  return made
}
