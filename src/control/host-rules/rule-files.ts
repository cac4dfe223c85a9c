import type { SourceFile, SourceLocation } from '../../base/source.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import { familyOfRules } from '../node-rules.ts'
import type { HostContext, HostFirewall } from './host-firewall.ts'
import type { HostLine, ReadLines } from './rule-text.ts'
import { readLines } from './rule-text.ts'

/**
 * Rules as iptables-save prints them, under `iptables` of a node: `rules` for IPv4, `rules6` for IPv6. A fragment is
 * enough: what a table's text does not name stays as it is.
 */
export const ruleText: HostFirewall = (context) => {
  const field = context.family === 4 ? 'rules' : 'rules6'
  const text = context.stated.iptables?.[field]
  if (text === undefined) return { shares: [] }
  const path = ['iptables', field]
  const origin = context.origin('host rules', path)
  const lines = fragment(text).map((one): HostLine => ({ text: one, origin }))
  const { contributions, faults } = readLines(lines, context.family, (name) => context.hasChain(name))
  for (const { diagnostic, line } of faults)
    context.refuse(path, `line ${line}: ${diagnostic.message}`, diagnostic.fix)
  return sharesOf(context, contributions)
}

/** A text without `*table` is of table filter. */
function fragment(text: string): readonly string[] {
  const lines = text.split(/\r?\n/)
  const bare = !lines.some((line) => line.trim().startsWith('*'))
  return bare ? ['*filter', ...lines, 'COMMIT'] : lines
}

function sharesOf({ backend }: HostContext, contributions: readonly TableContribution[]) {
  return { shares: contributions.map((contribution) => ({ backend, contribution })) }
}

/** The rules of a file; each has the file's line as its origin. */
export function readRuleFile(
  { name, text }: SourceFile,
  family: 4 | 6,
  hasChain: (name: string) => boolean,
): ReadLines {
  const lines = text.split(/\r?\n/).map((one, index): HostLine => {
    const at: SourceLocation = { file: name, line: index + 1, column: 1 }
    return {
      text: one,
      origin: { component: 'host rules', subject: { kind: 'Rule', name: `${name}:${index + 1}`, at } },
    }
  })
  return readLines(lines, family, hasChain)
}

/** The family that a text is of. */
export function familyOfText(text: string): 4 | 6 {
  return familyOfRules({ name: '', text })
}
