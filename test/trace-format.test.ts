import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Step } from '../src/model/trace.ts'
import { dispositions } from '../src/model/trace.ts'
import { runCommand } from './support/command.ts'
import { findingExamples, journeyIn } from './support/finding-examples.ts'
import type { Schema } from './support/json-schema.ts'
import { violations } from './support/json-schema.ts'

const root = join(import.meta.dirname, '..')
const schema: Schema = JSON.parse(readFileSync(join(root, 'schema/journey.schema.json'), 'utf8'))

// biome-ignore format: one command a line
const commands = [
  'trace pod/client http-go-svc:80 -f examples/notes/cluster-ip.yaml',
  'trace pod/client http-go-svc:80 -f examples/notes/cluster-ip.yaml -vv',
  'trace pod/client http-go-svc:80 -f examples/notes/cluster-ip.yaml -p udp --sport 4242',
  'trace pod/client http-go-svc -f examples/notes/cluster-ip.yaml -p icmp',
  'trace rs/http-go-rs http-go-svc:80 -f examples/notes/cluster-ip.yaml --group',
  'trace pod/client external-service:80 -f examples/notes/external-endpoints.yaml -4',
  'trace internet 34.68.131.99:80 -f examples/notes/load-balancer.yaml',
  'trace pod/client http-go-svc:80 -f examples/notes/cluster-ip.yaml --cni flannel --size 5000 --response-size 100',
  'trace pod/client node/worker2 -f examples/notes/cluster-ip.yaml -p icmp --size 3000 --df',
  'trace internet node/worker2:30080 -f examples/outages/local-policy.yaml',
  'trace pod/shop/client web:80 -f examples/dump/cluster.yaml --node-rules worker=examples/dump/worker.iptables-save',
  'trace pod/client nothing:80 -f examples/notes/cluster-ip.yaml --resolver musl',
  "trace pod/client http://http-go-svc/a?b -f examples/notes/cluster-ip.yaml -X POST -H 'X-One: 1' -k --resolve http-go-svc=10.96.25.219",
]

describe('what -o json prints is what schema/journey.schema.json and docs/trace-format.md say, and no more', () => {
  test.for(commands)('kubewalk %s', async (command) => {
    const { out } = await runCommand(`${command} -o json`)
    expect(violations(schema, JSON.parse(out))).toEqual([])
  })

  test.for(Object.entries(findingExamples))('a cluster with the finding %s', ([, example]) => {
    expect(violations(schema, journeyIn(example))).toEqual([])
  })

  test('shares add up to 1', () => {
    for (const example of Object.values(findingExamples)) {
      const { outcomes } = journeyIn(example) as {
        readonly outcomes: readonly { readonly probability: number }[]
      }
      expect(outcomes.reduce((sum, one) => sum + one.probability, 0)).toBeCloseTo(1, 9)
    }
  })
})

const answerSchema: Schema = JSON.parse(readFileSync(join(root, 'schema/resolution.schema.json'), 'utf8'))

// biome-ignore format: one command a line
const questions = [
  'dns http-go-svc -f examples/notes/cluster-ip.yaml',
  'dns http-go-svc -f examples/notes/cluster-ip.yaml --from node/worker',
  'dns http-go-svc.default.svc.cluster.local. -t a -f examples/notes/cluster-ip.yaml',
  'dns _http._tcp.http-go-svc -t SRV -f examples/notes/cluster-ip.yaml -n default',
  'dns 10.96.0.1 -f examples/notes/cluster-ip.yaml',
  'dns example.com -f examples/notes/cluster-ip.yaml --resolver musl',
  'dns nothing -f examples/notes/cluster-ip.yaml --resolver as-is',
  'dns http-go-svc --from pod/client --server 10.244.99.99 -f examples/notes/cluster-ip.yaml',
  'dns web.shop -f examples/dump/cluster.yaml --from pod/shop/client',
]

