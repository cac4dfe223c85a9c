import type { Rule, TableName } from '../../netfilter/rule.ts'
import { formatRule } from '../../netfilter/save-format/format.ts'

/** A rule that one side alone has, and where. */
export interface Difference {
  readonly type: 'missing' | 'extra'
  readonly family: 4 | 6
  readonly table: TableName
  readonly chain: string
  readonly rule: Rule
  /** Where a KUBE-SEP chain that it jumps to translates to. */
  readonly endpoint?: string
  readonly servicePort?: string
}

/** The rule as iptables-save prints it, without its counters. */
export function lineOf({ rule, chain, family }: Pick<Difference, 'rule' | 'chain' | 'family'>): string {
  const { counters: _, ...plain } = rule
  return formatRule(plain, chain, family)
}

/** The lines of those of one type. */
export function linesOf(differences: readonly Difference[], type: Difference['type']): readonly string[] {
  return differences.filter((one) => one.type === type).map(lineOf)
}
