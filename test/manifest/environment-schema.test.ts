import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { environmentSchema, environmentTypes, fieldMeanings } from '../support/environment-schema.ts'

const published = join(import.meta.dirname, '../../schema/environment.schema.json')

test('the published schema has the fields and types by which the Environment is read', () => {
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(environmentSchema())
})

test('every field has its meaning, and no meaning is of a field that has gone', () => {
  const fields = [...environmentTypes()].flatMap(([name, own]) =>
    [...own.keys()].filter((field) => field !== '*').map((field) => `${name}.${field}`),
  )
  expect(fields.length).toBeGreaterThan(60)
  expect(Object.keys(fieldMeanings).toSorted()).toEqual(fields.toSorted())
})
