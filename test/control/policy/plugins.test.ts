import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../../src/index.ts'
import type { ExampleOptions } from '../../support/cni-example.ts'
import { example, ext } from '../../support/cni-example.ts'

/**
 * What plugins whose policies are programs do where NetworkPolicy says nothing: one row a flow under one policy, what
 * becomes of it under most of them, and under which not. Pods p11 and p12 are on n1, p21 is on n2; each has a Service with
 * port 80 for its 8080. Sources of the rows are named at each; [S] is the project's source, [L] measured.
 */
const daemonSet = (name: string, ...containers: readonly string[]) =>
  `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: ${name}, namespace: kube-system}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {hostNetwork: true, containers: [${containers.join(', ')}]}}}}`

const netpolContainer = (tag = 'v1.1.1', args = '') =>
  `{name: kube-network-policies, image: "registry.k8s.io/networking/kube-network-policies:${tag}", args: [/bin/netpol${args}]}`

/** Pods of a VPC have addresses of the nodes' network. */
const vpcIps: ExampleOptions = { ips: { p11: '192.168.1.111', p12: '192.168.1.112', p21: '192.168.1.121' } }

/** OVN-Kubernetes keeps .2 of a node's subnet to itself. */
const ovnIps: ExampleOptions = { ips: { p11: '10.244.1.3', p12: '10.244.1.4', p21: '10.244.2.3' } }

const plugins = {
  kindnet: { cni: 'kindnet' },
  'flannel + kube-network-policies': {
    more: daemonSet('kube-flannel-ds', '{name: kube-flannel, image: flannel}', netpolContainer()),
  },
  'kube-network-policies stated': {
    environment: ['cni: {plugin: ptp, enforcesNetworkPolicy: true}'],
  },
  'aws-vpc-cni': { cni: 'aws-vpc-cni', ...vpcIps },
  antrea: { cni: 'antrea' },
  'ovn-kubernetes': { cni: 'ovn-kubernetes', ...ovnIps },
  'azure + NPM': { cni: 'azure:policy=azure-npm' },
  'azure + Calico': { cni: 'azure:policy=calico' },
  'gke + Calico': { cni: 'gke:policy=calico' },
  romana: { cni: 'romana:network=10.244.0.0/16' },
  aci: { cni: 'aci' },
} as const satisfies Readonly<Record<string, ExampleOptions>>
type Plugin = keyof typeof plugins

const policies = {
  none: '',
  'p11 accepts nobody': ingress('p11', ''),
  'p12 accepts nobody': ingress('p12', ''),
  'p12 accepts p11': ingress('p12', '{from: [{podSelector: {matchLabels: {app: p11}}}]}'),
  'p21 accepts ext': ingress('p21', `{from: [{ipBlock: {cidr: ${ext}/32}}]}`),
  'p21 accepts pods': ingress('p21', '{from: [{namespaceSelector: {}}]}'),
  'p21 accepts n1': ingress('p21', '{from: [{ipBlock: {cidr: 192.168.1.11/32}}]}'),
  'p21 accepts the tunnel address of n1': ingress('p21', '{from: [{ipBlock: {cidr: 10.244.1.0/32}}]}'),
  'p11 sends nothing': egress('p11', ''),
  'p11 sends to p21, port 8080': egress(
    'p11',
    '{to: [{podSelector: {matchLabels: {app: p21}}}], ports: [{port: 8080}]}',
  ),
  'p11 sends to the cluster IPs': egress('p11', '{to: [{ipBlock: {cidr: 10.96.0.0/12}}]}'),
  'p11 sends to port 80': egress('p11', '{ports: [{port: 80}]}'),
  'p11 sends to port 8080': egress('p11', '{ports: [{port: 8080}]}'),
} as const
type PolicyName = keyof typeof policies

function ingress(app: string, rule: string): string {
  return policy(app, `policyTypes: [Ingress], ingress: [${rule}]`)
}

function egress(app: string, rule: string): string {
  return policy(app, `policyTypes: [Egress], egress: [${rule}]`)
}

function policy(app: string, spec: string): string {
  return `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: policy}, spec: {podSelector: {matchLabels: {app: ${app}}}, ${spec}}}`
}

