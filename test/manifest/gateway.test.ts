import { describe, expect, test } from 'vitest'
import { examine } from '../support/examine.ts'

/**
 * What the API server refuses of the Gateway API's kinds: the patterns and rules of their CustomResourceDefinitions
 * (kubernetes-sigs/gateway-api, config/crd, release 1.6). One mistake is told once, at its place.
 */

const object = (kind: string, spec: string, version = 'v1') =>
  `apiVersion: gateway.networking.k8s.io/${version}\nkind: ${kind}\nmetadata: {name: x}\nspec:\n  ${spec.replaceAll('\n', '\n  ')}\n`
const gateway = (listeners: string) => object('Gateway', `gatewayClassName: c\nlisteners:\n${listeners}`)
const http = (rest: string) => object('HTTPRoute', `rules:\n- ${rest.replaceAll('\n', '\n  ')}`)
const path = (type: string, value: string) => http(`matches: [{path: {type: ${type}, value: "${value}"}}]`)
const filter = (text: string, more = '') => http(`filters:\n- ${text}${more}`)

type Row = readonly [name: string, text: string, ...said: string[]]

// biome-ignore format: one input a line
const rows: readonly Row[] = [
  ['a Gateway without listeners', object('Gateway', 'gatewayClassName: c'), '5:3 missing-field'],
  ['a Gateway without a class', object('Gateway', 'listeners: [{name: a, port: 80, protocol: HTTP}]'), '5:3 missing-field'],
  ['two listeners of one name', gateway('- {name: a, port: 80, protocol: HTTP}\n- {name: a, port: 81, protocol: HTTP}'), '8:12 invalid-value'],
  ['two listeners of one port, protocol and host name', gateway('- {name: a, port: 80, protocol: HTTP, hostname: a.com}\n- {name: b, port: 80, protocol: HTTP, hostname: a.com}'), '8:5 invalid-value'],
  ['a port out of range', gateway('- {name: a, port: 65536, protocol: HTTP}'), '7:21 invalid-value'],
  ['a protocol in small letters', gateway('- {name: a, port: 80, protocol: http}'), '7:35 invalid-value'],
  ['TLS of an HTTP listener', gateway('- {name: a, port: 80, protocol: HTTP, tls: {certificateRefs: [{name: c}]}}'), '7:46 invalid-value'],
  ['a host name of a TCP listener', gateway('- {name: a, port: 80, protocol: TCP, hostname: a.com}'), '7:50 invalid-value'],
  ['HTTPS that passes through', gateway('- {name: a, port: 443, protocol: HTTPS, tls: {mode: Passthrough}}'), '7:55 invalid-value'],
  ['TLS without tls', gateway('- {name: a, port: 443, protocol: TLS}'), '7:5 missing-field'],
  ['TLS without a certificate', gateway('- {name: a, port: 443, protocol: HTTPS, tls: {mode: Terminate}}'), '7:48 missing-field'],
  ['a host name in capitals', gateway('- {name: a, port: 80, protocol: HTTP, hostname: A.com}'), '7:51 invalid-value'],
  ['an address for a host name', gateway('- {name: a, port: 80, protocol: HTTP, hostname: 10.0.0.1}'), '7:51 invalid-value'],
  ['a star within a host name', object('HTTPRoute', 'hostnames: ["a.*.com"]'), '5:15 invalid-value'],
  ['a port in a host name', object('HTTPRoute', 'hostnames: ["a.com:80"]'), '5:15 invalid-value'],
  ['from that is none', gateway('- {name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Some}}}'), '7:76 invalid-value'],
  ['a path without a slash', path('PathPrefix', 'app'), '6:48 invalid-value'],
  ['a path with two slashes', path('Exact', '/a//b'), '6:43 invalid-value'],
  ['a path with /./', path('PathPrefix', '/a/./b'), '6:48 invalid-value'],
  ['a path with /../', path('PathPrefix', '/a/../b'), '6:48 invalid-value'],
  ['a path that ends in /..', path('PathPrefix', '/a/..'), '6:48 invalid-value'],
  ['a path with %2F', path('PathPrefix', '/a%2Fb'), '6:48 invalid-value'],
  ['a path with #', path('PathPrefix', '/a#b'), '6:48 invalid-value'],
  ['a path with other characters', path('PathPrefix', '/a b'), '6:48 invalid-value'],
  ["a type of Ingress's", path('Prefix', '/a'), '6:29 invalid-value'],
  ['a method in small letters', http('matches: [{method: get}]'), '6:24 invalid-value'],
  ['a header twice in a match', http('matches: [{headers: [{name: a, value: b}, {name: a, value: c}]}]'), '6:54 invalid-value'],
  ['a redirect with a backend', filter('{type: RequestRedirect, requestRedirect: {scheme: https}}', '\nbackendRefs: [{name: a, port: 80}]'), '7:7 invalid-value'],
  ['a redirect and a rewrite', filter('{type: RequestRedirect, requestRedirect: {scheme: https}}', '\n- {type: URLRewrite, urlRewrite: {hostname: a.com}}'), '8:7 invalid-value'],
  ['a filter without its field', filter('{type: URLRewrite}'), '7:7 missing-field'],
  ['a filter with the field of another', filter('{type: URLRewrite, urlRewrite: {hostname: a.com}, cors: {}}'), '7:63 invalid-value'],
  ['a filter that does not exist', filter('{type: Rewrite}'), '7:14 invalid-value'],
  ['a filter twice', filter('{type: URLRewrite, urlRewrite: {hostname: a.com}}', '\n- {type: URLRewrite, urlRewrite: {hostname: a.com}}'), '8:14 invalid-value'],
  ['a status that is no redirect', filter('{type: RequestRedirect, requestRedirect: {statusCode: 300}}'), '7:61 invalid-value'],
  ['a prefix replaced where none has matched', http('matches: [{path: {type: Exact, value: /a}}]\nfilters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]'), '7:15 invalid-value'],
  ['a backend without a port', http('backendRefs: [{name: a}]'), '6:19 missing-field'],
  ['a weight below 0', http('backendRefs: [{name: a, port: 80, weight: -1}]'), '6:47 invalid-value'],
  ['a timeout that is no duration', http('timeouts: {request: 10}'), '6:25 wrong-type'],
  ['a backend timeout longer than the whole', http('timeouts: {request: 1s, backendRequest: 2s}'), '6:45 invalid-value'],
  ['a parent twice', object('HTTPRoute', 'parentRefs: [{name: a}, {name: a}]'), '5:27 invalid-value'],
  ['a parent with and without its section', object('HTTPRoute', 'parentRefs: [{name: a}, {name: a, sectionName: b}]'), '5:27 invalid-value'],
  ['a misspelt field', object('HTTPRoute', 'parentRef: [{name: a}]'), '5:3 unknown-field'],
  ['a field of Ingress', http('backend: {name: a}'), '6:5 unknown-field'],
  ['a gRPC match of nothing', object('GRPCRoute', 'rules: [{matches: [{method: {type: Exact}}]}]'), '5:31 invalid-value'],
  ['a TLSRoute without host names', object('TLSRoute', 'rules: [{backendRefs: [{name: a, port: 80}]}]'), '5:3 missing-field'],
  ['a TCPRoute without backends', object('TCPRoute', 'rules: [{name: a}]'), '5:11 missing-field'],
  ['a grant from nobody', object('ReferenceGrant', 'to: [{group: "", kind: Service}]', 'v1beta1'), '5:3 missing-field'],
  ['a grant without a group', object('ReferenceGrant', 'from: [{kind: HTTPRoute, namespace: a}]\nto: [{group: "", kind: Service}]', 'v1beta1'), '5:10 missing-field'],
  ['a policy without authorities', object('BackendTLSPolicy', 'targetRefs: [{group: "", kind: Service, name: a}]\nvalidation: {hostname: a.com}'), '6:15 invalid-value'],
  ['a version that has gone', object('Gateway', 'gatewayClassName: c', 'v1alpha2'), '1:13 unsupported-version'],
]

