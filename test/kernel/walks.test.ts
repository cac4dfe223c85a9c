import { afterAll, describe, expect, test } from 'vitest'
import type { Network } from '../../src/model/network.ts'
import { AgentStarter } from './agents.ts'
import type { Question } from './ask-kernel.ts'
import { askKernel } from './ask-kernel.ts'
import type { Backend } from './availability.ts'
import { whatIsAvailable } from './availability.ts'
import type { KernelCluster } from './cluster-text.ts'
import { clusterText, loadKernelCluster } from './cluster-text.ts'
import { kernelClusters } from './clusters.ts'
import type { Asked } from './difference.ts'
import { differencesOf } from './difference.ts'
import { expectationOf } from './expectation.ts'
import { chooseProbes, probeText } from './probes.ts'

/**
 * The network that kubewalk compiles is built in the kernel out of network namespaces, and the same probes are put to
 * both: the set of sockets that answer, the source address that each of them sees, who refuses or rejects, and silence
 * must be the same. README.md beside this file tells how to send a single one again.
 */
const probesEach = 30

const suite = kernelClusters.map((one) => {
  const loaded = loadKernelCluster(one)
  const questions = chooseProbes(loaded, probesEach).map((probe): Question => {
    return { probe, expected: expectationOf(loaded, probe) }
  })
  return { one, loaded, questions }
})
const allQuestions = suite.flatMap(({ questions }) => questions)

/** Whether a pod is answered by itself through a Service. */
function isHairpin({ probe, expected }: Question): boolean {
  return probe.sort.startsWith('a backend pod to a cluster IP') && reaches(expected.ways, probe.netns)
}

function reaches(ways: Question['expected']['ways'], netns: string): boolean {
  return [...ways.keys()].some((way) => way.startsWith(`answered by ${netns} `))
}

const someWay =
  (start: string) =>
  ({ expected }: Question) =>
    [...expected.ways.keys()].some((way) => way.startsWith(start))

const ofSort =
  (pattern: RegExp) =>
  ({ probe }: Question) =>
    pattern.test(probe.sort)

