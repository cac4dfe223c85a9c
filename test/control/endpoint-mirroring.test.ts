import { describe, expect, test } from 'vitest'
import { codes, complete, describeSlice, slicesOf } from './complete.ts'

/** The EndpointSlice mirroring controller (pkg/controller/endpointslicemirroring); rows bear its tests' names. */

const service = (spec = 'ports: [{name: http, port: 80}]') => `
apiVersion: v1
kind: Service
metadata: {name: web, labels: {of: service}}
spec: {${spec}}
---
`
const endpoints = (subsets: string, meta = '') => `
apiVersion: v1
kind: Endpoints
metadata: {name: web${meta && `, ${meta}`}}
subsets: [${subsets}]
---
`
const one = '{ports: [{name: http, port: 80, protocol: TCP}], addresses: [{ip: 10.0.0.1}]}'

// biome-ignore format: one object a line
describe('reconcile', () => {
  test.for([
    { name: 'Endpoints with no subsets', subsets: '', slices: [] },
    { name: 'Endpoints with no addresses', subsets: '{ports: [{name: http, port: 80}], addresses: []}', slices: [] },
    { name: 'Endpoints with 1 subset, port, and address', subsets: one, slices: ['http 80/TCP: 10.0.0.1 ready serving'] },
    { name: 'Endpoints with 2 subset, different port and address', subsets: `${one}, {ports: [{name: https, port: 443}], addresses: [{ip: 10.0.0.2}]}`, slices: ['http 80/TCP: 10.0.0.1 ready serving', 'https 443/TCP: 10.0.0.2 ready serving'] },
    { name: 'Endpoints with 2 subset, different port and same address', subsets: `${one}, {ports: [{name: https, port: 443}], addresses: [{ip: 10.0.0.1}]}`, slices: ['http 80/TCP https 443/TCP: 10.0.0.1 ready serving'] },
    { name: 'Endpoints with 2 subset, different address and same port', subsets: `${one}, {ports: [{name: http, port: 80}], addresses: [{ip: 10.0.0.2}]}`, slices: ['http 80/TCP: 10.0.0.1 ready serving; 10.0.0.2 ready serving'] },
    { name: 'Endpoints with 1 subset, 2 ports, and 2 not ready addresses', subsets: '{ports: [{name: http, port: 80}, {name: https, port: 443}], notReadyAddresses: [{ip: 10.0.0.1}, {ip: 10.0.0.2}]}', slices: ['http 80/TCP https 443/TCP: 10.0.0.1 serving; 10.0.0.2 serving'] },
    { name: 'Endpoints with 1 subset, 2 ports, and 2 ready and 2 not ready addresses', subsets: '{ports: [{name: http, port: 80}], addresses: [{ip: 10.1.1.1, hostname: pod-11, nodeName: node-1}], notReadyAddresses: [{ip: 10.1.1.3}]}', slices: ['http 80/TCP: 10.1.1.1 ready serving on node-1 as pod-11; 10.1.1.3 serving'] },
    { name: 'not ready always trumps ready (RepackSubsets)', subsets: '{ports: [{name: http, port: 80}], addresses: [{ip: 10.0.0.1}], notReadyAddresses: [{ip: 10.0.0.1}]}', slices: ['http 80/TCP: 10.0.0.1 serving'] },
    { name: 'Endpoints with 2 subsets, multiple ports, and dual stack addresses', subsets: '{ports: [{name: http, port: 80}], addresses: [{ip: "2001:db8::1"}, {ip: 10.1.1.2}]}', slices: ['http 80/TCP: 10.1.1.2 ready serving', 'http 80/TCP: 2001:db8::1 ready serving'] },
    { name: 'Endpoints with 2 subsets, multiple ports, some invalid addresses', subsets: '{ports: [{name: http, port: 80}], addresses: [{ip: 10.0.0.1}, {ip: this-is-not-an-ip}]}', slices: ['http 80/TCP: 10.0.0.1 ready serving'] },
    { name: 'a subset without ports', subsets: '{addresses: [{ip: 10.0.0.1}]}', slices: [': 10.0.0.1 ready serving'] },
    { name: 'the notes’ own example: two addresses outside the cluster', subsets: '{ports: [{port: 80}], addresses: [{ip: 11.11.11.11}, {ip: 22.22.22.22}]}', slices: ['80/TCP: 11.11.11.11 ready serving; 22.22.22.22 ready serving'] },
  ])('$name', ({ subsets, slices }) => {
    expect(slicesOf(complete(service() + endpoints(subsets)), 'web').map(describeSlice)).toEqual(slices)
  })
})

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => `{ip: 10.0.${index >> 8}.${index & 255}}`).join(', ')

