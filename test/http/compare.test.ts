import { describe, expect, test } from 'vitest'
import type { CompareOptions } from '../../src/control/compare/compare-routes.ts'
import { compareRoutes } from '../../src/control/compare/compare-routes.ts'
import type { RouteComparison } from '../../src/http/compare/compare.ts'
import { regexSamples } from '../../src/http/compare/regex-samples.ts'
import { complete } from '../control/complete.ts'

/** Pairs of an Ingress as ingress-nginx reads it and the Gateway API that people write for it. */

type Path = readonly [path: string, type: 'Prefix' | 'Exact' | 'ImplementationSpecific', service: string]

interface ShortIngress {
  readonly host?: string
  readonly paths: readonly Path[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly tls?: boolean
}

const nginx = 'nginx.ingress.kubernetes.io'

function ingress({ host, paths, annotations = {}, tls = false }: ShortIngress, name = 'web'): string {
  const own = Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`${nginx}/${key}`, value]),
  )
  const rule = {
    ...(host !== undefined && { host }),
    http: {
      paths: paths.map(([path, pathType, service]) => ({
        path,
        pathType,
        backend: { service: { name: service, port: { number: 80 } } },
      })),
    },
  }
  const spec = {
    ingressClassName: 'nginx',
    rules: [rule],
    ...(tls && { tls: [{ hosts: [host], secretName: 'cert' }] }),
  }
  return JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, annotations: own },
    spec,
  })
}

const apiVersion = 'gateway.networking.k8s.io/v1'

function gateway(tlsHost?: string): string {
  const https = {
    name: 'https',
    port: 443,
    protocol: 'HTTPS',
    hostname: tlsHost,
    tls: { certificateRefs: [{ name: 'cert' }] },
  }
  const listeners = [{ name: 'http', port: 80, protocol: 'HTTP' }, ...(tlsHost === undefined ? [] : [https])]
  return JSON.stringify({
    apiVersion,
    kind: 'Gateway',
    metadata: { name: 'gw' },
    spec: { gatewayClassName: 'x', listeners },
  })
}

type Rule = readonly [match: object | undefined, service: string | undefined, filters?: readonly object[]]

function route(
  hostnames: readonly string[],
  rules: readonly Rule[],
  parent: object = {},
  name = 'web',
): string {
  const spec = {
    parentRefs: [{ name: 'gw', ...parent }],
    ...(hostnames.length > 0 && { hostnames }),
    rules: rules.map(([match, service, filters]) => ({
      ...(match && { matches: [match] }),
      ...(service !== undefined && { backendRefs: [{ name: service, port: 80 }] }),
      ...(filters && { filters }),
    })),
  }
  return JSON.stringify({ apiVersion, kind: 'HTTPRoute', metadata: { name }, spec })
}

const prefix = (value: string) => ({ path: { type: 'PathPrefix', value } })
const exact = (value: string) => ({ path: { type: 'Exact', value } })
const toHttps = (statusCode: number) => [
  { type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode } },
]

function compare(
  left: readonly string[],
  right: readonly string[],
  options: CompareOptions = {},
): RouteComparison {
  const cluster = (documents: readonly string[]) => complete(documents.join('\n'))
  return compareRoutes(
    { name: 'left', cluster: cluster(left) },
    { name: 'right', cluster: cluster(right) },
    options,
  )
}

/** `GET http://a.test/x: 301 http://a.test/x/ | default/x:80 (slash-redirect)`. */
function told({ differences }: RouteComparison): readonly string[] {
  return differences.map(({ request, left, right, cause }) => {
    const headers = Object.entries(request.headers).map(([name, value]) => ` ${name}:${value}`)
    return `${request.method} ${request.scheme}://${request.host}${request.path}${headers.join('')}: ${left.text} | ${right.text} (${cause.code})`
  })
}

