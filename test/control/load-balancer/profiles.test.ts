import { describe, expect, test } from 'vitest'
import { balancerProfiles } from '../../../src/control/load-balancer/registry.ts'
import type { Journey } from '../../../src/index.ts'
import type { Variation } from '../../support/balancers.ts'
import { balancedCluster, waysOf } from '../../support/balancers.ts'

const service = 'service.beta.kubernetes.io'
const open = { [`${service}/aws-load-balancer-scheme`]: 'internet-facing' }
const byName = [{ hostname: 'web.lb.example.org' }]
const local = { externalTrafficPolicy: 'Local' }
const nlb = { spec: { loadBalancerClass: 'service.k8s.aws/nlb' }, annotations: open, ingress: byName }
const withTargets = (type: string, attributes: string): Variation => ({
  ...nlb,
  annotations: {
    ...open,
    [`${service}/aws-load-balancer-nlb-target-type`]: type,
    [`${service}/aws-load-balancer-target-group-attributes`]: attributes,
  },
})

/** What a machine gets from the balancer, what the pod then sees, and whether a pod of the cluster gets through. */
interface Row {
  readonly profile: string
  readonly given: Variation
  readonly to?: string
  /** The destination of the packet when it comes to a node's own address, or to the pod past the nodes' rules. */
  readonly arrives: readonly string[]
  /** What node or pod sees as the source on arrival. */
  readonly source: readonly string[]
  /** From p1, the pod behind the Service, on n1. */
  readonly inside: readonly string[]
}

const client = '198.51.100.7'
const short = 'reached at once'
const vip = ['203.0.113.9:80']
const nodePorts = ['10.0.0.11:30080', '10.0.0.12:30080']

// biome-ignore format: one row a line
const rows: readonly Row[] = [
  { profile: 'generic', given: {}, arrives: vip, source: [client], inside: [short] },
  { profile: 'generic', given: { ingress: [{ ip: '203.0.113.9', ipMode: 'Proxy' }] }, arrives: nodePorts, source: ['balancer'], inside: ['reached'] },
  { profile: 'aws-nlb-instance', given: nlb, arrives: nodePorts, source: [client], inside: ['dropped', 'reached'] },
  { profile: 'aws-nlb-instance', given: withTargets('instance', 'preserve_client_ip.enabled=false'), arrives: nodePorts, source: ['balancer'], inside: ['reached'] },
  { profile: 'aws-nlb-ip', given: withTargets('ip', ''), arrives: ['10.244.1.5:8080'], source: ['balancer'], inside: ['reached'] },
  { profile: 'aws-nlb-ip', given: withTargets('ip', 'preserve_client_ip.enabled=true'), arrives: ['10.244.1.5:8080'], source: [client], inside: ['dropped'] },
  { profile: 'aws-classic', given: { provider: 'aws:///eu-west-1a/', ingress: byName }, arrives: nodePorts, source: ['balancer'], inside: ['reached'] },
  { profile: 'gcp-passthrough', given: { provider: 'gce://project/zone/' }, arrives: vip, source: [client], inside: [short] },
  { profile: 'azure', given: { provider: 'azure:///subscriptions/x/' }, arrives: vip, source: [client], inside: [short] },
  { profile: 'azure', given: { provider: 'azure:///x/', annotations: { [`${service}/azure-disable-load-balancer-floating-ip`]: 'true' } }, arrives: nodePorts, source: [client], inside: [short] },
  { profile: 'proxy', given: { provider: 'digitalocean://' }, arrives: nodePorts, source: ['balancer'], inside: [short] },
  { profile: 'proxy', given: { provider: 'hcloud://', ingress: byName }, arrives: nodePorts, source: ['balancer'], inside: ['reached'] },
  { profile: 'metallb-layer2', given: { controller: { type: 'metallb' } }, arrives: vip, source: [client], inside: [short] },
  { profile: 'metallb-bgp', given: { controller: { type: 'metallb', mode: 'bgp' } }, arrives: vip, source: [client], inside: [short] },
  { profile: 'kube-vip', given: { controller: { type: 'kube-vip' } }, arrives: vip, source: [client], inside: [short] },
  { profile: 'k3s-servicelb', given: { controller: { type: 'k3s' }, ingress: [] }, to: '10.0.0.12:80', arrives: ['10.0.0.12:80'], source: [client], inside: [short] },
  { profile: 'kind-cloud-provider', given: { provider: 'kind://docker/kind/', ingress: [{ ip: '10.0.0.100', ipMode: 'Proxy' }] }, arrives: nodePorts, source: ['balancer'], inside: ['reached'] },
]

