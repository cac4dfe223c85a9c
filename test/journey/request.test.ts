import { describe, expect, test } from 'vitest'
import type { JourneyRequest } from '../../src/index.ts'
import { parseCluster, RequestError } from '../../src/index.ts'

const cluster = parseCluster([
  {
    name: 'cluster.yaml',
    text: `
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { nodeName: worker, containers: [{ name: c, image: c }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web, ports: [{ containerPort: 8080, name: http }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: 10.96.0.80, selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: two }
spec: { selector: { app: web }, ports: [{ name: a, port: 80, targetPort: 8080 }, { name: b, port: 81, targetPort: 8080 }] }
`,
  },
])

function answer(from: string, to: string, more: Partial<JourneyRequest> = {}): string {
  try {
    const { outcomes } = cluster.trace({ from, to, ...more })
    return [...new Set(outcomes.map((one) => one.disposition))].join(' ')
  } catch (error) {
    if (error instanceof RequestError) return `${error.code}: ${error.message}`
    throw error
  }
}

describe('what FROM and TO may be', () => {
  test.each([
    ['pod/client', 'svc/web:80', 'reached'],
    ['pod/client', 'svc/web', 'reached'],
    ['pod/client', 'svc/default/web:http', 'reached'],
    ['po/default/client', 'service/web:80', 'reached'],
    ['pod/client', 'web:80', 'reached'],
    ['pod/client', 'web.default:80', 'reached'],
    ['pod/client', 'web.default.svc.cluster.local.:80', 'reached'],
    ['pod/client', 'http://web/', 'reached'],
    ['pod/client', 'http://user:secret@web:80/path?q#f', 'reached'],
    ['pod/client', '10.96.0.80:80', 'reached'],
    ['deploy/web', 'web:80', 'reached'],
    ['deployment/default/web', 'web:80', 'reached'],
    ['node/worker', '10.96.0.80:80', 'reached'],
    ['pod/client', 'https://example.com', 'reached'],
    ['internet', 'web:80', 'nxdomain'],
    ['internet', 'web.default:80', 'nxdomain'],
    ['node/worker', 'web.default:80', 'nxdomain'],
    ['node/worker', 'web.default.svc:80', 'nxdomain'],
    ['node/worker', 'web.com:80', 'reached'],
    ['node/worker', 'web:80', 'nxdomain'],
    ['pod/client', 'wbe:80', 'nxdomain'],
    ['pod/client', 'web.default.svc.cluster.lan:80', 'nxdomain'],
    ['pod/client', 'web.other.svc.example.org:80', 'reached'],
    ['172.18.0.9', 'node/worker:30000', 'refused'],
  ])('%s to %s: %s', (from, to, expected) => {
    expect(answer(from, to)).toBe(expected)
  })
})

describe('what cannot be asked is said, and never guessed', () => {
  test.each([
    ['pod/clint', 'web:80', 'unknown-source: there is no pod clint in namespace default'],
    ['node/nowhere', 'web:80', 'unknown-node: there is no node nowhere'],
    ['client', 'web:80', 'bad-request: cannot read the sender "client"'],
    ['robot/client', 'web:80', 'bad-request: cannot read the sender "robot/client": there is no "robot"'],
    ['pod/a/b/c', 'web:80', 'bad-request: cannot read the sender "pod/a/b/c"'],
    [
      '10.244.9.9',
      'web:80',
      "unknown-source: 10.244.9.9 lies in 10.244.0.0/16, which is the cluster's own, but nobody has it",
    ],
    ['pod/client', 'svc/nope:80', 'unknown-destination: there is no Service nope in namespace default'],
    ['pod/client', 'svc/web:https', 'unknown-destination: Service default/web has no port called "https"'],
    ['pod/client', 'pod/nope:80', 'unknown-destination: there is no pod nope in namespace default'],
    ['pod/client', 'web:http', 'bad-request: behind a DNS name stands a port\'s number, not its name "http"'],
    ['pod/client', 'web:https', 'bad-request: port "https" is not a port from 1 to 65535'],
    ['pod/client', 'svc/two', 'bad-request: which port of two? it has several'],
    ['pod/client', 'svc/web:70000', 'bad-request: port "70000" is not a port from 1 to 65535'],
    ['pod/client', '10.96.0.300:80', 'bad-request: "10.96.0.300" is not an IP address'],
    ['pod/client', '10.96.1:80', 'bad-request: "10.96.1" is not an IP address'],
    ['pod/client', 'fd00::1::2:80', 'bad-request: "fd00::1::2" is not an IP address'],
    ['pod/client', 'we b:80', 'bad-request: "we b" is not a host name'],
    ['pod/client', '-web:80', 'bad-request: "-web" is not a host name'],
    ['pod/client', 'example.com', 'bad-request: which port of example.com?'],
    ['pod/client', ':80', 'bad-request: cannot read the destination ":80"'],
    ['pod/client', 'ftp://web/', 'bad-request: cannot read the URL "ftp://web/"'],
    ['pod/client', 'http:///x', 'bad-request: cannot read the URL "http:///x"'],
    ['pod/client', 'http://web/a b', 'bad-request: cannot read the URL "http://web/a b"'],
    [
      'pod/client',
      'robot/web:80',
      'bad-request: cannot read the destination "robot/web:80": there is no "robot"',
    ],
  ])('%s to %s: %s', (from, to, expected) => {
    expect(answer(from, to)).toBe(expected)
  })
})

