import type { Judged, ObjectRef, Origin } from '../../../base/source.ts'
import type { Chain, HookName, Rule, TableName } from '../../../netfilter/rule.ts'
import { isHookName } from '../../../netfilter/rule.ts'
import { parseRuleTokens } from '../../../netfilter/save-format/parse-rule.ts'
import { tokenize } from '../../../netfilter/save-format/tokens.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import { fixedChains } from '../../../netfilter/table.ts'

/** One rule; with the object that it is there for, if that is not the component's own affair. */
export type WrittenLine =
  | string
  | {
      readonly text: string
      readonly subject?: ObjectRef
      /** Whose policies judge the packets that it sends on, as in Origin. */
      readonly judges?: Partial<Judged>
    }

/** What a component writes into one table, in iptables-save's own spelling. */
export interface WrittenTable {
  readonly origin: Origin
  readonly table: TableName
  readonly family: 4 | 6
  /** `-A CHAIN …`, in order. */
  readonly lines: readonly WrittenLine[]
  /** `-A HOOK …` of rules that stand before all others of their base chain. */
  readonly prepended?: readonly string[]
  /** Chains of its own that may be without rules. */
  readonly chains?: readonly string[]
}

type BaseRules = Partial<Record<HookName, Rule[]>>

/** A plugin's part of a table from its text. The text is the program's own: what cannot be read throws. */
export function writtenTable(written: WrittenTable): TableContribution {
  const { table, chains = [] } = written
  const own = new Map<string, Rule[]>(chains.map((name) => [name, []]))
  const baseRules = readLines(written, written.lines, own)
  const prepended = readLines(written, written.prepended ?? [], own)
  const list = [...own].map(([name, rules]): Chain => ({ name, rules }))
  return {
    table,
    baseRules,
    ...(written.prepended && { prepended }),
    chains: fixedChains(list),
  }
}

function readLines(
  { origin, family }: WrittenTable,
  lines: readonly WrittenLine[],
  own: Map<string, Rule[]>,
): BaseRules {
  const bases: BaseRules = {}
  for (const line of lines) {
    const { text, ...of } = typeof line === 'string' ? { text: line } : line
    const [, chain = '', ...tokens] = tokenize(text)
    const rule: Rule = { ...asJump(parseRuleTokens(tokens, family)), origin: { ...origin, ...of } }
    if (isHookName(chain)) bases[chain] = [...(bases[chain] ?? []), rule]
    else own.set(chain, [...(own.get(chain) ?? []), rule])
  }
  return bases
}

/** The text names no target but those of the registry, so that any other name is a chain's. */
function asJump(rule: Rule): Rule {
  const { target } = rule
  return target?.type === 'unknown' ? { ...rule, target: { type: 'jump', chain: target.name } } : rule
}
