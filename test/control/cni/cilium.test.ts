import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../../src/index.ts'
import type { Flow } from '../../support/cni-example.ts'
import { example, ext, sourceSeen, ttlSeen, walk, wrappings } from '../../support/cni-example.ts'

/**
 * Cilium is a model: what its rows say follows from its documentation (docs.cilium.io: "Routing", "Masquerading",
 * "Kubernetes Without kube-proxy") and from its source (bpf/lib/nodeport.h: the source of a node port's packet is
 * IPV4_GATEWAY through a tunnel and IPV4_DIRECT_ROUTING without one; pkg/datapath/iptables: CILIUM_POST_nat), not from
 * measurements. 10.244.1.1 is the router's address, that of cilium_host, on n1.
 */
const modes = {
  vxlan: 'cilium:ipam=kubernetes',
  geneve: 'cilium:ipam=kubernetes,tunnel-protocol=geneve',
  native:
    'cilium:ipam=kubernetes,routing-mode=native,auto-direct-node-routes=true,ipv4-native-routing-cidr=10.244.0.0/16',
  bpf: 'cilium:ipam=kubernetes,enable-bpf-masquerade=true',
  kubeProxy: 'cilium:ipam=kubernetes,kube-proxy-replacement=false',
} as const
type Mode = keyof typeof modes

const router = '10.244.1.1'
const n1 = '192.168.1.11'
const p11 = '10.244.1.2'

const loaded = new Map<Mode, LoadedCluster>()
function clusterOf(mode: Mode): LoadedCluster {
  const known = loaded.get(mode) ?? example({ cni: modes[mode] })
  loaded.set(mode, known)
  return known
}

// biome-ignore format: a table
const rows: readonly (readonly [Flow, Partial<Readonly<Record<Mode, string>>> & { readonly others: string }])[] = [
  ['p11->p12', { others: p11 }],
  ['p11->p21', { others: p11 }],
  ['p11->internet', { others: n1 }],
  ['p11->own node IP', { others: p11 }],
  // The iptables rules exclude nodes only without a tunnel (NodeIpsetNeeded); eBPF always does.
  ['p11->n2 IP', { native: p11, bpf: p11, others: n1 }],
  // Without the socket the pod is given itself by the packet: 169.254.42.1 (IPV4_LOOPBACK).
  ['p11->svc(p11) self', { kubeProxy: '169.254.42.1', others: p11 }],
  ['p11->svc(p12)', { others: p11 }],
  ['p11->svc(p21)', { others: p11 }],
  ['n1->p12', { others: router }],
  ['n1->p21', { native: n1, others: router }],
  ['n1->svc(p12)', { others: router }],
  ['n1->svc(p21)', { native: n1, others: router }],
  ['ext->np(n1)->p21', { native: n1, others: router }],
  // A local endpoint sees the client; kube-proxy masquerades as cilium_host.
  ['ext->np(n2)->p21', { kubeProxy: '10.244.2.1', others: ext }],
  ['ext->np(n1) local policy ->p12', { others: ext }],
]

describe.each(Object.keys(modes) as Mode[])('%s: the source seen', (mode) => {
  test.each(rows)('%s', (flow, seen) => {
    expect(sourceSeen(clusterOf(mode), flow)).toBe(seen[mode] ?? seen.others)
  })
})

// biome-ignore format: a table
const wires: readonly (readonly [Mode, Flow, readonly string[]])[] = [
  ['vxlan', 'p11->p21', ['192.168.1.11 > 192.168.1.12 udp 8472']],
  ['geneve', 'p11->p21', ['192.168.1.11 > 192.168.1.12 udp 6081']],
  ['native', 'p11->p21', []],
  ['vxlan', 'p11->p12', []],
  ['vxlan', 'p11->svc(p21)', ['192.168.1.11 > 192.168.1.12 udp 8472']],
  ['vxlan', 'ext->np(n1)->p21', ['192.168.1.11 > 192.168.1.12 udp 8472']],
]

test.each(wires)('%s: what the wire shows of %s', (mode, flow, outer) => {
  expect(wrappings(clusterOf(mode), flow)).toEqual(outer)
})

