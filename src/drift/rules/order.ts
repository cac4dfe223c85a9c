import type { Rule } from '../../netfilter/rule.ts'
import type { RulePair } from './compare-chains.ts'
import type { ComparedChain, ComparedTable } from './compare-tables.ts'
import type { Host } from './disjoint.ts'
import type { Clash, Leaf } from './leaves.ts'
import { clashOf, leavesOf } from './leaves.ts'
import type { TableView } from './table-view.ts'
import { isBalancing } from './table-view.ts'

/** Two rules that stand the other way round than they should, and for which that matters. */
export interface Swap {
  /** Stands first on the node, and should come later. */
  readonly first: RulePair
  readonly second: RulePair
  readonly clash: Clash | 'unknown'
}

/** More pairs than this are not asked about in one chain. */
const mostPairs = 2_000_000

/**
 * Pairs of rules whose order differs and matters. A permutation is harmless if every two rules that it turns round
 * commute, since it can be made by swapping neighbours. Rules for different single addresses never meet one packet.
 */
export function swapsIn(chain: ComparedChain, { expected }: ComparedTable, host: Host): readonly Swap[] {
  const { pairs } = chain
  if (isSorted(pairs)) return []
  const leaves = new Map<Rule, readonly Leaf[] | undefined>()
  const of = ({ expected: { rule } }: RulePair) => {
    if (!leaves.has(rule)) leaves.set(rule, lastingLeaves(rule, chain, expected))
    return leaves.get(rule)
  }
  const swaps: Swap[] = []
  const choosing = isBalancing(chain.chain)
  for (const [first, second] of turnedRound(pairs)) {
    if (choosing && choosesEndpoint(first) && choosesEndpoint(second)) continue
    const clash = clashOf(of(first), of(second), host)
    if (clash) swaps.push({ first, second, clash })
  }
  return swaps
}

/** After the last hook no rule asks for a mark any more: there it does not matter which chain sets or clears one. */
function lastingLeaves(rule: Rule, { chain, hook }: ComparedChain, view: TableView) {
  const leaves = leavesOf(rule, chain, view)
  return hook === 'POSTROUTING' ? leaves?.filter(({ path }) => path.at(-1)?.target?.type !== 'MARK') : leaves
}

function isSorted(pairs: readonly RulePair[]): boolean {
  return pairs.every((pair, index) => (pairs[index - 1]?.expected.position ?? 0) < pair.expected.position)
}

/** Which endpoint comes first does not matter, with the chances as they are. */
function choosesEndpoint({ expected: { rule } }: RulePair): boolean {
  return rule.target?.type === 'jump' && rule.target.chain.startsWith('KUBE-SEP-')
}

/** Pairs in the node's order of which the second should come first, where both may concern one packet. */
function* turnedRound(pairs: readonly RulePair[]): Generator<readonly [RulePair, RulePair]> {
  const byAddress = new Map<string, RulePair[]>()
  const general: RulePair[] = []
  let left = mostPairs
  for (const [index, pair] of pairs.entries()) {
    const address = hostKey(pair.expected.rule)
    const same = address === undefined ? [] : (byAddress.get(address) ?? [])
    const before = address === undefined ? pairs.slice(0, index) : [...same, ...general]
    left -= before.length
    if (left < 0) return
    yield* before.filter((one) => isAfter(one, pair)).map((one) => [one, pair] as const)
    if (address === undefined) general.push(pair)
    else byAddress.set(address, [...same, pair])
  }
}

function isAfter(one: RulePair, other: RulePair): boolean {
  return one.expected.position > other.expected.position
}

function hostKey({ header: { destination } }: Rule): string | undefined {
  if (!destination || destination.inverted) return undefined
  const isHost = destination.mask === 0xffffffff || destination.mask === (1n << 128n) - 1n
  return isHost ? String(destination.address) : undefined
}
