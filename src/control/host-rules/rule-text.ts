import type { Diagnostic } from '../../base/diagnostic.ts'
import { collectDiagnostics } from '../../base/diagnostic.ts'
import type { Origin } from '../../base/source.ts'
import type { Chain, HookName, Rule, Table, TableName } from '../../netfilter/rule.ts'
import { isHookName } from '../../netfilter/rule.ts'
import { parseSave } from '../../netfilter/save-format/parse.ts'
import type { ChainPolicy, TableContribution } from '../../netfilter/table.ts'
import { fixedChains } from '../../netfilter/table.ts'

/** One line of iptables-save text, and who says it. */
export interface HostLine {
  readonly text: string
  readonly origin: Origin
}

/** Something wrong with a line: the line, its number from 1, and what it is. */
export interface Fault {
  readonly text: string
  readonly line: number
  readonly diagnostic: Diagnostic
}

/** What text was read as, and what is wrong with it. */
export interface ReadLines {
  readonly contributions: readonly TableContribution[]
  readonly faults: readonly Fault[]
}

/** Chains of one table in iptables' words: `:FORWARD DROP`, `:DOCKER -`, `-A FORWARD -j DOCKER`. */
export type TableLines = Partial<Readonly<Record<TableName, readonly HostLine[]>>>

/** Whether another component makes this chain, so that a rule may jump to it. */
type HasChain = (name: string) => boolean

/** Reads lines of tables; chains that stand in a `-A` line and are declared nowhere are made. */
export function readTableLines(
  tables: TableLines,
  family: 4 | 6,
  hasChain: HasChain = () => false,
): ReadLines {
  const lines = Object.entries(tables).flatMap(([table, list]) => [
    line(`*${table}`),
    ...declared(list).map(line),
    ...list,
    line('COMMIT'),
  ])
  return readLines(lines, family, hasChain)
}

const line = (text: string): HostLine => ({ text, origin: { component: 'host' } })

/** Declarations of the user-defined chains to which lines add rules, and which no line declares. */
function declared(lines: readonly HostLine[]): readonly string[] {
  const texts = lines.map(({ text }) => text)
  const stated = new Set(texts.flatMap((text) => /^:(\S+)/.exec(text)?.[1] ?? []))
  const used = new Set(texts.flatMap((text) => /^-A (\S+)/.exec(text)?.[1] ?? []))
  return [...used].filter((name) => !stated.has(name) && !isHookName(name)).map((name) => `:${name} -`)
}

/** Reads iptables-save text line by line: the rules and policies have the origins of their lines. */
export function readLines(
  lines: readonly HostLine[],
  family: 4 | 6,
  hasChain: HasChain = () => false,
): ReadLines {
  const { report, diagnostics } = collectDiagnostics()
  const text = lines.map((one) => one.text).join('\n')
  const { tables } = parseSave({ name: '', text }, family, report)
  return {
    contributions: tables.map((table) => contributionOf(table, lines, hasChain)),
    faults: diagnostics.flatMap((diagnostic): Fault[] => {
      const number = diagnostic.at?.line ?? 1
      const own = lines[number - 1]?.text ?? ''
      const to = /\s-[jg] (\S+)/.exec(own)?.[1]
      if (diagnostic.code === 'iptables-dangling-jump' && to !== undefined && hasChain(to)) return []
      return [{ text: own, line: number, diagnostic }]
    }),
  }
}

/** A whole table as one component's share of it. A policy of ACCEPT is no statement: it is what the kernel begins with. */
function contributionOf(table: Table, lines: readonly HostLine[], hasChain: HasChain): TableContribution {
  const chains = table.chains().map((chain) => withOrigins(chain, lines, hasChain))
  const bases = chains.filter((chain) => chain.policy !== undefined)
  const policies = bases.flatMap((chain): [string, ChainPolicy][] =>
    chain.policy === 'DROP' ? [[chain.name, policyOf(chain, lines)]] : [],
  )
  return {
    table: table.name,
    baseRules: Object.fromEntries(bases.map((chain) => [chain.name, chain.rules])) as Partial<
      Record<HookName, readonly Rule[]>
    >,
    policies: Object.fromEntries(policies),
    chains: fixedChains(chains.filter((chain) => chain.policy === undefined)),
  }
}

function policyOf(chain: Chain, lines: readonly HostLine[]): ChainPolicy {
  const origin = lines.find(({ text }) => text.startsWith(`:${chain.name} `))?.origin
  return { policy: 'DROP', ...(origin && { origin }) }
}

function withOrigins(chain: Chain, lines: readonly HostLine[], hasChain: HasChain): Chain {
  return {
    ...chain,
    rules: chain.rules.map((rule): Rule => {
      const at = rule.origin?.subject?.at
      const { spelling: _, ...own } = rule
      const origin = at && lines[at.line - 1]?.origin
      return resolved(origin ? { ...own, origin } : own, hasChain)
    }),
  }
}

/** A jump to a chain of another component, which the text by itself does not have. */
function resolved(rule: Rule, hasChain: HasChain): Rule {
  const { target } = rule
  if (target?.type !== 'unknown' || !hasChain(target.name)) return rule
  return { ...rule, target: { type: 'jump', chain: target.name } }
}
