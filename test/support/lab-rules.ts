import { collectDiagnostics, formatDiagnostic } from '../../src/base/diagnostic.ts'
import type { RuleSet, TableName } from '../../src/netfilter/rule.ts'
import { baseChains } from '../../src/netfilter/rule.ts'
import { parseSave } from '../../src/netfilter/save-format/parse.ts'

/** The lines of some tables, as `-A …`; a line `:FORWARD DROP [0:0]` sets a policy. */
export type Tables = Partial<Readonly<Record<TableName, readonly string[]>>>

/** iptables-save text of these lines, with every chain declared that they name. */
export function rulesText(tables: Tables): string {
  return Object.entries(tables)
    .map(([table, lines]) => tableText(table as TableName, lines ?? []))
    .join('')
}

function tableText(table: TableName, lines: readonly string[]): string {
  const stated = lines.filter((line) => line.startsWith(':'))
  const names = new Set<string>([
    ...baseChains[table],
    ...lines.flatMap((line) => /^-A (\S+)/.exec(line)?.[1] ?? []),
  ])
  const declared = [...names].filter((name) => !stated.some((line) => line.startsWith(`:${name} `)))
  const isBase = (name: string) => (baseChains[table] as readonly string[]).includes(name)
  return [
    `*${table}`,
    ...stated,
    ...declared.map((name) => `:${name} ${isBase(name) ? 'ACCEPT' : '-'} [0:0]`),
    ...lines.filter((line) => !line.startsWith(':')),
    'COMMIT',
    '',
  ].join('\n')
}

/** What the reader has to say about a text. */
export function complaints(tables: Tables): readonly string[] {
  const { report, diagnostics } = collectDiagnostics()
  parseSave({ name: 'rules', text: rulesText(tables) }, 4, report)
  return diagnostics.map((one) => one.code)
}

/** The rule set that a text means; the text has to be right. */
export function ruleSetOf(tables: Tables): RuleSet {
  const { report, diagnostics } = collectDiagnostics()
  const ruleSet = parseSave({ name: 'rules', text: rulesText(tables) }, 4, report)
  if (diagnostics.length > 0) throw new Error(diagnostics.map(formatDiagnostic).join('\n'))
  return ruleSet
}

/** A DNAT rule of the service, or of another address or port. */
export function dnat(
  to: string,
  { protocol = 'tcp', ip = '10.96.0.1', port = 80, chain = 'PREROUTING', when = '' } = {},
): string {
  const matches = `-d ${ip}/32 -p ${protocol} -m ${protocol} --dport ${port}${when === '' ? '' : ` ${when}`}`
  return `-A ${chain} ${matches} -j DNAT --to-destination ${to}`
}

/** A rule that does nothing but need conntrack. */
export const tracked = '-A FORWARD -m conntrack --ctstate INVALID'
