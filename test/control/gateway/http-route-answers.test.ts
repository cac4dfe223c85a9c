import { describe, expect, test } from 'vitest'
import type { RoutingDecision } from '../../../src/http/route.ts'
import { routeRequest } from '../../../src/http/route.ts'
import {
  answer,
  backend,
  backends,
  gateway,
  group,
  httpRoute,
  match,
  namespace,
  object,
  proxies,
  request,
  routeCondition,
  rules,
  service,
  state,
} from './gateway-objects.ts'

/**
 * What becomes of a request that a rule has taken: backends, filters, redirects, TLS. Facts from the conformance
 * tests of kubernetes-sigs/gateway-api 1.6 under their names, and from its specification.
 */

const grant = (to: string, from = 'default', kind = 'HTTPRoute', toKind = 'Service') =>
  object(
    'ReferenceGrant',
    'grant',
    { from: [{ group, kind, namespace: from }], to: [{ group: '', kind: toKind }] },
    { namespace: to },
  )
const other = `${namespace('other')}\n${service('v1', 'other')}`
const empty = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'empty' },
  spec: { ports: [{ port: 8080 }] },
})
const external = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'external' },
  spec: { type: 'ExternalName', externalName: 'example.com' },
})
const udp = service('udp', 'default', 8080, 'UDP')

interface BackendRow {
  readonly id: string
  readonly name: string
  readonly refs?: readonly object[]
  readonly more?: readonly string[]
  readonly expected: string | number
  readonly condition?: string
}

// biome-ignore format: one case a line
const backendRows: readonly BackendRow[] = [
  { id: 'h01', name: 'HTTPRouteNoBackendRefs', expected: 500 },
  { id: 'h02', name: 'HTTPRouteNoBackendRefs, empty', refs: [], expected: 500 },
  { id: 'h03', name: 'HTTPRouteInvalidNonExistentBackendRef', refs: [backend('nope')], expected: 500, condition: 'ResolvedRefs=False BackendNotFound' },
  { id: 'h04', name: 'HTTPRouteInvalidBackendRefUnknownKind', refs: [{ group: 'unknownkind.example.com', kind: 'NonExistent', name: 'v1' }], expected: 500, condition: 'ResolvedRefs=False InvalidKind' },
  { id: 'h05', name: 'HTTPRouteInvalidCrossNamespaceBackendRef', refs: [backend('other/v1')], more: [other], expected: 500, condition: 'ResolvedRefs=False RefNotPermitted' },
  { id: 'h06', name: 'HTTPRouteReferenceGrant', refs: [backend('other/v1')], more: [other, grant('other')], expected: 'other/v1', condition: 'ResolvedRefs=True ResolvedRefs' },
  { id: 'h06b', name: 'HTTPRouteInvalidReferenceGrant, in the wrong namespace', refs: [backend('other/v1')], more: [other, grant('default')], expected: 500, condition: 'ResolvedRefs=False RefNotPermitted' },
  { id: 'h06c', name: 'HTTPRouteInvalidReferenceGrant, for another kind', refs: [backend('other/v1')], more: [other, grant('other', 'default', 'GRPCRoute')], expected: 500, condition: 'ResolvedRefs=False RefNotPermitted' },
  { id: 'h06d', name: 'HTTPRouteInvalidReferenceGrant, for Secrets', refs: [backend('other/v1')], more: [other, grant('other', 'default', 'HTTPRoute', 'Secret')], expected: 500, condition: 'ResolvedRefs=False RefNotPermitted' },
  { id: 'h06e', name: 'HTTPRouteInvalidReferenceGrant, from another namespace', refs: [backend('other/v1')], more: [other, grant('other', 'elsewhere')], expected: 500, condition: 'ResolvedRefs=False RefNotPermitted' },
  { id: 'h06f', name: 'HTTPRoutePartiallyInvalidViaInvalidReferenceGrant', refs: [backend('v1'), backend('other/v1')], more: [other], expected: 'v1 500', condition: 'ResolvedRefs=False RefNotPermitted' },
  { id: 'h08', name: 'half of the weight is invalid', refs: [backend('v1*1'), backend('nope*1')], expected: 'v1 500', condition: 'ResolvedRefs=False BackendNotFound' },
  { id: 'h09', name: 'a Service without ready endpoints', refs: [backend('empty')], more: [empty], expected: 503, condition: 'ResolvedRefs=True ResolvedRefs' },
  { id: 'h11', name: 'a port that the Service does not have', refs: [backend('v1:3000')], expected: 500, condition: 'ResolvedRefs=False BackendNotFound' },
  { id: 'h12', name: 'all weights are 0', refs: [backend('v1*0')], expected: 500 },
  { id: 'h13', name: 'an ExternalName', refs: [backend('external')], more: [external], expected: 500, condition: 'ResolvedRefs=False UnsupportedValue' },
  { id: 'h14', name: 'a UDP port for HTTP', refs: [backend('udp')], more: [udp], expected: 500, condition: 'ResolvedRefs=False UnsupportedProtocol' },
  { id: 'h15', name: 'HTTPRouteSimpleSameNamespace', refs: [backend('v1')], expected: 'v1', condition: 'ResolvedRefs=True ResolvedRefs' },
]

