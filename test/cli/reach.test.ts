import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Reach } from '../../src/index.ts'
import { drawReach, loadCluster, plain } from '../../src/index.ts'
import { runCommand } from '../support/command.ts'
import type { Schema } from '../support/json-schema.ts'
import { violations } from '../support/json-schema.ts'

const root = join(import.meta.dirname, '../..')
const schema: Schema = JSON.parse(readFileSync(join(root, 'schema/reach.schema.json'), 'utf8'))
const example = '-f examples/policies/shop.yaml'

/**
 * What the policies of examples/policies/shop.yaml say. Policies of the shop let web be asked by everybody, web ask
 * api, api ask db, and all of them ask DNS; `report` and the DNS pods are under none. kindnet asks no policy for what
 * a node sends to its own pods, and a worker has one of each workload's two pods, or the db or none: so `part`.
 */
const senders = [
  'pod/reports/report',
  'deploy/shop/web',
  'deploy/shop/api',
  'sts/shop/db',
  'nodes',
  'internet',
]
// biome-ignore format: a target a line
const cells: Readonly<Record<string, string>> = {
  //                                      report web  api  db   nodes internet
  'pod/reports/report:9100/tcp':         'yes    no   no   no   yes   lost',
  'deploy/shop/web:8080/tcp':            'yes    no   no   no   yes   lost',
  'deploy/shop/api:9000/tcp':            'no     yes  no   no   part  lost',
  'deploy/kube-system/coredns:53/udp':   'yes    yes  yes  yes  yes   lost',
  'deploy/kube-system/coredns:53/tcp':   'yes    yes  yes  yes  yes   lost',
  'deploy/kube-system/coredns:9153/tcp': 'yes    no   no   no   yes   lost',
  // The db is one pod, and what it sends to its own address does not leave it.
  'sts/shop/db:5432/tcp':                'no     no   yes  yes  part  lost',
  'svc/shop/web:80/tcp':                 'yes    no   no   no   yes   lost',
  'svc/shop/api:80/tcp':                 'no     yes  no   no   part  lost',
  // By the Service it does leave it.
  'svc/shop/db:5432/tcp':                'no     no   yes  no   part  lost',
  'svc/default/kubernetes:443/tcp':      'yes    no   no   no   yes   lost',
  'svc/kube-system/kube-dns:53/udp':     'yes    yes  yes  yes  yes   lost',
  'svc/kube-system/kube-dns:53/tcp':     'yes    yes  yes  yes  yes   lost',
  'svc/kube-system/kube-dns:9153/tcp':   'yes    no   no   no   yes   lost',
}

/** The matrix that is printed: each sender's name stands where its column begins, each mark in it. */
function readMatrix(text: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const lines = text.split('\n')
  const heads = lines.slice(
    0,
    lines.findIndex((line) => /^[│ ]+$/.test(line)),
  )
  const names = heads.map((line) => line.replace(/^[│ ]*/, '').replace(/ ×\d+$/, ''))
  const body = lines.slice(heads.length + 1, lines.indexOf(''))
  return Object.fromEntries(
    body.map((line) => [
      line.slice(names.length * 5),
      Object.fromEntries(names.map((name, index) => [name, line.slice(index * 5, index * 5 + 5).trim()])),
    ]),
  )
}

test('the cells of the example', async () => {
  const { out, code, err } = await runCommand(`reach ${example}`)
  const matrix = readMatrix(out)
  expect(Object.keys(matrix).toSorted()).toEqual(Object.keys(cells).toSorted())
  for (const [target, text] of Object.entries(cells)) {
    const own = senders.map((sender) => matrix[target]?.[sender])
    expect([target, ...own]).toEqual([target, ...text.split(/ +/)])
  }
  expect({ code, err }).toEqual({ code: 0, err: '' })
})

test('marks are explained and counted', async () => {
  const { out } = await runCommand(`reach ${example} --from ns/shop --to svc/shop/db`)
  expect(out.split('\n').slice(-4)).toEqual(['', 'yes  1 × reached', 'no   2 × denied by a policy', ''])
})