const toText = (ip: unknown) => [24, 16, 8, 0].map((shift) => (Number(ip) >>> shift) & 255).join('.')

/** The packet as the first node got it. */
function arrivals({ outcomes }: Journey) {
  const nodes = outcomes.flatMap(({ legs }) =>
    (legs[0]?.forward ?? []).filter(({ netns }) => netns.startsWith('node/')).slice(0, 1),
  )
  return nodes.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.type === 'received' ? [step.packet] : [])),
  )
}

const sorted = (texts: readonly string[]) => [...new Set(texts)].toSorted()

describe('what a node gets, and what works from inside', () => {
  test.for(rows)('$profile: $arrives from $source', ({ given, to, arrives, source, inside }) => {
    const cluster = balancedCluster(given)
    const target = to ?? 'loadBalancer(default/web):80'
    const outer = cluster.trace({ from: client, to: target })
    expect(outer.outcomes.every(({ disposition }) => disposition === 'reached')).toBe(true)
    const packets = arrivals(outer)
    expect(sorted(packets.map(({ dst, dport }) => `${toText(dst)}:${dport}`))).toEqual(arrives)
    // A balancer's own address lies at the end of the nodes' network; kind's is its container's.
    const named = packets.map(({ src }) => toText(src).replace(/^10\.0\.0\.(2\d\d|100)$/, 'balancer'))
    expect(sorted(named)).toEqual(source)
    const inner = cluster.trace({ from: 'pod/p1', to: target })
    const ways = inner.outcomes.map(({ disposition, legs }) => {
      const left = (legs[0]?.forward ?? []).some(({ netns }) => /^(balancer|router)/.test(netns))
      return disposition === 'reached' && !left ? short : disposition
    })
    expect(sorted(ways)).toEqual(inside)
  })

  test('every profile has its row, and is the one that is chosen', () => {
    for (const { profile, given } of rows) {
      const [service] = balancedCluster(given).cluster.services
      expect(service?.balancer?.profile).toBe(profile)
    }
    expect(sorted(rows.map(({ profile }) => profile))).toEqual(
      sorted(balancerProfiles.map(({ name }) => name)),
    )
  })
})

describe('Local keeps the client where the node gets it, and nodes without an endpoint get nothing', () => {
  // biome-ignore format: one row a line
  test.for([
    { profile: 'generic', given: {}, ways: ['reached p1 10.244.1.5:8080 sees 198.51.100.7: balancer n1 p1'] },
    { profile: 'aws-nlb-instance', given: nlb, ways: ['reached p1 10.244.1.5:8080 sees 198.51.100.7: balancer n1 p1'] },
    { profile: 'aws-classic', given: { provider: 'aws:///z/', ingress: byName }, ways: ['reached p1 10.244.1.5:8080 sees balancer: balancer n1 p1'] },
    { profile: 'gcp-passthrough', given: { provider: 'gce://p/z/' }, ways: ['reached p1 10.244.1.5:8080 sees 198.51.100.7: balancer n1 p1'] },
    { profile: 'metallb-bgp', given: { controller: { type: 'metallb-bgp' } }, ways: ['reached p1 10.244.1.5:8080 sees 198.51.100.7: router n1 p1'] },
    // The leader of kube-vip is not chosen by its endpoints.
    { profile: 'kube-vip', given: { controller: { type: 'kube-vip', announcer: 'n2' } }, ways: ['dropped at n2 (rule): router n2'] },
    { profile: 'kube-vip with an election for each Service', given: { controller: { type: 'kube-vip', svc_election: 'true' } }, ways: ['reached p1 10.244.1.5:8080 sees 198.51.100.7: router n1 p1'] },
  ] as readonly { profile: string; given: Variation; ways: readonly string[] }[])('$profile', ({ given, ways }) => {
    const cluster = balancedCluster({ ...given, spec: { ...given.spec, ...local } })
    const found = waysOf(cluster.trace({ from: client, to: 'loadBalancer(default/web):80' }))
    expect(found.map((way) => way.replace(/sees 10\.0\.0\.2\d\d:/, 'sees balancer:'))).toEqual(ways)
  })
})

