import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCommand } from '../support/command.ts'
import type { Schema } from '../support/json-schema.ts'
import { violations } from '../support/json-schema.ts'

const root = join(import.meta.dirname, '../..')
const schema: Schema = JSON.parse(readFileSync(join(root, 'schema/drift.schema.json'), 'utf8'))

const objects = '-f examples/drift/cluster.yaml'
const dump = '--node-dump worker=examples/drift/worker'

test('a node that has fallen behind: one entry for each cause, with its object', async () => {
  const { code, out } = await runCommand(`drift worker ${dump} ${objects} -o json`)
  const drift = JSON.parse(out)
  expect(code).toBe(1)
  expect(violations(schema, drift)).toEqual([])
  const told = drift.entries.map(({ type, area, subject }: Record<string, never>) => [
    type,
    area,
    subject?.['name'],
  ])
  expect(told).toEqual([
    ['differs', 'sysctls', undefined],
    ['differs', 'routes', 'worker2'],
    ['stale', 'routes', undefined],
    ['stale', 'rules', 'web'],
    ['differs', 'rules', undefined],
  ])
})

test('the schema finds what is wrong', async () => {
  const { out } = await runCommand(`drift worker ${dump} ${objects} -o json`)
  expect(violations(schema, { ...JSON.parse(out), drifted: 'yes', more: 1 })).toHaveLength(2)
})

test('rules alone: all are as they should be but for one that rejects what nobody accepted', async () => {
  const { code, out } = await runCommand(
    'drift worker --node-rules worker=examples/dump/worker.iptables-save -f examples/dump/cluster.yaml -o json',
  )
  const { entries } = JSON.parse(out)
  expect(code).toBe(1)
  expect(entries.map(({ type, actual }: Record<string, never>) => [type, actual])).toEqual([
    ['extra', ['-A FORWARD -j REJECT --reject-with icmp-host-prohibited']],
  ])
})

test('exit code 0 and one line where nothing is off', async () => {
  const rules = await runCommand(`rules worker ${objects}`)
  const folder = mkdtempSync(join(tmpdir(), 'kubewalk-drift-'))
  writeFileSync(join(folder, 'iptables-save'), rules.out)
  const { code, out } = await runCommand(
    `drift worker --node-rules worker=${folder}/iptables-save ${objects}`,
  )
  rmSync(folder, { recursive: true })
  expect([code, out.split('\n')[0]]).toEqual([0, 'node/worker   as it should be'])
})

// biome-ignore format: one command a line
const wrong = [
  { name: 'no dump', line: `drift worker ${objects}`, says: /nothing that was collected on worker is given.*\n.*--node-dump worker=FOLDER/ },
  { name: 'a dump of another node', line: `drift worke ${dump} ${objects}`, says: /collected on worke is given.*\n.*did you mean worker\?/ },
  { name: 'no objects', line: `drift worker ${dump}`, says: /nothing that the node could be compared with.*\n.*-f FILE/ },
  { name: 'a node that is not there', line: `drift nowhere --node-dump nowhere=examples/drift/worker ${objects}`, says: /there is no node nowhere/ },
  { name: 'a folder that is not there', line: `drift worker --node-dump worker=examples/nowhere ${objects}`, says: /examples\/nowhere/ },
]

describe('exit code 2', () => {
  test.for(wrong)('$name', async ({ line, says }) => {
    const { code, out, err } = await runCommand(line)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toMatch(says)
  })
})
