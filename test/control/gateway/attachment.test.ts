import { describe, expect, test } from 'vitest'
import { gatewayAddresses, gatewayProxies } from '../../../src/control/gateway/gateway-proxy.ts'
import type { GatewayApiState } from '../../../src/control/gateway/state.ts'
import { complete } from '../complete.ts'
import {
  answer,
  backend,
  backends,
  conditionText,
  gateway,
  group,
  httpRoute,
  listener,
  match,
  namespace,
  object,
  proxies,
  request,
  routeCondition,
  rules,
  state,
} from './gateway-objects.ts'

/** Which routes are attached to what, and the conditions that tell it: conformance tests of Gateway API 1.6. */

const everything = { rules: rules([[{ prefix: '/' }, 'v1']]) }
const certificate = (name: string, own = 'default') =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: own },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': 'Zm9v', 'tls.key': 'Zm9v' },
  })
const opaque = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'malformed' },
  type: 'Opaque',
  data: { other: 'Zm9v' },
})
const stream = (kind: string, name: string, parent: object, metadata: object = {}, to = 'v1') =>
  object(
    kind,
    name,
    {
      parentRefs: [{ name: 'gw', ...parent }],
      rules: [{ backendRefs: [backend(to)] }],
      ...(kind === 'TLSRoute' && { hostnames: ['abc.example.com'] }),
    },
    { ...metadata },
  )
const passthrough = (text: string, more: object = {}) =>
  listener(text, { tls: { mode: 'Passthrough' }, ...more })
const from = (choice: string, labels?: object) => ({
  allowedRoutes: { namespaces: { from: choice, ...(labels && { selector: { matchLabels: labels } }) } },
})
const other = namespace('other', { team: 'blue' })

interface Row {
  readonly name: string
  readonly documents: readonly string[]
  readonly route: string
  readonly accepted: string
}