describe('allocateLoadBalancerNodePorts: false, and what is no port of the Service', () => {
  const none = { allocateLoadBalancerNodePorts: false, ports: [{ port: 80, targetPort: 8080 }] }

  // biome-ignore format: one row a line
  test.for([
    { profile: 'proxy', given: { provider: 'hcloud://' }, without: 'refused', other: 'refused' },
    { profile: 'aws-nlb-instance', given: nlb, without: 'dropped', other: 'dropped' },
    { profile: 'aws-nlb-ip', given: withTargets('ip', ''), without: 'reached', other: 'dropped' },
    { profile: 'gcp-passthrough', given: { provider: 'gce://' }, without: 'reached', other: 'dropped' },
    // No device has the address: other ports go nowhere. kube-vip's leader has it, and refuses.
    { profile: 'metallb-layer2', given: { controller: { type: 'metallb' } }, without: 'reached', other: 'dropped' },
    { profile: 'kube-vip', given: { controller: { type: 'kube-vip' } }, without: 'reached', other: 'refused' },
  ] as readonly { profile: string; given: Variation; without: string; other: string }[])('$profile: $without, $other', ({ given, without, other }) => {
    const bare = balancedCluster({ ...given, spec: { ...given.spec, ...none } })
    const plain = bare.trace({ from: client, to: 'loadBalancer(default/web):80' })
    expect(sorted(plain.outcomes.map(({ disposition }) => disposition))).toEqual([without])
    const code = without === 'reached' ? undefined : 'load-balancer-without-node-port'
    expect(plain.findings[0]?.code).toBe(code)
    const elsewhere = balancedCluster(given).trace({ from: client, to: 'loadBalancer(default/web):81' })
    expect(sorted(elsewhere.outcomes.map(({ disposition }) => disposition))).toEqual([other])
    expect(elsewhere.findings[0]?.code).toBe('service-port-unknown')
  })
})

