import type { Place } from './place.ts'

/** How two places lie to each other. */
export type Relation = 'self' | 'same' | 'other'

export function relationOf(one: Place, other: Place): Relation {
  if (one.netns === other.netns) return 'self'
  return one.node !== undefined && one.node === other.node ? 'same' : 'other'
}

/** All pairs of two lists that lie to each other in one way, with one of them. */
export interface PairKind {
  readonly relation: Relation
  readonly count: number
  readonly sample: readonly [Place, Place]
}

const byNodes = new WeakMap<readonly Place[], ReadonlyMap<string, readonly Place[]>>()

/** Places by their nodes; those outside are on none. */
export function byNode(places: readonly Place[]): ReadonlyMap<string, readonly Place[]> {
  const known = byNodes.get(places)
  if (known) return known
  const found = new Map<string, Place[]>()
  for (const place of places) {
    const list = found.get(place.node ?? '')
    if (list) list.push(place)
    else found.set(place.node ?? '', [place])
  }
  byNodes.set(places, found)
  return found
}

/** Counts the pairs of two lists by how they lie to each other, node by node. */
export function pairKinds(from: readonly Place[], to: readonly Place[]): readonly PairKind[] {
  const ofFrom = kinds.get(from) ?? new WeakMap<readonly Place[], readonly PairKind[]>()
  kinds.set(from, ofFrom)
  const known = ofFrom.get(to) ?? countPairs(from, to)
  ofFrom.set(to, known)
  return known
}

const kinds = new WeakMap<readonly Place[], WeakMap<readonly Place[], readonly PairKind[]>>()

function countPairs(from: readonly Place[], to: readonly Place[]): readonly PairKind[] {
  const near = nearPairs(from, to)
  const [self = [], same = []] = (['self', 'same'] as const).map((relation) =>
    near.filter(([one, two]) => relationOf(one, two) === relation),
  )
  const apart = from.length * to.length - self.length - same.length
  const far = apart > 0 ? farPair(from, to) : undefined
  return [
    ...(self[0] ? [{ relation: 'self' as const, count: self.length, sample: self[0] }] : []),
    ...(same[0] ? [{ relation: 'same' as const, count: same.length, sample: same[0] }] : []),
    ...(far ? [{ relation: 'other' as const, count: apart, sample: far }] : []),
  ]
}

/** All pairs that are on one node or the same; the nodes of the fewer are looked at. */
function nearPairs(from: readonly Place[], to: readonly Place[]): readonly (readonly [Place, Place])[] {
  const [ours, theirs] = [byNode(from), byNode(to)]
  const nodes = [...(ours.size < theirs.size ? ours : theirs).keys()]
  return nodes.flatMap((node) =>
    (ours.get(node) ?? []).flatMap((one) =>
      (theirs.get(node) ?? []).flatMap((two) =>
        relationOf(one, two) === 'other' ? [] : [[one, two] as const],
      ),
    ),
  )
}

function farPair(from: readonly Place[], to: readonly Place[]): readonly [Place, Place] | undefined {
  for (const one of from) {
    const two = to.find((place) => relationOf(one, place) === 'other')
    if (two) return [one, two]
  }
  return undefined
}
