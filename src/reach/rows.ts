import type { BitSet } from '../base/bit-set.ts'
import { both, hasBit, isEmpty, writeAt } from '../base/bit-set.ts'
import type { Direct, Pair, Port } from './direct.ts'
import { bySockets, socketsAt } from './direct.ts'
import type { Endings } from './endings.ts'
import { combined } from './endings.ts'
import type { Group } from './groups.ts'
import { byNode, relationOf } from './pairs.ts'
import type { Place } from './place.ts'
import type { EndpointGroup, ServiceAsked, ServiceConnections } from './services.ts'
import type { Judge, Partition } from './way-judge.ts'
import type { Context } from './ways.ts'

/** Groups that send, by how their connections to one target end. */
export type Cells = ReadonlyMap<Endings, readonly Group[]>

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

/** Destinations of one group, of those that a target has. */
interface Part {
  readonly group: Group
  readonly places: readonly Place[]
  /** Equal for parts that the network cannot tell apart. */
  readonly about: string
}

/** What is asked for, and how. */
interface Target {
  /**
   * Equal for targets that have the same row: the first where nothing counts but classes of addresses, the second
   * otherwise. Absent where that is not looked for.
   */
  readonly kinds?: readonly [string, string]
  readonly parts: readonly Part[]
  judge(pair: Pair): Judge | undefined
  sameFromNear(near: Pair, far: Pair): boolean
  /** One sender's connections, whoever it is. */
  ask(sender: Group): Endings | undefined
}

/** Those who send, with what is known of whole rows. */
interface Senders {
  readonly networks: readonly SenderNetwork[]
  /** Groups on a node, by the network's class. */
  readonly onNode: ReadonlyMap<string, ReadonlyMap<number, readonly Group[]>>
  readonly rows: Map<string, Row>
  readonly all: ReadonlySet<Group>
}

/** Senders of one network's class. */
interface SenderNetwork {
  readonly groups: readonly Group[]
}

