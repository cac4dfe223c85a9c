import { expect, test } from 'vitest'
import { normalizePath } from '../../src/http/path-normalization.ts'

const nginx = {
  decodes: 'all',
  forwarded: false,
  mergesSlashes: true,
  resolvesDots: true,
  refusesAboveRoot: true,
  refusesBadCodes: true,
} as const

// ngx_http_parse_complex_uri refuses what it cannot decode (NGX_HTTP_PARSE_INVALID_REQUEST), which is a 400.
test.each([
  ['/a%20b', '/a b'],
  ['/a//b/../c', '/a/c'],
  ['/..', undefined],
  ['/%', undefined],
  ['/%2', undefined],
  ['/%zz', undefined],
  ['/a%00b', undefined],
  ['/%2525', '/%25'],
])('nginx reads %s as %s', (path, expected) => {
  expect(normalizePath(path, nginx)).toBe(expected)
})

test('a proxy that does not refuse such paths takes them as they stand', () => {
  expect(normalizePath('/%zz', { ...nginx, refusesBadCodes: false })).toBe('/%zz')
})