// biome-ignore format: one object a line
describe('shouldMirror and syncEndpoints', () => {
  test.for([
    { name: 'Standard Endpoints', text: service() + endpoints(one), addresses: 1 },
    { name: 'Endpoints with skip-mirror=true', text: service() + endpoints(one, 'labels: {endpointslice.kubernetes.io/skip-mirror: "true"}'), addresses: 0 },
    { name: 'Endpoints with skip-mirror=invalid', text: service() + endpoints(one, 'labels: {endpointslice.kubernetes.io/skip-mirror: invalid}'), addresses: 1 },
    { name: 'Endpoints with leader election annotation', text: service() + endpoints(one, 'annotations: {control-plane.alpha.kubernetes.io/leader: ""}'), addresses: 0 },
    { name: 'Endpoints with missing Service', text: endpoints(one), addresses: 0 },
    { name: 'Endpoints with Service with selector specified', text: service('selector: {app: web}, ports: [{name: http, port: 80}]') + endpoints(one, 'uid: a'), addresses: 1 },
    { name: 'Endpoints with 1000 addresses', text: service() + endpoints(`{ports: [{name: http, port: 80}], addresses: [${many(1000)}]}`), addresses: 1000 },
    { name: 'Endpoints with 1001 addresses - 1 should not be mirrored', text: service() + endpoints(`{ports: [{name: http, port: 80}], addresses: [${many(1001)}]}`), addresses: 1000 },
  ])('$name', ({ text, addresses }) => {
    expect(slicesOf(complete(text), 'web').flatMap((slice) => slice.endpoints)).toHaveLength(addresses)
  })

  test('a hand-made Endpoints object beside a selector is overwritten, and said to be', () => {
    const cluster = complete(service('selector: {app: web}, ports: [{name: http, port: 80}]') + endpoints('{ports: [{name: http, port: 80}], notReadyAddresses: [{ip: 10.0.0.1}]}'))
    expect(slicesOf(cluster, 'web').map(describeSlice)).toEqual([':'])
    expect(codes(cluster)).toEqual(['endpoints-ignored'])
  })

  test('labels are those of the Endpoints object, not of the Service (newEndpointSlice)', () => {
    const cluster = complete(service() + endpoints(one, 'labels: {of: endpoints}'))
    expect(slicesOf(cluster, 'web').map((slice) => slice.labels)).toEqual([
      {
        of: 'endpoints',
        'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
        'kubernetes.io/service-name': 'web',
      },
    ])
  })

  test('slices that the input states stand as they are, and are not mirrored a second time', () => {
    const slice = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-abcde, labels: {kubernetes.io/service-name: web, endpointslice.kubernetes.io/managed-by: endpointslicemirroring-controller.k8s.io}}
addressType: IPv4
ports: [{name: http, port: 80, protocol: TCP}]
endpoints: [{addresses: [10.0.0.9], conditions: {ready: true}}]
---
`
    const cluster = complete(service() + endpoints(one) + slice)
    expect(slicesOf(cluster, 'web').map(describeSlice)).toEqual(['http 80/TCP: 10.0.0.9 ready serving'])
  })

  test('the conditions of a stated slice: nil is ready and serving, and not terminating (discovery/v1)', () => {
    const slice = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 80}]
endpoints:
- {addresses: [11.11.11.11]}
- {addresses: [22.22.22.22], conditions: {ready: false}}
- {addresses: [22.22.22.23], conditions: {ready: false, serving: false, terminating: true}}
---
`
    expect(slicesOf(complete(service() + slice), 'web').map(describeSlice)).toEqual([
      'http 80/TCP: 11.11.11.11 ready serving; 22.22.22.22 serving; 22.22.22.23 terminating',
    ])
  })

  test('Endpoints and slices of no Service are named as orphans', () => {
    const lost = 'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: lost, labels: {kubernetes.io/service-name: gone}}\naddressType: IPv4\nendpoints: []\n---\n'
    const { orphanEndpoints } = complete(endpoints(one) + lost)
    expect(orphanEndpoints.map((ref) => `${ref.kind}/${ref.name}`)).toEqual(['Endpoints/web', 'EndpointSlice/lost'])
  })
})

describe('default/kubernetes, whose endpoints the API server writes itself', () => {
  const kubernetes = `
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default, uid: k}
spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: v1
kind: Node
metadata: {name: only, uid: n}
status: {addresses: [{type: InternalIP, address: 10.0.0.5}]}
---
`
  const stated = endpoints(
    '{ports: [{name: https, port: 443}], addresses: [{ip: 10.9.9.9}]}',
    'uid: e, labels: {endpointslice.kubernetes.io/skip-mirror: "true"}',
  ).replace('name: web', 'name: kubernetes')

  test('one for each control plane', () => {
    expect(slicesOf(complete(service()), 'kubernetes').map(describeSlice)).toEqual([
      'https 6443/TCP: 172.18.0.2 ready serving',
    ])
  })

  test('a dump’s Endpoints object says it where the control plane is not among the nodes', () => {
    expect(slicesOf(complete(kubernetes + stated), 'kubernetes').map(describeSlice)).toEqual([
      'https 443/TCP: 10.9.9.9 ready serving',
    ])
    expect(slicesOf(complete(kubernetes), 'kubernetes')).toEqual([])
  })
})
