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
  const near: Near = { counts: { self: 0, same: 0 }, samples: {} }
  const [ours, theirs] = [byNode(from), byNode(to)]
  // Only who is on one node can lie otherwise than apart: the nodes of the fewer are looked at.
  for (const node of (ours.size < theirs.size ? ours : theirs).keys()) {
    for (const one of ours.get(node) ?? []) for (const two of theirs.get(node) ?? []) tally(near, one, two)
  }
  const { counts, samples } = near
  const apart = from.length * to.length - counts.self - counts.same
  const far = apart > 0 ? farPair(from, to) : undefined
  return [
    ...(samples.self ? [{ relation: 'self' as const, count: counts.self, sample: samples.self }] : []),
    ...(samples.same ? [{ relation: 'same' as const, count: counts.same, sample: samples.same }] : []),
    ...(far ? [{ relation: 'other' as const, count: apart, sample: far }] : []),
  ]
}

/** Pairs that are on one node, or the same. */
interface Near {
  readonly counts: Record<'self' | 'same', number>
  readonly samples: Partial<Record<'self' | 'same', readonly [Place, Place]>>
}

function tally({ counts, samples }: Near, one: Place, two: Place): void {
  const relation = relationOf(one, two)
  if (relation === 'other') return
  counts[relation] += 1
  samples[relation] ??= [one, two]
}

function farPair(from: readonly Place[], to: readonly Place[]): readonly [Place, Place] | undefined {
  for (const one of from) {
    const two = to.find((place) => relationOf(one, place) === 'other')
    if (two) return [one, two]
  }
  return undefined
}
