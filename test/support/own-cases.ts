import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Case } from './cases.ts'
import { ask, runsOf } from './cases.ts'

/** A failure with the first finding that belongs to it; without one nothing is wrong. */
interface OwnCase extends Case {
  readonly expected: Case['expected'] & {
    readonly finding?: { readonly code: string; readonly object: string }
  }
}

/** Tests every case of a folder: verdict, cause and object as it was found; then the fix and the variants. */
export function testCases(folder: string, title: string, least: number): void {
  const cases = readdirSync(folder).map((name): readonly [name: string, one: OwnCase] => [
    name.replace('.yaml', ''),
    parse(readFileSync(join(folder, name), 'utf8')),
  ])
  test('the cases were really read', () => {
    expect(cases.length).toBeGreaterThanOrEqual(least)
  })
  describe(`${title}: verdict, cause and object; then the fix`, () => {
    for (const [name, one] of cases) {
      for (const run of runsOf(one)) test(`${name}: ${one.title}: ${run.name}`, () => testRun(one, run))
    }
  })
}

function testRun(one: OwnCase, run: ReturnType<typeof runsOf>[number]): void {
  const { verdict, findings = [], codes } = ask(run.state)
  expect(verdict).toBe(run.verdict)
  expect(codes).not.toContain('unknown-field')
  expect(codes).not.toContain('field-not-modelled')
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (run.verdict === 'reached') expect(errors).toEqual([])
  const { finding } = one.expected
  if (run.name !== 'as found' || !finding) return
  const [first] = findings
  expect(first?.code).toBe(finding.code)
  expect(first?.objects.map((object) => `${object.kind}/${object.name}`)).toContain(finding.object)
  expect(first?.objects.every((object) => object.at !== undefined)).toBe(true)
  expect(first?.fix).toBeDefined()
}
