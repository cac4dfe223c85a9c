import { describe, expect, test } from 'vitest'
import { formatIp } from '../../../src/base/ip.ts'
import type { LoadedCluster } from '../../../src/index.ts'
import { parseCluster } from '../../../src/index.ts'
import type { Variation } from '../../support/balancers.ts'
import { balancedCluster, waysOf } from '../../support/balancers.ts'

/** Addresses from MetalLB's pools, as its Allocator gives them, and why there are none. */

const pool = (name: string, addresses: string, more = '') =>
  `{ apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: { name: ${name}, namespace: metallb-system }, spec: { addresses: [${addresses}]${more && `, ${more}`} } }`
const service = (
  name: string,
  more: { spec?: string; annotations?: string; port?: number; ip?: string } = {},
) =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name}, annotations: { ${more.annotations ?? ''} } }, spec: { type: LoadBalancer, selector: { app: ${name} }, ports: [{ port: ${more.port ?? 80} }], ${more.spec ?? ''} }, status: { loadBalancer: { ingress: [${more.ip ? `{ ip: ${more.ip} }` : ''}] } } }`
const first = pool('first', '192.0.2.10-192.0.2.12')
const sharing = 'metallb.io/allow-shared-ip: web'

function parse(...objects: readonly string[]): LoadedCluster {
  return parseCluster([{ name: 'test.yaml', text: objects.join('\n---\n') }])
}

/** `name address` of each Service of type LoadBalancer; the code where it has none. */
function given({ cluster }: LoadedCluster): readonly string[] {
  return cluster.services
    .filter(({ type }) => type === 'LoadBalancer')
    .map(({ name, loadBalancer, balancer }) => {
      const ips = loadBalancer.flatMap(({ ip }) => (ip === undefined ? [] : [formatIp(ip)]))
      return `${name} ${ips.join(' ') || balancer?.pending?.code}`
    })
}

describe('MetalLB', () => {
  // biome-ignore format: one row a line
  test.for([
    { name: 'the first free one, by the names of the Services', objects: [first, service('b'), service('a')], ips: ['b 192.0.2.11', 'a 192.0.2.10'] },
    { name: 'a stated address is taken', objects: [first, service('a'), service('b', { ip: '192.0.2.10' })], ips: ['a 192.0.2.11', 'b 192.0.2.10'] },
    { name: 'the pools by their names', objects: [pool('z', '192.0.2.1/32'), pool('m', '198.51.100.1/32'), service('a'), service('b')], ips: ['a 198.51.100.1', 'b 192.0.2.1'] },
    { name: 'a block begins with its first address', objects: [pool('p', '192.0.2.0/24'), service('a')], ips: ['a 192.0.2.0'] },
    { name: 'unless buggy addresses are to be avoided', objects: [pool('p', '192.0.2.0/24', 'avoidBuggyIPs: true'), service('a')], ips: ['a 192.0.2.1'] },
    { name: 'a pool that does not give by itself', objects: [pool('p', '192.0.2.0/24', 'autoAssign: false'), service('a')], ips: ['a load-balancer-pool-empty'] },
    { name: 'and is asked for', objects: [pool('p', '192.0.2.4/32', 'autoAssign: false'), service('a', { annotations: 'metallb.io/address-pool: p' })], ips: ['a 192.0.2.4'] },
    { name: 'by its old name', objects: [first, pool('p', '192.0.2.4/32'), service('a', { annotations: 'metallb.universe.tf/address-pool: p' })], ips: ['a 192.0.2.4'] },
    { name: 'a pool that is not there', objects: [first, service('a', { annotations: 'metallb.io/address-pool: second' })], ips: ['a load-balancer-address-outside-pools'] },
    { name: 'an address that is asked for', objects: [first, service('a', { annotations: 'metallb.io/loadBalancerIPs: 192.0.2.12' })], ips: ['a 192.0.2.12'] },
    { name: 'by the old field', objects: [first, service('a', { spec: 'loadBalancerIP: 192.0.2.12' })], ips: ['a 192.0.2.12'] },
    { name: 'an address that no pool has', objects: [first, service('a', { spec: 'loadBalancerIP: 192.0.2.13' })], ips: ['a load-balancer-address-outside-pools'] },
    { name: 'an address that another has', objects: [first, service('a'), service('b', { spec: 'loadBalancerIP: 192.0.2.10' })], ips: ['a 192.0.2.10', 'b load-balancer-pool-empty'] },
    { name: 'none is left', objects: [pool('p', '192.0.2.9/32'), service('a'), service('b')], ips: ['a 192.0.2.9', 'b load-balancer-pool-empty'] },
    { name: 'sharing: same key, other ports', objects: [pool('p', '192.0.2.9/32'), service('a', { annotations: sharing }), service('b', { annotations: sharing, port: 443 })], ips: ['a 192.0.2.9', 'b 192.0.2.9'] },
    { name: 'sharing: same key, same port', objects: [pool('p', '192.0.2.9/32'), service('a', { annotations: sharing }), service('b', { annotations: sharing })], ips: ['a 192.0.2.9', 'b load-balancer-pool-empty'] },
    { name: 'sharing: one of the two does not', objects: [pool('p', '192.0.2.9/32'), service('a', { annotations: sharing }), service('b', { port: 443 })], ips: ['a 192.0.2.9', 'b load-balancer-pool-empty'] },
    { name: 'sharing under Local: only the same pods', objects: [pool('p', '192.0.2.9/32'), service('a', { annotations: sharing, spec: 'externalTrafficPolicy: Local' }), service('b', { annotations: sharing, port: 443, spec: 'externalTrafficPolicy: Local' })], ips: ['a 192.0.2.9', 'b load-balancer-pool-empty'] },
    { name: 'a pool that is kept for another namespace', objects: [pool('p', '192.0.2.9/32', 'serviceAllocation: { namespaces: [shop] }'), service('a')], ips: ['a load-balancer-pool-empty'] },
    { name: 'a pool that is kept for this one comes first', objects: [first, pool('p', '192.0.2.9/32', 'serviceAllocation: { namespaces: [default] }'), service('a')], ips: ['a 192.0.2.9'] },
    { name: 'another class is none of its business', objects: [first, service('a', { spec: 'loadBalancerClass: example.org/gold' })], ips: ['a load-balancer-class-unserved'] },
    { name: 'no pool at all', objects: [service('a', { annotations: 'metallb.io/allow-shared-ip: x' })], ips: ['a load-balancer-pending'] },
  ])('$name', ({ objects, ips }) => {
    expect(given(parse(...objects))).toEqual(ips)
  })

  test('the ConfigMap of before 0.13, in whose place errors are told', () => {
    const config = (addresses: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: config, namespace: metallb-system }
data:
  config: |
    address-pools:
    - name: default
      protocol: bgp
      addresses:
      - ${addresses}
      avoid-buggy-ips: true`
    const cluster = parse(config('192.0.2.0/24'), service('a'))
    expect(given(cluster)).toEqual(['a 192.0.2.1'])
    const own = cluster.cluster.services.find(({ name }) => name === 'a')
    expect(own?.balancer?.profile).toBe('metallb-bgp')
    expect(() => parse(config('192.0.2.0-9'))).toThrow(/^test\.yaml:10:9: error: /m)
  })

  test('a pool is checked as the webhook does', () => {
    expect(() => parse(pool('p', '192.0.2.20-192.0.2.10'))).toThrow('neither a block')
  })
})

