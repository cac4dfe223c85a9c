import { describe, expect, test } from 'vitest'
import { parseIp } from '../../src/base/ip.ts'
import { certificateMatches } from '../../src/http/certificate.ts'
import { formatTarget } from '../../src/http/path-rewrite.ts'
import type { HttpProxy } from '../../src/http/proxy.ts'
import { routeRequest } from '../../src/http/route.ts'
import { ask, clusterWith, controller, endOf, proxyOf, request } from '../control/ingress/fixtures.ts'

const rule = (path: string, pathType: string, service: string, host = 'a.test') =>
  [host, path, pathType, service, 80] as const

const shop = clusterWith([
  {
    rules: [
      rule('/', 'Prefix', 'root'),
      rule('/cart', 'Prefix', 'cart'),
      rule('/pay', 'Exact', 'pay'),
      rule('/cart', 'Prefix', 'other', 'b.test'),
    ],
  },
])

const nginx = (config: Readonly<Record<string, string>> = {}, args: readonly string[] = []): HttpProxy =>
  proxyOf('ingress-nginx', shop, controller(['--watch-ingress-without-class', ...args], config))

describe('the path that is compared and the path that goes on, as nginx 1.22.1 has them', () => {
  // biome-ignore format: one request a line
  test.for([
    ['/cart/%41%20b',       'cart:80'],
    ['//cart//x',           'cart:80'],
    ['/x/../cart/y',        'cart:80'],
    ['/%63art/x',           'cart:80'],
    ['/cart/..',            'root:80'],
    ['/./cart',             'cart:80'],
    ['/pay%2F',             'root:80'],
    ['/../cart',            '400'],
  ] as const)('%s: %s, and it goes on as it came', ([path, end]) => {
    expect(ask(nginx(), request(`http://a.test${path}`))).toBe(end)
  })

  const rewriting = proxyOf(
    'ingress-nginx',
    clusterWith([
      {
        annotations: { 'rewrite-target': '/$2' },
        rules: [rule('/e(/|$)(.*)', 'ImplementationSpecific', 'e')],
      },
    ]),
  )
  // biome-ignore format: one request a line
  test.for([
    ['/e/a%20b%3Fc%25d',  '/a%20b%3Fc%25d'],
    ['/e/a%2Fb',          '/a/b'],
    ['/E//a',             '/a'],
    ['/e/%C3%A9',         '/%C3%A9'],
    ['/e/a+b&c"d',        '/a+b&c%22d'],
    ['/e/x?z=2',          '/x?z=2'],
    ["/e/~'()*,;=:",      "/~'()*,;=:"],
    ['/e/<>\\^`|[]@!$',    '/%3C%3E%5C%5E%60%7C[]@!$'],
    ['/e/%7f%01x',        '/%7F%01x'],
    ['/e/%25%23%3F',      '/%25%23%3F'],
  ] as const)('rewritten, %s goes on as %s', ([path, rewritten]) => {
    const { result } = routeRequest(rewriting, request(`http://a.test${path}`))
    if (result.type !== 'forward') throw new Error(result.type)
    expect(formatTarget(result.request)).toBe(rewritten)
  })
})

describe('what the backend is told of the client', () => {
  const told = (
    proxy: HttpProxy,
    headers: readonly (readonly [string, string])[],
    names: readonly string[],
  ) => {
    const { result } = routeRequest(proxy, request('http://a.test/', headers))
    if (result.type !== 'forward') return result.type
    return names.map((name) => result.request.headers.find(([one]) => one === name)?.[1] ?? '')
  }
  const spoofed = [
    ['X-Forwarded-For', '198.51.100.1'],
    ['X-Forwarded-Proto', 'https'],
  ] as const
  const names = ['X-Forwarded-For', 'X-Real-IP', 'X-Forwarded-Proto', 'X-Original-Forwarded-For']

  // biome-ignore format: one setting a line
  test.for([
    [{}, ['192.0.2.7', '192.0.2.7', 'http', '198.51.100.1']],
    [{ 'use-forwarded-headers': 'true' }, ['198.51.100.1', '198.51.100.1', 'https', '198.51.100.1']],
    [{ 'use-forwarded-headers': 'true', 'compute-full-forwarded-for': 'true' }, ['198.51.100.1, 192.0.2.7', '198.51.100.1', 'https', '198.51.100.1']],
    [{ 'use-forwarded-headers': 'true', 'proxy-real-ip-cidr': '10.0.0.0/8' }, ['192.0.2.7', '192.0.2.7', 'https', '198.51.100.1']],
  ] as const)('ingress-nginx with %o: %o', ([config, values]) => {
    expect(told(nginx(config), spoofed, names)).toEqual(values)
  })

  test('Traefik believes nobody, unless it is told whom', () => {
    const of = (args: readonly string[]) =>
      told(proxyOf('traefik', shop, controller(args)), spoofed, ['X-Forwarded-For', 'X-Forwarded-Proto'])
    const entry = ['--entryPoints.web.address=:80']
    expect(of(entry)).toEqual(['192.0.2.7', 'http'])
    const trusting = [...entry, '--entryPoints.web.forwardedHeaders.trustedIPs=192.0.2.0/24']
    expect(of(trusting)).toEqual(['198.51.100.1, 192.0.2.7', 'https'])
  })

  test('of several addresses the last that nobody trusted has written counts', () => {
    const config = { 'use-forwarded-headers': 'true', 'proxy-real-ip-cidr': '192.0.2.0/24,10.0.0.0/8' }
    const chain = [['X-Forwarded-For', '203.0.113.5, 198.51.100.1, 10.0.0.3']] as const
    expect(told(nginx(config), chain, ['X-Real-IP'])).toEqual(['198.51.100.1'])
  })
})

