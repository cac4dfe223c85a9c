import { describe, expect, test } from 'vitest'
import type { IngressProfileName } from '../../../src/control/ingress/profile.ts'
import type { IngressFixture } from './fixtures.ts'
import { ask, clusterWith, proxyOf, request } from './fixtures.ts'

/**
 * The examples of the Ingress specification and the features of kubernetes-sigs/ingress-controller-conformance, in the
 * words of the reference: against the specification alone, and against ingress-nginx.
 */

const prefix = (host: string, path: string, service: string, port: number | string = 80) =>
  [host, path, 'Prefix', service, port] as const

// biome-ignore format: one fixture a line
const fixtures: Readonly<Record<string, IngressFixture>> = {
  'default-backend': { default: ['echo-service', 8080] },
  'host-rules': { rules: [prefix('*.foo.com', '/', 'wildcard-foo-com', 8080), prefix('foo.bar.com', '/', 'foo-bar-com', 'http')] },
  'exact-path-rules': { rules: [['exact-path-rules', '/foo', 'Exact', 'foo-exact', 8080]] },
  'prefix-path-rules': { rules: [prefix('prefix-path-rules', '/foo', 'foo-prefix', 8080), prefix('prefix-path-rules', '/aaa/bbb', 'aaa-slash-bbb-prefix', 8080), prefix('prefix-path-rules', '/aaa', 'aaa-prefix', 8080)] },
  'mixed-path-rules': { rules: [prefix('mixed-path-rules', '/foo', 'foo-prefix', 8080), ['mixed-path-rules', '/foo', 'Exact', 'foo-exact', 8080]] },
  'trailing-slash-path-rules': { rules: [prefix('trailing-slash-path-rules', '/aaa/bbb/', 'aaa-slash-bbb-slash-prefix', 8080), ['trailing-slash-path-rules', '/foo/', 'Exact', 'foo-slash-exact', 8080]] },
  'root-and-aaa': { rules: [prefix('a.test', '/', 'root'), prefix('a.test', '/aaa', 'aaa')] },
  'three-levels': { rules: [prefix('a.test', '/', 'root'), prefix('a.test', '/aaa', 'aaa'), prefix('a.test', '/aaa/bbb', 'aaabbb')] },
  'aaa-with-default': { rules: [prefix('a.test', '/aaa', 'aaa')], default: ['dflt', 80] },
  'prefix-bb': { rules: [prefix('a.test', '/aaa/bb', 'aaabb')] },
  'exact-slash': { rules: [['a.test', '/foo/', 'Exact', 'fooslash', 80]] },
  hostless: { rules: [prefix('', '/', 'any'), prefix('a.test', '/x', 'ax')] },
  'host-alone': { hosts: ['a.test'], rules: [prefix('b.test', '/', 'b')], default: ['x', 80] },
  'exact-vs-wild': { rules: [prefix('*.foo.com', '/', 'wild'), prefix('bar.foo.com', '/only', 'bar')] },
}

