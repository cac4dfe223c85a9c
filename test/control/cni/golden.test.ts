import { describe, expect, test } from 'vitest'
import { formatCidr } from '../../../src/base/ip.ts'
import type { LoadedCluster } from '../../../src/index.ts'
import type { Flow } from '../../support/cni-example.ts'
import { example, ext, sourceSeen, ttlSeen, wrappings } from '../../support/cni-example.ts'

/**
 * The source that the far socket sees, measured in network namespaces of a real kernel with the plugins' own rules, for each
 * plugin with which the nodes have subnets of their own. A flow that a plugin's column leaves out was not measured.
 */
const modes = {
  'flannel-vxlan': 'flannel',
  'flannel-hostgw': 'flannel:backend=host-gw',
  kindnet: 'kindnet',
  kubenet: 'kubenet',
} as const

type Mode = keyof typeof modes
type Row = readonly [flow: Flow, seen: Partial<Readonly<Record<Mode, string>>> & { readonly others?: string }]

const gateway = '10.244.1.1'
const n1 = '192.168.1.11'
const tunnel = '10.244.1.0'

// biome-ignore format: a table
const rows: readonly Row[] = [
  ['p11->p12', { others: '10.244.1.2' }],
  ['p11->p21', { others: '10.244.1.2' }],
  ['p11->internet', { others: n1 }],
  ['p11->own node IP', { others: '10.244.1.2' }],
  ['p11->n2 IP', { others: n1 }],
  ['p11->svc(p11) self', { others: gateway }],
  ['p11->svc(p12)', { others: '10.244.1.2' }],
  ['p11->svc(p21)', { others: '10.244.1.2' }],
  ['n1->p12', { others: gateway }],
  ['n1->p21', { 'flannel-vxlan': tunnel, others: n1 }],
  ['n1->svc(p12)', { others: gateway }],
  ['n1->svc(p21)', { 'flannel-vxlan': tunnel, others: n1 }],
  ['ext->np(n1)->p21', { 'flannel-vxlan': tunnel, others: n1 }],
  ['ext->np(n2)->p21', { others: '10.244.2.1' }],
  ['ext->np(n1) local policy ->p12', { others: ext }],
  ['n1->hostPort at its own address', { others: n1 }],
  ['n1->hostPort at 127.0.0.1', { others: gateway }],
  ['p11->hostPort', { others: gateway }],
  ['p12->hostPort', { others: gateway }],
  ['p21->hostPort', { others: '192.168.1.12' }],
  ['ext->hostPort', { others: ext }],
  ['n2->hostPort', { others: '192.168.1.12' }],
]

const loaded = new Map<Mode, LoadedCluster>()
function clusterOf(mode: Mode): LoadedCluster {
  const known = loaded.get(mode) ?? example({ cni: modes[mode] })
  loaded.set(mode, known)
  return known
}

describe.each(Object.keys(modes) as Mode[])('%s: the source seen', (mode) => {
  test.each(rows)('%s', (flow, seen) => {
    expect(sourceSeen(clusterOf(mode), flow)).toBe(seen[mode] ?? seen.others)
  })
})

// biome-ignore format: a table
const ttls: readonly (readonly [flow: Flow, mode: Mode, ttl: number])[] = [
  ['p11->p12', 'flannel-vxlan', 64],
  ['p11->p12', 'kubenet', 64],
  ['p11->p12', 'kindnet', 63],
  ['p11->svc(p12)', 'flannel-vxlan', 64],
  ['p11->svc(p12)', 'kindnet', 63],
  ['p11->p21', 'flannel-vxlan', 62],
  ['p11->p21', 'flannel-hostgw', 62],
  ['p11->p21', 'kindnet', 62],
  ['p11->p21', 'kubenet', 62],
]

test.each(ttls)('TTL of %s with %s is %i', (flow, mode, ttl) => {
  expect(ttlSeen(clusterOf(mode), flow)).toBe(ttl)
})

// biome-ignore format: a table
const hostPorts: readonly (readonly [flow: Flow, seen: string])[] = [
  ['n1->hostPort at its own address', n1],
  ['n1->hostPort at 127.0.0.1', n1],
  ['p11->hostPort', n1],
  ['p12->hostPort', '10.244.1.3'],
  ['p21->hostPort', '192.168.1.12'],
  ['ext->hostPort', ext],
  ['n2->hostPort', '192.168.1.12'],
]

