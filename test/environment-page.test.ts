import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/environment.md'), 'utf8')
const source = readFileSync(join(root, 'src/control/complete/environment.ts'), 'utf8')

/** The fields that are read, as the code lists them. */
const fields = [...(/readFields[^=]*= \[(.*?)\]/s.exec(source)?.[1] ?? '').matchAll(/'([^']+)'/g)].map(
  ([, field]) => field ?? '',
)

test('the fields were really read', () => {
  expect(fields.length).toBeGreaterThan(15)
})

test.for(fields)('docs/environment.md describes %s', (field) => {
  const [head = '', ...rest] = field.split('.').filter((step) => step !== '*')
  expect(page).toMatch(new RegExp(`## .*\`${head}\``))
  for (const step of rest) expect(page).toMatch(new RegExp(`\`[\\w.]*\\b${step}\\b[\\w.]*\``))
})
