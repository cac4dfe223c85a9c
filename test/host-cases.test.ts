import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ask, readCase, runsOf } from './support/cases.ts'

const folder = join(import.meta.dirname, 'host-cases')

/** What a case expects of the first finding: its code, and the object that the fix changes. */
interface Cause {
  readonly finding?: string
  readonly object?: string
}

const cases = readdirSync(folder).map((name) => ({ ...readCase(join(folder, name)), id: name.slice(0, -5) }))

test('the cases were really read', () => {
  expect(cases.length).toBeGreaterThanOrEqual(15)
})

describe('failures on hosts: verdict, cause and object; then the fix and the variants', () => {
  for (const one of cases) {
    const { finding, object }: Cause = one.expected as Cause
    for (const { name, state, verdict } of runsOf(one)) {
      test(`${one.id}: ${name}`, () => {
        const answer = ask(state)
        expect(answer.verdict).toBe(verdict)
        expect(answer.codes).not.toContain('field-not-modelled')
        if (name !== 'as found') return
        const [first] = answer.findings ?? []
        expect(first?.code).toBe(finding)
        const named = first?.objects.map((found) => `${found.kind}/${found.name}`) ?? []
        if (object) expect(named).toContain(object)
        expect(first?.objects.every((found) => found.at !== undefined) ?? true).toBe(true)
      })
    }
  }
})
