import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectDiagnostics } from '../../src/base/diagnostic.ts'
import type { Evaluation, Scene } from '../../src/netfilter/evaluate.ts'
import { evaluateTable } from '../../src/netfilter/evaluate.ts'
import type { RuleSet } from '../../src/netfilter/rule.ts'
import { formatRuleSet } from '../../src/netfilter/save-format/format.ts'
import { parseSave } from '../../src/netfilter/save-format/parse.ts'
import type { OpenMemory } from './support/packet-text.ts'
import { sceneOf } from './support/packet-text.ts'

const seed = 20_240_517
const not = fc.constantFrom('', '! ')
const octet = fc.constantFrom(0, 1, 2, 9)
const address = fc.tuple(octet, octet).map(([a, b]) => `10.${a}.0.${b}`)
const port = fc.constantFrom(1, 80, 443, 8080)

/** Options of the header in iptables-save's order and spelling, or nothing. */
const header = fc
  .tuple(
    fc.option(
      fc.tuple(not, address).map(([inverted, ip]) => `${inverted}-s ${ip}/32`),
      { nil: '' },
    ),
    fc.option(
      fc.tuple(not, address).map(([inverted, ip]) => `${inverted}-d ${ip}/32`),
      { nil: '' },
    ),
    fc.option(
      fc.tuple(not, fc.constantFrom('eth0', 'eth+', 'lo')).map(([inverted, name]) => `${inverted}-i ${name}`),
      { nil: '' },
    ),
  )
  .map((parts) => parts.filter((part) => part !== '').join(' '))

/** What a rule asks for beyond its header: nothing, or a protocol with ports, or something else. */
const matches = fc.oneof(
  fc.constant(''),
  fc
    .tuple(fc.constantFrom('tcp', 'udp'), not, port)
    .map(([protocol, inverted, number]) => `-p ${protocol} -m ${protocol} ${inverted}--dport ${number}`),
  fc
    .tuple(not, port, port)
    .map(([inverted, a, b]) => `-p tcp -m multiport ${inverted}--dports ${a},${b === a ? b + 1 : b}`),
  fc
    .tuple(not, fc.integer({ min: 0, max: 3 }))
    .map(([inverted, mark]) => `-m mark ${inverted}--mark 0x${mark}`),
  fc
    .tuple(not, fc.constantFrom('NEW', 'RELATED,ESTABLISHED', 'INVALID'))
    .map(([inverted, list]) => `-m conntrack ${inverted}--ctstate ${list}`),
  fc
    .tuple(fc.constantFrom('--set', '--rcheck', '--update'), port)
    .map(
      ([verb, number]) =>
        `-p tcp -m recent ${verb} --name L --mask 255.255.255.255 --rsource -m tcp --dport ${number}`,
    ),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), port)
    .map(
      ([every, number]) =>
        `-p udp -m statistic --mode nth --every ${every} --packet 0 -m udp --dport ${number}`,
    ),
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }).map((text) => `-m comment --comment ${quoted(text)}`),
)

const target = fc.constantFrom(
  '',
  '-j ACCEPT',
  '-j DROP',
  '-j RETURN',
  '-j A',
  '-g B',
  '-j MARK --set-xmark 0x1/0x3',
  '-j MARK --set-xmark 0x2/0x0',
)

/** A text as iptables-save quotes it. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_-]+$/.test(text) ? text : `"${text.replace(/["\\']/g, (char) => `\\${char}`)}"`
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ')
}

/** A rule in the spelling of iptables-save. */
const rule = fc.tuple(header, matches, target).map(([first, second, third]) => {
  const protocol = /^-p \w+/.exec(second)?.[0] ?? ''
  return join(first, protocol, second.slice(protocol.length).trim(), third)
})

/** A filter table whose base chain is long enough for an index, with user chains A and B, in which no chain leads back to one before it. */
const text = fc
  .tuple(
    fc.array(rule, { minLength: 17, maxLength: 40 }),
    fc.array(rule, { maxLength: 25 }),
    fc.array(rule, { maxLength: 25 }),
  )
  .map(([input, a, b]) => {
    const lines = (chain: string, rules: readonly string[], banned: RegExp) =>
      rules.map((one) => join(`-A ${chain}`, banned.test(one) ? one.replace(/ ?-[jg] [AB]$/, '') : one))
    return [
      '*filter',
      ':INPUT DROP [0:0]',
      ':A - [0:0]',
      ':B - [0:0]',
      ...lines('INPUT', input, /^$/),
      ...lines('A', a, /-[jg] A$/),
      ...lines('B', b, /-[jg] [AB]$/),
      'COMMIT',
      '',
    ].join('\n')
  })

