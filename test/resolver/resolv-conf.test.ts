import { describe, expect, test } from 'vitest'
import { glibcOptions, muslOptions } from '../../src/resolver/options.ts'
import { formatResolvConf, parseResolvConf } from '../../src/resolver/resolv-conf.ts'

/** Read as glibc reads it, and written as a container runtime writes it: search, name servers, options. */

// biome-ignore format: one file a line
test.for<readonly [name: string, text: string, ...lines: string[]]>([
  ['a usual file', 'search a.example b.example\nnameserver 10.96.0.10\noptions ndots:5\n', 'search a.example b.example', 'nameserver 10.96.0.10', 'options ndots:5'],
  ['an empty file', ''],
  ['servers of both families, in their order', 'nameserver fd00::a\nnameserver 10.0.0.1\n', 'nameserver fd00::a', 'nameserver 10.0.0.1'],
  ['a server with a zone', 'nameserver fe80::1%eth0\n', 'nameserver fe80::1'],
  ['the last search wins', 'search a.example\nsearch b.example\n', 'search b.example'],
  ['a domain is a search of one', 'domain a.example b.example\n', 'search a.example'],
  ['a domain after a search', 'search a.example\ndomain b.example\n', 'search b.example'],
  ['a search after a domain', 'domain b.example\nsearch a.example c.example\n', 'search a.example c.example'],
  ['a search with nothing after it changes nothing', 'search a.example\nsearch\nsearch \n', 'search a.example'],
  ['options add up', 'options ndots:5\noptions timeout:1 rotate\n', 'options ndots:5 timeout:1 rotate'],
  ['comments are whole lines', '# nameserver 10.0.0.9\n; search a.example\nnameserver 10.0.0.1 # this\n', 'nameserver 10.0.0.1'],
  ['a comment behind a search is searched', 'search a.example # b\n', 'search a.example # b'],
  ['an indented line is none', '  nameserver 10.0.0.1\n'],
  ['tabs', 'nameserver\t10.0.0.1\nsearch\ta.example\t b.example\n', 'search a.example b.example', 'nameserver 10.0.0.1'],
  ['a server that is no address', 'nameserver dns.example\nnameserver 10.0.0.1\n', 'nameserver 10.0.0.1'],
  ['a word that is not known', 'lookup file bind\nnameservers 10.0.0.1\n'],
  ['the root and trailing dots stay', 'search . a.example.\n', 'search . a.example.'],
  ['no line feed at the end', 'nameserver 10.0.0.1', 'nameserver 10.0.0.1'],
])('%s', ([, text, ...lines]) => {
  const written = formatResolvConf(parseResolvConf(text))
  expect(written).toBe(lines.map((line) => `${line}\n`).join(''))
  expect(parseResolvConf(written)).toEqual(parseResolvConf(text))
})

describe('options', () => {
  // biome-ignore format: one list a line
  test.for<readonly [text: string, glibc: readonly [ndots: number, timeout: number, attempts: number], musl: readonly [ndots: number, timeout: number, attempts: number]]>([
    ['', [1, 5, 2], [1, 5, 2]],
    ['ndots:5 timeout:2 attempts:3', [5, 2, 3], [5, 2, 3]],
    ['ndots:16 timeout:31 attempts:6', [15, 30, 5], [15, 31, 6]],
    ['ndots:99 timeout:99 attempts:99', [15, 30, 5], [15, 60, 10]],
    ['ndots:1 ndots:3', [3, 5, 2], [1, 5, 2]],
    ['ndots:', [0, 5, 2], [1, 5, 2]],
    ['ndots:x', [0, 5, 2], [1, 5, 2]],
    ['ndots:0', [0, 5, 2], [0, 5, 2]],
    ['ndots', [1, 5, 2], [1, 5, 2]],
  ])('%j', ([text, glibc, musl]) => {
    const words = text.split(' ').filter(Boolean)
    const numbers = (one: { ndots: number; timeout: number; attempts: number }) => [one.ndots, one.timeout, one.attempts]
    expect(numbers(glibcOptions(words))).toEqual(glibc)
    expect(numbers(muslOptions(words))).toEqual(musl)
  })

  // biome-ignore format: one list a line
  test.for<readonly [text: string, ...on: string[]]>([
    ['rotate', 'rotate'],
    ['single-request', 'singleRequest'],
    ['single-request-reopen', 'singleRequestReopen'],
    ['single-request single-request-reopen', 'singleRequest', 'singleRequestReopen'],
    ['use-vc', 'useVc'],
    ['no-aaaa', 'noAaaa'],
    ['no-tld-query', 'noTldQuery'],
    ['no_tld_query', 'noTldQuery'],
    ['edns0 trust-ad inet6 debug'],
  ])('%j', ([text, ...on]) => {
    const flags = Object.entries(glibcOptions(text.split(' '))).filter(([, value]) => value === true)
    expect(flags.map(([name]) => name).toSorted()).toEqual(on.toSorted())
  })
})
