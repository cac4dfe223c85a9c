import { describe, expect, test } from 'vitest'
import type { JourneyOutcome } from '../../../src/index.ts'
import type { Variation } from '../../support/balancers.ts'
import { balancedCluster, waysOf } from '../../support/balancers.ts'

/**
 * What load balancers of each kind do to a packet, row by row (l01 to l20): the cluster of balancedCluster, and a
 * client at 198.51.100.7. n1 is 10.0.0.11 towards other nodes, and 10.244.1.1 towards its own pods.
 */
interface Row {
  readonly id: string
  readonly name: string
  readonly given: Variation
  readonly from?: string
  readonly to: string
  readonly ways: readonly string[]
  /** The code of the first finding. */
  readonly finding?: string
}

const vip = '203.0.113.9:80'
const local = { externalTrafficPolicy: 'Local' }
const entering = (announcer: string): Variation => ({ controller: { type: 'metallb-layer2', announcer } })
const metallb: Variation = { controller: { type: 'metallb', mode: 'l2' } }
const nlb: Variation = {
  spec: { loadBalancerClass: 'service.k8s.aws/nlb' },
  annotations: { 'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internet-facing' },
  ingress: [{ hostname: 'web.elb.example.org' }],
}
const ipTargets = {
  ...nlb,
  annotations: { ...nlb.annotations, 'service.beta.kubernetes.io/aws-load-balancer-nlb-target-type': 'ip' },
}
const k3s: Variation = { controller: { type: 'k3s' }, ingress: [] }
const natted: Variation = { ...k3s, outside: { n1: '192.0.2.11', n2: '192.0.2.12' } }
const ranges = { loadBalancerSourceRanges: ['192.0.2.0/24'] }

