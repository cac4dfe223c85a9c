import { describe, expect, test } from 'vitest'
import type { ShortRule } from './gateway-objects.ts'
import { answer, backends, gateway, httpRoute, object, proxies, request, rules } from './gateway-objects.ts'

/**
 * Matching and precedence of HTTPRoutes. The facts are those of the conformance tests of kubernetes-sigs/gateway-api
 * (conformance/tests, release 1.6); each group has the name of its test.
 */

const one = (list: readonly ShortRule[], hostnames?: readonly string[]) =>
  proxies(
    gateway('gw', ['http:80/HTTP']),
    httpRoute('r', { rules: rules(list), ...(hostnames && { hostnames }) }),
    backends,
  )[0]

// biome-ignore format: one rule a line
const groups: Readonly<Record<string, readonly ShortRule[]>> = {
  HTTPRouteMatching: [
    [{ prefix: '/' }, 'v1'], [{ headers: { version: 'one' } }, 'v1'],
    [{ prefix: '/v2' }, 'v2'], [{ headers: { version: 'two' } }, 'v2'],
  ],
  HTTPRoutePathMatchOrder: [
    [{ exact: '/match' }, 'v1'], [{ exact: '/match/exact' }, 'v2'], [{ exact: '/match/exact/one' }, 'v3'],
    [{ prefix: '/match/' }, 'v3'], [{ prefix: '/match/prefix/' }, 'v1'], [{ prefix: '/match/prefix/one' }, 'v2'],
  ],
  HTTPRouteExactPathMatching: [[{ exact: '/one' }, 'v1'], [{ exact: '/two' }, 'v2']],
  HTTPRouteHeaderMatching: [
    [{ headers: { version: 'one' } }, 'v1'], [{ headers: { version: 'two' } }, 'v2'],
    [{ headers: { version: 'two', color: 'orange' } }, 'v1'], [{ headers: { color: 'blue' } }, 'v1'],
    [{ headers: { color: 'green' } }, 'v1'], [{ headers: { color: 'red' } }, 'v2'], [{ headers: { color: 'yellow' } }, 'v2'],
  ],
  HTTPRouteMethodMatching: [
    [{ method: 'POST' }, 'v1'], [{ method: 'GET' }, 'v2'], [{ prefix: '/path1', method: 'GET' }, 'v1'],
    [{ headers: { version: 'one' }, method: 'PUT' }, 'v2'],
    [{ prefix: '/path2', headers: { version: 'two' }, method: 'POST' }, 'v3'],
    [{ prefix: '/path3', method: 'PATCH' }, 'v1'],
    [{ prefix: '/path4', headers: { version: 'three' }, method: 'DELETE' }, 'v1'],
    [{ prefix: '/path5' }, 'v1'], [{ method: 'PATCH' }, 'v2'], [{ headers: { version: 'four' } }, 'v1'],
  ],
  HTTPRouteQueryParamMatching: [
    [{ query: { animal: 'whale' } }, 'v1'], [{ query: { animal: 'dolphin' } }, 'v2'],
    [{ query: { animal: 'dolphin', color: 'blue' } }, 'v3'], [{ query: { ANIMAL: 'Whale' } }, 'v3'],
    [{ prefix: '/path5' }, 'v1'], [{ headers: { version: 'four' } }, 'v3'], [{ query: { animal: 'hydra' } }, 'v2'],
  ],
}

type Row = readonly [id: string, group: string, request: string, expected: string | number]