describe('what the API server refuses', () => {
  test.for(rows)('%s', async ([, text, ...expected]) => {
    const { said } = await examine(text)
    expect(
      said.filter((one) => !one.includes(' info ')).map((one) => one.replace(/ (error|warning) /, ' ')),
    ).toEqual(expected)
  })
})

// biome-ignore format: one input a line
const good: readonly (readonly [name: string, text: string])[] = [
  ['a route of all fields', object('HTTPRoute', 'parentRefs: [{name: a, sectionName: s}, {name: a, sectionName: t}]\nhostnames: [a.com, "*.b.com"]\nrules:\n- name: r\n  matches: [{path: {type: RegularExpression, value: "/a|#b"}, method: GET, headers: [{name: X, value: one}], queryParams: [{name: q, value: two, type: RegularExpression}]}]\n  timeouts: {request: 10s, backendRequest: 500ms}\n  retry: {attempts: 2}\n  backendRefs: [{name: a, port: 80, weight: 0, filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [x]}}]}]')],
  ['a version before the last', object('HTTPRoute', 'rules: [{backendRefs: [{name: a, port: 80}]}]', 'v1beta1')],
  ["a protocol of a controller's own", gateway('- {name: a, port: 80, protocol: example.com/other}')],
  ['TLS by options alone', gateway('- {name: a, port: 443, protocol: HTTPS, tls: {options: {a: b}}}')],
  ['two listeners of one port', gateway('- {name: a, port: 80, protocol: HTTP, hostname: a.com}\n- {name: b, port: 80, protocol: HTTP}')],
  ['a redirect of a prefix without a match', filter('{type: RequestRedirect, requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /a}}}')],
  ['a TLSRoute of the first version', object('TLSRoute', 'rules: [{backendRefs: [{name: a, port: 80}]}]', 'v1alpha2')],
]

test.for(good)('nothing is wrong with %s', async ([, text]) => {
  const { said } = await examine(text)
  expect(said.filter((one) => !one.includes(' info '))).toEqual([])
})
