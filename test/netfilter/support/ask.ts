import { collectDiagnostics } from '../../../src/base/diagnostic.ts'
import type { Family } from '../../../src/base/ip.ts'
import { familyOf } from '../../../src/base/ip.ts'
import type { Evaluation, Scene } from '../../../src/netfilter/evaluate.ts'
import { evaluateTable } from '../../../src/netfilter/evaluate.ts'
import type { Table } from '../../../src/netfilter/rule.ts'
import { parseSave } from '../../../src/netfilter/save-format/parse.ts'

/** The first table of an iptables-save text, which must be without fault. */
export function tableOf(text: string, family: Family = 4): Table {
  const { report, diagnostics } = collectDiagnostics()
  const [table] = parseSave({ name: 'rules.txt', text }, family, report).tables
  const [first] = diagnostics
  if (first || !table) throw new Error(first?.message ?? 'no table')
  return table
}

/** What a table does with a packet, in words: `accept`, `drop by A 2`, `1/3 drop, 2/3 accept`, `unknown (accept | drop)`. */
export function verdictOf(table: Table, scene: Scene): string {
  const evaluation = evaluateTable(table, scene)
  return evaluation ? inWords(evaluation) : 'no chain'
}

function inWords(evaluation: Evaluation): string {
  switch (evaluation.type) {
    case 'decided':
      return evaluation.verdict.type === 'unknown'
        ? `not modelled: ${evaluation.verdict.reason}`
        : evaluation.verdict.type
    case 'random':
      return `${evaluation.probability} ${inWords(evaluation.matched())}, else ${inWords(evaluation.unmatched())}`
    case 'unknown':
      return `unknown (${inWords(evaluation.matched())} | ${inWords(evaluation.unmatched())})`
    default:
      return evaluation satisfies never
  }
}

const tablesOfHooks = {
  PREROUTING: 'raw',
  INPUT: 'filter',
  FORWARD: 'filter',
  OUTPUT: 'filter',
  POSTROUTING: 'mangle',
}

/** Whether a rule's matches hold for a packet: `yes`, `no`, `unknown`, or the probability that they do. */
export function answerOf(rule: string, scene: Scene): string {
  const table = `*${tablesOfHooks[scene.hook]}\n-A ${scene.hook} ${rule} -j DROP\nCOMMIT\n`
  const evaluation = evaluateTable(tableOf(table, familyOf(scene.packet.dst)), scene)
  if (evaluation?.type === 'decided') return evaluation.verdict.type === 'drop' ? 'yes' : 'no'
  return evaluation?.type === 'random' ? String(evaluation.probability) : 'unknown'
}
