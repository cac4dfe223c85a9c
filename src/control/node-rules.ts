import type { Report } from '../base/diagnostic.ts'
import type { SourceFile } from '../base/source.ts'
import type { RuleSet } from '../netfilter/rule.ts'
import { parseSave } from '../netfilter/save-format/parse.ts'

/** iptables-save and ip6tables-save texts that stand for a node's own rules, by the node's name. */
export type NodeRules = ReadonlyMap<string, readonly SourceFile[]>

/** Reads the texts; every problem is reported with its line, and a node that does not exist as well. */
export function readNodeRules(
  texts: NodeRules,
  nodes: readonly { readonly name: string }[],
  report: Report,
): ReadonlyMap<string, readonly RuleSet[]> {
  const known = new Set(nodes.map((node) => node.name))
  for (const name of texts.keys()) {
    if (!known.has(name)) {
      report('unknown-node', `there is no node ${name} to hold these rules`, {
        fix: `nodes: ${[...known].join(', ')}`,
      })
    }
  }
  return new Map(
    [...texts].map(([name, files]) => [
      name,
      files.map((file) => parseSave(file, familyOfRules(file), report)),
    ]),
  )
}

/** The text does not name its family: its first comment does, and else its addresses. */
export function familyOfRules({ text }: SourceFile): 4 | 6 {
  const comment = /^# .*\b(ip6?tables)[\w-]*save/m.exec(text)
  if (comment) return comment[1] === 'ip6tables' ? 6 : 4
  return /^-A .*(?:\s-[sd] [0-9a-f]*:|ipv6-icmp|icmp6-)/m.test(text) ? 6 : 4
}