/** First of the nodes by SHA-256 of `name#address` (hashlib): what layer2Controller.ShouldAnnounce sorts by. */
describe('MetalLB in layer 2 mode: who answers', () => {
  // biome-ignore format: one row a line
  test.for([
    { ip: '203.0.113.10', node: 'n2' },
    { ip: '203.0.113.11', node: 'n2' },
    { ip: '203.0.113.12', node: 'n1' },
    { ip: '203.0.113.13', node: 'n1' },
    { ip: '203.0.113.14', node: 'n2' },
    { ip: '203.0.113.15', node: 'n2' },
    { ip: '10.0.0.100', node: 'n1' },
  ])('$ip: $node', ({ ip, node }) => {
    const cluster = balancedCluster({ controller: { type: 'metallb' }, ingress: [{ ip }] })
    const [way] = waysOf(cluster.trace({ from: '198.51.100.7', to: `${ip}:80` }))
    expect(way).toMatch(new RegExp(`: router ${node}\\b`))
  })

  const pools = (spec: object): Variation['more'] => [
    {
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata: { name: 'p', namespace: 'metallb-system' },
      spec: { addresses: ['203.0.113.0/24'] },
    },
    ...('none' in spec
      ? []
      : [
          {
            apiVersion: 'metallb.io/v1beta1',
            kind: 'L2Advertisement',
            metadata: { name: 'p', namespace: 'metallb-system' },
            spec,
          },
        ]),
  ]

  // biome-ignore format: one row a line
  test.for([
    { name: 'every node', spec: {}, ways: ['reached p1 10.244.1.5:8080 sees 10.244.1.1: router n1 p1'], finding: undefined },
    { name: 'the nodes that the advertisement selects', spec: { nodeSelectors: [{ matchLabels: { 'kubernetes.io/hostname': 'n2' } }] }, ways: ['reached p1 10.244.1.5:8080 sees 10.0.0.12: router n2 n1 p1'], finding: undefined },
    { name: 'an advertisement for another pool', spec: { ipAddressPools: ['q'] }, ways: ['no-route at router (no-neighbor): router'], finding: 'address-not-announced' },
    { name: 'no advertisement', spec: { none: true }, ways: ['no-route at router (no-neighbor): router'], finding: 'address-not-announced' },
  ])('$name', ({ spec, ways, finding }) => {
    const journey = balancedCluster({ more: pools(spec) ?? [] }).trace({ from: '198.51.100.7', to: '203.0.113.9:80' })
    expect(waysOf(journey)).toEqual(ways)
    expect(journey.findings[0]?.code).toBe(finding)
  })

  test('a node that is excluded from balancers does not', () => {
    const labels = { n1: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } }
    const cluster = balancedCluster({ controller: { type: 'metallb' }, labels })
    expect(waysOf(cluster.trace({ from: '198.51.100.7', to: '203.0.113.9:80' }))[0]).toContain(': router n2')
  })

  test('nobody does for a Service without endpoints', () => {
    const cluster = balancedCluster({ controller: { type: 'metallb' }, withoutPods: true })
    const journey = cluster.trace({ from: '198.51.100.7', to: '203.0.113.9:80' })
    expect(waysOf(journey)).toEqual(['no-route at router (no-neighbor): router'])
    expect(journey.findings[0]?.code).toBe('service-without-endpoints')
  })
})

