import { describe, expect, test } from 'vitest'
import { parseCluster } from '../../src/index.ts'

const manifests = `
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: alpine}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, labels: {app: web}}
spec: {containers: [{name: c, image: web, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.7, selector: {app: web}, ports: [{port: 80, targetPort: 8080, name: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: none}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 8080}]}
`
const cluster = parseCluster([{ name: 'web.yaml', text: manifests }])

describe('records of every type, as dig +search asks for them', () => {
  const full = 'web.default.svc.cluster.local.'
  test.each([
    ['web', undefined, 'reached', [`${full} 30 IN A 10.96.0.7`]],
    ['web', 'A', 'reached', [`${full} 30 IN A 10.96.0.7`]],
    ['_http._tcp.web', 'SRV', 'reached', [`_http._tcp.${full} 30 IN SRV 0 100 80 ${full}`]],
    ['10.96.0.7', undefined, 'reached', [`7.0.96.10.in-addr.arpa. 30 IN PTR ${full}`]],
    ['web', 'TXT', 'dns-nodata', []],
    ['web', 'AAAA', 'dns-nodata', []],
    ['nope', 'SRV', 'nxdomain', []],
  ] as const)('%s %s: %s', (name, type, disposition, records) => {
    const answer = cluster.resolve({ name, from: 'pod/client', ...(type && { type }) })
    expect(answer.outcomes.map((one) => one.disposition)).toEqual([disposition])
    expect(answer.queries.flatMap((query) => query.answers)).toEqual(records)
  })

  test.each([
    [full, 'TXT'],
    [full, 'AAAA'],
    ['none', 'AAAA'],
  ])('%s %s: a type that the name does not have is the cause that is named', (name, type) => {
    const { findings } = cluster.resolve({ name, type, from: 'pod/client' })
    expect(findings.map((one) => [one.code, one.objects[0]?.name])).toEqual([
      ['record-type-missing', name === full ? 'web' : name],
    ])
  })
})

test('a query travels: its packets are a leg from the pod through the rules to CoreDNS and back', () => {
  const { outcomes } = cluster.resolve({ name: 'web', from: 'pod/client' })
  const [leg] = outcomes[0]?.legs ?? []
  expect(leg?.purpose).toBe('resolve')
  expect(leg?.forward[0]?.netns).toBe('pod/default/client')
  expect(leg?.forward.at(-1)?.netns).toMatch(/^pod\/kube-system\/coredns-/)
  expect(leg?.reply.at(-1)?.netns).toBe('pod/default/client')
  const translated = leg?.forward.flatMap((hop) => hop.steps).filter((step) => step.type === 'nat')
  expect(translated?.map((step) => step.action)).toEqual(['dnat'])
})

describe('what a request says of HTTP and of names, and cannot mean', () => {
  const from = 'pod/client'
  test.each([
    [
      { from, to: 'web:80', method: 'POST' },
      'web:80 is no URL: there is no method, header or certificate to it',
    ],
    [{ from, to: 'http://front/', resolve: { front: 'abc' } }, '"abc" is not an IP address'],
  ])('%j: %s', (request, message) => {
    expect(() => cluster.trace(request)).toThrow(message)
  })

  test('a colon without a port is the port of the scheme', () => {
    const { outcomes } = cluster.trace({ from, to: 'http://web:/' })
    expect(outcomes.map(({ http }) => http?.status)).toEqual([200])
  })
})
