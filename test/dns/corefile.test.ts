import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lex } from '../../src/dns/coredns/corefile/lexer.ts'
import { parseCorefile } from '../../src/dns/coredns/corefile/parse.ts'

const words = (text: string) => lex(text).map((token) => token.text)

// biome-ignore format: one text a line
test.for<{ readonly name: string; readonly text: string; readonly tokens: readonly string[] }>([
  { name: 'words', text: '.:53 {\n  errors\n}\n', tokens: ['.:53', '{', 'errors', '}'] },
  { name: 'a comment up to the end of its line', text: 'a # b c\nd', tokens: ['a', 'd'] },
  { name: 'a comment in a word ends with the next space', text: 'a#b c\nd', tokens: ['a', 'c', 'd'] },
  { name: 'a comment sign in quotes', text: '"a # b"', tokens: ['a # b'] },
  { name: 'quotes begin a token, or are part of it', text: 'a"b c"', tokens: ['a"b', 'c"'] },
  { name: 'an escaped quote', text: '"a \\" b"', tokens: ['a " b'] },
  { name: 'another escape stays as it is', text: '"a \\. b"', tokens: ['a \\. b'] },
  { name: 'quotes over lines', text: '"a\nb" c', tokens: ['a\nb', 'c'] },
  { name: 'an empty text in quotes', text: '"" a', tokens: ['', 'a'] },
  { name: 'carriage returns are nothing', text: 'a\r\nb\r\n', tokens: ['a', 'b'] },
  { name: 'a byte order mark', text: '\ufeffa', tokens: ['a'] },
  { name: 'a brace that touches a word is part of it', text: 'a{ b}', tokens: ['a{', 'b}'] },
])('the lexer: $name', ({ text, tokens }) => {
  expect(words(text)).toEqual(tokens)
})

test('tokens know where they stand', () => {
  expect(lex('.:53 {\n    hosts "a b" {\n')).toEqual([
    { text: '.:53', line: 1, column: 1, file: '' },
    { text: '{', line: 1, column: 6, file: '' },
    { text: 'hosts', line: 2, column: 5, file: '' },
    { text: 'a b', line: 2, column: 11, file: '' },
    { text: '{', line: 2, column: 17, file: '' },
  ])
})

test('every text that is put in quotes comes back', () => {
  const text = fc.string({ unit: 'grapheme' }).map((one) => one.replaceAll('\\', '/'))
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      const printed = texts.map((one) => `"${one.replaceAll('"', '\\"')}"`).join('\n')
      expect(words(printed)).toEqual(texts)
    }),
  )
})

test('the lexer ends with every text, and its tokens stand in their order', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', ' ', '\n', '"', '\\', '#', '{', '}', '\r') }),
      (text) => {
        const places = lex(text).map(({ line, column }) => line * 1e6 + column)
        expect(places).toEqual(places.toSorted((a, b) => a - b))
      },
    ),
  )
})

function read(
  text: string,
  files: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string>> = {},
) {
  return parseCorefile(text, {
    locate: (line, column, file) => ({ file: file || 'Corefile', line, column }),
    files: new Map(Object.entries(files)),
    environment: new Map(Object.entries(environment)),
  })
}

/** `zone:port plugin plugin…` of each block. */
function blocksOf(parsed: ReturnType<typeof read>): readonly string[] {
  return parsed.blocks.map(({ zones, plugins }) => {
    const keys = zones.map(
      ({ transport, zone, port }) => `${transport === 'dns' ? '' : `${transport}://`}${zone}:${port}`,
    )
    return [...keys, ...plugins.map(({ name }) => name)].join(' ')
  })
}