// biome-ignore format: one case a line
const parents: readonly Row[] = [
  { name: 'HTTPRouteSimpleSameNamespace', documents: [gateway('gw', ['http:80/HTTP']), httpRoute('r', everything)], route: 'r', accepted: 'True Accepted' },
  { name: 'HTTPRouteCrossNamespace', documents: [other, gateway('gw', [listener('http:80/HTTP', from('Selector', { team: 'blue' }))]), httpRoute('r', { parentRefs: [{ name: 'gw', namespace: 'default' }] }, { namespace: 'other' })], route: 'r', accepted: 'True Accepted' },
  { name: 'HTTPRouteInvalidCrossNamespaceParentRef', documents: [other, gateway('gw', ['http:80/HTTP']), httpRoute('r', { parentRefs: [{ name: 'gw', namespace: 'default' }] }, { namespace: 'other' })], route: 'r', accepted: 'False NotAllowedByListeners' },
  { name: 'a selector that does not take the namespace', documents: [other, gateway('gw', [listener('http:80/HTTP', from('Selector', { team: 'red' }))]), httpRoute('r', { parentRefs: [{ name: 'gw', namespace: 'default' }] }, { namespace: 'other' })], route: 'r', accepted: 'False NotAllowedByListeners' },
  { name: 'all namespaces', documents: [other, gateway('gw', [listener('http:80/HTTP', from('All'))]), httpRoute('r', { parentRefs: [{ name: 'gw', namespace: 'default' }] }, { namespace: 'other' })], route: 'r', accepted: 'True Accepted' },
  { name: 'HTTPRouteDisallowedKind', documents: [gateway('gw', [passthrough('tls:443/TLS')]), httpRoute('r', everything)], route: 'r', accepted: 'False NotAllowedByListeners' },
  { name: 'HTTPRouteDisallowedKind, by the list of kinds', documents: [gateway('gw', [listener('http:80/HTTP', { allowedRoutes: { kinds: [{ kind: 'GRPCRoute' }] } })]), httpRoute('r', everything)], route: 'r', accepted: 'False NotAllowedByListeners' },
  { name: 'HTTPRouteInvalidParentRefNotMatchingListenerPort', documents: [gateway('gw', ['http:80/HTTP']), httpRoute('r', { parentRefs: [{ name: 'gw', port: 81 }] })], route: 'r', accepted: 'False NoMatchingParent' },
  { name: 'HTTPRouteInvalidParentRefNotMatchingSectionName', documents: [gateway('gw', ['http:80/HTTP']), httpRoute('r', { parentRefs: [{ name: 'gw', sectionName: 'nope' }] })], route: 'r', accepted: 'False NoMatchingParent' },
  { name: 'HTTPRouteInvalidParentRefSectionNameNotMatchingPort', documents: [gateway('gw', ['http:80/HTTP', 'alt:8080/HTTP']), httpRoute('r', { parentRefs: [{ name: 'gw', sectionName: 'http', port: 8080 }] })], route: 'r', accepted: 'False NoMatchingParent' },
  { name: 'no host name in common', documents: [gateway('gw', ['http:80/HTTP foo.example.com']), httpRoute('r', { hostnames: ['not-accepted.test.com'] })], route: 'r', accepted: 'False NoMatchingListenerHostname' },
  { name: 'TLSRouteSimpleSameNamespace', documents: [gateway('gw', [passthrough('tls:443/TLS')]), stream('TLSRoute', 'r', {})], route: 'r', accepted: 'True Accepted' },
  { name: 'TLSRouteTerminateSimpleSameNamespace', documents: [gateway('gw', [listener('tls:443/TLS', { tls: { mode: 'Terminate', certificateRefs: [{ name: 'c' }] } })]), stream('TLSRoute', 'r', {})], route: 'r', accepted: 'True Accepted' },
  { name: 'TLSRouteInvalidNoMatchingListener, HTTP alone', documents: [gateway('gw', ['http:80/HTTP']), stream('TLSRoute', 'r', {})], route: 'r', accepted: 'False NotAllowedByListeners' },
  { name: 'TLSRouteInvalidNoMatchingListener, HTTPS alone', documents: [gateway('gw', ['https:443/HTTPS']), stream('TLSRoute', 'r', {})], route: 'r', accepted: 'False NotAllowedByListeners' },
  { name: 'TLSRouteInvalidNoMatchingListener, no such section', documents: [gateway('gw', [passthrough('tls:443/TLS')]), stream('TLSRoute', 'r', { sectionName: 'nope' })], route: 'r', accepted: 'False NoMatchingParent' },
  { name: 'TLSRouteInvalidNoMatchingListenerHostname', documents: [gateway('gw', [passthrough('tls:443/TLS abc.example.org')]), stream('TLSRoute', 'r', {})], route: 'r', accepted: 'False NoMatchingListenerHostname' },
  { name: 'TCPRouteInvalidNonTCPListener', documents: [gateway('gw', ['http:80/HTTP', 'tcp:9000/TCP']), stream('TCPRoute', 'r', { sectionName: 'http' })], route: 'r', accepted: 'False NotAllowedByListeners' },
  { name: 'TCPRouteParentRefPortAndSectionName', documents: [gateway('gw', ['one:9000/TCP', 'two:9001/TCP']), stream('TCPRoute', 'r', { sectionName: 'two', port: 9001 })], route: 'r', accepted: 'True Accepted' },
  { name: 'UDPRouteNotAllowedByListeners', documents: [gateway('gw', ['tcp:9000/TCP']), stream('UDPRoute', 'r', {})], route: 'r', accepted: 'False NotAllowedByListeners' },
  { name: 'a Gateway that does not exist', documents: [httpRoute('r', { parentRefs: [{ name: 'nope' }] })], route: 'r', accepted: 'False NoMatchingParent' },
]

describe('parentRefs', () => {
  test.for(parents)('$name', ({ documents, route, accepted }) => {
    expect(routeCondition(state(...documents, backends), route, 'Accepted')).toBe(`Accepted=${accepted}`)
  })
  test('a route that is not taken is told of with its line and the way to mend it', () => {
    const [proxy] = proxies(
      gateway('gw', ['http:80/HTTP']),
      httpRoute('r', { hostnames: ['a.com'], parentRefs: [{ name: 'gw', sectionName: 'nope' }] }),
    )
    expect(proxy?.ignored).toMatchObject([
      { code: 'not-accepted', hosts: ['a.com'], fix: 'its listeners are http:80' },
    ])
    expect(proxy?.ignored[0]?.object.at?.line).toBe(2)
  })
})

