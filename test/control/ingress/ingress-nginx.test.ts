import { describe, expect, test } from 'vitest'
import type { Header, HttpRequest } from '../../../src/http/request.ts'
import type { IngressFixture } from './fixtures.ts'
import { ask, clusterWith, controller, proxyOf, request } from './fixtures.ts'

/** Fixtures and rows bear the names of the reference: what the controller of the name does with each. */

const rule = (path: string, pathType: string, service: string) =>
  ['a.test', path, pathType, service, 80] as const

const canary = (annotations: Readonly<Record<string, string>>): IngressFixture => ({
  annotations: { canary: 'true', ...annotations },
  rules: [rule('/', 'Prefix', 'can')],
})

const main: IngressFixture = { rules: [rule('/', 'Prefix', 'main')] }

// biome-ignore format: one fixture a line
const fixtures: Readonly<Record<string, readonly IngressFixture[]>> = {
  'n-prefix-slash': [{ rules: [rule('/foo/', 'Prefix', 'foo'), rule('/', 'Prefix', 'root')] }],
  'n-impl': [{ rules: [rule('/foo', 'ImplementationSpecific', 'foo'), rule('/', 'Prefix', 'root')] }],
  'n-regex': [
    { annotations: { 'rewrite-target': '/$2' }, rules: [rule('/something(/|$)(.*)', 'ImplementationSpecific', 'some')] },
    { rules: [rule('/foo', 'Exact', 'foo'), rule('/bar', 'Prefix', 'bar'), rule('/', 'Prefix', 'root')] },
  ],
  'n-shadow': [{ annotations: { 'use-regex': 'true' }, rules: [rule('/foo/bar/[A-Z0-9]{3}', 'ImplementationSpecific', 'rx'), rule('/foo/bar/bar', 'ImplementationSpecific', 'lit'), rule('/foo/bar/.+', 'ImplementationSpecific', 'anyrx')] }],
  'n-rewrite-root': [{ annotations: { 'rewrite-target': '/' }, rules: [rule('/app', 'Prefix', 'app')] }],
  'n-id': [{ annotations: { 'use-regex': 'true' }, rules: [rule('/id/[0-9]+', 'ImplementationSpecific', 'id')] }],
  'n-dup': [
    { created: '2026-01-01T00:00:00Z', rules: [rule('/x', 'Prefix', 'old')] },
    { created: '2026-01-02T00:00:00Z', rules: [rule('/x', 'Prefix', 'new')] },
  ],
  'n-canary': [main, canary({ 'canary-by-header': 'X-C', 'canary-by-cookie': 'cc', 'canary-weight': '0' })],
  'n-canary-val': [main, canary({ 'canary-by-header': 'X-C', 'canary-by-header-value': 'blue' })],
  'n-canary-alone': [canary({ 'canary-weight': '100' })],
  'n-canary-weight': [main, canary({ 'canary-weight': '25' })],
  'n-tls': [{ tls: [{ hosts: ['a.test'] }], rules: [rule('/', 'Prefix', 'main')] }],
  'n-missing': [{ rules: [rule('/', 'Prefix', 'no-such-service')] }],
  'n-noep': [{ rules: [rule('/', 'Prefix', 'empty')] }],
  'n-noep-def': [{ annotations: { 'default-backend': 'fallback' }, rules: [rule('/', 'Prefix', 'empty'), rule('/unused', 'Prefix', 'fallback')] }],
  'n-resource': [{ rules: [['a.test', '/', 'Prefix', '<resource>', 0]] }],
  'n-wl': [{ annotations: { 'whitelist-source-range': '203.0.113.0/24' }, rules: [rule('/', 'Prefix', 'main')] }],
}

interface Row {
  readonly id: string
  readonly fixture: string
  readonly ask: string
  readonly headers?: readonly Header[]
  readonly end: string
  readonly without?: readonly string[]
  readonly config?: Readonly<Record<string, string>>
}

const fromPool = 0xcb007109