describe('a part of it', () => {
  // biome-ignore format: a request a line
  test.for([
    { asks: '--from deploy/shop/web --to ns/shop', from: ['deploy/shop/web'], to: ['deploy/shop/web:8080/tcp', 'deploy/shop/api:9000/tcp', 'sts/shop/db:5432/tcp'] },
    { asks: '--from deploy/web -n shop --to svc/api', from: ['deploy/shop/web'], to: ['svc/shop/api:80/tcp'] },
    { asks: '--to svc/shop/db:5432', from: senders, to: ['svc/shop/db:5432/tcp'] },
    { asks: '--to svc/kube-system/kube-dns:metrics --from ns/shop', from: ['deploy/shop/web', 'deploy/shop/api', 'sts/shop/db'], to: ['svc/kube-system/kube-dns:9153/tcp'] },
    { asks: '--port 53 --protocol udp', from: senders, to: ['deploy/kube-system/coredns:53/udp', 'svc/kube-system/kube-dns:53/udp'] },
  ])('$asks', async ({ asks, from, to }) => {
    const matrix = readMatrix((await runCommand(`reach ${example} ${asks}`)).out)
    expect(Object.keys(matrix)).toEqual(to)
    // Nobody else is a sender.
    if (asks.includes('--from')) expect(Object.keys(matrix[to[0] ?? ''] ?? {})).toEqual(from)
    for (const target of to) {
      const row = cells[target]?.split(/ +/) ?? []
      expect([target, ...from.map((one) => matrix[target]?.[one])]).toEqual([
        target,
        ...from.map((one) => row[senders.indexOf(one)]),
      ])
    }
  })

  test('--between ns/shop ns/reports', async () => {
    const { out } = await runCommand(`reach ${example} --between ns/shop ns/reports`)
    expect(out.split('\n')).toEqual([
      'pod/reports/report',
      '│    deploy/shop/web ×2',
      '│    │    deploy/shop/api ×2',
      '│    │    │    sts/shop/db',
      '│    │    │    │',
      '·    no   no   no   pod/reports/report:9100/tcp',
      'yes  ·    ·    ·    deploy/shop/web:8080/tcp',
      'no   ·    ·    ·    deploy/shop/api:9000/tcp',
      'no   ·    ·    ·    sts/shop/db:5432/tcp',
      'yes  ·    ·    ·    svc/shop/web:80/tcp',
      'no   ·    ·    ·    svc/shop/api:80/tcp',
      'no   ·    ·    ·    svc/shop/db:5432/tcp',
      '',
      'yes  2 × reached',
      'no   7 × denied by a policy',
      '',
    ])
  })
})

test('a plugin that enforces no policies', async () => {
  const asks = `reach ${example} --cni flannel --from ns/shop --to ns/shop`
  const { out, err, code } = await runCommand(asks)
  expect(out.split('\n').slice(-3)).toEqual(['', 'yes  9 × reached', ''])
  expect(err).toMatch(/NetworkPolicy shop\/default-deny and 4 more: accepted, not enforced/)
  expect(code).toBe(0)
  expect((await runCommand(`${asks} -q`)).err).toBe('')
})

describe('forms', () => {
  const asks = `${example} --from ns/shop --to ns/shop`

  test('-o list', async () => {
    const { out } = await runCommand(`reach ${example} -o list --to svc/shop/db`)
    expect(out.split('\n')).toEqual([
      'svc/shop/db:5432/tcp',
      '  reached',
      '    deploy/shop/api',
      '  50 % reached, 50 % dropped by ingress policies',
      '    nodes',
      '  dropped by ingress policies',
      '    pod/reports/report, deploy/kube-system/coredns, node/control-plane',
      '  dropped by egress policies',
      '    deploy/shop/web, sts/shop/db',
      '  dropped',
      '    internet',
      '',
    ])
  })

  test('-o csv', async () => {
    const { out } = await runCommand(`reach ${example} -o csv --to svc/shop/db`)
    expect(out.split('\n').toSorted()).toEqual(
      [
        'from,to,protocol,port,disposition,share,denied',
        'deploy/shop/api,svc/shop/db,tcp,5432,reached,1,',
        'deploy/shop/web,svc/shop/db,tcp,5432,dropped,1,egress',
        'sts/shop/db,svc/shop/db,tcp,5432,dropped,1,egress',
        'pod/reports/report,svc/shop/db,tcp,5432,dropped,1,ingress',
        'deploy/kube-system/coredns,svc/shop/db,tcp,5432,dropped,1,ingress',
        'deploy/kube-system/coredns#2,svc/shop/db,tcp,5432,dropped,1,ingress',
        'node/control-plane,svc/shop/db,tcp,5432,dropped,1,ingress',
        'nodes,svc/shop/db,tcp,5432,reached,0.5,',
        'nodes,svc/shop/db,tcp,5432,dropped,0.5,ingress',
        'internet,svc/shop/db,tcp,5432,dropped,1,',
        '',
      ].toSorted(),
    )
  })

  test('-o dot', async () => {
    const { out } = await runCommand(`reach ${asks} -o dot`)
    expect(out.split('\n').filter((line) => line.includes('->'))).toEqual([
      '  "deploy/shop/web" -> "deploy/shop/api" [label="9000/tcp"]',
      '  "deploy/shop/api" -> "sts/shop/db" [label="5432/tcp"]',
    ])
    expect(out).toMatch(/^digraph reach \{\n[\s\S]*label="shop"[\s\S]*\n\}\n$/)
  })

  test('-o mermaid', async () => {
    const { out } = await runCommand(`reach ${asks} -o mermaid`)
    expect(out.split('\n')).toEqual([
      'flowchart LR',
      '  subgraph n0["shop"]',
      '    v0["deploy/shop/web"]',
      '    v1["deploy/shop/api"]',
      '    v2["sts/shop/db"]',
      '  end',
      '  v0 -->|"9000/tcp"| v1',
      '  v1 -->|"5432/tcp"| v2',
      '',
    ])
  })

  test('-o json is what the library gives, and what the schema says', async () => {
    const { out } = await runCommand(`reach ${example} -o json --to ns/shop`)
    const reach = JSON.parse(out)
    expect(violations(schema, reach)).toEqual([])
    const cluster = await loadCluster([join(root, 'examples/policies/shop.yaml')])
    const { groups, rows, walks } = cluster.reach({ to: 'ns/shop' })
    expect(reach.rows.map(({ cells: own }: Reach['rows'][number]) => own)).toEqual(
      rows.map((row) => row.cells),
    )
    expect([reach.groups.length, reach.walks]).toEqual([groups.length, walks])
    expect(violations(schema, { ...reach, rows: [{ to: 'x', cells: [] }], more: 1 })).toHaveLength(2)
  })

  test('-o json of everything', async () => {
    const { out } = await runCommand(`reach ${example} -o json`)
    expect(violations(schema, JSON.parse(out))).toEqual([])
  })
})