const listenerText = ({ gatewayStatuses, listenerSetStatuses }: GatewayApiState, name: string) => {
  const found = [...gatewayStatuses, ...listenerSetStatuses]
    .flatMap((one) => one.listeners)
    .find((one) => one.name === name)
  return {
    accepted: conditionText(found?.conditions ?? [], 'Accepted'),
    resolved: conditionText(found?.conditions ?? [], 'ResolvedRefs'),
    programmed: conditionText(found?.conditions ?? [], 'Programmed'),
    kinds: found?.supportedKinds.join(' '),
    routes: found?.attachedRoutes,
  }
}

const tls = (...certificateRefs: readonly object[]) =>
  listener('https:443/HTTPS', { tls: { certificateRefs } })
const secretGrant = (kind: string, name?: string) =>
  object(
    'ReferenceGrant',
    'grant',
    {
      from: [{ group, kind, namespace: 'default' }],
      to: [{ group: '', kind: 'Secret', ...(name && { name }) }],
    },
    { namespace: 'other' },
  )

interface ListenerRow {
  readonly name: string
  readonly documents: readonly string[]
  readonly of?: string
  readonly accepted?: string
  readonly resolved?: string
  readonly programmed?: string
  readonly kinds?: string
  readonly routes?: number
}

// biome-ignore format: one case a line
const listenerRows: readonly ListenerRow[] = [
  { name: 'GatewayInvalidRouteKind, that alone', documents: [gateway('gw', [listener('https:80/HTTP', { allowedRoutes: { kinds: [{ kind: 'InvalidRoute' }] } })])], resolved: 'False InvalidRouteKinds', kinds: '' },
  { name: 'GatewayInvalidRouteKind, beside a good one', documents: [gateway('gw', [listener('https:80/HTTP', { allowedRoutes: { kinds: [{ kind: 'InvalidRoute' }, { kind: 'HTTPRoute' }] } })])], resolved: 'False InvalidRouteKinds', kinds: 'HTTPRoute', programmed: 'True Programmed' },
  { name: 'GatewayInvalidTLSConfiguration, no such Secret', documents: [certificate('exists'), gateway('gw', [tls({ name: 'nonexistent' })])], resolved: 'False InvalidCertificateRef', programmed: 'False Invalid' },
  { name: 'GatewayInvalidTLSConfiguration, group', documents: [certificate('c'), gateway('gw', [tls({ group: 'wrong.group.company.io', kind: 'Secret', name: 'c' })])], resolved: 'False InvalidCertificateRef' },
  { name: 'GatewayInvalidTLSConfiguration, kind', documents: [certificate('c'), gateway('gw', [tls({ kind: 'WrongKind', name: 'c' })])], resolved: 'False InvalidCertificateRef' },
  { name: 'GatewayInvalidTLSConfiguration, malformed', documents: [opaque, gateway('gw', [tls({ name: 'malformed' })])], resolved: 'False InvalidCertificateRef' },
  { name: 'GatewaySecretMissingReferenceGrant', documents: [certificate('c', 'other'), gateway('gw', [tls({ name: 'c', namespace: 'other' })])], resolved: 'False RefNotPermitted' },
  { name: 'GatewaySecretInvalidReferenceGrant', documents: [certificate('c', 'other'), secretGrant('HTTPRoute'), gateway('gw', [tls({ name: 'c', namespace: 'other' })])], resolved: 'False RefNotPermitted' },
  { name: 'GatewaySecretReferenceGrantAllInNamespace', documents: [certificate('c', 'other'), secretGrant('Gateway'), gateway('gw', [tls({ name: 'c', namespace: 'other' })])], resolved: 'True ResolvedRefs', programmed: 'True Programmed' },
  { name: 'GatewaySecretReferenceGrantSpecific', documents: [certificate('c', 'other'), secretGrant('Gateway', 'c'), gateway('gw', [tls({ name: 'c', namespace: 'other' })])], resolved: 'True ResolvedRefs', programmed: 'True Programmed' },
  { name: 'a grant for another Secret', documents: [certificate('c', 'other'), secretGrant('Gateway', 'd'), gateway('gw', [tls({ name: 'c', namespace: 'other' })])], resolved: 'False RefNotPermitted' },
  { name: 'without any Secret in the input its certificate is taken to exist', documents: [gateway('gw', [tls({ name: 'c' })])], resolved: 'True ResolvedRefs', programmed: 'True Programmed' },
  { name: 'GatewayListenerUnsupportedProtocol', documents: [gateway('gw', ['https:80/example.com/other'])], accepted: 'False UnsupportedProtocol', programmed: 'False Invalid', kinds: '' },
  { name: 'GatewayWithAttachedRoutes', documents: [gateway('gw', ['https:80/HTTP']), httpRoute('a', everything), httpRoute('b', everything), backends], routes: 2 },
  { name: 'GatewayWithAttachedRoutes, unresolved', documents: [certificate('exists'), gateway('gw', [tls({ name: 'nonexistent' })]), httpRoute('a', { rules: rules([[{ prefix: '/' }, 'nope']]) })], resolved: 'False InvalidCertificateRef', programmed: 'False Invalid', routes: 1 },
  { name: 'GatewayWithAttachedRoutesWithPort8080', documents: [gateway('gw', ['http:80/HTTP', 'https:8080/HTTP']), httpRoute('a', { parentRefs: [{ name: 'gw', port: 8080 }] })], routes: 1 },
  { name: 'TLSRouteListenerPassthroughSupportedKinds', documents: [gateway('gw', [passthrough('https:443/TLS', { allowedRoutes: { kinds: [{ kind: 'HTTPRoute' }] } })])], resolved: 'False InvalidRouteKinds', kinds: '', routes: 0 },
  { name: 'TLSRouteListenerTerminateSupportedKinds', documents: [gateway('gw', [listener('https:443/TLS', { tls: { mode: 'Terminate', certificateRefs: [{ name: 'c' }] } })])], accepted: 'True Accepted', kinds: 'TLSRoute', routes: 0 },
  { name: 'HTTP and TCP on one port', documents: [gateway('gw', ['https:80/HTTP', 'tcp:80/TCP'])], accepted: 'False ProtocolConflict', programmed: 'False ProtocolConflict' },
  { name: 'TCP and UDP on one port are no conflict', documents: [gateway('gw', ['https:80/TCP', 'udp:80/UDP'])], accepted: 'True Accepted' },
  { name: 'HTTPS and TLS on one port under host names of their own are no conflict', documents: [gateway('gw', ['https:443/HTTPS a.com', passthrough('tls:443/TLS b.com')])], accepted: 'True Accepted' },
  { name: 'TCPRouteMultipleRoutesAttachment', documents: [gateway('gw', ['https:9000/TCP']), stream('TCPRoute', 'old', {}, { creationTimestamp: '2026-01-01T00:00:00Z' }), stream('TCPRoute', 'new', {}, { creationTimestamp: '2026-02-01T00:00:00Z' }), backends], routes: 2 },
]