describe('Calico gives pods a /32: of a host port only the pod itself is masqueraded', () => {
  const cluster = example({ environment: ['cni: {plugin: calico, encapsulation: vxlan}'] })
  test.each(hostPorts)('%s', (flow, seen) => {
    expect(sourceSeen(cluster, flow)).toBe(seen)
  })
})

const noHairpin = `{apiVersion: v1, kind: ConfigMap, metadata: {name: kube-flannel-cfg, namespace: kube-flannel}, data: {net-conf.json: '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}', cni-conf.json: '{"plugins": [{"type": "flannel", "delegate": {"hairpinMode": false}}, {"type": "portmap"}]}'}}`
const noForward =
  '{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: kube-flannel-ds, namespace: kube-flannel}, spec: {selector: {matchLabels: {app: flannel}}, template: {metadata: {labels: {app: flannel}}, spec: {hostNetwork: true, tolerations: [{operator: Exists}], containers: [{name: kube-flannel, image: flannel, command: [/opt/bin/flanneld], args: [--ip-masq, --kube-subnet-mgr, --iptables-forward-rules=false]}]}}}}'
const dropped = '{FORWARD: {policy: DROP}}'

/** What breaks what, measured with flannel. */
// biome-ignore format: a table
const breaks: readonly (readonly [what: string, more: string, environment: readonly string[], seen: Partial<Readonly<Record<Flow, string>>>])[] = [
  ['bridge-nf-call-iptables=0', '', ['nodes: {n1: {sysctl: {net.bridge.bridge-nf-call-iptables: 0}}}'],
    { 'p11->svc(p12)': 'dropped', 'p11->svc(p11) self': gateway, 'p11->svc(p21)': '10.244.1.2', 'p11->p12': '10.244.1.2' }],
  ['hairpin off on the port', noHairpin, [], { 'p11->svc(p11) self': 'dropped', 'p11->svc(p12)': '10.244.1.2' }],
  ['FORWARD policy DROP and no FLANNEL-FWD', noForward, [`nodes: {n1: {filter: ${dropped}}, n2: {filter: ${dropped}}}`],
    { 'p11->p21': 'dropped', 'p11->p12': 'dropped' }],
  ['FORWARD policy DROP, and FLANNEL-FWD is there', '', [`nodes: {n1: {filter: ${dropped}}, n2: {filter: ${dropped}}}`],
    { 'p11->p21': '10.244.1.2', 'p11->p12': '10.244.1.2' }],
  ['no route_localnet', '', ['nodes: {n1: {sysctl: {net.ipv4.conf.all.route_localnet: 0}}}'],
    { 'n1->127.0.0.1 node port': 'dropped' }],
]

describe.each(breaks)('flannel with %s', (_what, more, environment, seen) => {
  const cluster = example({ cni: 'flannel', more, environment })
  test.each(Object.entries(seen))('%s: %s', (flow, expected) => {
    expect(sourceSeen(cluster, flow as Flow)).toBe(expected)
  })
})

test('what goes between nodes: flannel wraps it in VXLAN, the others do not', () => {
  expect(wrappings(clusterOf('flannel-vxlan'), 'p11->p21')).toEqual(['192.168.1.11 > 192.168.1.12 udp 8472'])
  expect(wrappings(clusterOf('flannel-hostgw'), 'p11->p21')).toEqual([])
  expect(wrappings(clusterOf('flannel-vxlan'), 'p11->p12')).toEqual([])
})

test('kindnet has no route to the pods of a node in another subnet: the kernel refuses its gateway', () => {
  const cluster = example({
    cni: 'kindnet',
    nodeIps: { n1: '192.168.1.11', n2: '192.168.2.12' },
    environment: [
      'network: {subnets: [{name: one, cidr: 192.168.1.0/24}, {name: two, cidr: 192.168.2.0/24}]}',
    ],
  })
  const routes = cluster.network.namespaces.get('node/n1')?.routes ?? []
  expect(routes.map(({ destination }) => formatCidr(destination))).not.toContain('10.244.2.0/24')
  expect(sourceSeen(cluster, 'p11->p21')).toBe('dropped')
})
