import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { collectDiagnostics } from '../../src/base/diagnostic.ts'
import type { Family } from '../../src/base/ip.ts'
import type { Rule } from '../../src/netfilter/rule.ts'
import { formatRuleBody, formatRuleSet } from '../../src/netfilter/save-format/format.ts'
import { parseSave } from '../../src/netfilter/save-format/parse.ts'
import type { RecordedRule } from './support/recorded-rules.ts'
import { recordedRules } from './support/recorded-rules.ts'

/** Where kubewalk knowingly answers otherwise than both backends. */
const known: ReadonlyMap<string, string> = new Map([
  ['-A INPUT -m set --match-set missing src', 'a dump of rules does not say which ipsets there are'],
  ['-A INPUT -m ipvs --ipvs', 'the recording kernel has no IPVS'],
  ['-A PREROUTING -j CT --helper nonesuch', 'which helpers there are depends on the kernel'],
  ['-A INPUT -j SECMARK --selctx system_u:object_r:foo', 'the recording kernel has no SELinux'],
  [
    '-A PREROUTING -j SNPT --src-pfx 2001:db8:1::/64 --dst-pfx 2001:db8:2::/64',
    'the recording kernel has no SNPT',
  ],
  [
    '-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.9-10.0.0.1',
    'a range that ends before it begins is a slip',
  ],
  ['-A INPUT -p tcp ! --dport 0:65535', 'libxt_tcp prints the opposite of what the rule does'],
  ['-A INPUT -p tcp -m tcp --dport 80 -m tcp --sport 1024:', 'the nft backend joins the two matches'],
])

function read(text: string, family: Family) {
  const { report, diagnostics } = collectDiagnostics()
  return { ruleSet: parseSave({ name: 'rules.txt', text }, family, report), diagnostics }
}

/** A text with this one rule, as the recorder put it. */
function textOf({ table, rule }: RecordedRule): string {
  return `*${table}\n:USER - [0:0]\n${rule}\nCOMMIT\n`
}

function onlyRule(text: string, family: Family): Rule | undefined {
  const { ruleSet } = read(text, family)
  return ruleSet.tables.flatMap((table) => table.chains().flatMap((chain) => chain.rules))[0]
}

function isModelled(rule: Rule | undefined): boolean {
  return rule?.target?.type !== 'unknown' && rule?.matches.every((match) => match.type !== 'unknown') === true
}

describe.each([4, 6] as const)('IPv%i rules put to iptables-legacy and iptables-nft', (family) => {
  const all = recordedRules(family)
  const fair = all.filter(({ rule }) => !known.has(rule))
  const taken = fair.filter(({ legacy, nft }) => 'saved' in legacy || 'saved' in nft)
  const refused = fair.filter(({ legacy, nft }) => 'refused' in legacy && 'refused' in nft)

  test('there are records', () => {
    expect(taken.length).toBeGreaterThan(family === 4 ? 300 : 60)
    expect(refused.length).toBeGreaterThan(family === 4 ? 100 : 10)
  })

  test.each(taken)('$table $rule', (record) => {
    const { diagnostics } = read(textOf(record), family)
    expect(diagnostics).toEqual([])
    const rule = onlyRule(textOf(record), family)
    if (!rule || !isModelled(rule)) return
    const chain = record.rule.split(' ')[1]
    const saved = [record.legacy, record.nft].flatMap((one) => ('saved' in one ? [one.saved] : []))
    expect(saved).toContain(`-A ${chain} ${formatRuleBody(rule, family)}`.trim())
  })

  test.each(refused)('refused: $table $rule', (record) => {
    const { diagnostics } = read(textOf(record), family)
    expect(diagnostics.map(({ at, severity }) => [at?.line, severity])).toEqual([[3, 'error']])
    expect(diagnostics[0]?.at?.column).toBeLessThanOrEqual(record.rule.length)
  })

  test.each(taken)('what is saved is printed back: $table $rule', ({ table, legacy, nft }) => {
    for (const answer of [legacy, nft]) {
      if (!('saved' in answer)) continue
      const chain = answer.saved.split(' ')[1] ?? ''
      const policy = chain === 'USER' ? '-' : 'ACCEPT'
      const text = `*${table}\n:${chain} ${policy} [0:0]\n${chain === 'USER' ? '' : ':USER - [0:0]\n'}${answer.saved}\nCOMMIT\n`
      const { ruleSet, diagnostics } = read(text, family)
      expect(diagnostics).toEqual([])
      expect(formatRuleSet(ruleSet)).toBe(text)
    }
  })
})

describe('whole texts put to both backends', () => {
  const folder = join(import.meta.dirname, '../recorded/iptables')
  const answers = readFileSync(join(folder, 'saved-texts-4.txt'), 'utf8').trimEnd().split('\n')
  const cases = readFileSync(join(folder, 'texts-4.txt'), 'utf8')
    .split(/^== /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n')
      const name = part.slice(0, end)
      const at = answers.indexOf(name)
      const [legacy, nft] = [answers[at + 1], answers[at + 2]].map((answer) => answer?.endsWith(' taken'))
      return { name, text: part.slice(end + 1), legacy, nft }
    })

  /** Taken by both backends, but not here. */
  const stricter: ReadonlyMap<string, string> = new Map([
    ['the same table twice', 'the text of two backends in one file would lose the first'],
    ['a quote that is never closed', 'iptables-restore then takes the line end into the comment'],
  ])

  test('there are cases', () => expect(cases.length).toBeGreaterThan(40))

  test.each(cases)('$name: legacy $legacy, nft $nft', ({ name, text, legacy, nft }) => {
    const { diagnostics } = read(text, 4)
    const refused = diagnostics.length > 0
    if (stricter.has(name)) expect(refused).toBe(true)
    else if (legacy === nft) expect(refused).toBe(!legacy)
    for (const { at } of diagnostics) expect(at?.file).toBe('rules.txt')
  })
})

describe('whole machines', () => {
  const folder = join(import.meta.dirname, '../recorded/iptables')
  test.each(['dump-4.legacy.txt', 'dump-4.legacy-plain.txt', 'dump-4.nft.txt', 'dump-4.nft-plain.txt'])(
    '%s is printed back byte for byte',
    (name) => {
      const text = readFileSync(join(folder, name), 'utf8')
      const { ruleSet, diagnostics } = read(text, 4)
      expect(diagnostics).toEqual([])
      expect(ruleSet.tables.map((table) => table.name).toSorted()).toEqual(['filter', 'mangle', 'nat', 'raw'])
      expect(formatRuleSet(ruleSet)).toBe(text)
    },
  )

  test('what people wrote becomes what iptables-save prints of it', () => {
    const saved = readFileSync(join(folder, 'dump-4.legacy-plain.txt'), 'utf8')
    const { ruleSet, diagnostics } = read(readFileSync(join(folder, 'dump-4.rules'), 'utf8'), 4)
    expect(diagnostics).toEqual([])
    for (const table of ruleSet.tables) {
      for (const chain of table.chains()) {
        const real = saved.split('\n').filter((line) => line.startsWith(`-A ${chain.name} `))
        const ours = chain.rules.map((rule) => `-A ${chain.name} ${formatRuleBody(rule, 4)}`)
        const modelled = ours.filter((_, index) => isModelled(chain.rules[index]))
        expect(real).toEqual(expect.arrayContaining(modelled))
      }
    }
  })
})