describe('what kubewalk dns -o json prints is what schema/resolution.schema.json says, and no more', () => {
  test.for(questions)('kubewalk %s', async (question) => {
    const { out } = await runCommand(`${question} -o json`)
    const answer: { readonly outcomes: readonly { readonly probability: number }[] } = JSON.parse(out)
    expect(violations(answerSchema, answer)).toEqual([])
    expect(answer.outcomes.reduce((sum, one) => sum + one.probability, 0)).toBeCloseTo(1, 9)
  })

  test('what both schemas define is the same in both', () => {
    const own: readonly string[] = ['Request', 'ResolvConf', 'Outcome']
    const shared = Object.keys(answerSchema.$defs ?? {}).filter((name) => !own.includes(name))
    expect(shared.length).toBeGreaterThan(15)
    for (const name of shared) expect(answerSchema.$defs?.[name], name).toEqual(schema.$defs?.[name])
  })

  test('the check finds what is wrong', async () => {
    const { out } = await runCommand(`${questions[0]} -o json`)
    const wrong = [
      (answer: Record<string, unknown>) => ({ ...answer, kind: 'Journey' }),
      (answer: Record<string, unknown>) => ({ ...answer, extra: 1 }),
      ({ resolvConf: _, ...answer }: Record<string, unknown>) => answer,
      (answer: Record<string, unknown>) => ({ ...answer, rcode: 'FOUND' }),
    ]
    for (const spoil of wrong) expect(violations(answerSchema, spoil(JSON.parse(out)))).not.toEqual([])
  })
})

test('the schemas list the dispositions that there are', () => {
  for (const { $defs } of [schema, answerSchema]) {
    for (const name of ['Outcome', 'Query']) {
      expect($defs?.[name]?.properties?.['disposition']?.enum).toEqual(dispositions)
    }
  }
})

interface JsonHop {
  readonly netns: string
  readonly steps: readonly { readonly type: string; readonly text?: string }[]
}

/** The rules that a trace met on a node, as they stand in its JSON. */
function rulesMet(text: string, node: string): readonly string[] {
  const { outcomes } = JSON.parse(text) as {
    readonly outcomes: readonly {
      readonly legs: readonly Record<'forward' | 'reply', readonly JsonHop[]>[]
    }[]
  }
  const hops = outcomes.flatMap(({ legs }) => legs.flatMap(({ forward, reply }) => [...forward, ...reply]))
  return hops
    .filter(({ netns }) => netns === `node/${node}`)
    .flatMap(({ steps }) => steps.flatMap(({ type, text }) => (type === 'rule' && text ? [text] : [])))
}

// biome-ignore format: one trace a line
test.for([
  'pod/client http-go-svc:80 -f examples/notes/cluster-ip.yaml',
  'pod/client http-go-svc:80 -f examples/notes/session-affinity.yaml',
  'internet node/worker:30001 -f examples/notes/node-port.yaml',
  'pod/client external-service:80 -f examples/notes/external-endpoints.yaml',
])('the rules of trace %s -vv stand in kubewalk rules as they are', async (command) => {
  const { out } = await runCommand(`trace ${command} -vv -o json`)
  const rules = await runCommand(`rules worker -S ${command.slice(command.indexOf('-f'))}`)
  const held = new Set(rules.out.split('\n'))
  const met = rulesMet(out, 'worker')
  expect(met.length).toBeGreaterThan(10)
  expect(met.filter((rule) => !held.has(rule))).toEqual([])
})

/** Every type of step; one that is missing here does not compile. */
const stepTypes: Readonly<Record<Step['type'], true>> = {
  rule: true,
  sent: true,
  received: true,
  conntrack: true,
  nat: true,
  route: true,
  redirect: true,
  filtered: true,
  local: true,
  bridged: true,
  neighbor: true,
  encapsulated: true,
  decapsulated: true,
  fragmented: true,
  assumed: true,
  delivered: true,
  ended: true,
}

test('the schema and the page have every type of step', () => {
  const page = readFileSync(join(root, 'docs/trace-format.md'), 'utf8')
  const listed = Object.keys(schema.$defs ?? {}).flatMap((name) =>
    name.startsWith('Step-') ? [name.slice(5)] : [],
  )
  expect(listed.toSorted()).toEqual(Object.keys(stepTypes).toSorted())
  expect(listed.filter((name) => !page.includes(`### \`${name}\``))).toEqual([])
})

test('the check finds what is wrong', async () => {
  const { out } = await runCommand(`${commands[0]} -o json`)
  const wrong = [
    (journey: Record<string, unknown>) => ({ ...journey, kind: 'Trace' }),
    (journey: Record<string, unknown>) => ({ ...journey, extra: 1 }),
    ({ findings: _, ...journey }: Record<string, unknown>) => journey,
    (journey: Record<string, unknown>) => ({ ...journey, outcomes: [{ probability: '1' }] }),
  ]
  for (const spoil of wrong) expect(violations(schema, spoil(JSON.parse(out)))).not.toEqual([])
})
