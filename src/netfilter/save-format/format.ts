import type { Match } from '../match/registry.ts'
import { formatMatch } from '../match/registry.ts'
import type { Counters, Rule, RuleSet, Table, Target } from '../rule.ts'
import { formatTarget } from '../target/registry.ts'
import { formatHeader } from './header.ts'
import { saveString } from './tokens.ts'

/** A whole rule set as iptables-save prints it; comment lines are those of the text that it was read from. */
export function formatRuleSet(ruleSet: RuleSet): string {
  const tables = ruleSet.tables.map((table) => formatTable(table, ruleSet.family))
  return [...tables, ...(ruleSet.remarks ?? []).map((line) => `${line}\n`)].join('')
}

/** One table as iptables-save prints it: `*nat`, the chains, the rules by chain, `COMMIT`. */
export function formatTable(table: Table, family: 4 | 6): string {
  const chains = table.chains()
  const text = new TextPieces()
  for (const line of table.remarks ?? []) text.add(line)
  text.add(`*${table.name}`)
  for (const chain of chains)
    text.add(`:${chain.name} ${chain.policy ?? '-'} ${formatCounters(chain.counters)}`)
  for (const chain of chains) for (const rule of chain.rules) text.add(formatRule(rule, chain.name, family))
  text.add('COMMIT')
  return text.finish()
}

/** Gathers lines, joined in batches: a table of 500,000 rules is not to become as many small texts. */
class TextPieces {
  readonly #pieces: string[] = []
  #lines: string[] = []

  add(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length === 1000) this.#join()
  }

  /** All lines, each with its end. */
  finish(): string {
    this.#join()
    return this.#pieces.join('')
  }

  #join(): void {
    this.#lines.push('')
    this.#pieces.push(this.#lines.join('\n'))
    this.#lines = []
  }
}

/** One table as `iptables -S` prints it: `-P` and `-N` lines, then the rules. */
export function formatTableSpec(table: Table, family: 4 | 6, chainName?: string): string {
  const chains = table.chains().filter((chain) => chainName === undefined || chain.name === chainName)
  const heads = chains.map((chain) =>
    chain.policy ? `-P ${chain.name} ${chain.policy}` : `-N ${chain.name}`,
  )
  const rules = chains.flatMap((chain) => chain.rules.map((rule) => formatRule(rule, chain.name, family)))
  return [...heads, ...rules, ''].join('\n')
}

function formatCounters(counters: Counters | undefined): string {
  return counters ? `[${counters.packets}:${counters.bytes}]` : '[0:0]'
}

/** One rule as iptables-save prints it, with its counters in front if it has any. */
export function formatRule(rule: Rule, chain: string, family: 4 | 6): string {
  const counters = rule.counters ? `${formatCounters(rule.counters)} ` : ''
  const text = rule.spelling ?? formatRuleBody(rule, family)
  return text === '' ? `${counters}-A ${chain}` : `${counters}-A ${chain} ${text}`
}

/** What follows `-A CHAIN` in our own spelling, which is iptables-save's. */
export function formatRuleBody(rule: Rule, family: 4 | 6): string {
  let text = formatHeader(rule.header)
  for (const match of rule.matches) text += `${text && ' '}${formatOneMatch(match, family)}`
  if (rule.target) text += `${text && ' '}${formatOneTarget(rule.target, family)}`
  return text
}

function formatOneMatch(match: Match, family: 4 | 6): string {
  if (match.type === 'unknown') return ['-m', match.name, ...match.tokens.map(requote)].join(' ')
  const options = formatMatch(match, family)
  return options === '' ? `-m ${match.type}` : `-m ${match.type} ${options}`
}

function formatOneTarget(target: Target, family: 4 | 6): string {
  switch (target.type) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'queue':
      return `-j ${target.type.toUpperCase()}`
    case 'jump':
      return `-j ${target.chain}`
    case 'goto':
      return `-g ${target.chain}`
    case 'unknown':
      return ['-j', target.name, ...target.tokens.map(requote)].join(' ')
    default: {
      const options = formatTarget(target, family)
      return options === '' ? `-j ${target.type}` : `-j ${target.type} ${options}`
    }
  }
}

/** A token of an unknown extension: quoted again only if it must be. */
function requote(token: string): string {
  return /^[^\s"'\\]+$/.test(token) ? token : saveString(token)
}
