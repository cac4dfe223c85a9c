import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../src/base/ip.ts'
import { implies, ruleWithin } from '../../src/policy/cover.ts'
import type { LabelExpression, Labels } from '../../src/policy/label-expression.ts'
import { holds } from '../../src/policy/label-expression.ts'
import type { Peer, PolicyRule, PortMatch } from '../../src/policy/policy.ts'

const is = (key: string, ...values: string[]): LabelExpression => ({ type: 'in', key, values })
const not = (key: string, ...values: string[]): LabelExpression => ({ type: 'not-in', key, values })
const has = (key: string): LabelExpression => ({ type: 'exists', key })
const without = (key: string): LabelExpression => ({ type: 'not-exists', key })
const all = (...of: LabelExpression[]): LabelExpression => ({ type: 'all', of })
const any = (...of: LabelExpression[]): LabelExpression => ({ type: 'any', of })

// biome-ignore format: one pair a line
const implications: readonly [first: LabelExpression, second: LabelExpression, implied: boolean, why: string][] = [
  [all(),                     all(),               true,  'everything is everything'],
  [is('a', 'x'),              all(),               true,  'an empty selector takes all'],
  [all(),                     is('a', 'x'),        false, 'not everything has the label'],
  [is('a', 'x'),              is('a', 'x', 'y'),   true,  'one of two values'],
  [is('a', 'x', 'y'),         is('a', 'x'),        false, 'y is left out'],
  [is('a', 'x'),              has('a'),            true,  'a label with a value is there'],
  [is('a', 'x'),              has('b'),            false, 'another label'],
  [is('a', 'x'),              not('a', 'y'),       true,  'x is not y'],
  [without('a'),              not('a', 'y'),       true,  'NotIn holds where the key is missing'],
  [not('a', 'y'),             has('a'),            false, 'NotIn holds where the key is missing'],
  [not('a', 'x', 'y'),        not('a', 'x'),       true,  'fewer values are excluded'],
  [not('a', 'x'),             not('a', 'x', 'y'),  false, 'y is excluded too'],
  [all(is('a', 'x'), has('b')), is('a', 'x'),      true,  'one of both conditions'],
  [is('a', 'x'),              all(is('a', 'x'), has('b')), false, 'one condition more'],
  [any(is('a', 'x'), is('a', 'y')), has('a'),      true,  'each alternative'],
  [any(is('a', 'x'), has('b')), has('a'),          false, 'not each alternative'],
]

describe('whether one selector takes all that another takes', () => {
  test.for(implications.map((row, index) => ({ row, title: `${index} ${row[3]}` })))('$title', ({ row }) => {
    const [first, second, implied] = row
    expect(implies(first, second)).toBe(implied)
  })
})

/** Numbers below a limit, the same in every run. */
function dice(seed: number): (limit: number) => number {
  const generator = xoroshiro128plus(seed)
  return (limit) => (generator.next() >>> 0) % limit
}

function randomExpression(roll: (limit: number) => number, depth = 2): LabelExpression {
  const key = 'ab'[roll(2)] ?? 'a'
  const values = ['x', 'y', 'z'].filter(() => roll(2) === 0)
  const parts = () => Array.from({ length: roll(3) }, () => randomExpression(roll, depth - 1))
  switch (roll(depth > 0 ? 7 : 4)) {
    case 0:
      return { type: 'in', key, values: values.length > 0 ? values : ['x'] }
    case 1:
      return { type: 'not-in', key, values: values.length > 0 ? values : ['x'] }
    case 2:
      return { type: 'exists', key }
    case 3:
      return { type: 'not-exists', key }
    case 4:
      return { type: 'not', of: randomExpression(roll, depth - 1) }
    case 5:
      return { type: 'any', of: parts() }
    default:
      return { type: 'all', of: parts() }
  }
}

const values = [undefined, 'x', 'y', 'z', 'w']
const everyLabels: readonly Labels[] = values.flatMap((a) =>
  values.map((b) => ({ ...(a !== undefined && { a }), ...(b !== undefined && { b }) })),
)