describe('the PROXY protocol', () => {
  const client = parseIp('203.0.113.9')
  if (client === undefined) throw new Error('no address')
  // biome-ignore format: one connection a line
  test.for([
    ['true',  {},                  'proxy-header-missing'],
    ['true',  { proxied: client }, 'root:80'],
    ['false', { proxied: client }, '400'],
    ['false', {},                  'root:80'],
  ] as const)('use-proxy-protocol: %s, %o: %s', ([on, more, end]) => {
    expect(ask(nginx({ 'use-proxy-protocol': on }), request('http://a.test/', [], more))).toBe(end)
  })
})

describe('TLS', () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'tls' },
    data: { 'tls.crt': '', 'tls.key': '' },
  }
  const secure = proxyOf(
    'ingress-nginx',
    clusterWith([{ tls: [{ hosts: ['a.test'], secretName: 'tls' }], rules: [rule('/', 'Prefix', 'root')] }], {
      more: [secret],
    }),
  )
  const shown = (proxy: HttpProxy, url: string) => {
    const { tls } = routeRequest(proxy, request(url))
    return `${tls?.certificate.label}: ${tls?.matches}`
  }
  test.for([
    ['https://a.test/', 'Secret default/tls: unknown'],
    ['https://other.test/', 'CN=Kubernetes Ingress Controller Fake Certificate: no'],
  ] as const)('%s is shown %s', ([url, label]) => {
    expect(shown(secure, url)).toBe(label)
  })

  test('a Secret of another namespace is none: the fake certificate, and the redirect to https all the same', () => {
    const elsewhere = { ...secret, metadata: { name: 'tls', namespace: 'other' } }
    const fixture = { tls: [{ hosts: ['a.test'], secretName: 'tls' }], rules: [rule('/', 'Prefix', 'root')] }
    const proxy = proxyOf('ingress-nginx', clusterWith([fixture], { more: [elsewhere] }))
    expect(shown(proxy, 'https://a.test/')).toContain('Fake Certificate: no')
    expect(ask(proxy, request('http://a.test/'))).toBe('308 https://a.test')
  })

  test.for([
    ['*.example.org', 'a.example.org', 'yes'],
    ['*.example.org', 'a.b.example.org', 'no'],
    ['*.example.org', 'example.org', 'no'],
    ['shop.example.com', 'SHOP.example.com:8443', 'yes'],
    ['shop.example.com', '192.0.2.1', 'no'],
  ] as const)('a certificate for %s and %s: %s', ([name, host, matches]) => {
    expect(certificateMatches({ names: [name], label: '' }, host)).toBe(matches)
  })

  test('a host that is passed through goes on whole, to the address of its Service', () => {
    const cluster = clusterWith([
      { annotations: { 'ssl-passthrough': 'true' }, rules: [rule('/', 'Prefix', 'root')] },
    ])
    const args = ['--watch-ingress-without-class', '--enable-ssl-passthrough']
    const decision = routeRequest(
      proxyOf('ingress-nginx', cluster, controller(args)),
      request('https://a.test/x'),
    )
    expect(decision.tls).toBeUndefined()
    expect(decision.result.type).toBe('stream')
    expect(endOf(decision)).toBe('root:80')
  })
})

describe('routes that nearly fit', () => {
  const misses = (url: string) =>
    routeRequest(nginx(), request(url)).nearMisses.map(
      ({ route, host, failed, close }) =>
        `${host.type === 'exact' ? host.name : '*'} ${route.text}: ${failed.type}${close ? ', close' : ''}`,
    )
  // biome-ignore format: one request a line
  test.for([
    ['http://a.test/Cart',    ['a.test Prefix /cart: path, close']],
    ['http://a.test/crat',    ['a.test Prefix /cart: path, close']],
    ['http://a.test/pay/',    ['a.test Exact /pay: path, close']],
    ['http://a.test/cart',    ['b.test Prefix /cart: host, close']],
    ['http://aa.test/cart',   ['a.test Prefix /: host, close', 'a.test Prefix /cart: host, close', 'b.test Prefix /cart: host, close']],
    ['http://a.test/nothing', []],
  ] as const)('%s: %o', ([url, wanted]) => {
    expect(misses(url).toSorted()).toEqual([...wanted].toSorted())
  })
})

test('what is not modelled is told of', () => {
  const fixture = { annotations: { 'auth-url': 'http://auth' }, rules: [rule('/', 'Prefix', 'root')] }
  const { notModelled } = routeRequest(
    proxyOf('ingress-nginx', clusterWith([fixture])),
    request('http://a.test/'),
  )
  expect(notModelled.map(({ what }) => what)).toEqual(['annotation nginx.ingress.kubernetes.io/auth-url'])
})

test.for([
  [{ 'temporal-redirect': 'https://b.test/z' }, '302 https://b.test/z'],
  [{ 'permanent-redirect': 'https://b.test/z', 'permanent-redirect-code': '308' }, '308 https://b.test/z'],
  [{ 'app-root': '/home' }, '302 http://a.test/home'],
  [{ 'force-ssl-redirect': 'true' }, '308 https://a.test'],
  [{ 'whitelist-source-range': 'nonsense' }, '503'],
  [{ 'denylist-source-range': '192.0.2.0/24' }, '403'],
  [{ 'server-alias': 'b.test' }, 'root:80'],
] as const)('ingress-nginx with %o: %s', ([annotations, end]) => {
  const cluster = clusterWith([{ annotations, rules: [rule('/', 'Prefix', 'root')] }])
  const host = 'server-alias' in annotations ? 'b.test' : 'a.test'
  expect(ask(proxyOf('ingress-nginx', cluster), request(`http://${host}/`))).toBe(end)
})