// biome-ignore format: one request a line
const matching: readonly Row[] = [
  ['g001', 'HTTPRouteMatching', '/', 'v1'],
  ['g002', 'HTTPRouteMatching', '/example', 'v1'],
  ['g003', 'HTTPRouteMatching', '/ version:one', 'v1'],
  ['g004', 'HTTPRouteMatching', '/v2', 'v2'],
  ['g005', 'HTTPRouteMatching', '/v2/', 'v2'],
  ['g006', 'HTTPRouteMatching', '/v2/example', 'v2'],
  ['g007', 'HTTPRouteMatching', '/ version:two', 'v2'],
  ['g008', 'HTTPRouteMatching', '/v2example', 'v1'],
  ['g009', 'HTTPRouteMatching', '/foo/v2/example', 'v1'],
  ['g010', 'HTTPRoutePathMatchOrder', '/match/exact/one', 'v3'],
  ['g011', 'HTTPRoutePathMatchOrder', '/match/exact', 'v2'],
  ['g012', 'HTTPRoutePathMatchOrder', '/match', 'v1'],
  ['g013', 'HTTPRoutePathMatchOrder', '/match/prefix/one/any', 'v2'],
  ['g014', 'HTTPRoutePathMatchOrder', '/match/prefix/any', 'v1'],
  ['g015', 'HTTPRoutePathMatchOrder', '/match/any', 'v3'],
  ['g020', 'HTTPRouteExactPathMatching', '/one', 'v1'],
  ['g021', 'HTTPRouteExactPathMatching', '/two', 'v2'],
  ['g022', 'HTTPRouteExactPathMatching', '/', 404],
  ['g023', 'HTTPRouteExactPathMatching', '/one/example', 404],
  ['g024', 'HTTPRouteExactPathMatching', '/two/', 404],
  ['g025', 'HTTPRouteExactPathMatching', '/Two', 404],
  ['g040', 'HTTPRouteHeaderMatching', '/ version:two color:orange', 'v1'],
  ['g041', 'HTTPRouteHeaderMatching', '/ version:two color:blue', 'v2'],
  ['g042', 'HTTPRouteHeaderMatching', '/ color:orange', 404],
  ['g043', 'HTTPRouteHeaderMatching', '/ color:blue', 'v1'],
  ['g043b', 'HTTPRouteHeaderMatching', '/ Color:blue', 'v1'],
  ['g044', 'HTTPRouteHeaderMatching', '/ color:yellow', 'v2'],
  ['g045', 'HTTPRouteHeaderMatching', '/ color:purple', 404],
  ['g050', 'HTTPRouteMethodMatching', 'POST /', 'v1'],
  ['g051', 'HTTPRouteMethodMatching', 'GET /', 'v2'],
  ['g052', 'HTTPRouteMethodMatching', 'HEAD /', 404],
  ['g053', 'HTTPRouteMethodMatching', 'GET /path1', 'v1'],
  ['g054', 'HTTPRouteMethodMatching', 'PUT / version:one', 'v2'],
  ['g055', 'HTTPRouteMethodMatching', 'PUT /', 404],
  ['g056', 'HTTPRouteMethodMatching', 'POST /path2 version:two', 'v3'],
  ['g057', 'HTTPRouteMethodMatching', 'DELETE /path4 version:three', 'v1'],
  ['g058', 'HTTPRouteMethodMatching', 'DELETE /path4', 404],
  ['g059', 'HTTPRouteMethodMatching', 'PATCH /path5', 'v1'],
  ['g060', 'HTTPRouteMethodMatching', 'PATCH / version:four', 'v2'],
  ['g070', 'HTTPRouteQueryParamMatching', '/?animal=whale', 'v1'],
  ['g071', 'HTTPRouteQueryParamMatching', '/?animal=dolphin', 'v2'],
  ['g072', 'HTTPRouteQueryParamMatching', '/?animal=dolphin&color=blue', 'v3'],
  ['g073', 'HTTPRouteQueryParamMatching', '/?ANIMAL=Whale', 'v3'],
  ['g074', 'HTTPRouteQueryParamMatching', '/?color=blue', 404],
  ['g075', 'HTTPRouteQueryParamMatching', '/path5?animal=hydra', 'v1'],
  ['g076', 'HTTPRouteQueryParamMatching', '/?animal=hydra version:four', 'v3'],
]

describe('matching within a route', () => {
  test.for(matching)('%s %s: %s gives %s', ([, name, asked, expected]) => {
    expect(answer(one(groups[name] ?? []), request(asked))).toBe(expected)
  })
})

describe('HTTPRouteMatchingAcrossRoutes', () => {
  const proxy = proxies(
    gateway('gw', ['http:80/HTTP']),
    httpRoute('one', {
      hostnames: ['example.com', 'example.net'],
      rules: rules([
        [{ prefix: '/' }, 'v1'],
        [{ headers: { version: 'one' } }, 'v1'],
      ]),
    }),
    httpRoute('two', {
      hostnames: ['example.com'],
      rules: rules([
        [{ prefix: '/v2' }, 'v2'],
        [{ headers: { version: 'two' } }, 'v2'],
      ]),
    }),
    backends,
  )[0]
  // biome-ignore format: one request a line
  test.for([
    ['g030', 'example.com', '/', 'v1'],
    ['g031', 'example.com', '/v2', 'v2'],
    ['g032', 'example.net', '/v2', 'v1'],
    ['g033', 'example.com', '/ version:two', 'v2'],
  ] as const)('%s %s%s gives %s', ([, host, asked, expected]) => {
    expect(answer(proxy, request(asked, { host }))).toBe(expected)
  })
})

