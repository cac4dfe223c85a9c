import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runCommand } from '../support/command.ts'
import type { Schema } from '../support/json-schema.ts'
import { violations } from '../support/json-schema.ts'

const root = join(import.meta.dirname, '../..')
const schema: Schema = JSON.parse(readFileSync(join(root, 'schema/diff.schema.json'), 'utf8'))
const before = readFileSync(join(root, 'examples/diff/before/shop.yaml'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'kubewalk-diff-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** An edit of examples/diff/before, and every line that names a connection or a name afterwards. */
interface Edit {
  readonly what: string
  readonly edit: (text: string) => string
  readonly options?: string
  readonly changes: readonly string[]
}

const replace = (from: string | RegExp, to: string) => (text: string) => text.replace(from, to)

// biome-ignore format: one edit a row
const edits: readonly Edit[] = [
  { what: 'nothing', edit: (text) => text, changes: [] },
  { what: 'another layout of the same, with comments', edit: (text) => `# by hand\n\n${text.replaceAll('{ app: web }', '{\n      app: web }')}`, changes: [] },
  { what: 'objects in another order', edit: (text) => text.split('---\n').toReversed().join('\n---\n'), changes: [] },
  { what: 'a new image, by which every pod of the Deployment has another name', edit: replace('image: nginx', 'image: nginx:1.29'), changes: [] },
  { what: 'one replica more', edit: replace('replicas: 2', 'replicas: 3'), changes: [] },
  { what: 'one replica less', edit: replace('replicas: 2', 'replicas: 1'), changes: [] },
  { what: 'a label that nothing selects by', edit: replace('labels: { app: db }', 'labels: { app: db, team: data }'), changes: [] },
  { what: 'the policy no longer names report', edit: replace('[web, report]', '[web]'),
    changes: ['disappears deploy/shop/report → pod/shop/db-0:5432', 'disappears deploy/shop/report → svc/shop/db:5432'] },
  { what: 'the policy goes', edit: (text) => text.split('---\n').slice(0, -1).join('---\n'),
    changes: [
      'appears deploy/kube-system/coredns → pod/shop/db-0:5432', 'appears deploy/kube-system/coredns → svc/shop/db:5432',
      'appears node/control-plane → pod/shop/db-0:5432', 'appears node/control-plane → svc/shop/db:5432',
      'appears node/worker (and 1 more) → pod/shop/db-0:5432', 'appears node/worker (and 1 more) → svc/shop/db:5432',
    ] },
  { what: "the Service's selector misses", edit: replace('selector: { app: db }', 'selector: { app: dbb }'),
    changes: [
      'disappears deploy/shop/report → svc/shop/db:5432', 'disappears deploy/shop/web → svc/shop/db:5432',
      // Those were dropped by the policy, and are rejected now for want of an endpoint.
      'changes deploy/kube-system/coredns → svc/shop/db:5432', 'changes node/control-plane → svc/shop/db:5432',
      'changes node/worker (and 1 more) → svc/shop/db:5432',
    ] },
  { what: 'a policy in a cluster that enforces none', edit: replace('[web, report]', '[web]'), options: '--cni flannel', changes: [] },
]

describe('what an edit makes different', () => {
  test.for(edits)('$what', async ({ edit, options = '', changes }) => {
    const after = join(folder, 'after.yaml')
    writeFileSync(after, edit(before))
    const { out, code } = await runCommand(`diff examples/diff/before ${after} ${options} -o json`)
    const diff = JSON.parse(out)
    expect(violations(schema, diff)).toEqual([])
    const told: string[] = diff.connections
      .filter(({ from }: { readonly from: string }) => !/^(?:internet|pod\/shop\/db-0)/.test(from))
      .map(({ change, from, to }: Record<string, string>) => `${change} ${from} → ${to}`)
    expect([...new Set(told)].toSorted()).toEqual(changes.toSorted())
    expect(code).toBe(diff.connections.length + diff.names.length > 0 ? 1 : 0)
  })
})

test('another cluster IP is another answer of DNS', async () => {
  const after = join(folder, 'names.yaml')
  writeFileSync(
    after,
    before.replace('spec: { selector: { app: db }', 'spec: { clusterIP: 10.96.7.7, selector: { app: db }'),
  )
  const { out } = await runCommand(`diff examples/diff/before ${after} -o json`)
  const { connections, names } = JSON.parse(out)
  expect(connections).toEqual([])
  expect(names.map(({ name, after: is }: Record<string, string>) => [name, is])).toEqual([
    ['db.shop.svc.cluster.local', '10.96.7.7'],
  ])
})

test('the schema finds what is wrong', async () => {
  const { out } = await runCommand('diff examples/diff/before examples/diff/after -o json')
  expect(violations(schema, { ...JSON.parse(out), names: 'none', more: 1 })).toHaveLength(2)
})

test('as a comment of a merge request', async () => {
  const { out } = await runCommand('diff examples/diff/before examples/diff/after -o markdown')
  expect(out.split('\n').slice(0, 5)).toEqual([
    '**2 connections disappear**',
    '',
    '|  | from | to | what | by |',
    '|---|---|---|---|---|',
    '| no longer | deploy/shop/report | pod/shop/db-0:5432 tcp | was reached, is dropped | NetworkPolicy/shop/db (examples/diff/after/shop.yaml:34) |',
  ])
})

describe('revisions of git', () => {
  const repository = join(folder, 'repository')
  const git = (...args: readonly string[]) => {
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com']
    const { status, stderr } = spawnSync('git', [...identity, ...args], { cwd: repository })
    expect(stderr.toString() + String(status)).toMatch(/0$/)
  }
  mkdirSync(join(repository, 'k8s', 'base'), { recursive: true })
  const file = join(repository, 'k8s', 'base', 'shop.yaml')
  const program = join(root, 'dist/cli/kubewalk.js')
  const diff = (...args: readonly string[]) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [program, 'diff', ...args], {
      cwd: repository,
    })
    return { out: stdout.toString(), err: stderr.toString(), status }
  }
  copyFileSync(join(root, 'examples/diff/before/shop.yaml'), file)
  git('init', '--quiet', '--initial-branch=main')
  git('add', '.')
  git('commit', '--quiet', '--message=before')
  git('switch', '--quiet', '--create', 'change')
  copyFileSync(join(root, 'examples/diff/after/shop.yaml'), file)
  git('commit', '--quiet', '--all', '--message=after')

  // biome-ignore format: one command a line
  test.for([
    { args: ['main..change', '-f', 'k8s', '-R'], first: '2 connections disappear', status: 1 },
    { args: ['change..main', '-f', 'k8s', '-R'], first: '2 connections appear', status: 1 },
    { args: ['main...HEAD', '-f', 'k8s/base'], first: '2 connections disappear', status: 1 },
    { args: ['main', '-f', 'k8s/base/shop.yaml'], first: '2 connections disappear', status: 1 },
    { args: ['HEAD', '-f', 'k8s', '-R'], first: 'no difference', status: 0 },
  ])('kubewalk diff $args', ({ args, first, status }) => {
    const answer = diff(...args)
    expect([answer.err, answer.out.split('\n')[0], answer.status]).toEqual(['', first, status])
  })

  // biome-ignore format: one command a line
  test.for([
    { args: ['mian..HEAD', '-f', 'k8s'], says: /git knows no revision "mian" here[\s\S]*did you mean main\?/ },
    { args: ['main..HEAD'], says: /names revisions, and not which files of them[\s\S]*add -f/ },
    { args: ['k8s'], says: /nothing to compare with[\s\S]*kubewalk diff before\/ after\// },
    { args: ['k8s', 'nowhere'], says: /there is no file or folder "nowhere"/ },
    { args: ['k8s', 'main'], says: /there is no file or folder "main"[\s\S]*revisions are given as one: kubewalk diff main\.\.HEAD/ },
    { args: ['main..HEAD', '-f', 'k8s'], says: /no Kubernetes object/ },
  ])('kubewalk diff $args is refused', ({ args, says }) => {
    const answer = diff(...args)
    expect(answer.err).toMatch(says)
    expect(answer.status).toBe(2)
  })
})