describe('listeners', () => {
  test.for(listenerRows)('$name', ({ documents, of = 'https', ...expected }) => {
    const text = listenerText(state(...documents), of)
    if (expected.accepted) expect(text.accepted).toBe(`Accepted=${expected.accepted}`)
    if (expected.resolved) expect(text.resolved).toBe(`ResolvedRefs=${expected.resolved}`)
    if (expected.programmed) expect(text.programmed).toBe(`Programmed=${expected.programmed}`)
    if (expected.kinds !== undefined) expect(text.kinds).toBe(expected.kinds)
    if (expected.routes !== undefined) expect(text.routes).toBe(expected.routes)
  })
  test('a Gateway with one good listener of two is accepted, and says so', () => {
    const both = state(gateway('gw', ['http:80/HTTP', 'bad:81/example.com/other']))
    expect(conditionText(both.gatewayStatuses[0]?.conditions ?? [], 'Accepted')).toBe(
      'Accepted=True ListenersNotValid',
    )
    const none = state(gateway('gw', ['bad:81/example.com/other']))
    expect(conditionText(none.gatewayStatuses[0]?.conditions ?? [], 'Accepted')).toBe(
      'Accepted=False ListenersNotValid',
    )
  })
  test('GatewayInvalidTLSBackendConfiguration: the certificate of the Gateway itself', () => {
    const wrong = (reference: object) =>
      conditionText(
        state(
          certificate('c'),
          gateway('gw', ['http:80/HTTP'], { tls: { backend: { clientCertificateRef: reference } } }),
        ).gatewayStatuses[0]?.conditions ?? [],
        'ResolvedRefs',
      )
    expect(wrong({ name: 'nonexistent' })).toBe('ResolvedRefs=False InvalidClientCertificateRef')
    expect(wrong({ name: 'c', namespace: 'other' })).toBe('ResolvedRefs=False RefNotPermitted')
    expect(wrong({ name: 'c' })).toBe('ResolvedRefs=True ResolvedRefs')
  })
  test('GatewayStaticAddresses: what is written in the status counts, else what the spec asks for', () => {
    const [one] = complete(
      gateway('gw', ['http:80/HTTP'], { addresses: [{ value: '192.0.2.1' }, { type: 'Hostname' }] }),
    ).gatewayApi.gateways
    expect(one && gatewayAddresses(one)).toEqual(['192.0.2.1'])
  })
})