describe('backends', () => {
  test.for(backendRows)('$id $name', ({ refs, more = [], expected, condition }) => {
    const rule = { matches: [match({ prefix: '/' })], ...(refs && { backendRefs: refs }) }
    const documents = [gateway('gw', ['http:80/HTTP']), httpRoute('r', { rules: [rule] }), backends, ...more]
    expect(answer(proxies(...documents)[0], request('/'))).toBe(expected)
    if (condition) expect(routeCondition(state(...documents), 'r', 'ResolvedRefs')).toBe(condition)
  })
  test('h07 HTTPRouteWeight: 70, 30 and 0', () => {
    const refs = [backend('v1*70'), backend('v2*30'), backend('v3*0')]
    const { result } = decide({ rules: [{ backendRefs: refs }] }, '/')
    const shares = result.type === 'forward' ? result.shares.map((one) => [one.backend.name, one.share]) : []
    expect(shares).toEqual([
      ['default/v1:8080', 0.7],
      ['default/v2:8080', 0.3],
    ])
  })
  test('HTTPRouteServiceTypes: a headless Service with hand-made slices goes to their port', () => {
    const headless = service('v4').replace(
      '"ports":[{"port":8080',
      '"clusterIP":"None","ports":[{"port":8080',
    )
    const { result } = decide({ rules: rules([[{ prefix: '/' }, 'v4']]) }, '/', [headless])
    expect(result.type === 'forward' && result.shares.map((one) => one.target?.port)).toEqual([3000])
  })
  test('HTTPRouteBackendProtocolH2C: appProtocol kubernetes.io/h2c', () => {
    const h2c = service('v5').replace(
      '"protocol":"TCP"',
      '"protocol":"TCP","appProtocol":"kubernetes.io/h2c"',
    )
    const { result } = decide({ rules: rules([[{ prefix: '/' }, 'v5']]) }, '/', [h2c])
    expect(result.type === 'forward' && result.shares[0]?.backend.protocol).toBe('h2c')
  })
})

function decide(
  spec: object,
  asked: string,
  more: readonly string[] = [],
  listeners = ['http:80/HTTP'],
  how: object = {},
): RoutingDecision {
  const [proxy] = proxies(gateway('gw', listeners), httpRoute('r', { ...spec }), backends, ...more)
  if (!proxy) throw new Error('no proxy')
  return routeRequest(proxy, request(asked, how))
}

const rewriting = (prefix: string, type: string, field: string, value: string) => ({
  rules: [
    {
      matches: [match({ prefix })],
      filters: [{ type: 'URLRewrite', urlRewrite: { path: { type, [field]: value } } }],
      backendRefs: [backend('v1')],
    },
  ],
})
const sent = ({ result }: RoutingDecision) => (result.type === 'forward' ? result.request : undefined)

