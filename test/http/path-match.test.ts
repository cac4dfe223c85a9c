import { expect, test } from 'vitest'
import { pathMatches } from '../../src/http/path-match.ts'
import type { PathMatch } from '../../src/http/proxy.ts'

const exact = (value: string): PathMatch => ({ type: 'exact', value })
const prefix = (value: string): PathMatch => ({ type: 'prefix', value })
const begins = (value: string, ignoreCase = false): PathMatch => ({
  type: 'string-prefix',
  value,
  ignoreCase,
})
const regex = (pattern: string, ignoreCase = false): PathMatch => ({ type: 'regex', pattern, ignoreCase })
const glob = (value: string): PathMatch => ({ type: 'glob', value })

/** The examples of the Ingress concept page, kubernetes.io/docs/concepts/services-networking/ingress/#examples. */
// biome-ignore format: one path a line
const specification: readonly (readonly [match: PathMatch, path: string, matches: boolean])[] = [
  [prefix('/'),         '/',             true],
  [prefix('/'),         '/any/path',     true],
  [exact('/foo'),       '/foo',          true],
  [exact('/foo'),       '/bar',          false],
  [exact('/foo'),       '/foo/',         false],
  [exact('/foo/'),      '/foo',          false],
  [prefix('/foo'),      '/foo',          true],
  [prefix('/foo'),      '/foo/',         true],
  [prefix('/foo/'),     '/foo',          true],
  [prefix('/foo/'),     '/foo/',         true],
  [prefix('/aaa/bb'),   '/aaa/bbb',      false],
  [prefix('/aaa/bbb'),  '/aaa/bbb',      true],
  [prefix('/aaa/bbb/'), '/aaa/bbb',      true],
  [prefix('/aaa/bbb'),  '/aaa/bbb/',     true],
  [prefix('/aaa/bbb'),  '/aaa/bbb/ccc',  true],
  [prefix('/aaa/bbb'),  '/aaa/bbbxyz',   false],
  [prefix('/aaa'),      '/ccc',          false],
]

// biome-ignore format: one path a line
const others: readonly (readonly [match: PathMatch, path: string, matches: boolean])[] = [
  [exact('/foo'),            '/FOO',       false],
  [prefix('/foo'),           '/FOO',       false],
  [begins('/foo'),           '/foobar',    true],
  [begins('/foo'),           '/FOObar',    false],
  [begins('/foo', true),     '/FOObar',    true],
  [regex('^/id/[0-9]+'),     '/id/123a',   true],
  [regex('^/id/[0-9]+$'),    '/id/123a',   false],
  [regex('/foo'),            '/a/foo',     true],
  [regex('^/foo', true),     '/FOO',       true],
  [regex('(?i)^/foo'),       '/FOO',       true],
  [regex('^/('),             '/(',         false],
  [glob('/img/*'),           '/img/a/b',   true],
  [glob('/img/*'),           '/img',       false],
  [glob('/v?/x'),            '/v1/x',      true],
  [glob('/v?/x'),            '/v12/x',     false],
  [glob('/a.b'),             '/axb',       false],
]

test.for([...specification, ...others])('%o %s: %s', ([match, path, matches]) => {
  expect(pathMatches(match, path)).toBe(matches)
})