test('what is said to be implied holds for all labels, and is said often', () => {
  const roll = dice(7)
  let said = 0
  for (let round = 0; round < 20_000; round++) {
    const [first, second] = [randomExpression(roll), randomExpression(roll)]
    if (!implies(first, second)) continue
    said++
    const broken = everyLabels.find((labels) => holds(first, labels) && !holds(second, labels))
    expect({ first, second, broken }).toEqual({ first, second, broken: undefined })
  }
  expect(said).toBeGreaterThan(1000)
})

const block = (cidr: string, ...except: string[]): Peer => ({
  path: [],
  blocks: [
    {
      cidr: parseCidr(cidr) ?? { first: 0, bits: 0, last: 0 },
      except: except.flatMap((one) => parseCidr(one) ?? []),
      path: [],
    },
  ],
})
const pods = (labels: LabelExpression, namespace?: string): Peer => ({
  path: [],
  endpoints: { labels, ...(namespace !== undefined && { namespace }) },
})
const tcp = (port?: number, endPort?: number): PortMatch => ({
  path: [],
  protocol: 6,
  ...(port !== undefined && { port }),
  ...(endPort !== undefined && { endPort }),
})
const rule = (rest: Partial<PolicyRule> = {}): PolicyRule => ({ action: 'allow', path: [], ...rest })

// biome-ignore format: one pair a line
const rules: readonly [first: PolicyRule, second: PolicyRule, within: boolean, why: string][] = [
  [rule({ ports: [tcp(80)] }), rule(), true, 'a rule without conditions takes all'],
  [rule(), rule({ ports: [tcp(80)] }), false, 'one port is not all'],
  [rule({ ports: [tcp(80)] }), rule({ ports: [tcp(80, 90)] }), true, 'in the range'],
  [rule({ ports: [tcp(80, 91)] }), rule({ ports: [tcp(80, 90)] }), false, '91 is not'],
  [rule({ ports: [tcp(80)] }), rule({ ports: [tcp()] }), true, 'a protocol without a port'],
  [rule({ ports: [tcp(80)] }), rule({ ports: [{ path: [], protocol: 6, name: 'http' }] }), false, 'what http is, the pods say'],
  [rule({ peers: [block('10.1.0.0/16')] }), rule({ peers: [block('10.0.0.0/8')] }), true, 'a part of the block'],
  [rule({ peers: [block('10.1.0.0/16')] }), rule({ peers: [block('10.0.0.0/8', '10.1.2.0/24')] }), false, 'a part of it is excepted'],
  [rule({ peers: [block('10.1.0.0/16', '10.1.0.0/17')] }), rule({ peers: [block('10.0.0.0/8', '10.1.2.0/24')] }), true, 'and that part is excepted here too'],
  [rule({ peers: [block('10.1.0.0/16')] }), rule({ peers: [block('10.0.0.0/8', '10.2.0.0/24')] }), true, 'the exception lies elsewhere'],
  [rule({ peers: [block('fd00::/64')] }), rule({ peers: [block('0.0.0.0/0')] }), false, 'another family'],
  [rule({ peers: [pods(is('a', 'x'), 'shop')] }), rule({ peers: [pods(all(), 'shop')] }), true, 'some pods of the namespace'],
  [rule({ peers: [pods(is('a', 'x'), 'shop')] }), rule({ peers: [pods(all(), 'bank')] }), false, 'another namespace'],
  [rule({ peers: [pods(all())] }), rule({ peers: [block('0.0.0.0/0')] }), false, 'what addresses pods have is not in the policy'],
  [rule({ peers: [] }), rule({ peers: [pods(all(), 'shop')] }), true, 'a rule for nobody'],
  [rule(), rule({ protocol: { number: 6, inverted: false } }), false, 'one protocol is not all'],
  [rule(), rule({ unmodelled: ['http'] }), false, 'what is not modelled covers nothing'],
]

describe('whether one rule takes every packet that another takes', () => {
  test.for(rules.map((row, index) => ({ row, title: `${index} ${row[3]}` })))('$title', ({ row }) => {
    const [first, second, within] = row
    expect(ruleWithin(first, second)).toBe(within)
  })
})