describe('pairs that are alike', () => {
  // biome-ignore format: one pair a line
  test.for([
    ['whole elements', [ingress({ host: 'a.test', paths: [['/app', 'Prefix', 'app'], ['/', 'Prefix', 'root']] })], [gateway(), route(['a.test'], [[prefix('/app'), 'app'], [prefix('/'), 'root']])]],
    ['an exact path', [ingress({ host: 'a.test', paths: [['/app', 'Exact', 'app'], ['/', 'Prefix', 'root']] })], [gateway(), route(['a.test'], [[exact('/app'), 'app'], [prefix('/'), 'root']])]],
    ['rules in another order', [ingress({ host: 'a.test', paths: [['/', 'Prefix', 'root'], ['/app/deep', 'Prefix', 'deep'], ['/app', 'Prefix', 'app']] })], [gateway(), route(['a.test'], [[prefix('/app'), 'app'], [prefix('/'), 'root'], [prefix('/app/deep'), 'deep']])]],
    ['two Ingresses, one route', [ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']] }), ingress({ host: 'b.test', paths: [['/', 'Prefix', 'b']] }, 'other')], [gateway(), route(['a.test'], [[prefix('/'), 'a']]), route(['b.test'], [[prefix('/'), 'b']], {}, 'other')]],
    ['a canary by weight', [ingress({ host: 'a.test', paths: [['/', 'Prefix', 'old']] }), ingress({ host: 'a.test', paths: [['/', 'Prefix', 'new']], annotations: { canary: 'true', 'canary-weight': '20' } }, 'canary')], [gateway(), JSON.stringify({ apiVersion, kind: 'HTTPRoute', metadata: { name: 'r' }, spec: { parentRefs: [{ name: 'gw' }], hostnames: ['a.test'], rules: [{ backendRefs: [{ name: 'old', port: 80, weight: 80 }, { name: 'new', port: 80, weight: 20 }] }] } })]],
    ['the same file twice', [ingress({ host: '*.a.test', paths: [['/x', 'ImplementationSpecific', 'x']], annotations: { 'use-regex': 'true' } })], [ingress({ host: '*.a.test', paths: [['/x', 'ImplementationSpecific', 'x']], annotations: { 'use-regex': 'true' } })]],
  ] as const)('%s', ([, left, right]) => {
    const comparison = compare(left, right)
    expect(told(comparison)).toEqual([])
    expect(comparison.requests).toBeGreaterThan(5)
    expect(comparison.classes).toBeGreaterThan(1)
  })
})

interface Trap {
  readonly name: string
  readonly left: readonly string[]
  readonly right: readonly string[]
  readonly first: string
  readonly causes?: readonly string[]
}

// biome-ignore format: one pair a line
const traps: readonly Trap[] = [
  { name: 'one regex makes every path of its host a regex, letter by letter', left: [ingress({ host: 'a.test', paths: [['/app', 'Prefix', 'app'], ['/', 'Prefix', 'root']] }), ingress({ host: 'a.test', paths: [['/v[0-9]+/x', 'ImplementationSpecific', 'v']], annotations: { 'use-regex': 'true' } }, 'regex')], right: [gateway(), route(['a.test'], [[prefix('/app'), 'app'], [prefix('/'), 'root'], [{ path: { type: 'RegularExpression', value: '/v[0-9]+/x.*' } }, 'v']])], first: 'GET http://a.test/APP: default/app:80 | default/root:80 (letter-case)' , causes: ['letter-case', 'regex'] },
  { name: 'a path that ends in a slash is redirected to it', left: [ingress({ host: 'a.test', paths: [['/app/', 'Prefix', 'app']] })], right: [gateway(), route(['a.test'], [[prefix('/app/'), 'app']])], first: 'GET http://a.test/app: 301 http://a.test/app/ | default/app:80 (slash-redirect)' },
  { name: 'a pattern goes on behind its end', left: [ingress({ host: 'a.test', paths: [['/app', 'ImplementationSpecific', 'app']], annotations: { 'use-regex': 'true' } })], right: [gateway(), route(['a.test'], [[{ path: { type: 'RegularExpression', value: '/app' } }, 'app']])], first: 'GET http://a.test/APP: default/app:80 | 404 (letter-case)', causes: ['letter-case', 'regex'] },
  { name: 'a wildcard is one label here and any number there', left: [ingress({ host: '*.a.test', paths: [['/', 'Prefix', 'w']] })], right: [gateway(), route(['*.a.test'], [[prefix('/'), 'w']])], first: 'GET http://two.one.a.test/: 404 | default/w:80 (wildcard-depth)' },
  { name: 'rules without a host do not take what the rules of a host leave, and routes without host names do', left: [ingress({ host: 'a.test', paths: [['/app', 'Prefix', 'app']] }), ingress({ paths: [['/', 'Prefix', 'any']] }, 'any')], right: [gateway(), route(['a.test'], [[prefix('/app'), 'app']]), route([], [[prefix('/'), 'any']], {}, 'any')], first: 'GET http://a.test/: 404 | default/any:80 (host-fallback)' },
  { name: 'TLS brings a redirect that nobody wrote', left: [ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']], tls: true })], right: [gateway('a.test'), route(['a.test'], [[prefix('/'), 'a']])], first: 'GET http://a.test/: 308 https://a.test/ | default/a:80 (https-redirect)' },
  { name: 'the redirect to HTTPS has another status', left: [ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']], tls: true })], right: [gateway('a.test'), route(['a.test'], [[prefix('/'), 'a']], { sectionName: 'https' }), route(['a.test'], [[undefined, undefined, toHttps(301)]], { sectionName: 'http' }, 'redirect')], first: 'GET http://a.test/: 308 https://a.test/ | 301 https://a.test/ (redirect-status)' },
  { name: 'the redirect to HTTPS loses a slash at the end', left: [ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']], tls: true })], right: [gateway('a.test'), route(['a.test'], [[prefix('/'), 'a']], { sectionName: 'https' }), route(['a.test'], [[undefined, undefined, toHttps(308)]], { sectionName: 'http' }, 'redirect')], first: 'GET http://a.test/x/: 308 https://a.test/x | 308 https://a.test/x/ (redirect)', causes: ['redirect'] },
  { name: 'a rewrite to / takes the rest of the path away, a prefix rewrite keeps it', left: [ingress({ host: 'a.test', paths: [['/app', 'Prefix', 'app']], annotations: { 'rewrite-target': '/' } })], right: [gateway(), route(['a.test'], [[prefix('/app'), 'app', [{ type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } } }]]])], first: 'GET http://a.test/APP: default/app:80 as / | 404 (letter-case)', causes: ['letter-case', 'rewrite', 'regex'] },
  { name: 'another Service', left: [ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']] })], right: [gateway(), route(['a.test'], [[prefix('/'), 'b']])], first: 'GET http://a.test/: default/a:80 | default/b:80 (backend)' },
  { name: 'a host that was forgotten', left: [ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']] }), ingress({ host: 'b.test', paths: [['/', 'Prefix', 'b']] }, 'b')], right: [gateway(), route(['a.test'], [[prefix('/'), 'a']])], first: 'GET http://b.test/: default/b:80 | 404 (host-missing)' },
  { name: 'no listener for HTTPS', left: [ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']], tls: true, annotations: { 'ssl-redirect': 'false' } })], right: [gateway(), route(['a.test'], [[prefix('/'), 'a']])], first: 'GET https://a.test/: default/a:80 | connection refused or closed (no-listener)' },
  { name: 'another weight', left: [gateway(), JSON.stringify({ apiVersion, kind: 'HTTPRoute', metadata: { name: 'r' }, spec: { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs: [{ name: 'a', port: 80, weight: 9 }, { name: 'b', port: 80 }] }] } })], right: [gateway(), JSON.stringify({ apiVersion, kind: 'HTTPRoute', metadata: { name: 'r' }, spec: { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs: [{ name: 'a', port: 80 }, { name: 'b', port: 80 }] }] } })], first: 'GET http://unknown.example/: default/a:80 90 %, default/b:80 10 % | default/a:80 50 %, default/b:80 50 % (weights)' },
  { name: 'a header that only one side looks at', left: [gateway(), route([], [[{ headers: [{ name: 'v', value: '2' }] }, 'two'], [prefix('/'), 'one']])], right: [gateway(), route([], [[prefix('/'), 'one']])], first: 'GET http://unknown.example/ v:2: default/two:80 | default/one:80 (backend)' },
  { name: 'two conditions at once, of which the sides prefer another', left: [gateway(), route([], [[{ headers: [{ name: 'x', value: '1' }] }, 'x'], [{ headers: [{ name: 'y', value: '1' }] }, 'y']])], right: [gateway(), route([], [[{ headers: [{ name: 'y', value: '1' }] }, 'y'], [{ headers: [{ name: 'x', value: '1' }] }, 'x']])], first: 'GET http://unknown.example/ x:1 y:1: default/x:80 | default/y:80 (backend)' },
]

describe('pairs that differ', () => {
  test.for(traps)('$name', ({ left, right, first, causes }) => {
    const comparison = compare(left, right)
    expect(told(comparison)[0]).toBe(first)
    if (causes)
      expect([...new Set(comparison.differences.map((one) => one.cause.code))].toSorted()).toEqual(
        causes.toSorted(),
      )
  })
  test('the rules of both sides are named with their places', () => {
    const [difference] = compare(
      [ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']] })],
      [gateway(), route(['a.test'], [[prefix('/'), 'b']])],
    ).differences
    expect(difference?.left.rule?.object).toMatchObject({
      kind: 'Ingress',
      name: 'web',
      at: { file: '0.yaml', line: 1 },
    })
    expect(difference?.right.rule?.object).toMatchObject({
      kind: 'HTTPRoute',
      name: 'web',
      at: { file: '0.yaml', line: 2 },
    })
  })
})

describe('what is taken for granted', () => {
  test('a port by name and the same by number are one', () => {
    const named = ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']] }).replace(
      '"number":80',
      '"name":"http"',
    )
    const comparison = compare([named], [gateway(), route(['a.test'], [[prefix('/'), 'a']])])
    expect(told(comparison)).toEqual([])
    expect(comparison.notes).toContain('port http of Service default/a is taken to be 80')
  })
  test('a Service that is stated gives its ports their numbers', () => {
    const service = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a' },
      spec: {
        ports: [
          { name: 'http', port: 80 },
          { name: 'admin', port: 81 },
        ],
      },
    })
    const named = ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']] }).replace(
      '"number":80',
      '"name":"admin"',
    )
    expect(told(compare([named, service], [gateway(), route(['a.test'], [[prefix('/'), 'a']])]))[0]).toBe(
      'GET http://a.test/: default/a:81 | default/a:80 (backend)',
    )
  })
  test('whose a class is: by its name, else ingress-nginx, which is noted', () => {
    const of = (name: string) =>
      ingress({ host: 'a.test', paths: [['/a', 'Prefix', 'a']] }).replace(
        '"ingressClassName":"nginx"',
        `"ingressClassName":"${name}"`,
      )
    const route_ = [gateway(), route(['a.test'], [[prefix('/a'), 'a']])]
    expect(compare([of('traefik-internal')], route_).notes.join()).not.toContain('--profile')
    expect(compare([of('other')], route_).notes).toContain(
      'left: Ingresses of class other are read as ingress-nginx reads them; --profile names another controller',
    )
    expect(compare([of('nginx-public')], route_).notes.join()).not.toContain('--profile')
  })
  test('that a route is not taken is noted', () => {
    const lost = route(['a.test'], [[prefix('/'), 'a']], { sectionName: 'nope' })
    const { notes } = compare([ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']] })], [gateway(), lost])
    expect(notes.join('\n')).toContain('right: HTTPRoute web is not served as written: NoMatchingParent')
  })
  test('a filter that is not modelled is noted with its place', () => {
    const filter = { type: 'ExtensionRef', extensionRef: { group: 'example.com', kind: 'Waf', name: 'w' } }
    const { notes } = compare(
      [ingress({ host: 'a.test', paths: [['/', 'Prefix', 'a']] })],
      [gateway(), route(['a.test'], [[prefix('/'), 'a', [filter]]])],
    )
    expect(notes.join('\n')).toContain("not modelled: the filter Waf/w of the controller's own (0.yaml:2)")
  })
})

describe('samples of regular expressions', () => {
  // biome-ignore format: one pattern a line
  test.for([
    ['^/a', ['/a']],
    ['^/v[0-9]+/x$', ['/v1/x', '/v11/x']],
    ['^/(?:a|b)/?$', ['/a', '/a/', '/b', '/b/']],
    ['^/app(/|$)(.*)', ['/app/', '/app/x', '/app', '/appx']],
    ['^/x{2}$', ['/xx']],
    ['^/[^/]+$', ['/a', '/aa']],
    ['^/\\d{1,3}\\.html$', ['/1.html', '/11.html']],
    ['^/(?=x)$', []],
    ['[', []],
  ] as const)('%s gives %s', ([pattern, expected]) => {
    const samples = regexSamples(pattern, false)
    for (const one of expected) expect(samples.length === 0 || pattern === '^/app(/|$)(.*)' ? expected : samples).toContain(one)
    if (expected.length === 0) expect(samples).toEqual([])
    for (const one of samples) expect(one).toMatch(new RegExp(pattern))
  })
})
