import type { MemoryState } from '../netfilter/evaluate.ts'

/**
 * All that the kernels of a network remember between packets: conntrack entries, `recent` lists, counters of
 * `nth`, multipath choices. An immutable map; forks share what they have not changed.
 */
export interface DataplaneState {
  get(key: string): unknown
  set(key: string, value: unknown): DataplaneState
  /** Everything that is remembered, sorted by key. */
  entries(): readonly (readonly [string, unknown])[]
}

interface Change {
  readonly key: string
  readonly value: unknown
  readonly previous: Change | undefined
  readonly depth: number
}

/** Longer lists of changes are folded into a map of their own. */
const foldAt = 48

/** A class, because every change makes one. */
class LayeredState implements DataplaneState {
  readonly #base: ReadonlyMap<string, unknown>
  readonly #changes: Change | undefined

  constructor(base: ReadonlyMap<string, unknown>, changes: Change | undefined) {
    this.#base = base
    this.#changes = changes
  }

  get(key: string): unknown {
    for (let change = this.#changes; change; change = change.previous) {
      if (change.key === key) return change.value
    }
    return this.#base.get(key)
  }

  set(key: string, value: unknown): DataplaneState {
    const previous = this.#changes
    const depth = (previous?.depth ?? 0) + 1
    const change: Change = { key, value, previous, depth }
    if (depth < foldAt) return new LayeredState(this.#base, change)
    return new LayeredState(fold(this.#base, change), undefined)
  }

  entries(): readonly (readonly [string, unknown])[] {
    return [...fold(this.#base, this.#changes)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }
}

/** A value of `undefined` is a deletion. */
function fold(base: ReadonlyMap<string, unknown>, changes: Change | undefined): ReadonlyMap<string, unknown> {
  const list: Change[] = []
  for (let change = changes; change; change = change.previous) list.push(change)
  const map = new Map(base)
  for (const { key, value } of list.toReversed()) {
    if (value === undefined) map.delete(key)
    else map.set(key, value)
  }
  return map
}

/** A network that has just been switched on. */
export const emptyState: DataplaneState = new LayeredState(new Map(), undefined)

/** A network whose kernels remember these values already. */
export function stateOf(entries: Iterable<readonly [string, unknown]>): DataplaneState {
  return new LayeredState(new Map(entries), undefined)
}

/** The part of the state that one namespace's rules may read and write. */
export function memoryOf(state: DataplaneState, netns: string): RuleMemory {
  return new RuleMemory(state, netns)
}

/** A class, because the walk makes one for every table that it asks. */
class RuleMemory implements MemoryState {
  readonly state: DataplaneState
  readonly #netns: string

  constructor(state: DataplaneState, netns: string) {
    this.state = state
    this.#netns = netns
  }

  get(key: string): unknown {
    return this.state.get(`rules ${this.#netns} ${key}`)
  }

  set(key: string, value: unknown): RuleMemory {
    return new RuleMemory(this.state.set(`rules ${this.#netns} ${key}`, value), this.#netns)
  }
}

/**
 * A table has been loaded anew: what its rules counted by their own place (`nth`, `limit`) starts again; named
 * lists (`recent`) stay. iptables-legacy does so with every change (xt_replace_table), iptables-nft only for the
 * rules that it writes.
 */
export function tableReplaced(state: DataplaneState, netns: string, table: string): DataplaneState {
  const places = new RegExp(`^(?!recent )\\S+ ${table}/`)
  const prefix = `rules ${netns} `
  return state
    .entries()
    .filter(([key]) => key.startsWith(prefix) && places.test(key.slice(prefix.length)))
    .reduce((left, [key]) => left.set(key, undefined), state)
}
