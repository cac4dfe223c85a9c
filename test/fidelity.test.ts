import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { matchModules } from '../src/netfilter/match/registry.ts'
import { targetModules } from '../src/netfilter/target/registry.ts'

const page = readFileSync(join(import.meta.dirname, '../docs/fidelity.md'), 'utf8')

/** The right-hand cell of the row that begins with this text. */
function cell(name: string): string | undefined {
  const line = page.split('\n').find((one) => one.startsWith(`| \`${name}\` |`))
  return line?.split(' | ')[1]?.replace(/ ?\|$/, '')
}

const names = [
  ...Object.keys(matchModules).map((name) => `-m ${name}`),
  ...Object.keys(targetModules).map((name) => `-j ${name}`),
]

describe('docs/fidelity.md says of every match and target what it is modelled after', () => {
  test('there are some', () => {
    expect(names.length).toBeGreaterThan(20)
  })

  test.for(names)('%s', (name) => {
    expect(cell(name)).toMatch(/[a-z]{3}/)
  })
})

test('what stands below src and says what it mirrors is in the tables', () => {
  expect(page.match(/\b[Mm]irrors\b/g)?.length).toBeGreaterThan(70)
})