// biome-ignore format: one sort of probe a line
test.each<{ name: string; holds: (question: Question) => boolean }>([
  { name: 'from pods', holds: ofSort(/^a client pod/) },
  { name: 'from nodes', holds: ofSort(/^a node/) },
  { name: 'from a host on the nodes\u2019 network', holds: ofSort(/^host lan/) },
  { name: 'from a host behind the router', holds: ofSort(/^host far/) },
  { name: 'TCP', holds: ({ probe }) => probe.protocol === 'tcp' },
  { name: 'UDP', holds: ({ probe }) => probe.protocol === 'udp' },
  { name: 'IPv4', holds: ({ probe }) => typeof probe.ip === 'number' },
  { name: 'IPv6', holds: ({ probe }) => typeof probe.ip === 'bigint' },
  { name: 'a pod that reaches itself through a Service', holds: isHairpin },
  { name: 'external policy Local', holds: ofSort(/external Local/) },
  { name: 'internal policy Local', holds: ofSort(/internal Local/) },
  { name: 'affinity', holds: ({ expected }) => expected.remembers },
  { name: 'source ranges', holds: ofSort(/a load balancer .*source ranges/) },
  { name: 'node ports', holds: ofSort(/a node port \(/) },
  { name: 'node ports on localhost', holds: ofSort(/a node port on localhost/) },
  { name: 'host ports', holds: ofSort(/to a host port/) },
  { name: 'NodeLocal DNSCache', holds: ofSort(/to NodeLocal DNSCache/) },
  { name: 'external IPs', holds: ofSort(/an external IP/) },
  { name: 'health checks', holds: ofSort(/a health check/) },
  { name: 'unknown ports', holds: ofSort(/another port/) },
  { name: 'several endpoints', holds: ({ expected }) => expected.ways.size > 1 },
  { name: 'rejected: no endpoints', holds: someWay('rejected') },
  { name: 'refused: nobody listens', holds: someWay('refused') },
  { name: 'silence', holds: someWay('silence') },
])('at least ten probes: $name', ({ holds }) => {
  expect(allQuestions.filter(holds).length).toBeGreaterThanOrEqual(10)
})

test('there are pods that reach themselves by a host port, and nodes that ask localhost for one', () => {
  const toItself = allQuestions.filter(
    ({ probe, expected }) => /to a host port \(/.test(probe.sort) && reaches(expected.ways, probe.netns),
  )
  expect(toItself.length).toBeGreaterThanOrEqual(2)
  const onLocalhost = allQuestions.filter(
    ({ probe, expected }) =>
      /to a host port on localhost/.test(probe.sort) && someWay('answered')({ probe, expected }),
  )
  expect(onLocalhost.length).toBeGreaterThanOrEqual(3)
})

test('there are clusters and probes', () => {
  expect(suite.length).toBeGreaterThanOrEqual(40)
  expect(suite.filter(({ questions }) => questions.length < 25).map(({ one }) => one.name)).toEqual([])
})

const { backends, missing } = whatIsAvailable()
const reason = missing && `: skipped, ${missing}`
const title = `${allQuestions.length} probes in ${suite.length} clusters, sent through the kernel${reason}`

function askedOf(one: KernelCluster): Asked {
  const { name, kubeVersion } = one
  const options = `--kube-version ${kubeVersion}`
  return { name, text: clusterText(one), extension: 'json', test: 'walks.test.ts', options }
}

/** The backend that is asked for, or each in turn. */
function backendFor(index: number): Backend {
  const stated = process.env['KERNEL_BACKEND']
  return backends.find((one) => one === stated) ?? backends[index % backends.length] ?? 'nft'
}

describe.skipIf(missing !== '')(title, { concurrent: true, timeout: 120_000 }, () => {
  const only = process.env['KERNEL_PROBE']
  let starter: AgentStarter | undefined
  let attempts = 0
  const ask = async (network: Network, { loaded, questions }: (typeof suite)[number], backend: Backend) => {
    starter ??= new AgentStarter()
    const observations = await askKernel(starter, { ...loaded, network }, questions, backend)
    attempts += observations.reduce((sum, observed) => sum + observed.attempts, 0)
    return observations
  }
  afterAll(() => {
    starter?.close()
    process.stdout.write(`the kernel was asked ${attempts} times\n`)
  })

  suite.forEach((entry, index) => {
    const { one, loaded } = entry
    const backend = backendFor(index)
    test(`${one.name} (iptables-${backend})`, async () => {
      const questions = entry.questions.filter(({ probe }) => only === undefined || probeText(probe) === only)
      expect(questions.length).toBeGreaterThan(0)
      const observations = await ask(loaded.network, { ...entry, questions }, backend)
      expect(differencesOf(askedOf(one), questions, observations).join('\n\n')).toBe('')
    })
  })

  test('nodes without rules are told apart from nodes with them', async () => {
    const entry = suite.find(({ one }) => one.name === 'one endpoint')
    if (!entry) throw new Error('there is no such cluster')
    const { one, loaded, questions } = entry
    const bare: Network = {
      segments: loaded.network.segments,
      namespaces: {
        keys: () => loaded.network.namespaces.keys(),
        get: (id) => {
          const netns = loaded.network.namespaces.get(id)
          return netns && { ...netns, ruleSets: [] }
        },
      },
    }
    const candidates = questions.filter(
      (question) => /cluster IP/.test(question.probe.sort) && someWay('answered')(question),
    )
    const toService = candidates.slice(0, 2)
    expect(toService.length).toBe(2)
    const observations = await ask(bare, { ...entry, questions: toService }, 'nft')
    expect(differencesOf(askedOf(one), toService, observations).length).toBe(toService.length)
  })
})