// biome-ignore format: one row a line
const rows: readonly Row[] = [
  { id: 'l01', name: 'Cluster, at the address, by the other node', given: entering('n2'), to: vip, ways: ['reached p1 10.244.1.5:8080 sees 10.0.0.12: router n2 n1 p1'] },
  { id: 'l02', name: 'Cluster, at the node port of the other node', given: {}, to: '10.0.0.12:30080', ways: ['reached p1 10.244.1.5:8080 sees 10.0.0.12: router n2 n1 p1'] },
  { id: 'l03', name: 'Cluster, by the node of the pod: masqueraded all the same', given: entering('n1'), to: vip, ways: ['reached p1 10.244.1.5:8080 sees 10.244.1.1: router n1 p1'] },
  { id: 'l04', name: 'Local, by the node of the pod: the client is seen', given: { ...entering('n1'), spec: local }, to: vip, ways: ['reached p1 10.244.1.5:8080 sees 198.51.100.7: router n1 p1'] },
  { id: 'l05', name: 'Local, by the other node', given: { ...entering('n2'), spec: local }, to: vip, ways: ['dropped at n2 (rule): router n2'], finding: 'no-local-endpoint' },
  { id: 'l08', name: 'Local, from a pod on the other node: all endpoints', given: { spec: local }, from: 'pod/c2', to: vip, ways: ['reached p1 10.244.1.5:8080 sees 10.244.2.7: n2 n1 p1'] },
  { id: 'l09', name: 'ipMode Proxy, from a pod: it leaves the cluster', given: { ingress: [{ ip: '203.0.113.9', ipMode: 'Proxy' }] }, from: 'pod/c2', to: vip, ways: ['reached p1 10.244.1.5:8080 sees 10.0.0.12: n2 router balancer n2 n1 p1', 'reached p1 10.244.1.5:8080 sees 10.244.1.1: n2 router balancer n1 p1'] },
  { id: 'l10', name: 'a host name alone, from a pod: it leaves the cluster', given: { ingress: [{ hostname: 'web.example.org' }] }, from: 'pod/c2', to: 'web.example.org:80', ways: ['reached p1 10.244.1.5:8080 sees 10.0.0.12: n2 router balancer n2 n1 p1', 'reached p1 10.244.1.5:8080 sees 10.244.1.1: n2 router balancer n1 p1'] },
  { id: 'l11', name: 'IP targets: the pod itself, under Cluster', given: ipTargets, to: 'loadBalancer(default/web):80', ways: ['reached p1 10.244.1.5:8080 sees 10.0.0.251: balancer n1 p1'] },
  { id: 'l11', name: 'IP targets: the pod itself, under Local', given: { ...ipTargets, spec: { ...ipTargets.spec, ...local } }, to: 'loadBalancer(default/web):80', ways: ['reached p1 10.244.1.5:8080 sees 10.0.0.251: balancer n1 p1'] },
  // printf 'n1#203.0.113.9' | sha256sum begins with f0, that of n2 with f6.
  { id: 'l12', name: 'MetalLB layer 2, Cluster: one node, by the hash', given: metallb, to: vip, ways: ['reached p1 10.244.1.5:8080 sees 10.244.1.1: router n1 p1'] },
  { id: 'l13', name: 'MetalLB layer 2, Local: the node of the pod', given: { ...metallb, spec: local }, to: vip, ways: ['reached p1 10.244.1.5:8080 sees 198.51.100.7: router n1 p1'] },
  { id: 'l14', name: 'k3s, Cluster, by the host port of the other node', given: natted, to: '192.0.2.12:80', ways: ['reached p1 10.244.1.5:8080 sees svclb: router n2 svclb n2 n1 p1'] },
  { id: 'l14', name: 'k3s, Cluster, where the status has the address itself: kube-proxy comes first', given: k3s, to: '10.0.0.12:80', ways: ['reached p1 10.244.1.5:8080 sees 10.0.0.12: router n2 n1 p1'] },
  { id: 'l15', name: 'k3s, Local', given: { ...natted, spec: local }, to: 'loadBalancer(default/web):80', ways: ['reached p1 10.244.1.5:8080 sees svclb: router n1 svclb n1 p1'] },
  { id: 'l17', name: 'NLB with instance targets, from the pod behind it: lost whenever its own node is chosen', given: nlb, from: 'pod/p1', to: 'web.elb.example.org:80', ways: ['dropped at n1 (martian-source): n1 router balancer n1', 'reached p1 10.244.1.5:8080 sees 10.0.0.12: n1 router balancer n2 n1 p1'], finding: 'load-balancer-hairpin' },
  { id: 'l18', name: 'source ranges at the address', given: { ...entering('n1'), spec: ranges }, to: vip, ways: ['dropped at n1 (rule): router n1'], finding: 'source-range-excludes-client' },
  { id: 'l18', name: "source ranges at a cloud's firewall", given: { provider: 'gce://project/zone/', spec: ranges }, to: vip, ways: ['dropped at balancer (rule): balancer'], finding: 'source-range-excludes-client' },
  { id: 'l18', name: 'source ranges in an svclb pod', given: { ...natted, spec: ranges }, to: '192.0.2.11:80', ways: ['dropped at svclb (rule): router n1 svclb'], finding: 'source-range-excludes-client' },
  { id: 'l19', name: 'source ranges do not hold at the node port', given: { spec: ranges }, to: '10.0.0.12:30080', ways: ['reached p1 10.244.1.5:8080 sees 10.0.0.12: router n2 n1 p1'] },
  { id: 'l20', name: 'no endpoints', given: { withoutPods: true }, to: vip, ways: ['rejected at n1 (rule): balancer n1', 'rejected at n2 (rule): balancer n2'], finding: 'service-without-endpoints' },
]

/** The svclb pods have names and addresses that are filled in. */
function plain(way: string): string {
  return way
    .replaceAll(/svclb-web-\w+-\w+/g, 'svclb')
    .replace(/sees 10\.244\.\d+\.(?!1:|5:|7:)\d+:/, 'sees svclb:')
}

test.for(rows)('$id $name', ({ given, from = '198.51.100.7', to, ways, finding }) => {
  const journey = balancedCluster(given).trace({ from, to })
  expect(waysOf(journey).map(plain)).toEqual(ways)
  expect(journey.findings[0]?.code).toBe(finding)
})

