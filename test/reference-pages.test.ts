import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { diagnosticCatalog } from '../src/base/diagnostic-catalog.ts'
import { findingCatalog } from '../src/journey/finding/catalog.ts'
import { dispositions } from '../src/model/trace.ts'
import { diagnosticExamples, diagnosticsIn } from './support/diagnostic-examples.ts'
import { findingExamples, findingsIn } from './support/finding-examples.ts'
import { listedCodes } from './support/reference-pages.ts'

const page = (name: string) => readFileSync(join(import.meta.dirname, '../docs', `${name}.md`), 'utf8')

describe('the pages list exactly the codes that there are', () => {
  // biome-ignore format: one page a line
  test.for([
    { name: 'diagnostics', codes: Object.keys(diagnosticCatalog), least: 30 },
    { name: 'findings', codes: Object.keys(findingCatalog), least: 40 },
    { name: 'dispositions', codes: dispositions as readonly string[], least: 10 },
  ])('docs/$name.md', ({ name, codes, least }) => {
    expect(codes.length).toBeGreaterThanOrEqual(least)
    expect(listedCodes(page(name)).toSorted()).toEqual([...codes].toSorted())
  })
})

/** Codes whose condition a small input cannot bring about, with the reason. */
const withoutExample: Readonly<Record<string, string>> = {
  'file-unreadable': 'depends on the permissions of a file',
  'not-utf8': 'depends on the bytes of a file',
  'bridge-netfilter-off': 'needs a network plugin with a bridge',
  'packet-too-big': 'needs a path with a smaller MTU',
  'record-type-missing': 'is said of `kubewalk dns` with a type, in test/journey/resolve.test.ts',
  'no-free-port': 'needs as many connections as there are ports',
}

test('a code without an example has its reason', () => {
  const codes = [...Object.keys(findingCatalog), ...Object.keys(diagnosticCatalog)]
  const bare = codes.filter((code) => !(code in findingExamples) && !(code in diagnosticExamples))
  expect(bare.toSorted()).toEqual(Object.keys(withoutExample).toSorted())
})

describe('each finding comes from its example, and first of all', () => {
  test.for(Object.entries(findingExamples))('%s', ([code, example]) => {
    expect(findingsIn(example)[0]?.code).toBe(code)
  })
})

describe('each diagnostic comes from its example', () => {
  test.for(Object.entries(diagnosticExamples))('%s', async ([code, example]) => {
    expect((await diagnosticsIn(example)).map((one) => one.code)).toContain(code)
  })
})
