import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Detail, Journey, LoadedCluster, Style } from '../../src/index.ts'
import { colored, journeyText, parseCluster, plain, RequestError } from '../../src/index.ts'
import type { Answer, State } from '../support/cases.ts'
import { ask, readCase, runsOf } from '../support/cases.ts'

const folder = join(import.meta.dirname, '..', 'cases')

/** Every run of the shared cases that has an answer: failures and successes of many shapes. */
const answers = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => {
    const one = readCase(join(folder, name))
    return runsOf(one).flatMap((run) => {
      const { journey, cluster } = answerTo(run.state)
      return journey && cluster ? [{ name: `${one.id} ${run.name}`, journey, cluster }] : []
    })
  })

/** A probe that asks for a name alone is no journey. */
function answerTo(state: State): Partial<Answer> {
  try {
    return ask(state, { recordMisses: true })
  } catch (error) {
    if (error instanceof RequestError) return {}
    throw error
  }
}

function textOf(journey: Journey, cluster: LoadedCluster, detail: Detail, style: Style): string {
  const label = (netns: string) => cluster.network.namespaces.get(netns)?.label ?? netns
  return journeyText(journey, { style, detail, columns: 100, label })
}

const details: readonly Detail[] = ['brief', 'matched', 'all']

/** What cannot be broken: a path, a chain's name, the name that a probe was given. */
const longWord = /\S{60,}/

/** Two nodes, a Deployment of four that listens on 80, and what else a test wants. */
function replicas(...objects: readonly string[]): LoadedCluster {
  const deployment =
    '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 4, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, ports: [{containerPort: 80}]}]}}}}'
  const client = '{apiVersion: v1, kind: Pod, metadata: {name: client}, spec: {containers: [{name: c}]}}'
  return parseCluster([{ name: 'web.yaml', text: [deployment, client, ...objects].join('\n---\n') }])
}

const serviceTo = (port: number) =>
  `{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: ${port}}]}}`

test('replicas that fail alike are one walk, one cause and a share each', () => {
  const cluster = replicas(serviceTo(8080))
  const text = textOf(cluster.trace({ from: 'pod/client', to: 'web:80' }), cluster, 'brief', plain)
  expect(text.match(/nobody listens on 8080/g)).toHaveLength(1)
  expect(text.match(/25\.0 % {2}pod\/web-/g)).toHaveLength(4)
  expect(text.match(/ because /g)).toHaveLength(1)
  expect(text.replace(/\s+/g, ' ')).toMatch(
    /it listens on 80; so it is with web-\S+, web-\S+, web-\S+ \[target-port/,
  )
})

test('ways that fail differently are walked each, under the share of all that fail so', () => {
  const other =
    '{apiVersion: v1, kind: Pod, metadata: {name: other, labels: {app: web}}, spec: {containers: [{name: o, ports: [{containerPort: 81}]}]}}'
  const cluster = replicas(serviceTo(80), other)
  const text = textOf(cluster.trace({ from: 'pod/client', to: 'web:80' }), cluster, 'brief', plain)
  expect(text).toContain('\n  reached, 80.0 %\n')
  expect(text).toContain('\n  refused, 20.0 %\n')
  expect(text.match(/nobody listens on 80/g)).toHaveLength(1)
})

test.each(details)('a policy that drops is said once, in detail "%s"', (detail) => {
  const client = '{apiVersion: v1, kind: Pod, metadata: {name: client}, spec: {containers: [{name: c}]}}'
  const text = '*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n'
  const nodeRules = new Map([['worker', [{ name: 'worker.rules', text }]]])
  const cluster = parseCluster([{ name: 'client.yaml', text: client }], { nodeRules })
  const said = textOf(cluster.trace({ from: 'internet', to: 'node/worker:80' }), cluster, detail, plain)
  expect(said.match(/filter INPUT policy/g)).toHaveLength(1)
  expect(said).toMatch(/DROP\s+by filter INPUT policy/)
  expect(said).not.toContain('policy ACCEPT')
})

test('there is something to look at', () => {
  expect(answers.length).toBeGreaterThan(100)
})

test.each(details)('a journey in detail "%s" keeps within 100 columns, after its headline', (detail) => {
  const tooLong = answers.flatMap(({ name, journey, cluster }) =>
    textOf(journey, cluster, detail, plain)
      .split('\n')
      .slice(1)
      .filter((line) => [...line].length > 100 && !longWord.test(line))
      .map((line) => `${name}: ${line}`),
  )
  expect(tooLong).toEqual([])
})

test.each(details)('colour changes no letter of a journey in detail "%s"', (detail) => {
  const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g')
  for (const { journey, cluster } of answers) {
    const marked = textOf(journey, cluster, detail, colored)
    expect(marked).toMatch(escapes)
    const bare = marked.replace(escapes, '')
    expect(bare).toBe(textOf(journey, cluster, detail, plain))
  }
})

test('no line ends in blanks, and no text holds a value that was not there', () => {
  for (const { journey, cluster } of answers) {
    for (const detail of details) {
      const text = textOf(journey, cluster, detail, plain)
      expect(text).not.toMatch(/[ \t]+$/m)
      expect(text).not.toMatch(/\bundefined\b|\bNaN\b|\[object/)
    }
  }
})

test('every failure names what the user would see, and a cause if one was found', () => {
  const failures = answers.filter(({ journey }) =>
    journey.outcomes.some((outcome) => outcome.disposition !== 'reached'),
  )
  expect(failures.length).toBeGreaterThan(40)
  for (const { journey, cluster } of failures) {
    const text = textOf(journey, cluster, 'brief', plain)
    expect(text).toContain('you would see')
    for (const { code } of journey.findings) expect(text).toContain(`[${code}]`)
  }
})
