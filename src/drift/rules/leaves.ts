import type { Rule } from '../../netfilter/rule.ts'
import { isHarmless } from '../../netfilter/target/registry.ts'
import type { Host } from './disjoint.ts'
import { areDisjoint } from './disjoint.ts'
import { ruleKey } from './rule-key.ts'
import type { TableView } from './table-view.ts'
import { chainAfter } from './table-view.ts'

/** One thing that may happen to a packet that a rule sends on its way, and all that the packet has to match for it. */
export interface Leaf {
  /** The rules on the way, of which the last one does it. */
  readonly path: readonly Rule[]
  /** What it does, as a key: the same key is the same deed. */
  readonly deed: string
  readonly chain: string
}

/** More leaves than this are not looked at: what lies behind is taken to do anything. */
const limit = 20_000

/**
 * Everything that can happen to a packet that meets the rule. RETURNs on the way are not followed up, so that more may
 * seem to happen than can. `undefined` if there is too much behind it.
 */
export function leavesOf(rule: Rule, chain: string, view: TableView): readonly Leaf[] | undefined {
  const leaves: Leaf[] = []
  const complete = gather({ rule, chain, path: [], within: [] }, view, leaves)
  return complete ? leaves : undefined
}

interface Place {
  readonly rule: Rule
  readonly chain: string
  readonly path: readonly Rule[]
  /** The chains that the path has come through. */
  readonly within: readonly string[]
}

function gather({ rule, chain, path, within }: Place, view: TableView, leaves: Leaf[]): boolean {
  const here = [...path, rule]
  const after = chainAfter(rule)
  if (after === undefined) {
    const { target } = rule
    const deedless = !target || isHarmless(target) || (target.type === 'return' && within.length > 0)
    if (!deedless) leaves.push({ path: here, deed: deedOf(rule, view), chain })
    return leaves.length < limit
  }
  if (within.includes(after)) return true
  for (const next of view.table.chain(after)?.rules ?? []) {
    if (!gather({ rule: next, chain: after, path: here, within: [...within, after] }, view, leaves))
      return false
  }
  return true
}

/** The key of a rule that consists of its target alone. */
function deedOf({ target }: Rule, view: TableView): string {
  return ruleKey({ header: {}, matches: [], ...(target && { target }) }, view.naming)
}

/** Two leaves of which a packet may meet either, and for which it matters which one comes first. */
export interface Clash {
  readonly one: Leaf
  readonly other: Leaf
}

/** Why two rules cannot change places; `undefined` if they can, `'unknown'` if there is too much behind them. */
export function clashOf(
  a: readonly Leaf[] | undefined,
  b: readonly Leaf[] | undefined,
  host: Host,
): Clash | 'unknown' | undefined {
  if (a?.length === 0 || b?.length === 0) return undefined
  if (!a || !b || a.length * b.length > 4_000_000) return 'unknown'
  for (const one of a) {
    for (const other of b) {
      if (one.deed !== other.deed && !pathsDisjoint(one.path, other.path, host)) return { one, other }
    }
  }
  return undefined
}

function pathsDisjoint(a: readonly Rule[], b: readonly Rule[], host: Host): boolean {
  return a.some((one) => b.some((other) => areDisjoint(one, other, host)))
}
