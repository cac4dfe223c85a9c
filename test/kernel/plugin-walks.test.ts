import { afterAll, describe, expect, test } from 'vitest'
import type { Ip } from '../../src/base/ip.ts'
import { parseIpSloppy } from '../../src/base/ip.ts'
import type { LoadedCluster } from '../../src/index.ts'
import { example, exampleYaml, flows } from '../support/cni-example.ts'
import { AgentStarter } from './agents.ts'
import type { Question } from './ask-kernel.ts'
import { askKernel } from './ask-kernel.ts'
import { whatIsAvailable } from './availability.ts'
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

const { backends, missing } = whatIsAvailable()
const reason = missing && `: skipped, ${missing}`

describe.skipIf(missing !== '')(
  `walks of plugins, sent through the kernel${reason}`,
  { concurrent: true, timeout: 120_000 },
  () => {
    const only = process.env['KERNEL_PROBE']
    const starter = new AgentStarter()
    afterAll(() => starter.close())

    suite.forEach(({ one, loaded, questions: all }, index) => {
      const backend = backends[index % backends.length] ?? 'nft'
      test(`${one.name} (iptables-${backend})`, async () => {
        const questions = all.filter(({ probe }) => only === undefined || probeText(probe) === only)
        expect(questions.length).toBeGreaterThan(0)
        const observations = await askKernel(starter, loaded, questions, backend, { withTtl: true })
        expect(differencesOf(askedOf(one), questions, observations).join('\n\n')).toBe('')
      })
    })
  },
)
