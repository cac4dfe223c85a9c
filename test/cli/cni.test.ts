import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cniEntries } from '../../src/index.ts'
import type { Schema } from '../support/json-schema.ts'
import { violations } from '../support/json-schema.ts'
import { runCli } from '../support/run-cli.ts'

const schema: Schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../schema/network-plugins.schema.json'), 'utf8'),
)

/** The table of the project's notes, cell by cell. */
// biome-ignore format: one plugin a line
const notes = [
  'Calico|Layer 3|Yes|Yes|Yes|Etcd|Yes|Yes|Yes',
  'Canal|Layer 2 vxlan|N/A|Yes|No|Etcd|No|Yes|No',
  'flannel|vxlan|No|No|No|None|No|No|No',
  'kopeio-networking|Layer 2 vxlan|N/A|No|No|None|Yes|No|No',
  'kube-router|Layer 3|BGP|Yes|No|No|No|No|No',
  'romana|Layer 3|OSPF|Yes|No|Etcd|No|Yes|Yes',
  'Weave Net|Layer 2 vxlan|N/A|Yes|Yes|No|Yes|Yes|Yes',
]

const modelled = new Map(cniEntries.map(({ facts }) => [facts.title.toLowerCase(), facts]))

describe("the notes' rows stand in the table, word for word", () => {
  test.for(notes)('%s', (row, { skip }) => {
    const [title = '', ...cells] = row.split('|')
    const facts = modelled.get(title.toLowerCase())
    if (!facts) skip('this plugin has no file')
    expect([
      facts?.networkModel,
      facts?.routeDistribution,
      facts?.networkPolicies,
      facts?.mesh,
      facts?.externalDatastore,
      facts?.encryption,
      facts?.ingressEgressPolicies,
      facts?.commercialSupport,
    ]).toEqual(cells)
  })
})

const node = `
apiVersion: v1
kind: Node
metadata: {name: worker}
spec: {podCIDR: 10.244.1.0/24}
status: {addresses: [{type: InternalIP, address: 172.18.0.3}]}
`
const kindnetd = `
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: kindnet
  namespace: kube-system
spec: {selector: {matchLabels: {app: kindnet}}, template: {metadata: {labels: {app: kindnet}}, spec: {hostNetwork: true, containers: [{name: c, image: kindnetd}]}}}
`
const environment = `
apiVersion: kubewalk.dev/v1alpha1
kind: Environment
metadata: {name: around}
spec: {cni: {plugin: kindnet}}
`

// biome-ignore format: one input a row
const ways = [
  { name: 'its DaemonSet', input: [node, kindnetd], args: [], says: 'this cluster runs kindnet: found by DaemonSet/kube-system/kindnet at (stdin):11:9' },
  { name: 'the command line', input: [node, kindnetd], args: ['--cni', 'kindnet'], says: 'this cluster runs kindnet: set by --cni' },
  { name: 'the Environment', input: [node, environment], args: [], says: 'this cluster runs kindnet: set by the Environment' },
  { name: 'nothing', input: [node], args: [], says: 'this cluster runs kindnet: assumed, as nothing in the input shows one' },
]

describe('how a cluster shows its plugin', () => {
  test.for(ways)('$name', async ({ input, args, says }) => {
    const text = input.join('---')
    const { out, code } = await runCli(['cni', '-q', '-f', '-', ...args], text)
    expect(code).toBe(0)
    expect(out.split('\n')).toContain(says)
    const marked = out.split('\n').filter((line) => line.startsWith('* '))
    expect(marked.map((line) => line.split(/ +/)[1])).toEqual(['kindnet'])
    const json = await runCli(['cni', '-q', '-f', '-', '-o', 'json', ...args], text)
    expect(violations(schema, JSON.parse(json.out))).toEqual([])
  })
})

test('without files every plugin stands in the table, with its remark, and in the JSON form', async () => {
  const { out } = await runCli(['cni'])
  for (const { facts } of cniEntries) expect(out).toContain(`\n${facts.title} `)
  const { plugins, ...rest } = JSON.parse((await runCli(['cni', '-o', 'json'])).out)
  expect(violations(schema, { plugins, ...rest })).toEqual([])
  expect(plugins.map((one: { readonly name: string }) => one.name)).toEqual(cniEntries.map((one) => one.name))
  expect(rest).toEqual({ apiVersion: 'kubewalk.dev/v1alpha1', kind: 'NetworkPluginList' })
})

test.for(cniEntries.map(({ name }) => name))('kubewalk cni %s tells what it is', async (name) => {
  const { out, code } = await runCli(['cni', name])
  expect(code).toBe(0)
  expect(out).toMatch(/\n {2}network model +\S/)
  expect(out).toMatch(/\n {2}modelled +(exactly|in effect)/)
})

test('a plugin that is not there', async () => {
  const { err, code } = await runCli(['cni', 'kindnett'])
  expect(code).toBe(2)
  expect(err).toContain('did you mean kindnet?')
})

test('names of plugins are completed', async () => {
  const lines = async (words: readonly string[]) =>
    (await runCli(['__complete', '--', ...words])).out.split('\n').map((line) => line.split('\t')[0])
  expect(await lines(['cni', 'kind'])).toContain('kindnet')
  expect(await lines(['rules', '--cni', 'kind'])).toContain('kindnet')
})

describe('a setting that the plugin does not have is refused, not passed over', () => {
  const check = (cni: string) => runCli(['check', '-f', 'examples/notes/cluster-ip.yaml', '--cni', cni])

  test.for([
    ['flannel:backnd=host-gw', 'flannel has no setting "backnd"', 'did you mean backend?'],
    ['calico:encapsulation=none,blokSize=24', 'calico has no setting "blokSize"', 'did you mean blockSize?'],
    ['bridge:AWS_VPC_ENI_MTU=1400', 'bridge has no setting "AWS_VPC_ENI_MTU"', 'see kubewalk cni bridge'],
  ])('%s', async ([cni = '', message, fix]) => {
    const { out, code } = await check(cni)
    expect(code).toBe(2)
    expect(out).toContain(message)
    expect(out).toContain(fix)
  })

  test.for(['flannel:backend=host-gw', 'cni-genie:default_plugin=flannel,backend=host-gw'])(
    '%s is taken',
    async (cni) => {
      expect((await check(cni)).code).toBe(0)
    },
  )
})