describe('HTTPRouteListenerHostnameMatching', () => {
  const hosts = ['bar.com', 'foo.bar.com', '*.bar.com', '*.foo.com']
  const routes = { v1: ['bar.com'], v2: ['foo.bar.com'], v3: ['*.bar.com', '*.foo.com'] }
  const proxy = proxies(
    gateway(
      'gw',
      hosts.map((host, index) => `l${index}:80/HTTP ${host}`),
    ),
    ...Object.entries(routes).map(([name, own]) =>
      httpRoute(name, {
        parentRefs: own.map((host) => ({ name: 'gw', sectionName: `l${hosts.indexOf(host)}` })),
        rules: rules([[{ prefix: '/' }, name]]),
      }),
    ),
    backends,
  )[0]
  // biome-ignore format: one host a line
  test.for([
    ['g080', 'bar.com', 'v1'],
    ['g081', 'foo.bar.com', 'v2'],
    ['g082', 'baz.bar.com', 'v3'],
    ['g082b', 'boo.bar.com', 'v3'],
    ['g083', 'multiple.prefixes.bar.com', 'v3'],
    ['g084', 'multiple.prefixes.foo.com', 'v3'],
    ['g085', 'foo.com', 404],
    ['g086', 'no.matching.host', 404],
  ] as const)('%s %s gives %s', ([, host, expected]) => {
    expect(answer(proxy, request('/', { host }))).toBe(expected)
  })
})

describe('HTTPRouteHostnameIntersection', () => {
  const listeners = ['very.specific.com', '*.wildcard.io', '*.anotherwildcard.io']
  // biome-ignore format: one route a line
  const routes: readonly (readonly [name: string, hostnames: readonly string[], path: string, backend: string])[] = [
    ['specific-host', ['non.matching.com', '*.nonmatchingwildcard.io', 'very.specific.com'], '/s1', 'v1'],
    ['wildcard-host', ['non.matching.com', 'wildcard.io', 'foo.wildcard.io', 'bar.wildcard.io', 'foo.bar.wildcard.io'], '/s2', 'v2'],
    ['wider-host', ['*.specific.com'], '/s3', 'v3'],
    ['same-wildcard', ['*.anotherwildcard.io'], '/s4', 'v1'],
    ['no-intersection', ['specific.but.wrong.com', 'wildcard.io'], '/s5', 'v2'],
  ]
  const proxy = proxies(
    gateway(
      'gw',
      listeners.map((host, index) => `l${index}:80/HTTP ${host}`),
    ),
    ...routes.map(([name, hostnames, prefix, to]) =>
      httpRoute(name, { hostnames, rules: rules([[{ prefix }, to]]) }),
    ),
    backends,
  )[0]
  // biome-ignore format: one request a line
  test.for([
    ['g090', 'very.specific.com', '/s1', 'v1'],
    ['g091', 'very.specific.com:1234', '/s1', 'v1'],
    ['g092', 'non.matching.com', '/s1', 404],
    ['g092b', 'foo.nonmatchingwildcard.io', '/s1', 404],
    ['g093', 'foo.wildcard.io', '/s2', 'v2'],
    ['g093b', 'bar.wildcard.io', '/s2', 'v2'],
    ['g094', 'foo.bar.wildcard.io', '/s2', 'v2'],
    ['g095', 'wildcard.io', '/s2', 404],
    ['g096', 'very.specific.com', '/s3', 'v3'],
    ['g097', 'foo.specific.com', '/s3', 404],
    ['g098', 'any.label.anotherwildcard.io', '/s4', 'v1'],
    ['g099', 'anotherwildcard.io', '/s4', 404],
    ['g100', 'specific.but.wrong.com', '/s5', 404],
  ] as const)('%s %s%s gives %s', ([, host, asked, expected]) => {
    expect(answer(proxy, request(asked, { host }))).toBe(expected)
  })
})