const loaded = new Map<string, LoadedCluster>()
function clusterOf(plugin: Plugin, name: PolicyName): LoadedCluster {
  const key = `${plugin} ${name}`
  const options: ExampleOptions = plugins[plugin]
  const more = [options.more ?? '', policies[name]].join('\n---\n')
  const known = loaded.get(key) ?? example({ ...options, more })
  loaded.set(key, known)
  return known
}

type Disposition = 'reached' | 'dropped'
type Row = readonly [
  policy: PolicyName,
  from: string,
  to: string,
  most: Disposition,
  source: string,
  others?: Partial<Readonly<Record<Plugin, Disposition>>>,
]

/** Rules about what pods send have no effect. */
const noEgress = { romana: 'reached' } as const
/** Other nodes see the address of flannel.1. */
const tunnelled = { 'flannel + kube-network-policies': 'dropped' } as const
const outside = `external/${ext}`

// biome-ignore format: a table
const rows: readonly Row[] = [
  // The pod's own node, other nodes.
  ['p12 accepts nobody', 'node/n1', 'pod/p12:8080', 'reached', 'B1: the node of a pod always reaches it; no engine sees OUTPUT, or exempts it (meta skuid 0, nodeIP, HostLocalSourceMark) [S]'],
  ['p12 accepts nobody', 'node/n2', 'pod/p12:8080', 'dropped', 'B2.7, B3.1: n1 -> p21 (other node) [L]'],
  ['p21 accepts n1',     'node/n1', 'pod/p21:8080', 'reached', "B3.1: policy_sees 192.168.1.11 (10.244.1.0 on VXLAN) [L]; Antrea's and OVN's nodes show their gateway's and management address [S]", { antrea: 'dropped', 'ovn-kubernetes': 'dropped', ...tunnelled }],
  ['p21 accepts the tunnel address of n1', 'node/n1', 'pod/p21:8080', 'dropped', 'B2.7, B3.1: 10.244.1.0 on VXLAN [L]', { 'flannel + kube-network-policies': 'reached' }],
  ['p21 accepts the tunnel address of n1', outside, '192.168.1.11:30021', 'dropped', 'B3.1: the same of what the node has masqueraded [L]', { 'flannel + kube-network-policies': 'reached' }],
  ['p11 sends nothing',  'pod/p11', '192.168.1.11:10250', 'dropped', 'B3: INPUT at srcnat+1; AWS: nodeIP is always in the table; NPM has FORWARD alone [S]', { ...noEgress, 'aws-vpc-cni': 'reached', 'azure + NPM': 'reached' }],
  ['p11 sends nothing',  'pod/p11', '192.168.1.12:10250', 'dropped', 'B1', noEgress],
  ['p11 sends nothing',  'pod/p11', '203.0.113.10:80', 'dropped', 'B1', noEgress],
  // Pods.
  ['p12 accepts nobody', 'pod/p11', 'pod/p12:8080', 'dropped', 'B1: same node'],
  ['p12 accepts nobody', 'pod/p21', 'pod/p12:8080', 'dropped', 'B1: other node'],
  ['p12 accepts p11',    'pod/p11', 'pod/p12:8080', 'reached', 'B1'],
  ['p12 accepts p11',    'pod/p21', 'pod/p12:8080', 'dropped', 'B1'],
  ['p12 accepts p11',    'pod/p11', '10.96.0.12:80', 'reached', 'B1: the source of a pod is kept'],
  ['p11 sends nothing',  'pod/p11', 'pod/p12:8080', 'dropped', 'B1', noEgress],
  ['p11 sends nothing',  'pod/p11', '10.96.0.21:80', 'dropped', 'B1', noEgress],
  // Replies of what is allowed.
  ['p11 accepts nobody', 'pod/p11', 'pod/p12:8080', 'reached', 'B1: replies of an allowed connection are allowed'],
  ['p11 accepts nobody', 'pod/p11', '10.96.0.21:80', 'reached', 'B1: the same, translated, between nodes'],
  ['p11 sends nothing',  'pod/p12', 'pod/p11:8080', 'reached', 'B1'],
  ['p11 sends nothing',  'node/n1', 'pod/p11:8080', 'reached', 'B1: what answers a probe is established; INPUT asks of ct state new alone [S]'],
  // A pod to itself.
  ['p11 accepts nobody', 'pod/p11', 'pod/p11:8080', 'reached', 'B1, B3.1: p11 -> its own address, hook: none [L]'],
  ['p11 sends nothing',  'pod/p11', 'pod/p11:8080', 'reached', 'B3.1: hook: none [L]'],
  ['p11 accepts nobody', 'pod/p11', '10.96.0.11:80', 'dropped', "B2.3, B3.1: src = dst; OVN allows 169.254.169.5, Antrea's classifier passes hairpins, AWS sees the node's address [S]", { 'aws-vpc-cni': 'reached', antrea: 'reached', 'ovn-kubernetes': 'reached' }],
  ['p11 sends nothing',  'pod/p11', '10.96.0.11:80', 'dropped', 'B2.3: OVN allows it (ACL after the load balancer) [S]', { ...noEgress, 'ovn-kubernetes': 'reached' }],
  // Before and after translation.
  ['p11 sends to p21, port 8080',  'pod/p11', '10.96.0.21:80', 'reached', "B1: judged on the pod's port; AWS: the controller finds the Service's port (LookupServiceListenPort) [S]"],
  ['p11 sends to the cluster IPs', 'pod/p11', '10.96.0.21:80', 'dropped', 'B1: an ipBlock of the service CIDR is useless; AWS judges before DNAT [S]', { ...noEgress, 'aws-vpc-cni': 'reached' }],
  ['p11 sends to port 80',         'pod/p11', '10.96.0.21:80', 'dropped', "B1: a policy's port is the pod's port; AWS compares the Service's [S]", { ...noEgress, 'aws-vpc-cni': 'reached' }],
  ['p11 sends to port 8080',       'pod/p11', '10.96.0.21:80', 'reached', 'B3: AWS needs service port == container port where no peer names pods [S]', { 'aws-vpc-cni': 'dropped' }],
  ['p21 accepts ext',  outside, '192.168.1.12:30021', 'reached', "B3.1: ext -> NodePort on n2: policy sees the client; Antrea and OVN see the gateway's address (antrea#280), AWS its own node's [S]", { antrea: 'dropped', 'ovn-kubernetes': 'dropped' }],
  ['p21 accepts ext',  outside, '192.168.1.11:30021', 'dropped', 'B3.1: ext -> NodePort on n1: policy sees 192.168.1.11 [L]'],
  ['p21 accepts pods', outside, '192.168.1.12:30021', 'dropped', "B3.1; AWS: the node has masqueraded, and its own address passes [S]", { 'aws-vpc-cni': 'reached' }],
  ['p21 accepts n1',   outside, '192.168.1.11:30021', 'reached', 'B2.2: the node that took it in is the source', { antrea: 'dropped', 'ovn-kubernetes': 'dropped', ...tunnelled }],
]

const allPlugins = Object.keys(plugins) as readonly Plugin[]

describe.each(allPlugins)('%s', (plugin) => {
  test.for(rows)('%s: %s -> %s', ([name, from, to, most, source, others]) => {
    const { outcomes } = clusterOf(plugin, name).trace({ from, to })
    const wanted = others?.[plugin] ?? most
    expect(
      outcomes.map(({ disposition }) => disposition),
      source,
    ).toEqual([wanted])
  })

  // B2.4: nothing but a rule without ports lets ICMP to an isolated pod pass.
  test.for([
    ['p12 accepts nobody', 'pod/p11', 'pod/p12', 'dropped'],
    ['p12 accepts p11', 'pod/p11', 'pod/p12', 'reached'],
    ['p11 accepts nobody', 'pod/p11', 'pod/p12', 'reached'],
    ['none', 'pod/p21', 'pod/p12', 'reached'],
  ] as const)('%s: ping %s -> %s', ([name, from, to, wanted]) => {
    const { outcomes } = clusterOf(plugin, name).trace({ from, to, protocol: 'icmp' })
    expect(outcomes.map(({ disposition }) => disposition)).toEqual([wanted])
  })
})
