import type { Report } from '../../base/diagnostic.ts'
import type { Origin, SourceFile, SourceLocation } from '../../base/source.ts'
import { checkChains } from '../check-chains.ts'
import type { Chain, Counters, Rule, RuleSet, Table, TableName } from '../rule.ts'
import { baseChains, isHookName, isTableName } from '../rule.ts'
import { makeTable } from '../table.ts'
import { formatRuleBody } from './format.ts'
import { parseRuleTokens } from './parse-rule.ts'
import { RuleSyntaxError, tokenize } from './tokens.ts'

interface ChainDraft {
  readonly name: string
  readonly policy?: 'ACCEPT' | 'DROP'
  readonly counters?: Counters
  readonly rules: Rule[]
}

interface TableDraft {
  readonly name: TableName
  readonly chains: Map<string, ChainDraft>
  committed: boolean
}

/**
 * Reads iptables-save text (or what iptables-restore takes) of either backend. A rule whose text ours would not
 * repeat keeps its own spelling, so that formatRuleSet gives back what was read, comment lines aside. Every
 * problem is reported with its line; what could be read is returned all the same.
 */
export function parseSave(file: SourceFile, family: 4 | 6, report: Report): RuleSet {
  const tables: TableDraft[] = []
  const lines = file.text.split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    const at: SourceLocation = { file: file.name, line: index + 1, column: 1 }
    try {
      readLine(line.trim(), tables, family, at)
    } catch (error) {
      if (!(error instanceof RuleSyntaxError)) throw error
      report('iptables-syntax', error.message, { at })
    }
  }
  for (const table of tables) {
    if (!table.committed) {
      report('iptables-syntax', `table ${table.name} is not ended by COMMIT`, {
        at: { file: file.name, line: lines.length, column: 1 },
        fix: 'the text seems cut off; save it again',
      })
    }
  }
  const finished = tables.map((table) => finishTable(table))
  for (const table of finished) checkChains(table, report)
  return { family, tables: finished }
}

function readLine(line: string, tables: TableDraft[], family: 4 | 6, at: SourceLocation): void {
  if (line === '' || line.startsWith('#')) return
  const open = tables.find((table) => !table.committed)
  if (line.startsWith('*')) {
    openTable(line.slice(1).trim(), tables, open)
    return
  }
  if (!open) throw new RuleSyntaxError(`expected "*table" before "${line.slice(0, 40)}"`)
  if (line === 'COMMIT') open.committed = true
  else if (line.startsWith(':')) readChain(line.slice(1), open)
  else readRule(line, open, family, at)
}

function openTable(name: string, tables: TableDraft[], open: TableDraft | undefined): void {
  if (open) throw new RuleSyntaxError(`table ${open.name} is not ended by COMMIT before *${name}`)
  if (!isTableName(name)) {
    throw new RuleSyntaxError(`"${name}" is not a table; expected ${Object.keys(baseChains).join(', ')}`)
  }
  if (tables.some((table) => table.name === name))
    throw new RuleSyntaxError(`table ${name} stands here twice`)
  tables.push({ name, chains: new Map(), committed: false })
}

function readChain(text: string, table: TableDraft): void {
  const [name = '', policy = '', counters] = text.trim().split(/\s+/)
  if (name === '' || name.length > 28)
    throw new RuleSyntaxError(`chain name "${name}" must have 1 to 28 characters`)
  if (table.chains.has(name)) throw new RuleSyntaxError(`chain ${name} is declared twice`)
  const isBase = isHookName(name) && baseChains[table.name].includes(name)
  if (policy !== '-' && policy !== 'ACCEPT' && policy !== 'DROP') {
    throw new RuleSyntaxError(`policy "${policy}" of chain ${name} is not ACCEPT, DROP or -`)
  }
  if (policy !== '-' && !isBase)
    throw new RuleSyntaxError(`chain ${name} is no base chain of ${table.name}: no policy`)
  const count = readCounters(counters)
  table.chains.set(name, {
    name,
    ...(isBase && { policy: policy === 'DROP' ? 'DROP' : 'ACCEPT' }),
    ...(count && (count.packets > 0n || count.bytes > 0n) && { counters: count }),
    rules: [],
  })
}

function readCounters(text: string | undefined): Counters | undefined {
  const found = /^\[(\d+):(\d+)\]$/.exec(text ?? '')
  return found ? { packets: BigInt(found[1] ?? 0), bytes: BigInt(found[2] ?? 0) } : undefined
}

function readRule(line: string, table: TableDraft, family: 4 | 6, at: SourceLocation): void {
  const counted = /^(\[\d+:\d+\])\s+(.*)$/.exec(line)
  const text = counted?.[2] ?? line
  const [verb, name, ...tokens] = tokenize(text)
  if (verb !== '-A' && verb !== '--append')
    throw new RuleSyntaxError(`expected "-A CHAIN ...", not "${verb}"`)
  const chain = table.chains.get(name ?? '') ?? implicitChain(name ?? '', table)
  const counters = readCounters(counted?.[1])
  const origin: Origin = {
    component: 'iptables-save',
    subject: { kind: 'Rule', name: `${at.file}:${at.line}`, at },
  }
  const rule: Rule = { ...parseRuleTokens(tokens, family), origin, ...(counters && { counters }) }
  const body = text.replace(/^\S+\s+\S+\s*/, '')
  chain.rules.push(formatRuleBody(rule, family) === body ? rule : { ...rule, spelling: body })
}

/** iptables-restore takes rules for base chains that no `:` line named. */
function implicitChain(name: string, table: TableDraft): ChainDraft {
  if (!isHookName(name) || !baseChains[table.name].includes(name)) {
    throw new RuleSyntaxError(`chain ${name} is not declared in table ${table.name}`)
  }
  const chain: ChainDraft = { name, policy: 'ACCEPT', rules: [] }
  table.chains.set(name, chain)
  return chain
}

function finishTable(draft: TableDraft): Table {
  const declared = [...draft.chains.values()]
  const missing = baseChains[draft.name]
    .filter((hook) => !draft.chains.has(hook))
    .map((name): ChainDraft => ({ name, policy: 'ACCEPT', rules: [] }))
  const chains = [...declared, ...missing].map(
    (chain): Chain => ({
      ...chain,
      rules: chain.rules.map((rule) => resolveTarget(rule, draft)),
    }),
  )
  return makeTable(draft.name, chains)
}

/** An unknown name after `-j` is a jump if the table has such a chain. */
function resolveTarget(rule: Rule, table: TableDraft): Rule {
  const { target } = rule
  if (target?.type !== 'unknown' || !table.chains.has(target.name)) return rule
  return { ...rule, target: { type: 'jump', chain: target.name } }
}