// biome-ignore format: one request a line
const rows: readonly Row[] = [
  { id: 'n001', fixture: 'n-prefix-slash', ask: 'http://a.test/foo', end: '301 http://a.test/foo/' },
  { id: 'n002', fixture: 'n-prefix-slash', ask: 'http://a.test/foo/x', end: 'foo:80' },
  { id: 'n004', fixture: 'n-regex', ask: 'http://a.test/something', end: 'some:80 path /' },
  { id: 'n005', fixture: 'n-regex', ask: 'http://a.test/something/new', end: 'some:80 path /new' },
  { id: 'n006', fixture: 'n-regex', ask: 'http://a.test/SOMETHING/x', end: 'some:80 path /x' },
  { id: 'n007', fixture: 'n-regex', ask: 'http://a.test/somethingelse', end: 'root:80' },
  { id: 'n008', fixture: 'n-regex', ask: 'http://a.test/foobar', end: 'foo:80' },
  { id: 'n009', fixture: 'n-regex', ask: 'http://a.test/FOO/x', end: 'foo:80' },
  { id: 'n010', fixture: 'n-regex', ask: 'http://a.test/barbell', end: 'bar:80' },
  { id: 'n011', fixture: 'n-shadow', ask: 'http://a.test/foo/bar/bar', end: 'rx:80' },
  { id: 'n012', fixture: 'n-shadow', ask: 'http://a.test/foo/bar/zz', end: 'anyrx:80' },
  { id: 'n013', fixture: 'n-shadow', ask: 'http://a.test/foo/bar/abcd', end: 'rx:80' },
  { id: 'n014', fixture: 'n-rewrite-root', ask: 'http://a.test/app/x/y?q=1', end: 'app:80 path /?q=1' },
  { id: 'n015', fixture: 'n-rewrite-root', ask: 'http://a.test/application', end: 'app:80 path /' },
  { id: 'n016', fixture: 'n-id', ask: 'http://a.test/id/123a', end: 'id:80' },
  { id: 'n017', fixture: 'n-dup', ask: 'http://a.test/x', end: 'old:80' },
  { id: 'n020', fixture: 'n-canary', ask: 'http://a.test/', headers: [['X-C', 'always']], end: 'can:80' },
  { id: 'n021', fixture: 'n-canary', ask: 'http://a.test/', headers: [['X-C', 'never'], ['Cookie', 'cc=always']], end: 'main:80' },
  { id: 'n022', fixture: 'n-canary', ask: 'http://a.test/', headers: [['X-C', 'foo'], ['Cookie', 'cc=always']], end: 'can:80' },
  { id: 'n023', fixture: 'n-canary', ask: 'http://a.test/', end: 'main:80' },
  { id: 'n024', fixture: 'n-canary-val', ask: 'http://a.test/', headers: [['X-C', 'blue']], end: 'can:80' },
  { id: 'n025', fixture: 'n-canary-val', ask: 'http://a.test/', headers: [['X-C', 'always']], end: 'main:80' },
  { id: 'n026', fixture: 'n-canary-alone', ask: 'http://a.test/', end: '404' },
  { id: 'n027', fixture: 'n-canary', ask: 'http://a.test/', headers: [['X-C', 'always']], without: ['main'], end: '503' },
  { id: 'n028', fixture: 'n-canary', ask: 'http://a.test/', headers: [['X-C', 'always']], without: ['can'], end: 'main:80' },
  { id: 'n030', fixture: 'n-tls', ask: 'http://a.test/x', end: '308 https://a.test/x' },
  { id: 'n031', fixture: 'n-tls', ask: 'http://a.test/x', headers: [['X-Forwarded-Proto', 'https']], end: '308 https://a.test/x' },
  { id: 'n032', fixture: 'n-tls', ask: 'http://a.test/x', headers: [['X-Forwarded-Proto', 'https']], config: { 'use-forwarded-headers': 'true' }, end: 'main:80' },
  { id: 'n033', fixture: 'n-missing', ask: 'http://a.test/', end: '503' },
  { id: 'n034', fixture: 'n-noep', ask: 'http://a.test/', without: ['empty'], end: '503' },
  { id: 'n035', fixture: 'n-noep-def', ask: 'http://a.test/', without: ['empty'], end: 'fallback:80' },
  { id: 'n036', fixture: 'n-resource', ask: 'http://a.test/', end: '404' },
  { id: 'n039', fixture: 'n-tls', ask: 'https://other.test/', end: '404' },
  { id: 'weight', fixture: 'n-canary-weight', ask: 'http://a.test/', end: '75% main:80 | 25% can:80' },
]

function proxyFor({ fixture, without = [], config }: Pick<Row, 'fixture' | 'without' | 'config'>) {
  const cluster = clusterWith(fixtures[fixture] ?? [], { without, missing: ['no-such-service'] })
  return proxyOf('ingress-nginx', cluster, controller(['--watch-ingress-without-class'], config))
}

test.for(rows)('$id: $fixture, $ask: $end', (row) => {
  expect(ask(proxyFor(row), request(row.ask, row.headers))).toBe(row.end)
})

describe('the client of a list of allowed blocks', () => {
  const from = (client: number): Partial<HttpRequest> => ({ client })
  const proxy = proxyFor({ fixture: 'n-wl' })
  test('n037: its own address', () => {
    expect(ask(proxy, request('http://a.test/', [], from(fromPool)))).toBe('main:80')
  })
  test("n038: a node's, after the node has translated it", () => {
    expect(
      ask(proxy, request('http://a.test/', [['X-Forwarded-For', '203.0.113.9']], from(0xac120003))),
    ).toBe('403')
  })
  test('believed of whoever says so, if use-forwarded-headers is on', () => {
    const trusting = proxyFor({ fixture: 'n-wl', config: { 'use-forwarded-headers': 'true' } })
    const asked = request('http://a.test/', [['X-Forwarded-For', '203.0.113.9']], from(0xac120003))
    expect(ask(trusting, asked)).toBe('main:80')
  })
})
