import { describe, expect, test } from 'vitest'
import { hostMatches, hostName, hostPattern, hostPort, mostSpecific } from '../../src/http/host-match.ts'

describe('a rule of an Ingress', () => {
  // biome-ignore format: one host a line
  test.for([
    ['*.foo.com',   'bar.foo.com',      true],
    ['*.foo.com',   'baz.bar.foo.com',  false],
    ['*.foo.com',   'foo.com',          false],
    ['*.foo.com',   'BAR.Foo.com',      true],
    ['*.foo.com',   'barfoo.com',       false],
    ['foo.bar.com', 'foo.bar.com:8443', true],
    ['foo.bar.com', 'foo.bar.com.',     true],
    ['foo.bar.com', 'FOO.bar.com',      true],
    ['foo.bar.com', 'bar.com',          false],
    ['',            'any.host',         true],
    ['',            '',                 true],
  ] as const)('%s takes %s: %s', ([rule, host, matches]) => {
    expect(hostMatches(hostPattern(rule, 'one-label'), hostName(host))).toBe(matches)
  })
})

describe('a hostname of Gateway API', () => {
  test.for([
    ['*.foo.com', 'baz.bar.foo.com', true],
    ['*.foo.com', 'bar.foo.com', true],
    ['*.foo.com', 'foo.com', false],
  ] as const)('%s takes %s: %s', ([rule, host, matches]) => {
    expect(hostMatches(hostPattern(rule, 'any-depth'), hostName(host))).toBe(matches)
  })
})

test.for([
  ['a.test', 'a.test', undefined],
  ['A.test:80', 'a.test', 80],
  ['[2001:db8::1]:8080', '[2001:db8::1]', 8080],
  ['[2001:db8::1]', '[2001:db8::1]', undefined],
  ['192.0.2.1:80', '192.0.2.1', 80],
] as const)('Host: %s is %s, port %s', ([host, name, port]) => {
  expect(hostName(host)).toBe(name)
  expect(hostPort(host)).toBe(port)
})

// biome-ignore format: one name a line
test.for([
  ['bar.foo.com', ['', '*.foo.com', 'bar.foo.com'],   'bar.foo.com'],
  ['qux.foo.com', ['', '*.foo.com', 'bar.foo.com'],   '*.foo.com'],
  ['other.com',   ['', '*.foo.com'],                  ''],
  ['a.b.foo.com', ['*.foo.com', '*.b.foo.com'],       '*.b.foo.com'],
  ['other.com',   ['*.foo.com'],                      undefined],
] as const)('%s of %o is served as %s', ([name, hosts, best]) => {
  expect(mostSpecific<string>(hosts, (host) => hostPattern(host, 'any-depth'), name)).toBe(best)
})
