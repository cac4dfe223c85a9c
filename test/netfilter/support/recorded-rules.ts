import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Family } from '../../../src/base/ip.ts'

/** What one backend made of a rule: the line that iptables-save prints, or a refusal. */
export type Answer = { readonly saved: string } | { readonly refused: string }

/** One rule put to the real iptables, and what both backends said. */
export interface RecordedRule {
  readonly family: Family
  readonly table: string
  /** The line as it was put, from `-A`. */
  readonly rule: string
  readonly legacy: Answer
  readonly nft: Answer
}

/** The records of one address family, written by test/recorded/iptables/record.sh. */
export function recordedRules(family: Family): readonly RecordedRule[] {
  const file = join(import.meta.dirname, `../../recorded/iptables/saved-${family}.txt`)
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line, index): RecordedRule[] => {
    if (line === '' || line.startsWith(' ') || line.startsWith('#')) return []
    const [table = '', ...rule] = line.split(' ')
    const answers = lines.slice(index + 1, index + 3)
    return [
      { family, table, rule: rule.join(' '), legacy: answer('legacy', answers), nft: answer('nft', answers) },
    ]
  })
}

function answer(backend: string, lines: readonly string[]): Answer {
  for (const line of lines) {
    const found = /^ {2}(\w+) (refused: )?(.*)$/.exec(line)
    if (!found || (found[1] !== 'both' && found[1] !== backend)) continue
    const text = found[3] ?? ''
    return found[2] ? { refused: text } : { saved: text }
  }
  return { refused: 'not recorded' }
}