describe('HTTPRouteListenerPortMatching', () => {
  const listeners = [
    'one:80/HTTP foo.com',
    'two:8080/HTTP foo.com',
    'three:8080/HTTP bar.com',
    'four:8090/HTTP foo.com',
  ]
  const to = (name: string, parent: object) =>
    httpRoute(name, { parentRefs: [{ name: 'gw', ...parent }], rules: rules([[{ prefix: '/' }, name]]) })
  const proxy = proxies(
    gateway('gw', listeners),
    to('v1', { port: 80 }),
    to('v2', { port: 8080 }),
    to('v3', { port: 8090, sectionName: 'four' }),
    backends,
  )[0]
  // biome-ignore format: one request a line
  test.for([
    ['foo.com', 80, 'v1'],
    ['bar.com', 80, 404],
    ['foo.com', 8080, 'v2'],
    ['bar.com', 8080, 'v2'],
    ['foo.com', 8090, 'v3'],
    ['bar.com', 8090, 404],
  ] as const)('%s on port %i gives %s', ([host, port, expected]) => {
    expect(answer(proxy, request('/', { host, port }))).toBe(expected)
  })
})

describe('GatewayHTTPListenerIsolation', () => {
  const hosts = ['', '*.example.com', '*.foo.example.com', 'abc.foo.example.com']
  const names = ['empty', 'wild-example', 'wild-foo', 'abc-foo']
  const isolated = (hostnames?: readonly string[]) =>
    proxies(
      gateway(
        'gw',
        hosts.map((host, index) => `${names[index]}:80/HTTP${host && ` ${host}`}`),
      ),
      ...names.map((name) =>
        httpRoute(name, {
          parentRefs: [{ name: 'gw', sectionName: name }],
          rules: rules([[{ prefix: `/${name}` }, 'v1']]),
          ...(hostnames && { hostnames }),
        }),
      ),
      backends,
    )[0]
  const served = {
    'bar.com': 'empty',
    'bar.example.com': 'wild-example',
    'bar.foo.example.com': 'wild-foo',
    'abc.foo.example.com': 'abc-foo',
  }
  const every = ['bar.com', '*.example.com', '*.foo.example.com', 'abc.foo.example.com']
  for (const [host, owner] of Object.entries(served)) {
    test.for(names)(`${host}/%s is served by ${owner} alone`, (name) => {
      expect(answer(isolated(), request(`/${name}`, { host }))).toBe(name === owner ? 'v1' : 404)
    })
    test.for(names)(`${host}/%s, with all host names on all routes`, (name) => {
      expect(answer(isolated(every), request(`/${name}`, { host }))).toBe(name === owner ? 'v1' : 404)
    })
  }
})

describe('precedence beyond one route', () => {
  const two = (a: object, b: object, metaA: object = {}, metaB: object = {}) =>
    proxies(
      gateway('gw', ['http:80/HTTP']),
      httpRoute('a', { ...a }, { ...metaA }),
      httpRoute('b', { ...b }, { ...metaB }),
      backends,
    )[0]
  const to = (name: string) => ({ rules: rules([[{ prefix: '/' }, name]]) })
  test('of equal matches the older route wins', () => {
    const proxy = two(
      to('v1'),
      to('v2'),
      { creationTimestamp: '2026-02-01T00:00:00Z' },
      { creationTimestamp: '2026-01-01T00:00:00Z' },
    )
    expect(answer(proxy, request('/'))).toBe('v2')
  })
  test('of one age the first by name wins', () => {
    expect(answer(two(to('v1'), to('v2')), request('/'))).toBe('v1')
  })
  test('an exact host name goes before a wildcard, whatever their paths', () => {
    const proxy = two(
      { hostnames: ['*.a.com'], rules: rules([[{ exact: '/x' }, 'v1']]) },
      { hostnames: ['w.a.com'], rules: rules([[{ prefix: '/' }, 'v2']]) },
    )
    expect(answer(proxy, request('/x', { host: 'w.a.com' }))).toBe('v2')
    expect(answer(proxy, request('/x', { host: 'other.a.com' }))).toBe('v1')
  })
  test('what the routes of the exact host name leave, those of the wildcard take', () => {
    const proxy = two(
      { hostnames: ['*.a.com'], rules: rules([[{ prefix: '/wide' }, 'v1']]) },
      { hostnames: ['w.a.com'], rules: rules([[{ prefix: '/own' }, 'v2']]) },
    )
    expect(answer(proxy, request('/wide', { host: 'w.a.com' }))).toBe('v1')
  })
  test('a route without rules takes everything and has no backend', () => {
    const proxy = proxies(
      gateway('gw', ['http:80/HTTP']),
      object('HTTPRoute', 'r', { parentRefs: [{ name: 'gw' }] }),
    )[0]
    expect(answer(proxy, request('/'))).toBe(500)
  })
})
