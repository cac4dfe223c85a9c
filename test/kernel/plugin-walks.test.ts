import { afterAll, describe, expect, test } from 'vitest'
import type { Ip } from '../../src/base/ip.ts'
import { parseIpSloppy } from '../../src/base/ip.ts'
import type { LoadedCluster } from '../../src/index.ts'
import { example, exampleYaml, flows, sourceSeen, wrappings } from '../support/cni-example.ts'
import { AgentStarter } from './agents.ts'
import type { Question } from './ask-kernel.ts'
import { askKernel } from './ask-kernel.ts'
import { whatIsAvailable, whyNotBuilt } from './availability.ts'
import type { Asked } from './difference.ts'
import { differencesOf } from './difference.ts'
import { expectationOf } from './expectation.ts'
import type { PluginCluster } from './plugins.ts'
import { pluginClusters } from './plugins.ts'
import type { Probe } from './probes.ts'
import { probeText } from './probes.ts'

/**
 * The networks of plugins, built in the kernel: every flow of the running example by TCP and UDP must reach the same socket,
 * which sees the same source and the same time to live, or end in the same silence or error.
 */
const suite = pluginClusters.map((one) => {
  const loaded = example(one.options)
  return { one, loaded, questions: questionsOf(loaded, one) }
})

function questionsOf(loaded: LoadedCluster, one: PluginCluster): readonly Question[] {
  return probesOf(loaded, one).map((probe) => ({
    probe,
    expected: expectationOf(loaded, probe, { withTtl: true }),
    attempts: 3,
  }))
}

function probesOf(loaded: LoadedCluster, { options }: PluginCluster): readonly Probe[] {
  return Object.entries(flows).flatMap(([name, [from, to]]) => {
    const [host = '', port] = to.split(/:(?=\d+$)/)
    return (['tcp', 'udp'] as const).map(
      (protocol): Probe => ({
        from,
        netns: netnsOf(from),
        protocol,
        ip: addressOf(loaded, host, options.nodeIps?.n2),
        port: Number(port),
        sort: name,
      }),
    )
  })
}

