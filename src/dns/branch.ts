import type { DnsStep } from './server.ts'

/** One way in which something may go: its share of all ways, what was done on it, and what came of it. */
export interface Branch<T> {
  readonly probability: number
  readonly steps: readonly DnsStep[]
  readonly value: T
}

/** The one way in which it goes. */
export function certain<T>(value: T, ...steps: readonly DnsStep[]): readonly Branch<T>[] {
  return [{ probability: 1, steps, value }]
}

/** Goes on from each way; what was done so far stays in front. */
export function chain<T, U>(
  branches: readonly Branch<T>[],
  goOn: (value: T) => readonly Branch<U>[],
): readonly Branch<U>[] {
  return branches.flatMap((before) =>
    goOn(before.value).map((after) => ({
      probability: before.probability * after.probability,
      steps: [...before.steps, ...after.steps],
      value: after.value,
    })),
  )
}

/** Changes what comes of each way. */
export function mapBranches<T, U>(
  branches: readonly Branch<T>[],
  change: (value: T) => U,
): readonly Branch<U>[] {
  return branches.map((branch) => ({ ...branch, value: change(branch.value) }))
}

/** Puts steps in front of all ways. */
export function after<T>(steps: readonly DnsStep[], branches: readonly Branch<T>[]): readonly Branch<T>[] {
  return branches.map((branch) => ({ ...branch, steps: [...steps, ...branch.steps] }))
}

/** Adds up ways that cannot be told apart. */
export function mergeBranches<T>(branches: readonly Branch<T>[]): readonly Branch<T>[] {
  const merged = new Map<string, Branch<T>>()
  for (const branch of branches) {
    const key = JSON.stringify([branch.value, branch.steps])
    const known = merged.get(key)
    merged.set(key, { ...branch, probability: branch.probability + (known?.probability ?? 0) })
  }
  return [...merged.values()]
}
