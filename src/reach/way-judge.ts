import type { BitSet } from '../base/bit-set.ts'
import {
  addAll,
  both,
  either,
  emptyBits,
  fullBits,
  isEmpty,
  members,
  setBit,
  without,
} from '../base/bit-set.ts'
import type { MatrixRow, PolicyMatrix, Traffic } from '../policy/matrix.ts'
import type { Direction } from '../policy/policy.ts'
import type { Endings } from './endings.ts'
import { always } from './endings.ts'
import type { Group } from './groups.ts'
import type { Part, Role } from './roles.ts'
import type { Context, RoleCheck, Way } from './ways.ts'
import { verdictBetween } from './ways.ts'

const shapes = new WeakMap<readonly Way[], string>()

/** All that ways say, as a text that is equal where it is the same. */
export function shapeOf(ways: readonly Way[]): string {
  const known = shapes.get(ways) ?? ways.map(textOfWay).join('; ')
  shapes.set(ways, known)
  return known
}

function textOfWay(way: Way): string {
  const { share, disposition, checks } = way
  const asked = checks.map(({ direction, of, peer, peerText, traffic }) =>
    [direction, of, 'of' in peer ? peer.of : '', peerText, ...Object.values(traffic)].join(' '),
  )
  const denials = checks.map(({ direction }) => way.denied(direction))
  return [share, disposition, ...asked, ...denials].join(', ')
}

/** How connections of senders that are not on the destination's node end; `undefined` of one of whom it does not tell. */
export interface Judge {
  of(sender: Group): Endings | undefined
  /** Nothing counts of either end but the class of its own address: the classes of senders, by how theirs end. */
  readonly byClass?: () => Partition
}

/** Classes of addresses, by how connections end. */
export type Partition = readonly (readonly [Endings, BitSet])[]

/**
 * How connections over the one way end where all that is judged there are addresses of the two ends, and of the nodes that
 * they are on: then nothing but their classes counts. `undefined` where something else does.
 */
export function judgeOf(
  { matrix }: Context,
  ways: readonly Way[] | undefined,
  destination: Group,
): Judge | undefined {
  const [way] = ways ?? []
  if (!way || ways?.length !== 1) return undefined
  const { checks } = way
  const passed = always({ disposition: way.disposition })
  if (!matrix) return checks.length === 0 ? { of: () => passed } : undefined
  if (!checks.every(({ of, peer }) => isOfOther(of, peer))) return undefined
  const unknown = always({ disposition: 'unknown' })
  const byOwn = checks.every(({ peer }) => peer.type === 'own')
  const of = (sender: Group): Endings | undefined => {
    let isUnknown = false
    for (const check of checks) {
      const [self, other] = check.of === 'sender' ? [sender, destination] : [destination, sender]
      const peer = classIn(check.peer, other)
      if (peer === undefined) return undefined
      const verdict = verdictBetween(matrix, check, self.partyClass, peer, false)
      if (verdict === 'denied' && !isUnknown) return deniedEnding(way, check)
      isUnknown ||= verdict === 'unknown'
    }
    return isUnknown ? unknown : passed
  }
  return { of, ...(byOwn && { byClass: () => partitionOf(matrix, way, destination) }) }
}

function classIn(role: Role, { partyClass, nodeClasses }: Group): number | undefined {
  switch (role.type) {
    case 'own':
      return partyClass
    case 'node':
      return nodeClasses.get(role.name)
    default:
      return undefined
  }
}

/** Whether the address that is seen is that of the other end, or of the node that it is on. */
function isOfOther(of: Part, peer: Role): boolean {
  return (peer.type === 'own' || peer.type === 'node') && peer.of !== of
}

const denied = new WeakMap<RoleCheck, Endings>()

function deniedEnding(way: Way, check: RoleCheck): Endings {
  const { direction } = check
  const known = denied.get(check) ?? always({ disposition: way.denied(direction), denied: direction })
  denied.set(check, known)
  return known
}

/** The same for all classes of senders at once, with sets: as `of` asks the checks, in their order. */
function partitionOf(matrix: PolicyMatrix, way: Way, { partyClass }: Group): Partition {
  const size = matrix.classes.representatives.length
  const parts: [Endings, BitSet][] = []
  let open = fullBits(size)
  let unknown = emptyBits(size)
  for (const check of way.checks) {
    const { direction, traffic } = check
    const said =
      check.of === 'destination'
        ? matrix.row(direction, partyClass, traffic, false)
        : columnsOf(matrix, direction, traffic)[partyClass]
    if (!said) continue
    const denied = without(without(open, said.allowed), said.unknown)
    if (!isEmpty(denied)) parts.push([deniedEnding(way, check), denied])
    unknown = either(unknown, both(open, said.unknown))
    open = both(open, said.allowed)
  }
  if (!isEmpty(open)) parts.push([always({ disposition: way.disposition }), open])
  if (!isEmpty(unknown)) parts.push([always({ disposition: 'unknown' }), unknown])
  return parts
}

const columns = new WeakMap<PolicyMatrix, Map<string, readonly MatrixRow[]>>()

/** For each class, the classes whose policies let traffic with it pass: the rows of the matrix, turned round. */
function columnsOf(matrix: PolicyMatrix, direction: Direction, traffic: Traffic): readonly MatrixRow[] {
  const ofMatrix = columns.get(matrix) ?? new Map<string, readonly MatrixRow[]>()
  columns.set(matrix, ofMatrix)
  const { protocol, sport, dport, icmp } = traffic
  const key = `${direction} ${protocol} ${sport} ${dport} ${icmp?.type} ${icmp?.code}`
  const known = ofMatrix.get(key) ?? turned(matrix, direction, traffic)
  ofMatrix.set(key, known)
  return known
}

function turned(matrix: PolicyMatrix, direction: Direction, traffic: Traffic): readonly MatrixRow[] {
  const { representatives } = matrix.classes
  const size = representatives.length
  const made = representatives.map(() => ({ allowed: emptyBits(size), unknown: emptyBits(size) }))
  const alike = new Map<MatrixRow, BitSet>()
  for (const [self, { endpoint }] of representatives.entries()) {
    if (!endpoint) continue
    const row = matrix.row(direction, self, traffic, false)
    const classes = alike.get(row) ?? emptyBits(size)
    alike.set(row, classes)
    setBit(classes, self)
  }
  for (const [{ allowed, unknown }, classes] of alike) {
    for (const peer of members(allowed)) addTo(made[peer]?.allowed, classes)
    for (const peer of members(unknown)) addTo(made[peer]?.unknown, classes)
  }
  return made
}

/** Few at a time: most rows are those of one class. */
function addTo(bits: BitSet | undefined, classes: BitSet): void {
  if (!bits) return
  const [only, ...others] = few(classes)
  if (only !== undefined && others.length === 0) setBit(bits, only)
  else addAll(bits, classes)
}

const listed = new WeakMap<BitSet, readonly number[]>()

function few(classes: BitSet): readonly number[] {
  const known = listed.get(classes) ?? members(classes).slice(0, 2)
  listed.set(classes, known)
  return known
}