function netnsOf(from: string): string {
  if (from.startsWith('external/')) return 'host/ext'
  return from.replace(/^pod\//, 'pod/default/')
}

/** The flows name pods, and nodes by the addresses that they have in one subnet. */
function addressOf({ cluster }: LoadedCluster, host: string, secondNode: string | undefined): Ip {
  const pod = cluster.pods.find(({ name }) => host === `pod/${name}`)
  const text = host === '192.168.1.12' && secondNode !== undefined ? secondNode : host
  const ip = pod ? pod.ips[0] : parseIpSloppy(text)
  if (ip === undefined) throw new Error(`${host} is no address`)
  return ip
}

function askedOf({ name, options }: PluginCluster): Asked {
  const cni = options.cni === undefined ? '' : `--cni ${String(options.cni)}`
  return {
    name,
    text: exampleYaml(options),
    extension: 'yaml',
    test: 'plugin-walks.test.ts',
    options: cni,
  }
}

const allQuestions = suite.flatMap(({ questions }) => questions)
const someWay = (end: RegExp) => (question: Question) =>
  [...question.expected.ways.keys()].some((way) => end.test(way))

// biome-ignore format: one sort of answer a line
test.each<{ name: string; holds: (question: Question) => boolean }>([
  { name: 'TTL 64: not routed', holds: someWay(/with TTL 64$/) },
  { name: 'TTL 63: routed once', holds: someWay(/with TTL 63$/) },
  { name: 'TTL 62: routed twice', holds: someWay(/with TTL 62$/) },
  { name: 'TTL 61: routed three times', holds: someWay(/with TTL 61$/) },
  { name: 'silence', holds: someWay(/^silence$/) },
  { name: 'refused', holds: someWay(/^refused/) },
])('at least ten probes: $name', ({ holds }) => {
  expect(allQuestions.filter(holds).length).toBeGreaterThanOrEqual(10)
})

test('every answer that is expected has a source and a time to live', () => {
  const answers = allQuestions.flatMap(({ expected }) =>
    [...expected.ways.keys()].filter((way) => way.startsWith('answered')),
  )
  expect(answers.filter((way) => !/ sees [0-9a-f.:]+ with TTL \d+$/.test(way))).toEqual([])
})

/** How p11 reaches p21 on the other node: wrapped in VXLAN, as it is, or not at all. */
function betweenNodes({ loaded }: (typeof suite)[number]): string {
  if (sourceSeen(loaded, 'p11->p21') === 'dropped') return 'not at all'
  return wrappings(loaded, 'p11->p21').length > 0 ? 'vxlan' : 'as it is'
}

test.each<{ how: string; names: readonly string[] }>([
  {
    how: 'vxlan',
    names: [
      'flannel, vxlan',
      'flannel, vxlan over two subnets',
      'flannel, vxlan with DirectRouting over two subnets',
      'flannel, vxlan, a security group with its port',
      'Calico, VXLAN',
      'Calico, VXLAN over two subnets',
      'Calico, VXLANCrossSubnet over two subnets',
      'Canal',
      'Canal over two subnets',
      'Weave Net',
      'Weave Net over two subnets',
    ],
  },
  {
    how: 'not at all',
    names: [
      'flannel, host-gw over two subnets',
      'flannel, vxlan, a security group without its port',
      'kindnet over two subnets',
      'Calico, no encapsulation over two subnets',
      'Calico, no encapsulation, with policies',
      'Calico, VXLAN, with policies',
      'Canal, with policies',
    ],
  },
])('between nodes $how', ({ how, names }) => {
  const found = suite.filter((entry) => betweenNodes(entry) === how).map(({ one }) => one.name)
  expect(found.toSorted()).toEqual(names.toSorted())
})

test('the settings of every cluster are understood', () => {
  const said = suite.flatMap(({ one, loaded }) =>
    loaded.diagnostics.map(({ code, message }) => `${one.name}: ${code}: ${message}`),
  )
  expect(said.filter((text) => !text.includes(': not-json: '))).toEqual([])
})

/** What not every machine has. */
function needsOf({ network: { namespaces } }: LoadedCluster) {
  const all = [...namespaces.keys()].flatMap((id) => namespaces.get(id) ?? [])
  return {
    sets: all.some(({ sets = [] }) => sets.length > 0),
    vxlan: all.some(({ devices }) => devices.some(({ type }) => type === 'vxlan')),
  }
}

const { backends, missing } = whatIsAvailable()
const reason = missing && `: skipped, ${missing}`

describe.skipIf(missing !== '')(
  `walks of plugins, sent through the kernel${reason}`,
  { concurrent: true, timeout: 120_000 },
  () => {
    const only = process.env['KERNEL_PROBE']
    const starter = new AgentStarter()
    afterAll(() => starter.close())

    const entryOf = (name: string) => {
      const entry = suite.find(({ one }) => one.name === name)
      if (!entry) throw new Error(`there is no cluster ${name}`)
      return entry
    }

    test('pods on a bridge are told apart from pods with routed veths, by the time to live alone', async () => {
      const { one, questions } = entryOf('flannel, host-gw')
      const routed = entryOf('kindnet')
      const toNeighbor = questions.filter(({ probe }) => probe.sort === 'p11->p12')
      expect(toNeighbor.length).toBe(2)
      const backend = backends[0] ?? 'nft'
      const observations = await askKernel(starter, routed.loaded, toNeighbor, backend, { withTtl: true })
      const way = 'answered by pod/default/p12 10.244.1.3 8080, which sees 10.244.1.2 with TTL 63'
      expect(observations.map(({ ways }) => [...ways.keys()])).toEqual([[way], [way]])
      expect(differencesOf(askedOf(one), toNeighbor, observations).length).toBe(2)
    })

    suite.forEach(({ one, loaded, questions: all }, index) => {
      const backend = backends[index % backends.length] ?? 'nft'
      const lacks = missing === '' ? whyNotBuilt(needsOf(loaded)) : ''
      if (lacks !== '') process.stdout.write(`skipped: ${one.name}; ${lacks}\n`)
      test.skipIf(lacks !== '')(`${one.name} (iptables-${backend})`, async () => {
        const questions = all.filter(({ probe }) => only === undefined || probeText(probe) === only)
        expect(questions.length).toBeGreaterThan(0)
        const observations = await askKernel(starter, loaded, questions, backend, { withTtl: true })
        expect(differencesOf(askedOf(one), questions, observations).join('\n\n')).toBe('')
      })
    })
  },
)
