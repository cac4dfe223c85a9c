import type { Report } from '../../base/diagnostic.ts'
import type { Origin, SourceFile, SourceLocation } from '../../base/source.ts'
import type { Refusal } from '../check-chains.ts'
import { checkChains } from '../check-chains.ts'
import type { Chain, Counters, Rule, RuleSet, Table, TableName } from '../rule.ts'
import { baseChains, isHookName, isTableName } from '../rule.ts'
import { makeTable } from '../table.ts'
import { formatRuleBody } from './format.ts'
import { parseRuleTokens } from './parse-rule.ts'
import { RuleSyntaxError, tokenColumns, tokenize } from './tokens.ts'

interface ChainDraft {
  readonly name: string
  readonly policy?: 'ACCEPT' | 'DROP'
  readonly counters?: Counters
  readonly rules: Rule[]
}

interface TableDraft {
  readonly name: TableName
  readonly chains: Map<string, ChainDraft>
  readonly remarks: readonly string[]
  committed: boolean
}

/** A text while it is being read. */
interface Reading {
  readonly family: 4 | 6
  readonly tables: TableDraft[]
  /** Comment lines since the last table. */
  remarks: string[]
  /** Whether the lines up to the next COMMIT belong to a table that cannot be read. */
  skipping: boolean
}

/**
 * Reads iptables-save text (or what iptables-restore takes) of either backend. A rule whose text ours would not
 * repeat keeps its own spelling, and comment lines between tables are kept, so that formatRuleSet gives back what was
 * read. Every problem is reported with its place; what could be read is returned all the same.
 */
export function parseSave(file: SourceFile, family: 4 | 6, report: Report): RuleSet {
  const reading: Reading = { family, tables: [], remarks: [], skipping: false }
  const lines = file.text.split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    const at: SourceLocation = { file: file.name, line: index + 1, column: 1 }
    try {
      readLine(line.trimStart(), reading, at)
    } catch (error) {
      if (!(error instanceof RuleSyntaxError)) throw error
      report('iptables-syntax', error.message, { at: { ...at, column: columnOf(error, line) } })
    }
  }
  for (const table of reading.tables) {
    if (!table.committed) {
      report('iptables-syntax', `table ${table.name} is not ended by COMMIT`, {
        at: { file: file.name, line: lines.length, column: 1 },
        fix: 'the text seems cut off; save it again',
      })
    }
  }
  const tables = reading.tables.map((table) => finishTable(table))
  for (const table of tables) {
    for (const refusal of checkChains(table, family)) reportRefusal(refusal, lines, report)
  }
  return { family, tables, ...(reading.remarks.length > 0 && { remarks: reading.remarks }) }
}

/** The column of the token that an error is about; of the line's first character if it is about the whole line. */
function columnOf({ token }: RuleSyntaxError, line: string): number {
  const start = line.length - line.trimStart().length + 1
  if (token === undefined) return start
  const opening = line.lastIndexOf('"') + 1
  return columnsOf(line)?.[token] ?? Math.max(start, opening)
}

/** The columns of a rule's tokens as the reader counts them; `undefined` if the line has no tokens to count. */
function columnsOf(line: string): number[] | undefined {
  const counters = /^\s*\[\d+:\d+\]/.exec(line)?.[0].length ?? 0
  try {
    return tokenColumns(' '.repeat(counters) + line.slice(counters))
  } catch {
    return undefined
  }
}

/** Reports a refusal at the tokens of its rule that it is about. */
function reportRefusal(refusal: Refusal, lines: readonly string[], report: Report): void {
  const at = refusal.rule.origin?.subject?.at
  const fix = refusal.fix === undefined ? {} : { fix: refusal.fix }
  if (!at) {
    report(refusal.code, refusal.message, fix)
    return
  }
  const line = lines[at.line - 1] ?? ''
  const tokens = tokenize(line)
  const found = tokens.findIndex((_, index) =>
    refusal.near.every((one, offset) => tokens[index + offset] === one),
  )
  const column = tokenColumns(line)[found] ?? at.column
  report(refusal.code, refusal.message, { ...fix, at: { ...at, column } })
}