const set = (name: string, listeners: readonly string[], metadata: object = {}, more: object = {}) =>
  object(
    'ListenerSet',
    name,
    {
      parentRef: { name: 'gw', namespace: 'default' },
      listeners: listeners.map((one) => listener(one, { ...more })),
    },
    { ...metadata },
  )
const open = (choice: string, labels?: object) => ({
  allowedListeners: { namespaces: { from: choice, ...(labels && { selector: { matchLabels: labels } }) } },
})
const setText = ({ listenerSetStatuses }: GatewayApiState, name: string) => {
  const conditions = listenerSetStatuses.find((one) => one.object.name === name)?.conditions ?? []
  return conditionText(conditions, 'Accepted')
}

interface SetRow {
  readonly name: string
  readonly allowed: object
  readonly sets: readonly string[]
  readonly expected: Readonly<Record<string, string>>
  readonly listeners?: Readonly<Record<string, string>>
}

// biome-ignore format: one case a line
const setRows: readonly SetRow[] = [
  { name: 'ListenerSetDefaultNotAllowed', allowed: {}, sets: [set('s', ['x:81/HTTP'])], expected: { s: 'False NotAllowed' } },
  { name: 'ListenerSetAllowedNamespaceNone', allowed: open('None'), sets: [set('s', ['x:81/HTTP'])], expected: { s: 'False NotAllowed' } },
  { name: 'ListenerSetAllowedNamespaceSame', allowed: open('Same'), sets: [set('s', ['x:81/HTTP']), set('t', ['y:82/HTTP'], { namespace: 'other' })], expected: { s: 'True Accepted', t: 'False NotAllowed' } },
  { name: 'ListenerSetAllowedNamespaceSelector', allowed: open('Selector', { team: 'blue' }), sets: [set('s', ['x:81/HTTP'], { namespace: 'other' }), set('t', ['y:82/HTTP'])], expected: { s: 'True Accepted', t: 'False NotAllowed' } },
  { name: 'ListenerSetHostnameConflict with the Gateway', allowed: open('Same'), sets: [set('s', ['x:80/HTTP own.com', 'y:80/HTTP gw.com']), set('t', ['z:80/HTTP gw.com'])], expected: { s: 'True ListenersNotValid', t: 'False ListenersNotValid' }, listeners: { http: 'True Accepted', x: 'True Accepted', y: 'False HostnameConflict', z: 'False HostnameConflict' } },
  { name: 'ListenerSetHostnameConflict with an older set', allowed: open('Same'), sets: [set('t', ['y:80/HTTP own.com', 'z:80/HTTP more.com'], { creationTimestamp: '2026-02-01T00:00:00Z' }), set('s', ['x:80/HTTP own.com'], { creationTimestamp: '2026-03-01T00:00:00Z' })], expected: { s: 'False ListenersNotValid', t: 'True Accepted' }, listeners: { y: 'True Accepted', x: 'False HostnameConflict' } },
  { name: 'ListenerSetProtocolConflict', allowed: open('Same'), sets: [set('s', ['x:80/HTTP own.com', 'y:80/TCP']), set('t', ['z:80/TCP'])], expected: { s: 'True ListenersNotValid', t: 'False ListenersNotValid' }, listeners: { x: 'True Accepted', y: 'False ProtocolConflict', z: 'False ProtocolConflict' } },
  { name: 'a set without its Gateway', allowed: {}, sets: [object('ListenerSet', 's', { parentRef: { name: 'nope' }, listeners: [listener('x:81/HTTP')] })], expected: { s: 'False ParentNotAccepted' } },
]

