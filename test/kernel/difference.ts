import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatEndpoint } from '../../src/base/ip.ts'
import type { Observation, Question } from './ask-kernel.ts'
import { probeText } from './probes.ts'

/** Whether the kernel went every way that kubewalk says, and no other. */
function agrees({ expected }: Question, { ways, forgotten }: Observation): boolean {
  const same = ways.size === expected.ways.size && [...ways.keys()].every((way) => expected.ways.has(way))
  return same && forgotten === 0
}

/** What was asked about, so that it can be asked again. */
export interface Asked {
  readonly name: string
  /** The file that kubewalk reads, and its extension. */
  readonly text: string
  readonly extension: 'json' | 'yaml'
  /** The test, and what else `kubewalk trace` needs to be told. */
  readonly test: string
  readonly options: string
}

/** Each difference between kubewalk and the kernel, with all that is needed to look into it. */
export function differencesOf(
  one: Asked,
  questions: readonly Question[],
  observations: readonly Observation[],
): readonly string[] {
  return questions.flatMap((question, index) => {
    const observed = observations[index]
    if (!observed) return [`${probeText(question.probe)} was not sent`]
    return agrees(question, observed) ? [] : [describeDifference(one, question, observed)]
  })
}

function describeDifference(one: Asked, question: Question, observed: Observation): string {
  const { probe, expected } = question
  const file = writeCluster(one)
  const to = formatEndpoint(probe.ip, probe.port)
  const lines = (ways: ReadonlyMap<string, number>, digits: number) =>
    [...ways].map(([way, value]) => `\n      ${value.toFixed(digits)} ${way}`).join('')
  const elsewhere = `\n  ${observed.forgotten} times a client's second connection went elsewhere than its first`
  return [
    `${probeText(probe)}   (${probe.sort})`,
    `  cluster: ${file}`,
    `  kubewalk, probabilities:${lines(expected.ways, 3)}`,
    `  kernel, of ${observed.attempts} attempts:${lines(observed.ways, 0)}${observed.forgotten > 0 ? elsewhere : ''}`,
    `  again: KERNEL_PROBE='${probeText(probe)}' npx vitest run test/kernel/${one.test} -t '${one.name}'`,
    `  trace: npx kubewalk trace ${probe.from} '${to}' --protocol ${probe.protocol} -f ${file} ${one.options} -vv`,
  ].join('\n')
}

function writeCluster(one: Asked): string {
  const folder = join(tmpdir(), 'kubewalk-kernel-differences')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${one.name.replaceAll(/[^a-z0-9]+/gi, '-')}.${one.extension}`)
  writeFileSync(file, one.text)
  return file
}
