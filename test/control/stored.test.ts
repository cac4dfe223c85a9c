import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../src/index.ts'
import {
  apiResources,
  findObjects,
  formatRuleSet,
  InputError,
  objectList,
  parseCluster,
} from '../../src/index.ts'
import type { State } from '../support/cases.ts'
import { ask, readCase } from '../support/cases.ts'

const recorded = join(import.meta.dirname, '../recorded/kubectl')

type Values = Readonly<Record<string, unknown>>

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null
}

/** Each field of `wanted` that `found` has not, or has otherwise. */
function lacking(wanted: unknown, found: unknown, path = ''): readonly string[] {
  if (isValues(wanted) && isValues(found)) {
    return Object.entries(wanted).flatMap(([key, value]) => lacking(value, found[key], `${path}.${key}`))
  }
  return wanted === found ? [] : [`${path}: ${JSON.stringify(found)} for ${JSON.stringify(wanted)}`]
}

/** Every object of the cluster as one `List`. */
function dump({ objects }: LoadedCluster): string {
  return objectList(
    apiResources.map((resource) => findObjects(objects, { resource })),
    'yaml',
    false,
  )
}

describe('defaults are those of Kubernetes 1.36', () => {
  const manifest = parseCluster([
    { name: 'manifest.yaml', text: readFileSync(join(recorded, 'manifest.yaml'), 'utf8') },
  ])
  const { items } = JSON.parse(readFileSync(join(recorded, 'manifest.json'), 'utf8')) as {
    readonly items: readonly { readonly kind: string; readonly metadata: { readonly name: string } }[]
  }

  test('the recording was really read', () => expect(items.length).toBeGreaterThan(18))

  test.for(items)('$kind $metadata.name', (item) => {
    const resource = apiResources.find((one) => one.kind === item.kind)
    const { name } = item.metadata
    const [stored] = resource ? findObjects(manifest.objects, { resource, names: [name] }).objects : []
    // The recording knows defaults alone: what controllers do is not in it.
    expect(lacking({ ...item, status: {} }, { status: {}, ...stored })).toEqual([])
  })
})

/** What nodes do with packets, and what the objects say. */
function factsOf(cluster: LoadedCluster): unknown {
  // What is printed is in the order of names; the input may not have been.
  const names = cluster.cluster.nodes.map(({ name }) => name).toSorted()
  const rules = names.map((name) => (cluster.ruleSets(name) ?? []).map(formatRuleSet))
  return { rules, dump: dump(cluster) }
}

describe('what get prints can be read back in, and nothing changes', () => {
  const folder = join(import.meta.dirname, '../cases')
  const states = readdirSync(folder).map((file) => {
    const { cluster, extra = {}, probe } = readCase(join(folder, file))
    const state: State = { cluster, extra, probe }
    return { file, state }
  })
  const walked = ['TCP', 'UDP', 'ICMP', 'HTTP']
  const questions = states.filter(
    ({ state }) =>
      walked.includes(String(state.probe['protocol'] ?? 'TCP')) &&
      !String(state.probe['from']).startsWith('kubectl/'),
  )
  const configuration = ['Cluster', 'ClusterConfiguration', 'KubeProxyConfiguration']

  test('the manifest', () => {
    const text = readFileSync(join(recorded, 'manifest.yaml'), 'utf8')
    const first = parseCluster([{ name: 'manifest.yaml', text }])
    const again = parseCluster([{ name: 'dump.yaml', text: dump(first) }])
    expect(factsOf(again)).toEqual(factsOf(first))
    expect(again.diagnostics.map((one) => one.code)).toEqual(first.diagnostics.map((one) => one.code))
  })

  test('the cases were really read', () => expect(questions.length).toBeGreaterThan(50))

  test.for(questions)('$file', ({ state }) => {
    const first = ask(state)
    if (!first.cluster) return
    const kept = state.cluster.filter((one) => configuration.includes(one.kind))
    const { items } = JSON.parse(jsonDump(first.cluster)) as { readonly items: State['cluster'] }
    const second = ask({ ...state, cluster: [...kept, ...items] })
    if (!second.cluster) throw new InputError([])
    expect(factsOf(second.cluster)).toEqual(factsOf(first.cluster))
    expect(second.verdict).toBe(first.verdict)
    expect(second.journey?.outcomes.map(reached)).toEqual(first.journey?.outcomes.map(reached))
  })
})

function jsonDump({ objects }: LoadedCluster): string {
  return objectList(
    apiResources.map((resource) => findObjects(objects, { resource })),
    'json',
    false,
  )
}

function reached(outcome: NonNullable<ReturnType<typeof ask>['journey']>['outcomes'][number]): unknown {
  const { probability, disposition, destination, seenSource } = outcome
  return { probability, disposition, destination, seenSource }
}
