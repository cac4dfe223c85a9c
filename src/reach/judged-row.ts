import type { BitSet } from '../base/bit-set.ts'
import { both, hasBit, isEmpty, writeAt } from '../base/bit-set.ts'
import type { Pair } from './direct.ts'
import type { Endings } from './endings.ts'
import { combined } from './endings.ts'
import type { Group } from './groups.ts'
import { relationOf } from './pairs.ts'
import type { Place } from './place.ts'
import type { Judge, Partition } from './way-judge.ts'

/** Groups that send, by how their connections to one target end. */
export type Cells = ReadonlyMap<Endings, readonly Group[]>

/** Destinations of one group, of those that a target has. */
export interface Part {
  readonly group: Group
  readonly places: readonly Place[]
  /** Equal for parts that the network cannot tell apart. */
  readonly about: string
}

/** What is asked for, and how. */
export interface Target {
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

/** Senders of one network's class. */
export interface SenderNetwork {
  readonly groups: readonly Group[]
}

/** A row as far as it holds for all destinations of one kind, and the senders that have to be asked. */
export interface Row {
  /** Made when it is first asked for: most rows are not whole without senders that are asked. */
  cells(): Cells
  /** How connections end by the numbers of the groups, of those that need not be asked. */
  byNumber(): (Endings | undefined)[]
  readonly asked: readonly Group[]
  /** Whether it holds for all destinations with an address of the same class. */
  readonly byOwn: boolean
  endingsOf(sender: Group): Endings | undefined
}

/** The first of the senders that lies so to one of the places. */
export function firstPair(
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
export function makeRow(
  networks: readonly SenderNetwork[],
  all: Iterable<Group>,
  { parts, judge }: Target,
): Row {
  const lookUps = new Map<number, LookUp>()
  for (const network of networks) {
    const judges = parts.map((part) => ({
      judge: firstJudge(network.groups, part, judge),
      weight: part.places.length,
    }))
    const classes = classesOf(judges)
    const number = network.groups[0]?.network ?? 0
    lookUps.set(number, classes ? lookUpByClass(network, classes) : lookUpByKind(network, judges))
  }
  const found = [...lookUps.values()]
  const byNumber = () => {
    const ends: (Endings | undefined)[] = []
    for (const { fill } of found) fill(ends)
    return ends
  }
  let cells: Cells | undefined
  return {
    byNumber,
    cells: () => {
      const ends = cells ? [] : byNumber()
      cells ??= gathered(all, ({ number }) => ends[number])
      return cells
    },
    asked: found.flatMap(({ asked }) => asked),
    byOwn: found.every((one) => one.byOwn),
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

export function gathered(senders: Iterable<Group>, endingsOf: (sender: Group) => Endings | undefined): Cells {
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