function read(save: string): RuleSet {
  const { report, diagnostics } = collectDiagnostics()
  const ruleSet = parseSave({ name: 'rules.txt', text: save }, 4, report)
  expect(diagnostics).toEqual([])
  return ruleSet
}

const scene = fc
  .record({
    protocol: fc.constantFrom('tcp', 'udp', 'icmp'),
    source: address,
    destination: address,
    number: port,
    mark: fc.integer({ min: 0, max: 3 }),
    device: fc.constantFrom('eth0', 'eth1', 'lo'),
    state: fc.constantFrom('NEW', 'ESTABLISHED', 'INVALID'),
  })
  .map(({ protocol, source, destination, number, mark, device, state }) => {
    const icmp = protocol === 'icmp' ? ' icmp=8/0' : ''
    const ports = protocol === 'icmp' ? ['', ''] : [':9', `:${number}`]
    return sceneOf(
      `${protocol} ${source}${ports[0]} > ${destination}${ports[1]} mark=${mark} in=${device} state=${state}${icmp}`,
    )
  })

/** What came out, with the counts and lists that the rules keep. */
function result(evaluation: Evaluation | undefined) {
  if (evaluation?.type !== 'decided') throw new Error('these rules decide')
  const { verdict, packet, memory, by } = evaluation
  return { verdict, mark: packet.mark, by: `${by.chain} ${by.number}`, memory }
}

/** Several packets one after another, each with what the last one left behind. */
function run(ruleSet: RuleSet, scenes: readonly Scene[], record: Scene['record']) {
  const [table] = ruleSet.tables
  if (!table) throw new Error('one table')
  let memory = scenes[0]?.memory
  return scenes.map((one) => {
    const { memory: left, ...rest } = result(
      evaluateTable(table, { ...one, record, memory: memory ?? one.memory }),
    )
    memory = left
    return { ...rest, remembered: [...(left as OpenMemory).values] }
  })
}

describe('properties', () => {
  test('a text in the spelling of iptables-save is printed back the same, and from its typed form', () => {
    fc.assert(
      fc.property(text, (save) => {
        const ruleSet = read(save)
        expect(formatRuleSet(ruleSet)).toBe(save)
        const spelled = ruleSet.tables.flatMap((table) =>
          table.chains().flatMap((chain) => chain.rules.filter((one) => one.spelling !== undefined)),
        )
        expect(spelled).toEqual([])
      }),
      { seed, numRuns: 150 },
    )
  })

  test('what is printed reads as what was printed', () => {
    fc.assert(
      fc.property(text, (save) => {
        const once = read(save)
        expect(formatRuleSet(read(formatRuleSet(once)))).toBe(formatRuleSet(once))
      }),
      { seed, numRuns: 50 },
    )
  })

  test('the index of a chain decides as reading it in order does, for packet after packet', () => {
    fc.assert(
      fc.property(text, fc.array(scene, { minLength: 1, maxLength: 8 }), (save, scenes) => {
        const ruleSet = read(save)
        // With every rule on record the walk reads each chain in order and asks no index.
        expect(run(ruleSet, scenes, 'matches')).toEqual(run(ruleSet, scenes, 'all'))
      }),
      { seed, numRuns: 400 },
    )
  })

  test('any text is read without a throw, and each fault has its line', () => {
    const word = fc.constantFrom(
      '-A',
      'INPUT',
      '-p',
      'tcp',
      '-m',
      'tcp',
      '--dport',
      '80',
      '!',
      '-j',
      'ACCEPT',
      '"',
      '\\',
      '*filter',
      'COMMIT',
      ':X',
      '-',
      '[1:2]',
      '-s',
      '10.0.0.0/8',
      '--to-destination',
      '\u0000',
      'é',
    )
    const line = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const { report, diagnostics } = collectDiagnostics()
        parseSave({ name: 'noise', text: lines.join('\n') }, 4, report)
        for (const { at } of diagnostics) {
          expect(at?.line).toBeGreaterThan(0)
          expect(at?.line).toBeLessThanOrEqual(lines.length || 1)
          expect(at?.column).toBeGreaterThan(0)
        }
      }),
      { seed, numRuns: 300 },
    )
  })
})
