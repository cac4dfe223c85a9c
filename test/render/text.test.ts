import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Detail, Journey, LoadedCluster, Style } from '../../src/index.ts'
import { colored, journeyText, plain, RequestError } from '../../src/index.ts'
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