describe('by which sign a profile is chosen', () => {
  // biome-ignore format: one row a line
  test.for([
    { sign: 'nothing', given: {}, profile: 'generic' },
    { sign: 'a class that nobody knows', given: { provider: 'gce://p/', spec: { loadBalancerClass: 'example.org/gold' } }, profile: 'generic' },
    { sign: 'EKS Auto Mode', given: { spec: { loadBalancerClass: 'eks.amazonaws.com/nlb' } }, profile: 'aws-nlb-ip' },
    { sign: 'type external', given: { annotations: { [`${service}/aws-load-balancer-type`]: 'external' } }, profile: 'aws-nlb-instance' },
    { sign: 'type nlb-ip', given: { annotations: { [`${service}/aws-load-balancer-type`]: 'nlb-ip' } }, profile: 'aws-nlb-ip' },
    { sign: 'type nlb knows no IP targets', given: { annotations: { [`${service}/aws-load-balancer-type`]: 'nlb', [`${service}/aws-load-balancer-nlb-target-type`]: 'ip' } }, profile: 'aws-nlb-instance' },
    { sign: "Google's class", given: { spec: { loadBalancerClass: 'networking.gke.io/l4-regional-internal' } }, profile: 'gcp-passthrough' },
    { sign: "Google's annotation", given: { annotations: { 'networking.gke.io/load-balancer-type': 'Internal' } }, profile: 'gcp-passthrough' },
    { sign: "Azure's annotation", given: { annotations: { [`${service}/azure-load-balancer-internal`]: 'true' } }, profile: 'azure' },
    { sign: "Hetzner's annotation", given: { annotations: { 'load-balancer.hetzner.cloud/location': 'fsn1' } }, profile: 'proxy' },
    { sign: "kube-vip's annotation", given: { annotations: { 'kube-vip.io/loadbalancerIPs': '203.0.113.9' } }, profile: 'kube-vip' },
    { sign: 'k3s nodes', given: { provider: 'k3s://' }, profile: 'k3s-servicelb' },
    { sign: 'kind nodes, where the status is not of their provider', given: { provider: 'kind://docker/kind/' }, profile: 'generic' },
    { sign: 'the Environment before all others', given: { provider: 'gce://p/', controller: { type: 'octavia' } }, profile: 'proxy' },
    { sign: 'forwards to node ports', given: { controller: { type: 'cloud', forwards: '203.0.113.9 -> nodePorts of all nodes' } }, profile: 'proxy' },
  ] as readonly { sign: string; given: Variation; profile: string }[])('$sign: $profile', ({ given, profile }) => {
    const [service] = balancedCluster(given).cluster.services
    expect(service?.balancer?.profile).toBe(profile)
  })

  test('it is an assumption, and stands in the trace', () => {
    const cluster = balancedCluster({ provider: 'gce://p/z/' })
    const texts = cluster.cluster.assumptions.map(({ text }) => text)
    expect(texts).toContain(
      'the load balancer of default/web is gcp-passthrough: providerID gce://p/z/n1 of node n1',
    )
    const machines = [...cluster.network.namespaces.keys()].filter((id) => id.startsWith('balancer/'))
    expect(machines.map((id) => cluster.network.namespaces.get(id)?.label)).toEqual([
      'load balancer 203.0.113.9 (gcp-passthrough)',
    ])
  })

  test('a type that no profile goes by has no effect, and that is said', () => {
    const { diagnostics } = balancedCluster({ controller: { type: 'f5' } })
    expect(diagnostics.map(({ code }) => code)).toContain('field-not-modelled')
  })
})

describe('the address behind a name', () => {
  const addressOf = (given: Variation) => {
    const [found] = balancedCluster(given).cluster.services[0]?.loadBalancer ?? []
    return { ip: found?.ip, behind: found?.behindName === undefined ? undefined : toText(found.behindName) }
  }

  test('is one for documentation, for kube-proxy none', () => {
    expect(addressOf({ ingress: byName })).toEqual({
      ip: undefined,
      behind: expect.stringMatching(/^203\.0\.113\./),
    })
  })

  test('is what the Environment says', () => {
    const environment = { externalHosts: [{ name: 'web.lb.example.org', ip: '192.0.2.33' }] }
    expect(addressOf({ ingress: byName, environment }).behind).toBe('192.0.2.33')
  })

  test('is inside the VPC for what the AWS Load Balancer Controller makes without being told otherwise', () => {
    expect(addressOf({ ...nlb, annotations: {} }).behind).toMatch(/^10\.0\.0\./)
  })

  test('kube-proxy writes no rule for it', () => {
    const cluster = balancedCluster({ ingress: byName })
    const { behind } = addressOf({ ingress: byName })
    const rules = cluster
      .ruleSets('n1')?.[0]
      ?.tables.find(({ name }) => name === 'nat')
      ?.chain('KUBE-SERVICES')?.rules
    const destinations = rules?.flatMap(({ header }) =>
      header.destination ? [toText(header.destination.address)] : [],
    )
    expect(destinations).toContain('10.96.0.80')
    expect(destinations).not.toContain(behind)
  })
})
