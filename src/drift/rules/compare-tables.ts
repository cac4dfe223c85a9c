import type { Origin } from '../../base/source.ts'
import type { Chain, HookName, RuleSet, TableName } from '../../netfilter/rule.ts'
import { baseChains, isHookName, tableOf } from '../../netfilter/rule.ts'
import { makeTable } from '../../netfilter/table.ts'
import type { ChainComparison, LoneRule, RulePair } from './compare-chains.ts'
import { compareChains } from './compare-chains.ts'
import type { TableView } from './table-view.ts'
import { chainAfter, servicePortOf, viewTable } from './table-view.ts'

/** A chain that both sides have, and how its rules compare. */
export interface ComparedChain extends ChainComparison {
  readonly family: 4 | 6
  readonly table: TableName
  /** The chain's name on the node. */
  readonly chain: string
  /** The hook by which packets came here, for a base chain. */
  readonly hook?: HookName
  readonly expectedChain: Chain
  readonly actualChain: Chain | undefined
  /** The service port whose jump led here. */
  readonly servicePort?: string
  /** Why the jump that led here exists. */
  readonly origin?: Origin
}

/** One table of both sides. */
export interface ComparedTable {
  readonly family: 4 | 6
  readonly table: TableName
  readonly expected: TableView
  readonly actual: TableView
  /** Only chains with a difference, in rules or in their order. */
  readonly chains: readonly ComparedChain[]
  /** The node's chains that packets can come to and that the other side has as well. */
  readonly reached: ReadonlySet<string>
}

const tableNames: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter', 'security']

/** Compares what packets can meet in two rule sets: from the base chains on, along the jumps that both have. */
export function compareRuleSets(
  expected: RuleSet,
  actual: RuleSet,
  devices: ReadonlyMap<string, string>,
): readonly ComparedTable[] {
  return tableNames.flatMap((name) => {
    const [before, after] = [tableOf(expected, name), tableOf(actual, name)]
    if (!before && !after) return []
    const empty = makeTable(name, [])
    const renamed = { chains: new Map<string, string>(), devices }
    const views = {
      expected: viewTable(before ?? empty, expected.family, { chains: new Map(), devices: new Map() }),
      actual: viewTable(after ?? empty, expected.family, renamed),
    }
    return [compareTable(name, views, (from, to) => renamed.chains.set(from, to))]
  })
}

interface Visit {
  readonly expected: string
  readonly actual: string
  readonly origin?: Origin
  readonly servicePort?: string
}

function compareTable(
  table: TableName,
  { expected, actual }: { readonly expected: TableView; readonly actual: TableView },
  rename: (from: string, to: string) => void,
): ComparedTable {
  const { family } = expected.naming
  const chains: ComparedChain[] = []
  const reached = new Set<string>()
  const open: Visit[] = baseChains[table].map((hook) => ({ expected: hook, actual: hook })).toReversed()
  for (let visit = open.pop(); visit; visit = open.pop()) {
    if (reached.has(visit.actual)) continue
    reached.add(visit.actual)
    const expectedChain = expected.table.chain(visit.expected) ?? { name: visit.expected, rules: [] }
    const actualChain = actual.table.chain(visit.actual)
    const compared = compareChains(
      { chain: expectedChain, view: expected },
      { chain: actualChain, view: actual, rename },
    )
    const { servicePort, origin } = visit
    open.push(...compared.pairs.flatMap((pair) => next(pair, servicePort)).toReversed())
    if (isAlike(compared, expectedChain, actualChain)) continue
    chains.push({
      ...compared,
      family,
      table,
      chain: visit.actual,
      ...(isHookName(visit.actual) && { hook: visit.actual }),
      expectedChain,
      actualChain,
      ...(servicePort !== undefined && { servicePort }),
      ...(origin && { origin }),
    })
  }
  return { family, table, expected, actual, chains, reached }
}

function next({ expected, actual }: RulePair, owner: string | undefined): readonly Visit[] {
  const [before, after] = [chainAfter(expected.rule), chainAfter(actual.rule)]
  if (before === undefined || after === undefined) return []
  const servicePort = (after.startsWith('KUBE-') ? servicePortOf(expected.rule) : undefined) ?? owner
  const { origin } = expected.rule
  return [
    {
      expected: before,
      actual: after,
      ...(servicePort !== undefined && { servicePort }),
      ...(origin && { origin }),
    },
  ]
}

/** Whether nothing is to be said of a chain: the same rules with the same chances, in an order that may be the same. */
function isAlike(
  { missing, extra, pairs }: ChainComparison,
  expected: Chain,
  actual: Chain | undefined,
): boolean {
  if (missing.length > 0 || extra.length > 0) return false
  if ((expected.policy ?? 'ACCEPT') !== (actual?.policy ?? 'ACCEPT')) return false
  return inOrder(pairs) && pairs.every(sameShare)
}

function inOrder(pairs: readonly RulePair[]): boolean {
  return pairs.every((pair, index) => (pairs[index - 1]?.expected.position ?? 0) < pair.expected.position)
}

function sameShare({ expected, actual }: RulePair): boolean {
  return shareOf(expected) === shareOf(actual)
}

/** How often a rule fires, in units of 2^-31. */
export function shareOf({ rule }: LoneRule): number {
  for (const match of rule.matches)
    if (match.type === 'statistic' && match.mode === 'random') return match.probability
  return 0x80000000
}