describe('ListenerSets', () => {
  test.for(setRows)('$name', ({ allowed, sets, expected, listeners = {} }) => {
    const all = state(other, gateway('gw', ['http:80/HTTP gw.com'], { ...allowed }), ...sets)
    for (const [name, text] of Object.entries(expected)) expect(setText(all, name)).toBe(`Accepted=${text}`)
    for (const [name, text] of Object.entries(listeners)) {
      expect([name, listenerText(all, name).accepted]).toEqual([name, `Accepted=${text}`])
    }
  })
  test('ListenerSetAllowedRoutesSupportedKinds', () => {
    const all = state(
      gateway('gw', ['http:80/HTTP'], open('All')),
      set('s', ['x:81/HTTP'], {}, { allowedRoutes: { kinds: [{ kind: 'TLSRoute' }] } }),
    )
    expect(listenerText(all, 'x').resolved).toBe('ResolvedRefs=False InvalidRouteKinds')
  })
  test('ListenerSetReferenceGrant: a certificate elsewhere needs a grant from the set', () => {
    const secure = object('ListenerSet', 's', {
      parentRef: { name: 'gw' },
      listeners: [listener('x:443/HTTPS', { tls: { certificateRefs: [{ name: 'c', namespace: 'other' }] } })],
    })
    const documents = [certificate('c', 'other'), gateway('gw', ['http:80/HTTP'], open('All')), secure]
    expect(setText(state(...documents), 's')).toBe('Accepted=False ListenersNotValid')
    expect(setText(state(...documents, secretGrant('Gateway')), 's')).toBe('Accepted=False ListenersNotValid')
    expect(setText(state(...documents, secretGrant('ListenerSet')), 's')).toBe('Accepted=True Accepted')
  })
  const to = (kind: string, name: string, more: object = {}) => ({ group, kind, name, ...more })
  const documents = [
    gateway('gw', ['g:80/HTTP gw.com'], open('All')),
    set('s', ['x:80/HTTP ls.com', 'y:80/HTTP ls2.com']),
    httpRoute('of-gateway', { parentRefs: [to('Gateway', 'gw')], rules: rules([[{ prefix: '/g' }, 'v1']]) }),
    httpRoute('of-set', { parentRefs: [to('ListenerSet', 's')], rules: rules([[{ prefix: '/s' }, 'v2']]) }),
    httpRoute('of-section', {
      parentRefs: [to('ListenerSet', 's', { sectionName: 'y' })],
      rules: rules([[{ prefix: '/y' }, 'v3']]),
    }),
    httpRoute('of-both', {
      parentRefs: [to('Gateway', 'gw'), to('ListenerSet', 's')],
      rules: rules([[{ prefix: '/both' }, 'v1']]),
    }),
    httpRoute('wrong-section', {
      parentRefs: [to('Gateway', 'gw', { sectionName: 'x' }), to('ListenerSet', 's')],
      rules: rules([[{ prefix: '/half' }, 'v2']]),
    }),
    backends,
  ]
  // biome-ignore format: one request a line
  test.for([
    ['ListenerSetHTTPRouting', 'gw.com', '/g', 'v1'],
    ['ListenerSetHTTPRouting', 'ls.com', '/g', 404],
    ['ListenerSetHTTPRouting', 'ls.com', '/s', 'v2'],
    ['ListenerSetHTTPRouting', 'ls2.com', '/s', 'v2'],
    ['ListenerSetHTTPRouting', 'gw.com', '/s', 404],
    ['ListenerSetHTTPRouting', 'ls2.com', '/y', 'v3'],
    ['ListenerSetHTTPRouting', 'ls.com', '/y', 404],
    ['ListenerSetDualParentRefIndependence', 'gw.com', '/both', 'v1'],
    ['ListenerSetDualParentRefIndependence', 'ls.com', '/both', 'v1'],
    ['ListenerSetGatewayParentSectionNameNotFound', 'gw.com', '/half', 404],
    ['ListenerSetGatewayParentSectionNameNotFound', 'ls.com', '/half', 'v2'],
  ] as const)('%s: %s%s gives %s', ([, host, path, expected]) => {
    expect(answer(proxies(...documents)[0], request(path, { host }))).toBe(expected)
  })
  test('ListenerSetRouteStatusScopedToParentRef: each parentRef has a status of its own', () => {
    const all = state(...documents)
    expect(routeCondition(all, 'wrong-section', 'Accepted', 0)).toBe('Accepted=False NoMatchingParent')
    expect(routeCondition(all, 'wrong-section', 'Accepted', 1)).toBe('Accepted=True Accepted')
    expect(all.routeStatuses.find((one) => one.route.name === 'of-gateway')?.parents.length).toBe(1)
  })
  test('ListenerSetAllowedRoutesNamespaces: Same is the namespace of the set', () => {
    const [proxy] = proxies(
      other,
      gateway('gw', ['g:80/HTTP gw.com'], open('All')),
      set('s', ['x:80/HTTP ls.com'], { namespace: 'other' }),
      httpRoute(
        'in-set',
        { parentRefs: [to('ListenerSet', 's')], rules: rules([[{ prefix: '/a' }, 'default/v1']]) },
        { namespace: 'other' },
      ),
      httpRoute('in-gateway', {
        parentRefs: [to('ListenerSet', 's', { namespace: 'other' })],
        rules: rules([[{ prefix: '/b' }, 'v2']]),
      }),
      object('ReferenceGrant', 'grant', {
        from: [{ group, kind: 'HTTPRoute', namespace: 'other' }],
        to: [{ group: '', kind: 'Service' }],
      }),
      backends,
    )
    expect(answer(proxy, request('/a', { host: 'ls.com' }))).toBe('v1')
    expect(answer(proxy, request('/b', { host: 'ls.com' }))).toBe(404)
  })
  test('the kind as it was called while it was an experiment', () => {
    const old = JSON.stringify({
      apiVersion: 'gateway.networking.x-k8s.io/v1alpha1',
      kind: 'XListenerSet',
      metadata: { name: 's' },
      spec: { parentRef: { name: 'gw' }, listeners: [listener('x:81/HTTP')] },
    })
    expect(setText(state(gateway('gw', ['http:80/HTTP'], open('All')), old), 's')).toBe(
      'Accepted=True Accepted',
    )
  })
})

describe('HTTPRouteMultipleGateways', () => {
  test('each Gateway is a proxy of its own', () => {
    const cluster = complete(
      [
        gateway('a', ['http:80/HTTP']),
        gateway('b', ['http:80/HTTP']),
        httpRoute('r', {
          parentRefs: [{ name: 'a' }, { name: 'b' }],
          rules: [{ matches: [match({ prefix: '/' })], backendRefs: [backend('v1')] }],
        }),
        backends,
      ].join('\n'),
    )
    const both = gatewayProxies(cluster)
    expect(both.map((one) => [one.label, answer(one, request('/'))])).toEqual([
      ['Gateway default/a', 'v1'],
      ['Gateway default/b', 'v1'],
    ])
  })
})
