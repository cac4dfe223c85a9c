import { describe, expect, test } from 'vitest'
import { routeRequest } from '../../../src/http/route.ts'
import {
  answer,
  backend,
  backends,
  conditionText,
  gateway,
  group,
  httpRoute,
  listener,
  namespace,
  object,
  proxies,
  request,
  routeCondition,
  rules,
  service,
  state,
} from './gateway-objects.ts'

/** GRPCRoute, TLSRoute, TCPRoute, UDPRoute and BackendTLSPolicy: conformance tests of Gateway API 1.6. */

const grpcRoute = (name: string, spec: object, metadata: object = {}) =>
  object('GRPCRoute', name, { parentRefs: [{ name: 'gw' }], ...spec }, { ...metadata })
const call = (path: string, host = 'host') => request(`POST ${path}`, { host })
const to = (matches: readonly object[], name: string) => ({ matches, backendRefs: [backend(name)] })

describe('GRPCRoute', () => {
  const exact = grpcRoute('r', {
    rules: [
      to([{ method: { service: 'pkg.Echo', method: 'Echo' } }], 'v1'),
      to([{ method: { service: 'pkg.Echo', method: 'EchoTwo' } }], 'v2'),
    ],
  })
  // biome-ignore format: one call a line
  test.for([
    ['h10 GRPCExactMethodMatching', '/pkg.Echo/Echo', 'v1'],
    ['h10 GRPCExactMethodMatching', '/pkg.Echo/EchoTwo', 'v2'],
    ['h10 GRPCExactMethodMatching: UNIMPLEMENTED, which clients read out of 404', '/pkg.Echo/EchoThree', 404],
  ] as const)('%s: %s gives %s', ([, path, expected]) => {
    expect(answer(proxies(gateway('gw', ['http:80/HTTP']), exact, backends)[0], call(path))).toBe(expected)
  })
  const header = (name: string, value: string) => ({ headers: [{ name, value }] })
  const headers = grpcRoute('r', {
    rules: [
      to([header('version', 'one')], 'v1'),
      to([header('version', 'two')], 'v2'),
      to(
        [
          {
            headers: [
              { name: 'version', value: 'two' },
              { name: 'color', value: 'orange' },
            ],
          },
        ],
        'v1',
      ),
      to([header('color', 'blue'), header('color', 'green')], 'v1'),
      to([header('color', 'red'), header('color', 'yellow')], 'v2'),
    ],
  })
  // biome-ignore format: one call a line
  test.for([
    ['version:one', 'v1'], ['version:two', 'v2'], ['version:two color:orange', 'v1'], ['version:two color:blue', 'v2'],
    ['color:blue', 'v1'], ['color:green', 'v1'], ['color:red', 'v2'], ['color:yellow', 'v2'], ['color:orange', 404], ['Version:one', 'v1'],
  ] as const)('GRPCRouteHeaderMatching: %s gives %s', ([text, expected]) => {
    expect(answer(proxies(gateway('gw', ['http:80/HTTP']), headers, backends)[0], call(`/pkg.Echo/Echo ${text}`))).toBe(expected)
  })
  test.for([
    ['bar.com', 'v1'],
    ['foo.bar.com', 'v2'],
    ['baz.bar.com', 'v3'],
    ['no.matching.host', 404],
  ] as const)('GRPCRouteListenerHostnameMatching: %s gives %s', ([host, expected]) => {
    const names = ['bar.com', 'foo.bar.com', '*.bar.com']
    const [proxy] = proxies(
      gateway(
        'gw',
        names.map((one, index) => `l${index}:80/HTTP ${one}`),
      ),
      ...['v1', 'v2', 'v3'].map((name, index) =>
        grpcRoute(name, {
          parentRefs: [{ name: 'gw', sectionName: `l${index}` }],
          rules: [{ backendRefs: [backend(name)] }],
        }),
      ),
      backends,
    )
    expect(answer(proxy, call('/pkg.Echo/Echo', host))).toBe(expected)
  })
  // biome-ignore format: one order a line
  test.for([
    ['the longer service', [{ method: { service: 'pkg' } }, { method: { service: 'pkg.Echo' } }], '/pkg.Echo/Echo', 'v2'],
    ['a service before a method alone', [{ method: { method: 'Echo' } }, { method: { service: 'p' } }], '/p/Echo', 'v2'],
    ['a method alone', [{ method: { method: 'Echo' } }, { method: { service: 'other' } }], '/p/Echo', 'v1'],
    ['a pattern', [{ method: { type: 'RegularExpression', service: 'pk.*', method: 'E.*' } }, { method: { service: 'other' } }], '/pkg.Echo/Echo', 'v1'],
  ] as const)('precedence: %s', ([, [first, second], path, expected]) => {
    const route = grpcRoute('r', { rules: [to([first], 'v1'), to([second], 'v2')] })
    expect(answer(proxies(gateway('gw', ['http:80/HTTP']), route, backends)[0], call(path))).toBe(expected)
  })
  test('GRPCRouteWeight', () => {
    const route = grpcRoute('r', {
      rules: [{ backendRefs: [backend('v1*70'), backend('v2*30'), backend('v3*0')] }],
    })
    const [proxy] = proxies(gateway('gw', ['http:80/HTTP']), route, backends)
    const decision = proxy && routeRequest(proxy, call('/pkg.Echo/Echo'))
    expect(decision?.result.type === 'forward' && decision.result.shares.map((one) => one.share)).toEqual([
      0.7, 0.3,
    ])
  })
  test('an invalid backend is UNAVAILABLE, which clients read out of 503', () => {
    const route = grpcRoute('r', { rules: [{ backendRefs: [backend('nope')] }] })
    expect(answer(proxies(gateway('gw', ['http:80/HTTP']), route)[0], call('/pkg.Echo/Echo'))).toBe(503)
  })
  test('of an HTTPRoute and a GRPCRoute on one host name the older alone is taken', () => {
    const dated = (year: number) => ({ creationTimestamp: `${year}-01-01T00:00:00Z` })
    const both = (http: number, grpc: number) =>
      state(
        gateway('gw', ['http:80/HTTP']),
        httpRoute('h', { hostnames: ['a.com'] }, dated(http)),
        grpcRoute('g', { hostnames: ['*.com'] }, dated(grpc)),
      )
    expect(routeCondition(both(2025, 2026), 'g', 'Accepted')).toBe('Accepted=False HostnameConflict')
    expect(routeCondition(both(2025, 2026), 'h', 'Accepted')).toBe('Accepted=True Accepted')
    expect(routeCondition(both(2026, 2025), 'h', 'Accepted')).toBe('Accepted=False HostnameConflict')
  })
})