describe('l06 and l07 the health check port', () => {
  const given = { spec: { ...local, healthCheckNodePort: 32000 } }

  test.for([
    { id: 'l06', node: '10.0.0.11', status: 200 },
    { id: 'l07', node: '10.0.0.12', status: 503 },
  ])('$id of $node answers $status', ({ node, status }) => {
    const cluster = balancedCluster(given)
    const [outcome] = cluster.trace({ from: '198.51.100.7', to: `${node}:32000` }).outcomes
    expect(outcome?.disposition).toBe('reached')
    const name = node === '10.0.0.11' ? 'n1' : 'n2'
    const listeners = cluster.network.namespaces.get(`node/${name}`)?.listeners
    const application = listeners?.find(({ port }) => port === 32000)?.application
    expect(application).toMatchObject({ type: 'http-application', routes: {}, otherwise: status })
  })

  test('nobody answers where kube-proxy does not run', () => {
    const environment = { kubeProxy: { running: { n1: false } } }
    const cluster = balancedCluster({ ...given, environment })
    const [outcome] = cluster.trace({ from: '198.51.100.7', to: '10.0.0.11:32000' }).outcomes
    expect(outcome?.disposition).toBe('refused')
  })
})

/** Where the destination was translated to, in turn. */
function translations({ legs }: JourneyOutcome): readonly string[] {
  return (legs[0]?.forward ?? []).flatMap(({ netns, steps }) =>
    steps.flatMap((step) =>
      step.type === 'nat' && step.side === 'destination' && step.action === 'dnat'
        ? [
            `${netns
              .split('/')
              .at(-1)
              ?.replace(/^svclb.*/, 'svclb')} ${toText(step.to)}`,
          ]
        : [],
    ),
  )
}

function toText({ ip, port }: { readonly ip: unknown; readonly port: number }): string {
  const value = Number(ip)
  return `${[24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')}:${port}`
}

describe('l14 and l15 what the svclb pod translates to', () => {
  // biome-ignore format: one row a line
  test.for([
    { id: 'l14', spec: {}, to: '192.0.2.12:80', svclb: 'svclb 10.96.0.80:80' },
    { id: 'l15', spec: local, to: '192.0.2.11:80', svclb: 'svclb 10.0.0.11:30080' },
  ])('$id $svclb', ({ spec, to, svclb }) => {
    const [outcome] = balancedCluster({ ...natted, spec }).trace({ from: '198.51.100.7', to }).outcomes
    expect(outcome && translations(outcome)).toContain(svclb)
  })

  test('l15 the status has the node of the pod alone', () => {
    const [service] = balancedCluster({ ...k3s, spec: local }).objects.Service
    expect(service?.status?.loadBalancer?.ingress).toEqual([{ ip: '10.0.0.11', ipMode: 'VIP' }])
  })
})

test('l16 k3s, a second Service on port 80: its svclb pods stay Pending', () => {
  const ports = [{ port: 80, targetPort: 9090, nodePort: 30090 }]
  const second = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'zweb' },
    spec: { type: 'LoadBalancer', ports },
  }
  const cluster = balancedCluster({ ...k3s, more: [second] })
  const own = cluster.cluster.pods.filter(({ name }) => name.startsWith('svclb-zweb-'))
  expect(own.map(({ phase, nodeName }) => ({ phase, nodeName }))).toEqual([
    { phase: 'Pending', nodeName: undefined },
    { phase: 'Pending', nodeName: undefined },
  ])
  const journey = cluster.trace({ from: '198.51.100.7', to: 'loadBalancer(default/zweb):80' })
  expect(journey.outcomes[0]?.disposition).toBe('no-address')
  expect(journey.findings[0]?.code).toBe('load-balancer-host-port-taken')
})

test('every row of the reference is here', () => {
  const here = new Set([...rows.map(({ id }) => id), 'l06', 'l07', 'l16'])
  const all = Array.from({ length: 20 }, (_, index) => `l${String(index + 1).padStart(2, '0')}`)
  expect([...here].toSorted()).toEqual(all)
})