/** A row as far as it holds for all destinations of one kind, and the senders that have to be asked. */
interface Row {
  /** Made when it is first asked for: most rows are not whole without senders that are asked. */
  cells(): Cells
  /** How connections end by the numbers of the groups, of those that need not be asked. */
  byNumber(): (Endings | undefined)[]
  readonly asked: readonly Group[]
  /** Whether it holds for all destinations with an address of the same class. */
  readonly byOwn: boolean
  endingsOf(sender: Group): Endings | undefined
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
  const made = makeRow(senders, target)
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

/** The first of the senders that lies so to one of the places. */
function firstPair(
  senders: readonly Group[],
  places: readonly Place[],
  destination: Group,
  relation: 'same' | 'other',
): Pair | undefined {
  for (const sender of senders) {
    const pair = pairOf(sender, places, destination, relation)
    if (pair) return pair
  }
  return undefined
}

function pairOf(
  sender: Group,
  places: readonly Place[],
  destination: Group,
  relation: 'same' | 'other',
): Pair | undefined {
  for (const from of sender.places) {
    const to = places.find((one) => relationOf(from, one) === relation)
    if (to)
      return [
        { place: from, group: sender },
        { place: to, group: destination },
      ]
  }
  return undefined
}

/** Judges each sender by its class, network by network; those of networks of which no walk tells are to be asked. */
function makeRow(senders: Senders, { parts, judge }: Target): Row {
  const lookUps = new Map<number, LookUp>()
  for (const network of senders.networks) {
    const judges = parts.map((part) => ({
      judge: firstJudge(network.groups, part, judge),
      weight: part.places.length,
    }))
    const classes = classesOf(judges)
    const number = network.groups[0]?.network ?? 0
    lookUps.set(number, classes ? lookUpByClass(network, classes) : lookUpByKind(network, judges))
  }
  const all = [...lookUps.values()]
  const byNumber = () => {
    const found: (Endings | undefined)[] = []
    for (const { fill } of all) fill(found)
    return found
  }
  let cells: Cells | undefined
  return {
    byNumber,
    cells: () => {
      const found = cells ? [] : byNumber()
      cells ??= gathered(senders.all, ({ number }) => found[number])
      return cells
    },
    asked: all.flatMap(({ asked }) => asked),
    byOwn: all.every((one) => one.byOwn),
    endingsOf: (sender) => lookUps.get(sender.network)?.of(sender),
  }
}

/** How connections of the senders of one network's class end. */
interface LookUp {
  readonly byOwn: boolean
  /** Those of whom nothing is known. */
  readonly asked: readonly Group[]
  of(sender: Group): Endings | undefined
  /** Writes it down by the numbers of the groups. */
  fill(byNumber: (Endings | undefined)[]): void
}

function lookUpByClass({ groups }: SenderNetwork, classes: Partition): LookUp {
  const ends = classes.map(([endings]) => endings)
  return {
    byOwn: true,
    asked: [],
    of: ({ partyClass }) => classes.find(([, bits]) => hasBit(bits, partyClass))?.[0],
    fill: (byNumber) => {
      const at = new Uint8Array((classes[0]?.[1].length ?? 0) * 32)
      for (const [number, [, bits]] of classes.entries()) if (number > 0) writeAt(bits, at, number)
      for (const { number, partyClass } of groups) byNumber[number] = ends[at[partyClass] ?? 0]
    },
  }
}

function lookUpByKind({ groups }: SenderNetwork, judges: readonly WeighedJudge[]): LookUp {
  const of = oncePerKind((sender) => judged(judges, sender))
  return {
    byOwn: false,
    asked: groups.filter((sender) => of(sender) === undefined),
    of,
    fill: (byNumber) => {
      for (const sender of groups) byNumber[sender.number] = of(sender)
    },
  }
}

function oncePerKind(make: (sender: Group) => Endings | undefined): (sender: Group) => Endings | undefined {
  const known = new Map<number, Endings | undefined>()
  return (sender) => {
    if (!known.has(sender.kind)) known.set(sender.kind, make(sender))
    return known.get(sender.kind)
  }
}

/** How connections end by the class of the sender's address, where nothing else counts; those to several parts by their weights. */
function classesOf(judges: readonly WeighedJudge[]): Partition | undefined {
  let whole: readonly WeighedPart[] | undefined
  for (const { judge, weight } of judges) {
    const made = judge?.byClass?.()
    if (!made) return undefined
    const before = whole ?? [{ ends: [], bits: undefined }]
    whole = before.flatMap(({ ends, bits }) =>
      made.flatMap(([endings, own]) => {
        const shared = bits ? both(bits, own) : own
        return isEmpty(shared) ? [] : [{ ends: [...ends, [endings, weight] as const], bits: shared }]
      }),
    )
  }
  return whole?.flatMap(({ ends, bits }) => {
    const [only] = ends
    return bits && only ? [[ends.length === 1 ? only[0] : combined(ends), bits] as const] : []
  })
}

/** Classes of whom the same is said at every part so far. */
interface WeighedPart {
  readonly ends: readonly (readonly [Endings, number])[]
  readonly bits: BitSet | undefined
}

interface WeighedJudge {
  readonly judge: Judge | undefined
  readonly weight: number
}

function firstJudge(
  groups: readonly Group[],
  { group, places }: Part,
  judge: Target['judge'],
): Judge | undefined {
  const pair = firstPair(groups, places, group, 'other')
  return pair && judge(pair)
}

function judged(judges: readonly WeighedJudge[], sender: Group): Endings | undefined {
  const [first] = judges
  if (judges.length === 1) return first?.judge?.of(sender)
  const parts: (readonly [Endings, number])[] = []
  for (const { judge, weight } of judges) {
    const endings = judge?.of(sender)
    if (!endings) return undefined
    parts.push([endings, weight])
  }
  return combined(parts)
}

function gathered(senders: Iterable<Group>, endingsOf: (sender: Group) => Endings | undefined): Cells {
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