// biome-ignore format: one request a line
const rows: readonly (readonly [id: string, fixture: string, host: string, path: string, end: string])[] = [
  ['i001', 'default-backend', 'any.host', '/', 'echo-service:8080'],
  ['i002', 'default-backend', 'sub.domain.test', '/some/path', 'echo-service:8080'],
  ['i003', 'default-backend', '', '/', 'echo-service:8080'],
  ['i010', 'host-rules', 'bar.foo.com', '/', 'wildcard-foo-com:8080'],
  ['i011', 'host-rules', 'baz.bar.foo.com', '/', '404'],
  ['i012', 'host-rules', 'foo.com', '/', '404'],
  ['i013', 'host-rules', 'foo.bar.com', '/', 'foo-bar-com:http'],
  ['i014', 'host-rules', 'subdomain.bar.com', '/', '404'],
  ['i015', 'host-rules', 'FOO.bar.com', '/', 'foo-bar-com:http'],
  ['i020', 'exact-path-rules', 'exact-path-rules', '/foo', 'foo-exact:8080'],
  ['i021', 'exact-path-rules', 'exact-path-rules', '/foo/', '404'],
  ['i022', 'exact-path-rules', 'exact-path-rules', '/FOO', '404'],
  ['i023', 'exact-path-rules', 'exact-path-rules', '/bar', '404'],
  ['i030', 'prefix-path-rules', 'prefix-path-rules', '/foo', 'foo-prefix:8080'],
  ['i031', 'prefix-path-rules', 'prefix-path-rules', '/foo/', 'foo-prefix:8080'],
  ['i032', 'prefix-path-rules', 'prefix-path-rules', '/FOO', '404'],
  ['i033', 'prefix-path-rules', 'prefix-path-rules', '/aaa/bbb', 'aaa-slash-bbb-prefix:8080'],
  ['i034', 'prefix-path-rules', 'prefix-path-rules', '/aaa/bbb/ccc', 'aaa-slash-bbb-prefix:8080'],
  ['i035', 'prefix-path-rules', 'prefix-path-rules', '/aaa/ccc', 'aaa-prefix:8080'],
  ['i036', 'prefix-path-rules', 'prefix-path-rules', '/aaaccc', '404'],
  ['i040', 'mixed-path-rules', 'mixed-path-rules', '/foo', 'foo-exact:8080'],
  ['i041', 'mixed-path-rules', 'mixed-path-rules', '/foo/', 'foo-prefix:8080'],
  ['i042', 'mixed-path-rules', 'mixed-path-rules', '/foo/bar', 'foo-prefix:8080'],
  ['i050', 'trailing-slash-path-rules', 'trailing-slash-path-rules', '/aaa/bbb', 'aaa-slash-bbb-slash-prefix:8080'],
  ['i051', 'trailing-slash-path-rules', 'trailing-slash-path-rules', '/aaa/bbb/', 'aaa-slash-bbb-slash-prefix:8080'],
  ['i052', 'trailing-slash-path-rules', 'trailing-slash-path-rules', '/foo/', 'foo-slash-exact:8080'],
  ['i053', 'trailing-slash-path-rules', 'trailing-slash-path-rules', '/foo', '404'],
  ['i060', 'root-and-aaa', 'a.test', '/aaa/ccc', 'aaa:80'],
  ['i061', 'root-and-aaa', 'a.test', '/aaaccc', 'root:80'],
  ['i062', 'three-levels', 'a.test', '/aaa/bbb', 'aaabbb:80'],
  ['i063', 'three-levels', 'a.test', '/ccc', 'root:80'],
  ['i064', 'three-levels', 'a.test', '/aaa/bbbb', 'aaa:80'],
  ['i065', 'aaa-with-default', 'a.test', '/ccc', 'dflt:80'],
  ['i066', 'prefix-bb', 'a.test', '/aaa/bbb', '404'],
  ['i067', 'prefix-bb', 'a.test', '/aaa/bb/', 'aaabb:80'],
  ['i068', 'exact-slash', 'a.test', '/foo', '404'],
  ['i069', 'exact-slash', 'a.test', '/foo/', 'fooslash:80'],
  ['i070', 'hostless', 'b.test', '/anything', 'any:80'],
  ['i071', 'hostless', 'a.test', '/x/y', 'ax:80'],
  ['i072', 'hostless', 'a.test', '/z', '404'],
  ['i073', 'exact-vs-wild', 'bar.foo.com', '/other', '404'],
  ['i074', 'exact-vs-wild', 'qux.foo.com', '/other', 'wild:80'],
  ['v22', 'host-alone', 'a.test', '/any', 'x:80'],
  ['v22', 'host-alone', 'b.test', '/any', 'b:80'],
]

const proxyFor = (fixture: string, profile: IngressProfileName) =>
  proxyOf(profile, clusterWith([fixtures[fixture] ?? {}]))

describe('the specification', () => {
  test.for(rows)('%s: %s, %s%s: %s', ([, fixture, host, path, end]) => {
    expect(ask(proxyFor(fixture, 'specification'), request(`http://${host}${path}`))).toBe(end)
  })
})

/**
 * nginx itself sends a client from `/foo` to `/foo/` where a location, exact or not, has that name and passes on to a
 * backend: seen of nginx 1.22.1, with locations of the shape that the controller writes.
 */
const redirected = ['i050', 'i053', 'i068']

describe('ingress-nginx', () => {
  test.for(rows)('%s: %s, %s%s: %s', ([id, fixture, host, path, end]) => {
    const url = `http://${host}${path}`
    const wanted = redirected.includes(id) ? `301 ${url}/` : end
    expect(ask(proxyFor(fixture, 'ingress-nginx'), request(url))).toBe(wanted)
  })

  test.for(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('i003: %s', (method) => {
    const asked = request('http:///', [], { method })
    expect(ask(proxyFor('default-backend', 'ingress-nginx'), asked)).toBe('echo-service:8080')
  })

  test('i013: the same over TLS', () => {
    const asked = request('https://foo.bar.com/')
    expect(ask(proxyFor('host-rules', 'ingress-nginx'), asked)).toBe('foo-bar-com:http')
  })
})
