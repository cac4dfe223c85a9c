import { afterAll, describe, expect, test } from 'vitest'
import { parseIpSloppy } from '../../src/base/ip.ts'
import type { LoadedCluster } from '../../src/index.ts'
import type { ExampleOptions, Flow } from '../support/cni-example.ts'
import { example, exampleYaml, flows } from '../support/cni-example.ts'
import { policyExamples } from '../support/policy-examples.ts'
import { AgentStarter } from './agents.ts'
import type { Question } from './ask-kernel.ts'
import { askKernel } from './ask-kernel.ts'
import { whatIsAvailable, whyNotBuilt } from './availability.ts'
import { differencesOf } from './difference.ts'
import { expectationOf } from './expectation.ts'

/**
 * NetworkPolicies as the rules of kube-router and Weave NPC, put to the kernel: what a policy stops is stopped there, with
 * the same silence or error, and what it lets pass reaches the same socket.
 */
const plugins: Readonly<Record<string, ExampleOptions>> = {
  'kube-router': { cni: 'kube-router' },
  'Weave Net': { cni: 'weave', ips: { p11: '10.32.0.2', p12: '10.32.0.3', p21: '10.44.0.2' } },
}

const asked: readonly Flow[] = [
  'p11->p12',
  'p11->p21',
  'p12->p21',
  'p11->svc(p11) self',
  'p11->svc(p21)',
  'p11->n2 IP',
  'n1->p12',
  'n1->p21',
  'ext->np(n1)->p21',
  'ext->np(n2)->p21',
]

const suite = Object.entries(plugins).flatMap(([plugin, options]) =>
  Object.entries(policyExamples).map(([policy, more]) => {
    const whole: ExampleOptions = { ...options, more, udp: true }
    const loaded = example(whole)
    return { name: `${plugin}: ${policy}`, options: whole, loaded, questions: questionsOf(loaded) }
  }),
)

function questionsOf(loaded: LoadedCluster): readonly Question[] {
  return asked.flatMap((sort) => {
    const [from, to] = flows[sort]
    const [host = '', port] = to.split(/:(?=\d+$)/)
    const pod = loaded.cluster.pods.find(({ name }) => host === `pod/${name}`)
    const ip = pod?.ips[0] ?? parseIpSloppy(host)
    if (ip === undefined) throw new Error(`${host} is no address`)
    const netns = from.startsWith('external/') ? 'host/ext' : from.replace(/^pod\//, 'pod/default/')
    return (['tcp', 'udp'] as const).map((protocol) => {
      const probe = { from, netns, protocol, ip, port: Number(port), sort }
      return { probe, expected: expectationOf(loaded, probe, { withTtl: true }), attempts: 1 }
    })
  })
}

test.each([/^answered/, /^silence$/, /^refused/])('at least fifteen answers %s', (end) => {
  const answers = suite.flatMap(({ questions }) =>
    questions.flatMap(({ expected }) => [...expected.ways.keys()]),
  )
  expect(answers.filter((way) => end.test(way)).length).toBeGreaterThanOrEqual(15)
})

const { backends, missing } = whatIsAvailable()
const reason = missing && `: skipped, ${missing}`

describe.skipIf(missing !== '')(
  `policies, sent through the kernel${reason}`,
  { concurrent: true, timeout: 120_000 },
  () => {
    const starter = new AgentStarter()
    afterAll(() => starter.close())

    suite.forEach(({ name, options, loaded, questions }, index) => {
      const backend = backends[index % backends.length] ?? 'nft'
      const lacks = missing === '' ? whyNotBuilt({ sets: true, vxlan: name.startsWith('Weave') }) : ''
      if (lacks !== '') process.stdout.write(`skipped: ${name}; ${lacks}\n`)
      test.skipIf(lacks !== '')(`${name} (iptables-${backend})`, async () => {
        const observations = await askKernel(starter, loaded, questions, backend, { withTtl: true })
        const context = {
          name,
          text: exampleYaml(options),
          extension: 'yaml' as const,
          test: 'policy-walks.test.ts',
          options: `--cni ${String(options.cni)}`,
        }
        expect(differencesOf(context, questions, observations).join('\n\n')).toBe('')
      })
    })
  },
)
