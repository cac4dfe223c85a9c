import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'
import type { Endings } from '../../src/reach/endings.ts'
import type { ReachTable } from '../../src/reach/table.ts'

/** Random small clusters with random policies: every pair ends as a trace of that pair does. */

const apps = ['a', 'b', 'c']
const namespaces = ['one', 'two']

interface PodShape {
  readonly namespace: string
  readonly app: string
  readonly node: string
  readonly port: 'http' | 'silent' | 'none'
  readonly host: boolean
}

const podShape: fc.Arbitrary<PodShape> = fc.record({
  namespace: fc.constantFrom(...namespaces),
  app: fc.constantFrom(...apps),
  node: fc.constantFrom('n1', 'n2', 'n3'),
  port: fc.constantFrom('http', 'http', 'silent', 'none'),
  host: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
})

const labels = fc.oneof(
  fc.constant({}),
  fc.constantFrom(...apps).map((app) => ({ matchLabels: { app } })),
  fc.constantFrom(...apps).map((app) => ({
    matchExpressions: [{ key: 'app', operator: 'NotIn', values: [app] }],
  })),
)
const namespaceLabels = fc.oneof(
  fc.constant({}),
  fc.constantFrom(...namespaces).map((name) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })),
)
const peer = fc.oneof(
  labels.map((podSelector) => ({ podSelector })),
  namespaceLabels.map((namespaceSelector) => ({ namespaceSelector })),
  fc.record({ podSelector: labels, namespaceSelector: namespaceLabels }),
  fc
    .constantFrom(
      '10.244.0.0/16',
      '172.18.0.0/16',
      '172.18.0.3/32',
      '203.0.113.0/24',
      '10.244.1.0/24',
      '0.0.0.0/0',
    )
    .map((cidr) => ({ ipBlock: { cidr } })),
  fc.constant({ ipBlock: { cidr: '0.0.0.0/0', except: ['10.244.1.0/24', '172.18.0.3/32'] } }),
)
const port = fc.constantFrom<object>(
  { port: 80 },
  { port: 8080 },
  { port: 'http' },
  { port: 8000, endPort: 9000 },
  { protocol: 'UDP', port: 53 },
  {},
)
const side = (name: 'from' | 'to') =>
  fc.record(
    { [name]: fc.array(peer, { maxLength: 2 }), ports: fc.array(port, { maxLength: 2 }) },
    { requiredKeys: [] },
  )

const policy = fc.record({
  namespace: fc.constantFrom(...namespaces),
  spec: fc.record({
    podSelector: labels,
    policyTypes: fc.subarray(['Ingress', 'Egress'], { minLength: 1 }),
    ingress: fc.array(side('from'), { maxLength: 2 }),
    egress: fc.array(side('to'), { maxLength: 2 }),
  }),
})

const service = fc.record({
  namespace: fc.constantFrom(...namespaces),
  app: fc.constantFrom(...apps),
  type: fc.constantFrom('ClusterIP', 'ClusterIP', 'NodePort', 'headless'),
  target: fc.constantFrom<string | number>(8080, 'http', 81),
  local: fc.boolean(),
})

const cluster = fc.record({
  pods: fc.array(podShape, { minLength: 3, maxLength: 7 }),
  policies: fc.array(policy, { maxLength: 5 }),
  services: fc.array(service, { maxLength: 3 }),
})

type Shape = typeof cluster extends fc.Arbitrary<infer S> ? S : never