const stream = (
  kind: string,
  name: string,
  parent: object,
  refs: readonly object[],
  more: object = {},
  metadata: object = {},
) =>
  object(
    kind,
    name,
    { parentRefs: [{ name: 'gw', ...parent }], rules: [{ backendRefs: refs }], ...more },
    { ...metadata },
  )
const tlsRoute = (name: string, hostnames: readonly string[], parent: object = {}, to_ = name) =>
  stream('TLSRoute', name, parent, [backend(to_)], { hostnames })
const pass = (text: string) => listener(text, { tls: { mode: 'Passthrough' } })
const end = (text: string) => listener(text, { tls: { mode: 'Terminate', certificateRefs: [{ name: 'c' }] } })
const secure = (sni: string) => request('/', { host: sni, sni, https: true })

interface TlsRow {
  readonly name: string
  readonly listeners: readonly object[]
  readonly routes: readonly string[]
  readonly expected: Readonly<Record<string, string | number>>
}

// biome-ignore format: one case a line
const tlsRows: readonly TlsRow[] = [
  { name: 'TLSRouteSimpleSameNamespace', listeners: [pass('t:443/TLS')], routes: [tlsRoute('v1', ['abc.example.com'])], expected: { 'abc.example.com': 'v1', 'other.com': 'no-certificate' } },
  { name: 'TLSRouteTerminateSimpleSameNamespace', listeners: [end('t:443/TLS')], routes: [tlsRoute('v1', ['abc.example.com'])], expected: { 'abc.example.com': 'v1', 'other.com': 'no-stream' } },
  { name: 'TLSRouteMixedTerminationSameNamespace', listeners: [pass('p:443/TLS pass.example.com'), end('e:443/TLS end.example.com')], routes: [tlsRoute('v1', ['pass.example.com']), tlsRoute('v2', ['end.example.com'])], expected: { 'pass.example.com': 'v1', 'end.example.com': 'v2' } },
  { name: 'TLSRouteHostnameIntersection, exact listener', listeners: [pass('t:443/TLS abc.example.com')], routes: [tlsRoute('v1', ['*.example.com'])], expected: { 'abc.example.com': 'v1', 'def.example.com': 'no-certificate' } },
  { name: 'TLSRouteHostnameIntersection, wildcard listener', listeners: [pass('t:443/TLS *.example.com')], routes: [tlsRoute('v1', ['abc.example.com']), tlsRoute('v2', ['*.example.com'])], expected: { 'abc.example.com': 'v1', 'other.example.com': 'v2', 'two.labels.example.com': 'v2', 'example.com': 'no-certificate' } },
]