describe('HTTPRouteRewritePath', () => {
  // biome-ignore format: one rewrite a line
  test.for([
    ['w01', '/prefix/one', 'ReplacePrefixMatch', '/one', '/prefix/one/two', '/one/two'],
    ['w02', '/strip-prefix', 'ReplacePrefixMatch', '/', '/strip-prefix/three', '/three'],
    ['w03', '/strip-prefix', 'ReplacePrefixMatch', '/', '/strip-prefix', '/'],
    ['w04', '/full/one', 'ReplaceFullPath', '/one', '/full/one/two', '/one'],
    ['w05', '/foo/', 'ReplacePrefixMatch', '/xyz/', '/foo/bar', '/xyz/bar'],
    ['w06', '/foo', 'ReplacePrefixMatch', '/xyz', '/foo', '/xyz'],
    ['w07', '/foo', 'ReplacePrefixMatch', '/xyz', '/foo/', '/xyz/'],
    ['w08', '/foo', 'ReplacePrefixMatch', '', '/foo/bar', '/bar'],
    ['w09', '/foo', 'ReplacePrefixMatch', '', '/foo/', '/'],
  ] as const)('%s %s, %s %s: %s becomes %s', ([, prefix, type, value, asked, expected]) => {
    const field = type === 'ReplaceFullPath' ? 'replaceFullPath' : 'replacePrefixMatch'
    expect(sent(decide(rewriting(prefix, type, field, value), asked))?.path).toBe(expected)
  })
})

describe('filters', () => {
  const filtered = (filter: object, onBackend = false) => ({
    rules: [
      onBackend
        ? { backendRefs: [{ ...backend('v1'), filters: [filter] }] }
        : { filters: [filter], backendRefs: [backend('v1')] },
    ],
  })
  const headers = {
    set: [{ name: 'X-Set', value: 'new' }],
    add: [{ name: 'X-Add', value: 'more' }],
    remove: ['X-Remove'],
  }
  const asked = '/ X-Set:old X-Add:some X-Remove:gone x-other:kept'
  const own = (list: readonly (readonly [string, string])[] = []) =>
    list
      .filter(([name]) => /^x-(set|add|remove|other)$/i.test(name))
      .map((one) => one.join('='))
      .toSorted()
  const expected = ['X-Add=more', 'X-Add=some', 'X-Set=new', 'x-other=kept']

  test('HTTPRouteRequestHeaderModifier', () => {
    const filter = { type: 'RequestHeaderModifier', requestHeaderModifier: headers }
    expect(own(sent(decide(filtered(filter), asked))?.headers)).toEqual(expected)
  })
  test('HTTPRouteBackendRequestHeaderModifier', () => {
    const filter = { type: 'RequestHeaderModifier', requestHeaderModifier: headers }
    const { result } = decide(filtered(filter, true), asked)
    expect(own(result.type === 'forward' ? result.shares[0]?.request?.headers : [])).toEqual(expected)
  })
  test('HTTPRouteBackendURLRewrite', () => {
    const filter = {
      type: 'URLRewrite',
      urlRewrite: { path: { type: 'ReplaceFullPath', replaceFullPath: '/rewritten-full' } },
    }
    const { result } = decide(filtered(filter, true), '/full/original')
    expect(result.type === 'forward' && result.shares[0]?.request?.path).toBe('/rewritten-full')
  })
  test('HTTPRouteBackendRequestRedirect', () => {
    const filter = { type: 'RequestRedirect', requestRedirect: { hostname: 'example.org' } }
    const { result } = decide(filtered(filter, true), '/x')
    expect(result).toMatchObject({ type: 'redirect', status: 302, location: 'http://example.org/x' })
  })
  test('HTTPRouteRewriteHost', () => {
    const filter = { type: 'URLRewrite', urlRewrite: { hostname: 'one.example.org' } }
    expect(sent(decide(filtered(filter), '/one'))?.host).toBe('one.example.org')
  })
  // biome-ignore format: one mirror a line
  test.for([
    ['HTTPRouteRequestMirror', [{}], [1]],
    ['HTTPRouteRequestMultipleMirrors', [{}, {}], [1, 1]],
    ['HTTPRouteRequestPercentageMirror', [{ percent: 20 }], [0.2]],
    ['HTTPRouteRequestPercentageMirror, by fraction', [{ fraction: { numerator: 1, denominator: 2 } }], [0.5]],
  ] as const)('%s', ([, extras, shares]) => {
    const list = extras.map((extra) => ({ type: 'RequestMirror', requestMirror: { backendRef: backend('v2'), ...extra } }))
    const decision = decide({ rules: [{ filters: list, backendRefs: [backend('v1')] }] }, '/')
    expect(decision.mirrors.map((one) => [one.backend.name, one.share])).toEqual(shares.map((share) => ['default/v2:8080', share]))
    expect(sent(decision)?.path).toBe('/')
  })
  // biome-ignore format: one request a line
  test.for([
    ['OPTIONS /x Origin:https://www.foo.com Access-Control-Request-Method:GET', 204],
    ['OPTIONS /x Origin:https://www.bar.com Access-Control-Request-Method:GET', 204],
    ['OPTIONS /x Origin:https://xpto.www.bar.com Access-Control-Request-Method:GET', 204],
    ['OPTIONS /x Origin:https://foobar.com Access-Control-Request-Method:GET', 'v1'],
    ['OPTIONS /x', 'v1'],
    ['GET /x Origin:https://www.foo.com', 'v1'],
  ] as const)('HTTPRouteCORS: %s gives %s', ([text, expectedAnswer]) => {
    const cors = { type: 'CORS', cors: { allowOrigins: ['https://www.foo.com', 'https://*.bar.com'] } }
    const [proxy] = proxies(gateway('gw', ['http:80/HTTP']), httpRoute('r', filtered(cors)), backends)
    expect(answer(proxy, request(text))).toBe(expectedAnswer)
  })
  test("a filter of the controller's own is told of, as it may change the answer", () => {
    const filter = {
      type: 'ExtensionRef',
      extensionRef: { group: 'example.com', kind: 'Waf', name: 'strict' },
    }
    expect(decide(filtered(filter), '/').notModelled.map((one) => one.what)).toEqual([
      "the filter Waf/strict of the controller's own",
    ])
  })
})

