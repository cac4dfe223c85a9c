import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { formatEndpoint } from '../../src/base/ip.ts'
import { AgentStarter } from './agents.ts'
import type { Observation, Question } from './ask-kernel.ts'
import { askKernel } from './ask-kernel.ts'
import type { Backend } from './availability.ts'
import { whatIsAvailable } from './availability.ts'
import type { KernelCluster } from './cluster-text.ts'
import { clusterText, loadKernelCluster } from './cluster-text.ts'
import { kernelClusters } from './clusters.ts'
import { expectationOf } from './expectation.ts'
import { chooseProbes, probeText } from './probes.ts'

/**
 * The network that kubewalk compiles is built in the kernel out of network namespaces, and the same probes are put to
 * both: the set of sockets that answer, the source address that each of them sees, who refuses or rejects, and silence
 * must be the same.
 */
const { backends, missing } = whatIsAvailable()
const probesEach = 30
const onlyProbe = process.env['KERNEL_PROBE']

/** One difference, with all that is needed to look into it. */
function report(one: KernelCluster, { probe, expected }: Question, observed: Observation): string {
  const folder = join(tmpdir(), 'kubewalk-kernel-failures')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${one.name.replaceAll(/[^a-z0-9]+/gi, '-')}.json`)
  writeFileSync(file, clusterText(one))
  const list = (ways: ReadonlyMap<string, number>, unit: string) =>
    [...ways].map(([way, value]) => `\n      ${value.toFixed(unit === '%' ? 3 : 0)} ${way}`).join('')
  return [
    `${probeText(probe)}   (${probe.sort})`,
    `  cluster: ${file}`,
    `  kubewalk, probabilities:${list(expected.ways, '%')}`,
    `  kernel, of ${observed.attempts} attempts:${list(observed.ways, 'times')}`,
    observed.forgotten === 0
      ? ''
      : `  ${observed.forgotten} times the second connection went elsewhere than the first`,
    `  again: KERNEL_PROBE='${probeText(probe)}' npx vitest run test/kernel/walks.test.ts -t '${one.name}'`,
    `  trace: npx kubewalk trace ${probe.from} '${formatEndpoint(probe.ip, probe.port)}' -p ${probe.protocol} -f ${file} --kube-version ${one.kubeVersion} -vv`,
  ]
    .filter((line) => line !== '')
    .join('\n')
}

function agrees({ expected }: Question, { ways, forgotten }: Observation): boolean {
  return (
    forgotten === 0 &&
    ways.size === expected.ways.size &&
    [...ways.keys()].every((way) => expected.ways.has(way))
  )
}

const reason = missing && `: skipped, ${missing}`

describe.skipIf(missing !== '')(
  `walks in ${kernelClusters.length} clusters, ${probesEach} probes each${reason}`,
  () => {
    const starter = missing === '' ? new AgentStarter() : undefined
    const sent = { clusters: 0, probes: 0, attempts: 0 }
    afterAll(() => {
      starter?.close()
      process.stdout.write(
        `kernel: ${sent.clusters} clusters, ${sent.probes} probes, ${sent.attempts} attempts\n`,
      )
    })
    kernelClusters.forEach((one, index) => {
      const backend =
        (process.env['KERNEL_BACKEND'] as Backend | undefined) ?? backends[index % backends.length] ?? 'nft'
      test(`${one.name} (iptables-${backend})`, async () => {
        const loaded = loadKernelCluster(one)
        const questions = chooseProbes(loaded, probesEach)
          .filter((probe) => onlyProbe === undefined || probeText(probe) === onlyProbe)
          .map((probe) => ({ probe, expected: expectationOf(loaded, probe) }))
        if (!starter) throw new Error('the kernel cannot be asked')
        const observations = await askKernel(starter, loaded, questions, backend)
        sent.clusters++
        sent.probes += questions.length
        sent.attempts += observations.reduce((sum, { attempts }) => sum + attempts, 0)
        const differences = questions.flatMap((question, at) => {
          const observed = observations[at]
          return observed && agrees(question, observed)
            ? []
            : [report(one, question, observed ?? { ways: new Map(), attempts: 0, forgotten: 0 })]
        })
        expect(differences.join('\n\n')).toBe('')
      }, 60_000)
    })
  },
)
