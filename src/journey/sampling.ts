import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { fnv1a } from '../base/hash.ts'

/** Decides one chance after another; gets the probability of `true`. */
export type Choose = (probability: number) => boolean

/**
 * Chances that come out the same for the same seed, on any machine. The seed is hashed first: the generator's first
 * draws hardly differ between seeds that lie close together, and people count 1, 2, 3.
 */
export function seededChoice(seed: number): Choose {
  const generator = xoroshiro128plus(fnv1a(String(seed)))
  return (probability) => uniformFloat64(generator) < probability
}

/** One of the items, each with the same chance; `undefined` of none. */
export function chooseOne<T>(items: readonly T[], choose: Choose): T | undefined {
  return items.find((_, index) => index === items.length - 1 || choose(1 / (items.length - index)))
}

/** One of the items by their shares, which need not add up to 1. */
export function chooseWeighted<T extends { readonly probability: number }>(
  items: readonly T[],
  choose: Choose,
): T | undefined {
  let left = items.reduce((sum, one) => sum + one.probability, 0)
  for (const item of items) {
    if (left <= item.probability || choose(item.probability / left)) return item
    left -= item.probability
  }
  return items.at(-1)
}
