import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { referenceRows } from './support/reference-rows.ts'

/** Each row of the reference is a row of a test, or docs/fidelity.md says why it is not. */

const isRow = new Set(referenceRows)

const texts = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && file !== 'reference-rows.test.ts')
  .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))

/**
 * The ids at the heads of the text's rows: a line that begins with `['a001`, `{ id: 'a001`, `test('a001` or
 * `describe('a001`. A list of ids, by which a test looks for something else, is no row.
 */
function rowsIn(text: string): readonly string[] {
  return [...text.matchAll(/^ *(?:\[|\{ id: |test\(|describe\()["']([a-z]\d{2,3}b?)\b/gm)].flatMap(
    ([, id = '']) => (isRow.has(id) ? [id] : []),
  )
}

/** The rows of the table that says which rows are none, and why. */
function excusedIn(page: string): readonly (readonly [id: string, reason: string])[] {
  const [, after = ''] = page.split('## Rows of the reference that are not test rows\n')
  const [section = ''] = after.split('\n## ')
  return [...section.matchAll(/^\| (\w+) \|.*\| (.*) \|$/gm)]
    .map(([, id = '', reason = '']) => [id, reason] as const)
    .filter(([id]) => id !== 'row')
}

const tested = new Set(texts.flatMap(rowsIn))
const excused = excusedIn(readFileSync(join(import.meta.dirname, '../docs/fidelity.md'), 'utf8'))

test('the reference has 468 rows, each with an id of its own', () => {
  expect(referenceRows).toHaveLength(468)
  expect(isRow.size).toBe(468)
})

test('every row is tested or has a reason', () => {
  const reasons = new Set(excused.map(([id]) => id))
  expect(referenceRows.filter((id) => !tested.has(id) && !reasons.has(id))).toEqual([])
})

test('no row is both', () => {
  expect(excused.filter(([id]) => tested.has(id))).toEqual([])
})

describe('the table of docs/fidelity.md', () => {
  test.for(excused)('%s is a row of the reference, and has a reason', ([id, reason]) => {
    expect(referenceRows).toContain(id)
    expect(reason).toMatch(/[a-z]{3}.* .*[a-z]{3}/)
  })
})

describe('what counts as a row', () => {
  // biome-ignore format: one line of a test a line
  test.for<readonly [string, readonly string[]]>([
    ["    ['a001', 'svc1.testns.svc.cluster.local A', 'NOERROR', [], []],", ['a001']],
    ["  { id: 'n001', fixture: 'n-prefix-slash' },", ['n001']],
    ["    ['k02 ClusterFirst with a dnsConfig', {}],", ['k02']],
    ["  test('n037: its own address', () => {", ['n037']],
    ['  test("n038: a node\'s", () => {', ['n038']],
    ["describe('x01: Prefix /foo and /foobar', () => {", ['x01']],
    ["const redirected = ['i050', 'i053']", []],
    ["  const here = new Set(['l06', 'l07'])", []],
    ["  // ['a001', 'svc1.testns.svc.cluster.local A'],", []],
    ["    ['a999', 'no such row'],", []],
  ])('%s', ([line, ids]) => {
    expect(rowsIn(line)).toEqual(ids)
  })
})