interface RedirectRow {
  readonly id: string
  readonly listener: string
  readonly redirect: object
  readonly path?: string
  readonly prefix?: string
  readonly expected: string
}

// biome-ignore format: one redirect a line
const redirects: readonly RedirectRow[] = [
  { id: 'd01', listener: 'l:80/HTTP', redirect: {}, expected: '302 http://host/' },
  { id: 'd02', listener: 'l:80/HTTP', redirect: { port: 80 }, expected: '302 http://host/' },
  { id: 'd03', listener: 'l:80/HTTP', redirect: { port: 8080 }, expected: '302 http://host:8080/' },
  { id: 'd04', listener: 'l:80/HTTP', redirect: { scheme: 'https' }, expected: '302 https://host/' },
  { id: 'd05', listener: 'l:80/HTTP', redirect: { scheme: 'https', port: 443 }, expected: '302 https://host/' },
  { id: 'd06', listener: 'l:80/HTTP', redirect: { scheme: 'https', port: 8443 }, expected: '302 https://host:8443/' },
  { id: 'd07', listener: 'l:8080/HTTP', redirect: {}, expected: '302 http://host:8080/' },
  { id: 'd08', listener: 'l:8080/HTTP', redirect: { port: 80 }, expected: '302 http://host/' },
  { id: 'd09', listener: 'l:8080/HTTP', redirect: { scheme: 'https' }, expected: '302 https://host/' },
  { id: 'd10', listener: 'l:443/HTTPS', redirect: {}, expected: '302 https://host/' },
  { id: 'd11', listener: 'l:443/HTTPS', redirect: { scheme: 'http', port: 8080 }, expected: '302 http://host:8080/' },
  { id: 'd12 HTTPRouteRedirectHostAndStatus', listener: 'l:80/HTTP', redirect: { hostname: 'example.org' }, expected: '302 http://example.org/' },
  { id: 'HTTPRouteRedirectHostAndStatus', listener: 'l:80/HTTP', redirect: { hostname: 'example.org', statusCode: 301 }, expected: '301 http://example.org/' },
  { id: 'HTTPRoute303Redirect', listener: 'l:80/HTTP', redirect: { statusCode: 303 }, expected: '303 http://host/' },
  { id: 'HTTPRoute307Redirect', listener: 'l:80/HTTP', redirect: { statusCode: 307 }, expected: '307 http://host/' },
  { id: 'HTTPRoute308Redirect', listener: 'l:80/HTTP', redirect: { statusCode: 308 }, expected: '308 http://host/' },
  { id: 'HTTPRouteRedirectPath prefix', listener: 'l:80/HTTP', prefix: '/original-prefix', path: '/original-prefix/lemon', redirect: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/replacement-prefix' } }, expected: '302 http://host/replacement-prefix/lemon' },
  { id: 'HTTPRouteRedirectPath full', listener: 'l:80/HTTP', prefix: '/full', path: '/full/path/original', redirect: { path: { type: 'ReplaceFullPath', replaceFullPath: '/full-path-replacement' } }, expected: '302 http://host/full-path-replacement' },
  { id: 'the query stays', listener: 'l:80/HTTP', path: '/a?b=c', redirect: { scheme: 'https' }, expected: '302 https://host/a?b=c' },
]

describe('redirects', () => {
  test.for(redirects)('$id', ({ listener: text, redirect, path = '/', prefix = '/', expected }) => {
    const port = Number(/:(\d+)/.exec(text)?.[1])
    const https = text.endsWith('HTTPS')
    const rule = {
      matches: [match({ prefix })],
      filters: [{ type: 'RequestRedirect', requestRedirect: redirect }],
    }
    const [proxy] = proxies(gateway('gw', [text]), httpRoute('r', { rules: [rule] }))
    const host = [80, 443].includes(port) ? 'host' : `host:${port}`
    expect(answer(proxy, request(path, { host, port, https, ...(https && { sni: 'host' }) }))).toBe(expected)
  })
})

describe('HTTPRouteHTTPSListenerDetectMisdirectedRequests', () => {
  const listeners = [
    'any:443/HTTPS',
    'second:443/HTTPS second-example.org',
    'wild:443/HTTPS *.wildcard.org',
    'fourth:443/HTTPS fourth-example.wildcard.org',
  ]
  const to = (name: string, sectionName: string, more: object = {}) =>
    httpRoute(`${name}-${sectionName}`, {
      parentRefs: [{ name: 'gw', sectionName }],
      rules: rules([[{ prefix: '/' }, name]]),
      ...more,
    })
  const [proxy] = proxies(
    gateway('gw', listeners),
    to('v1', 'any', { hostnames: ['example.org'] }),
    to('v2', 'second'),
    to('v3', 'wild'),
    to('v1', 'fourth'),
    backends,
  )
  // biome-ignore format: one connection a line
  test.for([
    ['m01', 'example.org', 'example.org', 'v1'],
    ['m02', 'example.org', 'second-example.org', 421],
    ['m03', 'example.org', 'unknown-example.org', 404],
    ['m04', 'second-example.org', 'second-example.org', 'v2'],
    ['m05', 'second-example.org', 'example.org', 421],
    ['m06', 'second-example.org', 'unknown-example.org', 421],
    ['m07', 'third-example.wildcard.org', 'third-example.wildcard.org', 'v3'],
    ['m08', 'third-example.wildcard.org', 'fifth-example.wildcard.org', 'v3'],
    ['m09', 'third-example.wildcard.org', 'fourth-example.wildcard.org', 421],
    ['m10', 'fourth-example.wildcard.org', 'fourth-example.wildcard.org', 'v1'],
    ['m11', 'fourth-example.wildcard.org', 'fifth-example.wildcard.org', 421],
    ['m12', 'unknown-example.org', 'example.org', 'v1'],
    ['m13', 'unknown-example.org', 'unknown-example.org', 404],
  ] as const)('%s SNI %s, Host %s gives %s', ([, sni, host, expected]) => {
    expect(answer(proxy, request('/', { sni, host, https: true }))).toBe(expected)
  })
  test('HTTPRouteHTTPSListener: without a server name the listener for every host answers', () => {
    expect(answer(proxy, request('/', { host: 'example.org', https: true }))).toBe('v1')
  })
})
