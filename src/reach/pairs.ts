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
  const theirs = byNode(to)
  const near = { self: 0, same: 0 }
  const samples: Partial<Record<Relation, readonly [Place, Place]>> = {}
  for (const [node, own] of byNode(from)) {
    for (const one of own) {
      for (const other of theirs.get(node) ?? []) {
        const relation = relationOf(one, other)
        if (relation === 'other') continue
        near[relation] += 1
        samples[relation] ??= [one, other]
      }
    }
  }
  const other = from.length * to.length - near.self - near.same
  const far = other > 0 ? farPair(from, to) : undefined
  return [
    ...(samples.self ? [{ relation: 'self' as const, count: near.self, sample: samples.self }] : []),
    ...(samples.same ? [{ relation: 'same' as const, count: near.same, sample: samples.same }] : []),
    ...(far ? [{ relation: 'other' as const, count: other, sample: far }] : []),
  ]
}

function farPair(from: readonly Place[], to: readonly Place[]): readonly [Place, Place] | undefined {
  for (const one of from) {
    const two = to.find((place) => relationOf(one, place) === 'other')
    if (two) return [one, two]
  }
  return undefined
}