describe('what is wider than the screen', () => {
  const drawn = async (request: { readonly to?: string }, columns: number) => {
    const cluster = await loadCluster([join(root, 'examples/policies/shop.yaml')])
    return [...drawReach(cluster.reach(request), 'matrix', { columns, style: plain })].join('')
  }

  test('is a list, where few targets were asked for', async () => {
    expect((await drawn({ to: 'svc/shop/db' }, 40)).split('\n')[1]).toBe('  reached')
  })

  /** Of two pods' parts and Services in a namespace each sender counts once for each port. */
  test('is a summary by namespace', async () => {
    const text = await drawn({}, 60)
    const line = (name: string) => text.split('\n').find((one) => one.startsWith(name))
    // web → api, api → db and db → db, with and without the Service but for db → svc/db; 3 senders to 6 ports.
    expect(line('ns/shop')).toMatch(/^ns\/shop +5 of 18 /)
    // report and the two DNS pods reach web alone, with and without its Service.
    expect(line('ns/shop')).toMatch(/5 of 18 +6 of 18 /)
    expect(line('ns/reports')).toMatch(/^ns\/reports +1 of 1 +2 of 5 +2 of 2 +0 of 1$/)
    expect(text).toMatch(/--between ns\/ONE ns\/OTHER/)
  })
})

describe('what cannot be asked', () => {
  // biome-ignore format: one command a line
  test.for([
    { asks: '--to svc/shop/dbb', says: /nobody is called svc\/shop\/dbb[\s\S]*did you mean svc\/shop\/db\?/ },
    { asks: '--from deploy/shop/wbe', says: /nobody is called deploy\/shop\/wbe [\s\S]*did you mean deploy\/shop\/web\?/ },
    { asks: '--to svc/shop/db:80', says: /svc\/shop\/db:80, or has such a port/ },
    { asks: '--between ns/shop ns/report', says: /there is no namespace report [\s\S]*did you mean reports\?/ },
    { asks: '--between ns/shop', says: /--between has 1 namespace, and takes two/ },
    { asks: '--between ns/shop deploy/shop/web', says: /--between takes namespaces, and deploy\/shop\/web is none[\s\S]*write it as ns\/shop/ },
    { asks: '--port 81', says: /nothing that could be asked at port 81/ },
    { asks: '--port 0', says: /Expected a port from 1 to 65535/ },
    { asks: '--from pod/web -n shpo', says: /there is no namespace shpo[\s\S]*did you mean shop\?/ },
    { asks: '-o yaml', says: /Allowed choices are matrix, list, json, csv, dot, mermaid/ },
  ])('$asks', async ({ asks, says }) => {
    const { code, out, err } = await runCommand(`reach ${example} ${asks}`)
    expect(err).toMatch(says)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })
})
