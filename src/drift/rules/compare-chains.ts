import type { Chain, Rule } from '../../netfilter/rule.ts'
import { conditionKey, ruleKey } from './rule-key.ts'
import type { TableView } from './table-view.ts'
import { chainAfter, isBalancing } from './table-view.ts'

/** A rule of one side without its like on the other. Positions count from 1, as `iptables -L --line-numbers` does. */
export interface LoneRule {
  readonly rule: Rule
  readonly position: number
}

/** Two rules that mean the same, by their positions. */
export interface RulePair {
  readonly expected: LoneRule
  readonly actual: LoneRule
}

/** One chain of both sides, rule by rule. */
export interface ChainComparison {
  readonly missing: readonly LoneRule[]
  readonly extra: readonly LoneRule[]
  /** In the node's order. */
  readonly pairs: readonly RulePair[]
}

/**
 * Finds each rule's like on the other side, whatever the order. A rule that stands twice is the same as once. A jump to
 * a chain whose name the other side does not have is the like of a jump under the same conditions: such names are
 * drawn at random; both chains are then taken for one.
 */
export function compareChains(
  expected: { readonly chain: Chain; readonly view: TableView },
  actual: {
    readonly chain: Chain | undefined
    readonly view: TableView
    rename(from: string, to: string): void
  },
): ChainComparison {
  const before = numbered(expected.chain)
  const after = actual.chain ? numbered(actual.chain) : []
  const keyed = isBalancing(expected.chain.name) ? withoutShare : (rule: Rule) => rule
  const wanted = new Map<string, LoneRule>()
  for (const one of before) {
    const key = ruleKey(keyed(one.rule), expected.view.naming)
    if (!wanted.has(key)) wanted.set(key, one)
  }
  const found = new Set<string>()
  const pairs: RulePair[] = []
  const lone: LoneRule[] = []
  for (const one of after) {
    const key = ruleKey(keyed(one.rule), actual.view.naming)
    const like = wanted.get(key)
    if (!like) lone.push(one)
    else if (!found.has(key)) {
      found.add(key)
      pairs.push({ expected: like, actual: one })
    }
  }
  const left = [...wanted].flatMap(([key, one]) => (found.has(key) ? [] : [one]))
  if (left.length === 0 || lone.length === 0) return { missing: left, extra: lone, pairs }
  const renamed = pairRenamed(left, lone, expected.view, actual.view)
  for (const one of renamed)
    actual.rename(chainAfter(one.actual.rule) ?? '', chainAfter(one.expected.rule) ?? '')
  const paired = new Set(renamed.flatMap((one) => [one.expected, one.actual]))
  return {
    missing: left.filter((one) => !paired.has(one)),
    extra: lone.filter((one) => !paired.has(one)),
    pairs: [...pairs, ...renamed].sort((a, b) => a.actual.position - b.actual.position),
  }
}

function numbered({ rules }: Chain): LoneRule[] {
  const counted = rules.some((rule) => rule.matches.some((match) => match.type === 'nfacct'))
  const all = rules.map((rule, index) => ({ rule, position: index + 1 }))
  return counted ? all.filter(({ rule }, index) => !onlyCounts(rule, rules[index + 1])) : all
}

/** A rule that counts packets in an nfacct object and does with them what the next rule does with more. */
function onlyCounts({ header, matches, target }: Rule, next: Rule | undefined): boolean {
  if (!next || !matches.some((match) => match.type === 'nfacct')) return false
  const same = chainOfTarget(target) === chainOfTarget(next.target) && target?.type === next.target?.type
  return same && header.destination !== undefined && next.header.destination === undefined
}

function chainOfTarget(target: Rule['target']): string | undefined {
  return target?.type === 'jump' ? target.chain : undefined
}

/** How often a rule that chooses an endpoint fires follows from the number of them, and is compared apart. */
function withoutShare(rule: Rule): Rule {
  const { matches } = rule
  if (!matches.some((match) => match.type === 'statistic')) return rule
  return { ...rule, matches: matches.filter((match) => match.type !== 'statistic') }
}

function pairRenamed(
  missing: readonly LoneRule[],
  extra: readonly LoneRule[],
  expected: TableView,
  actual: TableView,
): readonly RulePair[] {
  const open = new Map<string, LoneRule[]>()
  for (const one of extra) {
    const chain = chainAfter(one.rule)
    if (chain === undefined || chain.startsWith('KUBE-') || expected.table.chain(chain)) continue
    const key = conditionKey(one.rule, actual.naming)
    open.set(key, [...(open.get(key) ?? []), one])
  }
  return missing.flatMap((one): RulePair[] => {
    const chain = chainAfter(one.rule)
    if (chain === undefined || chain.startsWith('KUBE-') || actual.table.chain(chain)) return []
    const candidates = open.get(conditionKey(one.rule, expected.naming)) ?? []
    const wanted = contentKey(chain, expected)
    const best = candidates.find((other) => contentKey(chainAfter(other.rule) ?? '', actual) === wanted)
    const like = best ?? candidates[0]
    if (!like) return []
    candidates.splice(candidates.indexOf(like), 1)
    return [{ expected: one, actual: like }]
  })
}

function contentKey(chain: string, { table, naming }: TableView): string {
  return (table.chain(chain)?.rules ?? []).map((rule) => ruleKey(rule, naming)).join('\n')
}
