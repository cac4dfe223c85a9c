import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Draws for one set: the same seed gives the same set on every machine. */
export interface Draw {
  /** One of the items. */
  readonly of: <T>(items: readonly T[]) => T
  /** True so many times in a hundred. */
  readonly chance: (percent: number) => boolean
  /** A whole number, both ends included. */
  readonly between: (least: number, most: number) => number
  /** So many of the items (or all, if they are fewer), in a random order. */
  readonly some: <T>(count: number, items: readonly T[]) => readonly T[]
  /** A list of so many draws. */
  readonly list: <T>(count: number, item: () => T) => readonly T[]
}

export function drawFrom(seed: number): Draw {
  const random = xoroshiro128plus(seed)
  // The first numbers of neighbouring seeds resemble each other.
  for (let skip = 0; skip < 16; skip++) uniformInt(random, 0, 99)
  const between = (least: number, most: number) => uniformInt(random, least, most)
  return {
    of: <T>(items: readonly T[]) => items[between(0, items.length - 1)] as T,
    chance: (percent) => between(0, 99) < percent,
    between,
    some: (count, items) => {
      const left = [...items]
      const taken = []
      while (taken.length < count && left.length > 0) {
        taken.push(...left.splice(between(0, left.length - 1), 1))
      }
      return taken
    },
    list: (count, item) => Array.from({ length: count }, item),
  }
}
