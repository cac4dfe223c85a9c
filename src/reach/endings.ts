import type { Disposition } from '../model/trace.ts'
import type { Direction } from '../policy/policy.ts'
import type { Ending } from './ways.ts'

/** How connections end, with their shares, which add up to 1; the largest first. */
export type Endings = readonly (Ending & { readonly share: number })[]

/** Several ends of connections with their weights, put together; equal for equal contents. */
export type Combine = (parts: readonly (readonly [Endings, number])[]) => Endings

/** Ends that all connections have. */
export function always(ending: Ending): Endings {
  const key = `${ending.disposition} ${ending.denied}`
  const known = single.get(key) ?? [{ ...ending, share: 1 }]
  single.set(key, known)
  return known
}

/** Each made once, so that what is equal is the same. */
const single = new Map<string, Endings>()
const mixed = new Map<string, Endings>()

/** Puts ends together by their weights. */
export function combined(parts: readonly (readonly [Endings, number])[]): Endings {
  const [first] = parts
  if (first && parts.every(([endings]) => endings === first[0])) return first[0]
  const total = parts.reduce((sum, [, weight]) => sum + weight, 0)
  const shares = new Map<string, { disposition: Disposition; denied?: Direction; share: number }>()
  for (const [endings, weight] of parts) {
    for (const one of endings) {
      const key = `${one.disposition} ${one.denied}`
      const share = (shares.get(key)?.share ?? 0) + (one.share * weight) / total
      shares.set(key, { ...one, share })
    }
  }
  const all = [...shares]
    .map(([key, one]) => ({ key, one: { ...one, share: Math.round(one.share * 1e9) / 1e9 } }))
    .toSorted((a, b) => b.one.share - a.one.share || (a.key < b.key ? -1 : 1))
  const [only] = all
  if (all.length === 1 && only) return always({ ...only.one })
  const text = all.map(({ key, one }) => `${key} ${one.share}`).join(', ')
  const known = mixed.get(text) ?? all.map(({ one }) => one)
  mixed.set(text, known)
  return known
}

/** The share of connections that are served. */
export function reachedShare(endings: Endings): number {
  return endings.reduce((sum, { disposition, share }) => (disposition === 'reached' ? sum + share : sum), 0)
}