describe('what would mend a request is said', () => {
  test.each([
    ['pod/other/client', 'web:80', 'there is one in namespace default: pod/default/client'],
    ['pod/clinet', 'web:80', 'did you mean client?'],
    ['pod/client', 'svc/other/web:80', 'there is one in namespace default: svc/default/web'],
    ['pod/client', 'svc/wbe:80', 'did you mean web?'],
    ['pod/client', 'svc/mail:80', 'Services there: kubernetes, two, web'],
    ['pod/client', 'fd00::1', 'write [fd00::1]:PORT'],
    ['pod/client', 'fd00::1:80', 'write [fd00::1:80]:PORT'],
    ['pod/client', 'web:http', 'write 80, or svc/default/web:http'],
  ])('%s to %s: %s', (from, to, expected) => {
    const ask = () => cluster.trace({ from, to })
    expect(ask).toThrow(expect.objectContaining({ fix: expected }))
  })
})

test.each(['svc/web:80', 'web:80', 'node/worker:80'])(
  '%s has no IPv6 address, and is not asked over IPv4 instead',
  (to) => {
    expect(answer('pod/client', to, { family: 6 })).toMatch(/^bad-request: .* has no IPv6 address$/)
  },
)

test('an address that nothing states is said to be assumed', () => {
  const { resolved } = cluster.trace({ from: 'pod/client', to: 'https://example.com' })
  expect(resolved).toEqual({
    asked: 'example.com',
    name: 'example.com',
    addresses: ['198.51.100.1'],
    assumed: true,
  })
})

test('the internet asks an IPv6 address from one of its own', () => {
  const dual = parseCluster([
    {
      name: 'dual.yaml',
      text: `
apiVersion: kind.x-k8s.io/v1alpha4
kind: Cluster
networking: { ipFamily: dual }
nodes: [{ role: control-plane }, { role: worker }]
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { nodeName: kind-worker, containers: [{ name: c, image: c, ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  ipFamilyPolicy: PreferDualStack
  externalTrafficPolicy: Local
  selector: { app: web }
  ports: [{ port: 80, nodePort: 30080 }]
`,
    },
  ])
  const seen = (family: 4 | 6) =>
    dual
      .trace({ from: 'internet', to: 'node/kind-worker:30080', family })
      .outcomes.map(({ disposition, seenSource }) => `${disposition} ${seenSource?.ip}`)
  expect(seen(4)).toEqual(['reached 203.0.113.10'])
  expect(seen(6)).toEqual(['reached 2001:db8::cb00:710a'])
})

test('a workload sends from each of its pods, with equal shares', () => {
  const { outcomes } = cluster.trace({ from: 'deploy/web', to: 'svc/web:80' })
  const shares = new Map<string, number>()
  for (const { from, probability } of outcomes)
    shares.set(from?.name ?? '', (shares.get(from?.name ?? '') ?? 0) + probability)
  expect(shares.size).toBe(2)
  for (const share of shares.values()) expect(share).toBeCloseTo(0.5, 9)
})