test('same node: one hop, as ipv4_local_delivery takes one off the TTL', () => {
  expect(ttlSeen(clusterOf('vxlan'), 'p11->p12')).toBe(63)
  expect(ttlSeen(clusterOf('native'), 'p11->p21')).toBe(62)
})

/** Where the address of the Service is last seen: the namespace that translates, and who does. */
function translations(mode: Mode, flow: Flow): readonly string[] {
  const [outcome] = walk(clusterOf(mode), flow).outcomes
  const hops = outcome?.legs.at(-1)?.forward ?? []
  return hops.flatMap(({ netns, steps }) =>
    steps.flatMap((step) =>
      step.type === 'nat' && step.action === 'dnat' ? [`${netns}: ${step.by?.rule?.origin?.component}`] : [],
    ),
  )
}

// biome-ignore format: a table
const translators: readonly (readonly [Mode, Flow, readonly string[]])[] = [
  ['vxlan', 'p11->svc(p21)', ['pod/default/p11: Cilium socket load balancing']],
  ['vxlan', 'n1->svc(p21)', ['node/n1: Cilium socket load balancing']],
  ['vxlan', 'ext->np(n1)->p21', ['node/n1: Cilium NodePort load balancing']],
  ['kubeProxy', 'p11->svc(p21)', ['node/n1: Cilium per-packet load balancing']],
  ['kubeProxy', 'n1->svc(p21)', ['node/n1: kube-proxy']],
  ['kubeProxy', 'ext->np(n1)->p21', ['node/n1: kube-proxy']],
]

test.each(translators)('%s: who translates %s', (mode, flow, who) => {
  expect(translations(mode, flow)).toEqual(who)
})

describe('the rules of a node', () => {
  const chains = (mode: Mode) =>
    clusterOf(mode)
      .ruleSets('n1')
      ?.flatMap(({ tables }) => tables.flatMap((table) => table.chains().map(({ name }) => name))) ?? []
  test('kube-proxy has none where Cilium replaces it', () => {
    expect(chains('vxlan')).not.toContain('KUBE-SERVICES')
    expect(chains('kubeProxy')).toContain('KUBE-SERVICES')
  })
  test('CILIUM_POST_nat gives way to eBPF', () => {
    expect(chains('vxlan')).toContain('CILIUM_POST_nat')
    expect(chains('bpf')).not.toContain('CILIUM_POST_nat')
  })
})

test('a tunnel takes 50 bytes off the routes, and leaves the devices what they have', () => {
  const pod = clusterOf('vxlan').network.namespaces.get('pod/default/p11')
  expect(pod?.devices.find(({ name }) => name === 'eth0')?.mtu).toBe(1500)
  expect(pod?.routes.map(({ mtu }) => mtu)).toEqual([undefined, 1450])
  const native = clusterOf('native').network.namespaces.get('pod/default/p11')
  expect(native?.routes.map(({ mtu }) => mtu)).toEqual([undefined, undefined])
})

test('cluster-pool: a /24 of 10.0.0.0/8 for each node', () => {
  const { cluster } = example({
    cni: 'cilium',
    ips: { p11: '10.0.0.7', p12: '10.0.0.8', p21: '10.0.1.9' },
    environment: [],
  })
  expect(cluster.nodes.map(({ podBlocks }) => podBlocks.map(({ bits }) => bits))).toEqual([[24], [24]])
})

test('it says that it is a model', () => {
  const said = clusterOf('vxlan').diagnostics.filter(({ code }) => code === 'cni-approximated')
  expect(said.map(({ severity }) => severity)).toEqual(['info'])
})

test('nothing behind a Service: connect() fails at once', () => {
  const empty =
    '{apiVersion: v1, kind: Service, metadata: {name: empty}, spec: {clusterIP: 10.96.0.99, selector: {app: none}, ports: [{port: 80}]}}'
  const journey = example({ cni: modes.vxlan, more: empty }).trace({ from: 'pod/p11', to: '10.96.0.99:80' })
  expect(journey.outcomes[0]?.disposition).not.toBe('reached')
  expect(journey.outcomes[0]?.legs.at(-1)?.forward.map(({ netns }) => netns)).toEqual(['pod/default/p11'])
})