describe('TLSRoute', () => {
  for (const { name, listeners, routes, expected } of tlsRows) {
    test.for(Object.entries(expected))(`${name}: %s gives %s`, ([sni, wanted]) => {
      expect(
        answer(
          proxies(
            gateway(
              'gw',
              listeners.map((one) => ({ ...one })),
            ),
            ...routes,
            backends,
          )[0],
          secure(sni),
        ),
      ).toBe(wanted)
    })
  }
})

const otherBackend = `${namespace('other')}\n${service('v1', 'other')}`

describe('invalid backends of whole connections', () => {
  const listeners = [pass('t:443/TLS'), listener('c:9000/TCP'), listener('u:9001/UDP')]
  for (const kind of ['TLSRoute', 'TCPRoute', 'UDPRoute']) {
    const names = kind === 'TLSRoute' ? { hostnames: ['a.com'] } : {}
    const resolved = (refs: readonly object[], ...more: readonly string[]) =>
      routeCondition(
        state(gateway('gw', listeners), stream(kind, 'r', {}, refs, names), otherBackend, ...more),
        'r',
        'ResolvedRefs',
      )
    const udp = kind === 'UDPRoute' ? [service('u1', 'other', 8080, 'UDP')] : []
    const there = backend(kind === 'UDPRoute' ? 'other/u1' : 'other/v1')
    test(`${kind}InvalidBackendRefNonexistent`, () => {
      expect(resolved([backend('nope')])).toBe('ResolvedRefs=False BackendNotFound')
    })
    test(`${kind}InvalidBackendRefUnknownKind`, () => {
      expect(resolved([{ kind: 'Unknown', group: 'example.com', name: 'x' }])).toBe(
        'ResolvedRefs=False InvalidKind',
      )
    })
    test(`${kind}InvalidCrossNamespaceBackendRef`, () => {
      expect(resolved([there], ...udp)).toBe('ResolvedRefs=False RefNotPermitted')
    })
    test(`${kind}ReferenceGrant`, () => {
      const grant = object(
        'ReferenceGrant',
        'grant',
        { from: [{ group, kind, namespace: 'default' }], to: [{ group: '', kind: 'Service' }] },
        { namespace: 'other' },
      )
      expect(resolved([there], grant, ...udp)).toBe('ResolvedRefs=True ResolvedRefs')
    })
  }
})