describe('k3s: the addresses of nodes with a ready svclb pod', () => {
  const k3s: Variation = { controller: { type: 'klipper' }, ingress: [] }

  // biome-ignore format: one row a line
  test.for([
    { name: 'InternalIPs', variation: k3s, ips: ['web 10.0.0.11 10.0.0.12'] },
    { name: 'ExternalIPs alone, if one node has one', variation: { ...k3s, outside: { n2: '192.0.2.12' } }, ips: ['web 192.0.2.12'] },
    { name: 'under Local those with an endpoint', variation: { ...k3s, spec: { externalTrafficPolicy: 'Local' } }, ips: ['web 10.0.0.11'] },
    { name: 'Local without an endpoint', variation: { ...k3s, withoutPods: true, spec: { externalTrafficPolicy: 'Local' } }, ips: ['web load-balancer-pending'] },
    { name: 'the nodes that are labelled for it', variation: { ...k3s, labels: { n2: { 'svccontroller.k3s.cattle.io/enablelb': 'true' } } }, ips: ['web 10.0.0.12'] },
    { name: 'what is asked for does not count', variation: { ...k3s, spec: { loadBalancerIP: '192.0.2.9' } }, ips: ['web 10.0.0.11 10.0.0.12'] },
  ] as readonly { name: string; variation: Variation; ips: readonly string[] }[])('$name', ({ variation, ips }) => {
    expect(given(balancedCluster(variation))).toEqual(ips)
  })
})

describe('whoever else gives none', () => {
  // biome-ignore format: one row a line
  test.for([
    { name: 'nobody is there', variation: {}, ips: ['web load-balancer-pending'] },
    { name: 'a cloud that says nothing', variation: { provider: 'gce://p/' }, ips: ['web load-balancer-pending'] },
    { name: 'a class that nobody serves', variation: { spec: { loadBalancerClass: 'example.org/gold' } }, ips: ['web load-balancer-class-unserved'] },
    { name: 'the Environment says what is given', variation: { controller: { type: 'cloud', assigns: '198.51.100.80' } }, ips: ['web 198.51.100.80'] },
    { name: 'the Environment says what MetalLB gives, whose pools are not in the input', variation: { controller: { type: 'metallb', assigns: '198.51.100.80' } }, ips: ['web 198.51.100.80'] },
    { name: 'a wish is taken for granted', variation: { spec: { loadBalancerIP: '198.51.100.9' } }, ips: ['web 198.51.100.9'] },
    { name: "kube-vip's annotation", variation: { annotations: { 'kube-vip.io/loadbalancerIPs': '198.51.100.8' } }, ips: ['web 198.51.100.8'] },
  ] as readonly { name: string; variation: Variation; ips: readonly string[] }[])('$name', ({ variation, ips }) => {
    expect(given(balancedCluster({ ...variation, ingress: [] }))).toEqual(ips)
  })
})