function readLine(text: string, reading: Reading, at: SourceLocation): void {
  const line = text.trimEnd()
  if (line === '') return
  const open = reading.tables.find((table) => !table.committed)
  if (line.startsWith('#')) {
    if (!open) reading.remarks.push(line)
  } else if (line.startsWith('*')) {
    openTable(line.slice(1).trim(), reading, open)
  } else if (reading.skipping) {
    reading.skipping = line !== 'COMMIT'
  } else if (!open) {
    throw new RuleSyntaxError(`expected "*table" before "${line.slice(0, 40)}"`)
  } else if (line === 'COMMIT') open.committed = true
  else if (line.startsWith(':')) readChain(line.slice(1), open)
  // iptables before 1.4.10 ends each rule with a blank, which belongs to the rule's spelling.
  else readRule(text, open, reading.family, at)
}

function openTable(name: string, reading: Reading, open: TableDraft | undefined): void {
  const problem = tableProblem(name, reading)
  reading.skipping = problem !== undefined
  if (open) open.committed = true
  if (problem === undefined && isTableName(name)) {
    reading.tables.push({ name, chains: new Map(), remarks: reading.remarks, committed: false })
    reading.remarks = []
  }
  if (open) throw new RuleSyntaxError(`table ${open.name} is not ended by COMMIT before *${name}`)
  if (problem !== undefined) throw new RuleSyntaxError(problem)
}

function tableProblem(name: string, { tables }: Reading): string | undefined {
  if (!isTableName(name)) return `"${name}" is not a table; expected ${Object.keys(baseChains).join(', ')}`
  return tables.some((table) => table.name === name)
    ? `table ${name} stands here twice; give each backend's text as a file of its own`
    : undefined
}

function readChain(text: string, table: TableDraft): void {
  const [name = '', policy = '', counters] = text.trim().split(/\s+/)
  if (name === '' || name.length > 28)
    throw new RuleSyntaxError(`chain name "${name}" must have 1 to 28 characters`)
  if (['ACCEPT', 'DROP', 'RETURN', 'QUEUE'].includes(name))
    throw new RuleSyntaxError(`a chain cannot be called ${name}`)
  if (table.chains.has(name)) throw new RuleSyntaxError(`chain ${name} is declared twice`)
  const isBase = isHookName(name) && baseChains[table.name].includes(name)
  if (policy !== '-' && policy !== 'ACCEPT' && policy !== 'DROP') {
    throw new RuleSyntaxError(`policy "${policy}" of chain ${name} is not ACCEPT, DROP or -`, 1)
  }
  if (policy !== '-' && !isBase)
    throw new RuleSyntaxError(
      `chain ${name} is no base chain of ${table.name}, so it has no policy; expected -`,
      1,
    )
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
  if (name === undefined) throw new RuleSyntaxError(`${verb} needs the name of a chain`)
  const chain = table.chains.get(name) ?? implicitChain(name, table)
  const counters = readCounters(counted?.[1])
  const origin: Origin = {
    component: 'iptables-save',
    subject: { kind: 'Rule', name: `${at.file}:${at.line}`, at },
  }
  const rule: Rule = { ...readTokens(tokens, family), origin, ...(counters && { counters }) }
  const body = text.replace(/^\S+\s+\S+\s*/, '')
  chain.rules.push(formatRuleBody(rule, family) === body ? rule : { ...rule, spelling: body })
}

/** The rule after `-A CHAIN`; an error counts its token from the line's first. */
function readTokens(tokens: readonly string[], family: 4 | 6): Rule {
  try {
    return parseRuleTokens(tokens, family)
  } catch (error) {
    if (error instanceof RuleSyntaxError && error.token !== undefined)
      throw new RuleSyntaxError(error.message, error.token + 2)
    throw error
  }
}

/** iptables-restore takes rules for base chains that no `:` line named. */
function implicitChain(name: string, table: TableDraft): ChainDraft {
  if (!isHookName(name) || !baseChains[table.name].includes(name)) {
    throw new RuleSyntaxError(`chain ${name} is not declared in table ${table.name}`, 1)
  }
  const chain: ChainDraft = { name, policy: 'ACCEPT', rules: [] }
  table.chains.set(name, chain)
  return chain
}

/** The tables hold the chains that the text has: iptables-nft makes some base chains only when they get a rule. */
function finishTable(draft: TableDraft): Table {
  const chains = [...draft.chains.values()].map(
    (chain): Chain => ({
      ...chain,
      rules: chain.rules.map((rule) => resolveTarget(rule, draft)),
    }),
  )
  return makeTable(draft.name, chains, draft.remarks)
}

/** An unknown name after `-j` is a jump if the table has such a chain. */
function resolveTarget(rule: Rule, table: TableDraft): Rule {
  const { target } = rule
  if (target?.type !== 'unknown' || !table.chains.has(target.name)) return rule
  return { ...rule, target: { type: 'jump', chain: target.name } }
}