function objectsOf({ pods, policies, services }: Shape): readonly unknown[] {
  return [
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...['n1', 'n2', 'n3'].map((name, index) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      spec: { podCIDR: `10.244.${index}.0/24` },
      status: { addresses: [{ type: 'InternalIP', address: `172.18.0.${index + 2}` }] },
    })),
    ...pods.map(({ namespace, app, node, port: kind, host }, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `p${index}`,
        namespace,
        labels: { app },
        ...(kind === 'none' && { annotations: { 'kubewalk.dev/listen': '127.0.0.1:8080' } }),
      },
      spec: {
        nodeName: node,
        ...(host && { hostNetwork: true }),
        containers: [
          {
            name: 'c',
            image: 'c',
            ...(kind === 'http' && { ports: [{ name: 'http', containerPort: host ? 9000 + index : 8080 }] }),
          },
        ],
      },
    })),
    ...policies.map(({ namespace, spec }, index) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `np${index}`, namespace },
      spec,
    })),
    ...services.map(({ namespace, app, type, target, local }, index) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `s${index}`, namespace },
      spec: {
        selector: { app },
        ports: [{ name: 'http', port: 80, targetPort: target }],
        ...(type === 'headless' ? { clusterIP: 'None' } : { type }),
        ...(local && type === 'ClusterIP' && { internalTrafficPolicy: 'Local' }),
        ...(local && type === 'NodePort' && { externalTrafficPolicy: 'Local' }),
      },
    })),
    {
      apiVersion: 'kubewalk.dev/v1alpha1',
      kind: 'Environment',
      metadata: { name: 'environment' },
      spec: { externalHosts: [{ name: 'laptop', ip: '198.51.100.7' }] },
    },
  ]
}

/** `dropped 0.5, reached 0.5`. */
function text(shares: readonly { readonly disposition: string; readonly share: number }[]): string {
  const sums = new Map<string, number>()
  for (const { disposition, share } of shares) sums.set(disposition, (sums.get(disposition) ?? 0) + share)
  return [...sums]
    .map(([disposition, share]) => `${disposition} ${share.toFixed(6)}`)
    .toSorted()
    .join(', ')
}

function traced(loaded: LoadedCluster, from: string, to: string): string {
  const { outcomes } = loaded.trace({ from, to })
  return text(outcomes.map(({ disposition, probability }) => ({ disposition, share: probability })))
}

interface Pair {
  readonly from: string
  readonly to: string
  readonly reach: Endings | undefined
}

function everyPair(table: ReachTable): readonly Pair[] {
  const places = table.groups.flatMap((group) => group.places)
  const inside = places.filter(({ id }) => !id.startsWith('external') && id !== 'internet')
  const direct = places.flatMap((from) =>
    inside.flatMap((to) =>
      [8080, 81].map((number) => ({
        from: from.id,
        to: `${to.id}:${number}`,
        reach: table.toPlace(from, to, { protocol: 'tcp', number }),
      })),
    ),
  )
  const services = table.services.flatMap((asked) =>
    places.map((from) => ({
      from: from.id,
      to: `svc/${asked.service.namespace}/${asked.service.name}:80`,
      reach: table.fromPlace(from, asked),
    })),
  )
  return [...direct, ...services]
}

const plugins = [
  'kindnet',
  'calico',
  'antrea',
  'aws-vpc-cni',
  'ovn-kubernetes',
  'kube-router',
  'weave',
  'cilium',
]

describe.each(plugins)('%s', (plugin) => {
  test('every pair ends as its trace does', () => {
    const ends = new Set<string>()
    fc.assert(
      fc.property(cluster, (shape) => {
        const items = objectsOf(shape)
        const file = { name: 'c.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }
        const loaded = parseCluster([file], { cni: plugin })
        const pairs = everyPair(loaded.reachTable())
        const reach = pairs.map(({ from, to, reach: own }) => `${from} to ${to}: ${text(own ?? [])}`)
        const trace = pairs.map(({ from, to }) => `${from} to ${to}: ${traced(loaded, from, to)}`)
        for (const one of trace) ends.add(one.replace(/.*: /, '').replaceAll(/ [\d.]+/g, ''))
        expect(reach).toEqual(trace)
      }),
      { numRuns: 8, seed: 7 },
    )
    expect(ends.size).toBeGreaterThan(2)
  }, 300_000)
})