// biome-ignore format: one Corefile a line
test.for<{ readonly name: string; readonly text: string; readonly blocks: readonly string[]; readonly files?: Readonly<Record<string, string>>; readonly environment?: Readonly<Record<string, string>> }>([
  { name: 'plugins stand in the order of the build', text: '. {\n forward . 192.0.2.1\n cache\n errors\n}', blocks: ['.:53 errors cache forward'] },
  { name: 'one block without braces', text: 'example.org\nwhoami\nlog', blocks: ['example.org.:53 log whoami'] },
  { name: 'nothing at all', text: '', blocks: ['.:53 log whoami'] },
  { name: 'keys on several lines', text: 'a.test:53,\nB.test:1053 {\n whoami\n}', blocks: ['a.test.:53 b.test.:1053 whoami'] },
  { name: 'ports of other transports', text: 'tls://a.test grpc://b.test https://c.test quic://d.test {\n whoami\n}', blocks: ['tls://a.test.:853 grpc://b.test.:443 https://c.test.:443 quic://d.test.:853 whoami'] },
  { name: 'a block of addresses', text: '10.0.0.0/24 {\n whoami\n}', blocks: ['0.0.10.in-addr.arpa.:53 whoami'] },
  { name: 'a block that ends between octets is several zones', text: '10.0.0.0/23 {\n whoami\n}', blocks: ['0.0.10.in-addr.arpa.:53 1.0.10.in-addr.arpa.:53 whoami'] },
  { name: 'a block of IPv6 addresses', text: 'fd00::/16 {\n whoami\n}', blocks: ['0.0.d.f.ip6.arpa.:53 whoami'] },
  { name: 'a snippet', text: '(both) {\n log\n errors\n}\n. {\n import both\n whoami\n}', blocks: ['.:53 errors log whoami'] },
  { name: 'a file beside the Corefile', text: '. {\n import part\n}', files: { part: 'whoami\nlog\n' }, blocks: ['.:53 log whoami'] },
  { name: 'files by a pattern, in the order of their names', text: 'import *.server\n', files: { 'b.server': 'b.test {\n whoami\n}\n', 'a.server': 'a.test {\n whoami\n}\n' }, blocks: ['a.test.:53 whoami', 'b.test.:53 whoami'] },
  { name: 'variables', text: '{$ZONE}:{%PORT%} {\n whoami\n}', environment: { ZONE: 'a.test', PORT: '1053' }, blocks: ['a.test.:1053 whoami'] },
])('a Corefile: $name', ({ text, blocks, files, environment }) => {
  const parsed = read(text, files, environment)
  expect(parsed.errors).toEqual([])
  expect(blocksOf(parsed)).toEqual(blocks)
})

describe('a wrong Corefile', () => {
  test('every error that is certain is given, each at its place', () => {
    const text =
      '. {\n errorss\n cache 0\n kubernetes cluster.local {\n  pods sometimes\n }\n forwrad . 1.1.1.1\n}\n'
    expect(
      read(text).errors.map(({ at, message, fix }) => [`${at.line}:${at.column}`, message, fix]),
    ).toEqual([
      ['2:2', "Corefile:2 - Error during parsing: Unknown directive 'errorss'", 'write errors'],
      ['7:2', "Corefile:7 - Error during parsing: Unknown directive 'forwrad'", 'write forward'],
      ['3:8', 'plugin/cache: cache TTL can not be zero or negative: 0', undefined],
      [
        '5:8',
        'plugin/kubernetes: wrong value for pods: sometimes,  must be one of: disabled, verified, insecure',
        undefined,
      ],
    ])
  })

  test('an error in a file that was imported is located there', () => {
    const [error] = read('. {\n import part\n}', { part: 'whoami\nnothing\n' }).errors
    expect(error?.at).toEqual({ file: '/etc/coredns/part', line: 2, column: 1 })
    expect(error?.message).toBe("/etc/coredns/part:2 - Error during parsing: Unknown directive 'nothing'")
  })

  test('options of the kubernetes plugin that went with CoreDNS 1.7 say so', () => {
    const [error] = read('. {\n kubernetes cluster.local {\n  upstream\n }\n}').errors
    expect(error?.message).toBe(
      "plugin/kubernetes: Corefile:3 - Error during parsing: unknown property 'upstream'",
    )
    expect(error?.fix).toBe('delete the line: CoreDNS has not known this property since 1.7.0')
  })
})

test('a plugin that is not modelled and could change an answer is said; one that could not is not', () => {
  const { errors, notices } = read('. {\n dnssec\n etcd\n pprof\n trace\n whoami\n}')
  expect(errors).toEqual([])
  expect(notices.map(({ plugin }) => plugin)).toEqual(['dnssec', 'etcd'])
})