describe('TCPRoute and UDPRoute', () => {
  const old = { creationTimestamp: '2026-01-01T00:00:00Z' }
  const udp = `${service('u1', 'default', 8080, 'UDP')}\n${service('u2', 'default', 8080, 'UDP')}`
  for (const [kind, protocol, one, two] of [
    ['TCPRoute', 'TCP', 'v1', 'v2'],
    ['UDPRoute', 'UDP', 'u1', 'u2'],
  ] as const) {
    const targets = (
      routes: readonly string[],
      listeners: readonly string[] = [`a:9000/${protocol}`, `b:9001/${protocol}`],
    ) =>
      Object.fromEntries(
        (proxies(gateway('gw', listeners), ...routes, backends, udp)[0]?.listeners ?? []).map(
          ({ port, stream: way }) => [
            port,
            way?.action.type === 'forward'
              ? way.action.backends
                  .map((each) => `${each.backend.name.slice(8, 10)}*${each.weight}`)
                  .join(' ')
              : 'none',
          ],
        ),
      )
    test(`${kind}MultipleRoutesAttachment: the oldest alone serves`, () => {
      const routes = [
        stream(kind, 'new', {}, [backend(two)], {}, { creationTimestamp: '2026-02-01T00:00:00Z' }),
        stream(kind, 'old', {}, [backend(one)], {}, old),
      ]
      expect(targets(routes, [`a:9000/${protocol}`])).toEqual({ 9000: `${one}*1` })
    })
    test(`${kind}ParentRefAttachAll`, () => {
      expect(targets([stream(kind, 'r', {}, [backend(one)])])).toEqual({ 9000: `${one}*1`, 9001: `${one}*1` })
    })
    test(`${kind}ParentRefPortAndSectionName`, () => {
      const routes = [
        stream(kind, 'r', { port: 9000 }, [backend(one)]),
        stream(kind, 's', { sectionName: 'b' }, [backend(two)]),
      ]
      expect(targets(routes)).toEqual({ 9000: `${one}*1`, 9001: `${two}*1` })
    })
    test(`${kind}WeightedRouting`, () => {
      expect(
        targets([stream(kind, 'r', { port: 9000 }, [backend(`${one}*7`), backend(`${two}*0`)])]),
      ).toEqual({ 9000: `${one}*7 ${two}*0`, 9001: 'none' })
    })
  }
})

describe('BackendTLSPolicy', () => {
  const policy = (name: string, validation: object, sectionName?: string, metadata: object = {}) =>
    object(
      'BackendTLSPolicy',
      name,
      {
        targetRefs: [{ group: '', kind: 'Service', name: 'v1', ...(sectionName && { sectionName }) }],
        validation: { hostname: 'v1.example', ...validation },
      },
      { ...metadata },
    )
  const system = { wellKnownCACertificates: 'System' }
  const authority = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'ca' },
    data: { 'ca.crt': '-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n' },
  })
  const base = [
    gateway('gw', ['http:80/HTTP']),
    httpRoute('r', { rules: rules([[{ prefix: '/' }, 'v1']]) }),
    backends,
  ]
  const protocol = (...more: readonly string[]) => {
    const [proxy] = proxies(...base, ...more)
    const decision = proxy && routeRequest(proxy, request('/'))
    return decision?.result.type === 'forward'
      ? (decision.result.shares[0]?.backend.problem?.status ?? decision.result.shares[0]?.backend.protocol)
      : undefined
  }
  const status = (name: string, type: string, ...more: readonly string[]) =>
    conditionText(
      state(...base, ...more).policyStatuses.find((one) => one.policy.name === name)?.conditions ?? [],
      type,
    )

  test('BackendTLSPolicy: the Gateway speaks TLS to its backend', () => {
    expect(protocol()).toBe('http')
    expect(protocol(policy('p', system))).toBe('https')
    expect(
      protocol(authority, policy('p', { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'ca' }] })),
    ).toBe('https')
  })
  test('BackendTLSPolicyInvalidCACertificateRef: nothing is sent in plain text', () => {
    const broken = policy('p', { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'nope' }] })
    expect(status('p', 'Accepted', authority, broken)).toBe('Accepted=False NoValidCACertificate')
    expect(status('p', 'ResolvedRefs', authority, broken)).toBe('ResolvedRefs=False InvalidCACertificateRef')
    expect(protocol(authority, broken)).toBe(500)
  })
  test('BackendTLSPolicyInvalidKind', () => {
    const broken = policy('p', { caCertificateRefs: [{ group: '', kind: 'InvalidKind', name: 'ca' }] })
    expect(status('p', 'Accepted', broken)).toBe('Accepted=False NoValidCACertificate')
    expect(status('p', 'ResolvedRefs', broken)).toBe('ResolvedRefs=False InvalidKind')
  })
  test('BackendTLSPolicyConflictResolution: the older of two for one target', () => {
    const dated = (year: number) => ({ creationTimestamp: `${year}-01-01T00:00:00Z` })
    const two = [
      policy('young', system, undefined, dated(2026)),
      policy('old', system, undefined, dated(2025)),
    ]
    expect(status('old', 'Accepted', ...two)).toBe('Accepted=True Accepted')
    expect(status('young', 'Accepted', ...two)).toBe('Accepted=False Conflicted')
  })
})
