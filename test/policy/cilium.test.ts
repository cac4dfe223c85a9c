import { describe, expect, test } from 'vitest'
import { policiesOf } from '../../src/control/policy/policies-of.ts'
import { example } from '../support/cni-example.ts'
import { factClusterUnder } from '../support/policy-facts.ts'
import { decided, walked } from '../support/policy-verdicts.ts'

/**
 * Cilium's policies among the pods of facts.yaml. What the rows state is in Cilium's documentation (Documentation/security/policy:
 * layer3, layer4, deny, kubernetes, intro) and in the tests of its pkg/policy, release 1.20: examples have an effect that is
 * written beside them, and no other.
 */
const plugin = 'plugin: cilium, ipam: kubernetes'

type Row = readonly [
  rule: string,
  from: string,
  to: string,
  port: string,
  answer: 'allowed' | 'denied' | 'unknown',
  why: string,
]

function policy(rule: string, kind = 'CiliumNetworkPolicy'): string {
  const place = kind === 'CiliumNetworkPolicy' ? ', namespace: shop' : ''
  return `{apiVersion: cilium.io/v2, kind: ${kind}, metadata: {name: p${place}}, spec: ${rule}}`
}

function outcome(
  text: string,
  [from, to, port]: readonly [string, string, string],
  settings = plugin,
  names = '',
) {
  const loaded = factClusterUnder(settings, names, text)
  const policies = policiesOf(loaded.cluster)
  if (!policies) throw new Error('nothing enforces policies')
  const connection = { from, to, port }
  return { decided: decided(loaded, connection, policies), walked: walked(loaded, connection) }
}

const both = (answer: string) => ({ decided: answer, walked: answer })
const walkedAs = { allowed: 'allowed', denied: 'denied', unknown: 'unknown unknown' } as const

const web = 'endpointSelector: {matchLabels: {app: web}}'
const api = 'endpointSelector: {matchLabels: {app: api}}'

// biome-ignore format: one row a line
const namespaced: readonly Row[] = [
  // Default deny, and what an empty rule or list says.
  [`{${web}, ingress: [{}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'a section isolates, and an empty rule matches nothing'],
  [`{${web}, ingress: [{}]}`, 'shop/web', 'bank/web', 'TCP/8081', 'allowed', 'of the other direction nothing is said'],
  [`{${web}, ingress: [{fromEndpoints: [{}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'an empty selector: every endpoint of the namespace'],
  [`{${web}, ingress: [{fromEndpoints: [{}]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'denied', '... and of no other'],
  [`{${web}, ingress: [{fromEndpoints: [{}]}]}`, 'ext', 'shop/web', 'TCP/8080', 'denied', '... and nobody outside'],
  [`{${web}, ingress: [{fromEndpoints: []}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'an empty list: nobody'],
  [`{${web}, ingress: [{fromEndpoints: [], toPorts: [{ports: [{port: "8080"}]}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', '... whatever is said of ports'],
  [`{${web}, ingress: [{toPorts: [{ports: [{port: "8080", protocol: TCP}]}]}]}`, 'ext', 'shop/web', 'TCP/8080', 'allowed', 'ports alone: everybody'],
  [`{${web}, ingress: [{toPorts: [{ports: [{port: "8080", protocol: TCP}]}]}]}`, 'ext', 'shop/web', 'TCP/9090', 'denied', 'on these ports'],
  [`{${web}, ingress: [], egress: [{}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'an empty section says nothing'],
  [`{${web}, enableDefaultDeny: {ingress: false}, ingress: [{fromEndpoints: [{}]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'allowed', 'enableDefaultDeny: false isolates nobody'],
  [`{${web}, enableDefaultDeny: {ingress: false}, ingressDeny: [{fromEntities: [world]}]}`, 'ext', 'shop/web', 'TCP/8080', 'denied', '... and its denials count'],
  [`{${web}, enableDefaultDeny: {ingress: false}, ingressDeny: [{fromEntities: [world]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'allowed', '... alone'],
  // Selectors.
  [`{${web}, ingress: [{fromEndpoints: [{matchLabels: {"k8s:app": api}}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'labels with the prefix k8s'],
  [`{${web}, ingress: [{fromEndpoints: [{matchLabels: {"any:app": api}}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'allowed', '... or any'],
  [`{${web}, ingress: [{fromEndpoints: [{matchLabels: {"container:app": api}}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', '... and no other'],
  [`{${web}, ingress: [{fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": bank}}]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'allowed', 'a namespace by its name'],
  [`{${web}, ingress: [{fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": bank}}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', '... in the place of its own'],
  [`{${web}, ingress: [{fromEndpoints: [{matchLabels: {"io.kubernetes.pod.namespace": bank, app: ledger}}]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'and its labels'],
  [`{${web}, ingress: [{fromEndpoints: [{matchExpressions: [{key: "k8s:io.kubernetes.pod.namespace", operator: Exists}]}]}]}`, 'lab/probe', 'shop/web', 'TCP/8080', 'allowed', 'every namespace'],
  [`{${web}, ingress: [{fromEndpoints: [{matchExpressions: [{key: "k8s:io.kubernetes.pod.namespace", operator: NotIn, values: [bank]}]}]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'every namespace but one'],
  [`{${web}, ingress: [{fromEndpoints: [{matchLabels: {"io.cilium.k8s.namespace.labels.team": finance}}]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'allowed', "by a namespace's labels, its own is not meant"],
  [`{${web}, ingress: [{fromEndpoints: [{matchLabels: {"io.cilium.k8s.namespace.labels.team": finance}}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', '... for it has others'],
  [`{${web}, ingress: [{fromEndpoints: [{matchLabels: {"io.cilium.k8s.policy.serviceaccount": default}}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'by service account'],
  [`{${web}, ingress: [{fromEndpoints: [{matchLabels: {"io.cilium.k8s.policy.serviceaccount": luke}}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', '... which it does not have'],
  [`{${web}, ingress: [{fromEndpoints: [{matchLabels: {"reserved:world": ""}}]}]}`, 'ext', 'shop/web', 'TCP/8080', 'allowed', 'a reserved label stands for the entity'],
  [`{${web}, ingress: [{fromEndpoints: [{matchExpressions: [{key: "reserved:world", operator: DoesNotExist}]}]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'allowed', 'everybody but those outside'],
  [`{${web}, ingress: [{fromEndpoints: [{matchExpressions: [{key: "reserved:world", operator: DoesNotExist}]}]}]}`, 'ext', 'shop/web', 'TCP/8080', 'denied', 'everybody but those outside'],
  ['{endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": bank}}, ingress: [{}]}', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'a policy is about its own namespace, whatever its selector says'],
  // Entities.
  [`{${web}, ingress: [{fromEntities: [cluster]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'allowed', 'cluster: all pods and nodes'],
  [`{${web}, ingress: [{fromEntities: [cluster]}]}`, 'ext', 'shop/web', 'TCP/8080', 'denied', '... and nobody else'],
  [`{${web}, ingress: [{fromEntities: [world]}]}`, 'ext', 'shop/web', 'TCP/8080', 'allowed', 'world'],
  [`{${web}, ingress: [{fromEntities: [world]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', '... is outside'],
  [`{${web}, ingress: [{fromEntities: [all]}]}`, 'ext', 'shop/web', 'TCP/8080', 'allowed', 'all'],
  [`{${web}, ingress: [{fromEntities: [none, health, init, unmanaged, ingress]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'nobody here'],
  // Blocks.
  [`{${web}, ingress: [{fromCIDR: [203.0.113.0/24]}]}`, 'ext', 'shop/web', 'TCP/8080', 'allowed', 'in the block'],
  [`{${web}, ingress: [{fromCIDR: [203.0.113.0/24]}]}`, 'ext2', 'shop/web', 'TCP/8080', 'denied', 'outside it'],
  [`{${web}, ingress: [{fromCIDR: [0.0.0.0/0]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'blocks are about what is outside'],
  [`{${web}, ingress: [{fromCIDRSet: [{cidr: 203.0.0.0/8, except: [203.0.113.0/24]}]}]}`, 'ext', 'shop/web', 'TCP/8080', 'denied', 'except'],
  [`{${api}, egress: [{toCIDR: [203.0.113.9/32]}]}`, 'shop/api', 'ext', 'TCP/443', 'allowed', 'egress'],
  // Ports.
  [`{${web}, ingress: [{toPorts: [{ports: [{port: "8000", endPort: 8100, protocol: TCP}]}]}]}`, 'shop/api', 'shop/web', 'TCP/8100', 'allowed', 'a range'],
  [`{${web}, ingress: [{toPorts: [{ports: [{port: "8000", endPort: 8100, protocol: TCP}]}]}]}`, 'shop/api', 'shop/web', 'TCP/8101', 'denied', 'beyond it'],
  [`{${web}, ingress: [{toPorts: [{ports: [{port: http}]}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'a name'],
  [`{${api}, egress: [{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": bank}}], toPorts: [{ports: [{port: http}]}]}]}`, 'shop/api', 'bank/web', 'TCP/8081', 'allowed', 'a name at the destination'],
  [`{${web}, ingress: [{toPorts: [{ports: [{port: "0", protocol: UDP}]}]}]}`, 'shop/api', 'shop/web', 'UDP/5353', 'allowed', 'port 0: every port'],
  [`{${web}, ingress: [{toPorts: [{ports: [{port: "0", protocol: UDP}]}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', '... of the protocol'],
  [`{${web}, ingress: [{toPorts: [{ports: [{port: "8080", protocol: ANY}]}]}]}`, 'shop/api', 'shop/web', 'UDP/8080', 'allowed', 'ANY'],
  [`{${web}, ingress: [{fromEndpoints: [{}], icmps: [{fields: [{type: EchoRequest}]}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'ICMP alone'],
  [`{${web}, ingress: [{toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET, path: /public}]}}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'connections pass to the proxy'],
  [`{${web}, ingress: [{toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET, path: /public}]}}]}]}`, 'shop/api', 'shop/web', 'TCP/9090', 'denied', 'on its port'],
  // Denials come first: the table of the page "Deny Policies".
  [`{${web}, ingress: [{fromEndpoints: [{}]}], ingressDeny: [{toPorts: [{ports: [{port: "8080", protocol: TCP}]}]}]}`, 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'a denied port'],
  [`{${web}, ingress: [{fromEndpoints: [{}]}], ingressDeny: [{toPorts: [{ports: [{port: "8080", protocol: TCP}]}]}]}`, 'shop/api', 'shop/web', 'TCP/8081', 'allowed', 'another'],
  [`{${web}, ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: "8081", protocol: TCP}]}]}], ingressDeny: [{fromEndpoints: [{matchLabels: {app: api}}]}]}`, 'shop/api', 'shop/web', 'TCP/8081', 'denied', 'a denied pod'],
  [`{${web}, ingressDeny: [{toPorts: [{ports: [{port: "8080", protocol: TCP}]}]}]}`, 'shop/api', 'shop/web', 'TCP/8081', 'denied', 'a denial isolates'],
  // Names of DNS.
  [`{${api}, egress: [{toFQDNs: [{matchName: example.com}]}]}`, 'shop/api', 'ext', 'TCP/443', 'denied', 'no rule sends DNS through the proxy, so no address is ever learnt'],
  [`{${api}, egress: [{toFQDNs: [{matchName: example.com}]}, {toPorts: [{ports: [{port: "53"}], rules: {dns: [{matchPattern: "*"}]}}]}]}`, 'shop/api', 'ext', 'TCP/443', 'unknown', 'the address is known through DNS alone'],
  [`{${api}, egress: [{toFQDNs: [{matchName: example.com}]}, {toPorts: [{ports: [{port: "53"}], rules: {dns: [{matchPattern: "*"}]}}]}]}`, 'shop/api', 'shop/db', 'TCP/5432', 'denied', 'names are never about pods'],
]

test.for(namespaced)('%s: %s → %s %s %s: %s', ([rule, from, to, port, answer]) => {
  const { decided: said, walked: went } = outcome(policy(rule), [from, to, port])
  expect({ said, went }).toEqual({ said: answer, went: walkedAs[answer] })
})

// biome-ignore format: one row a line
const clusterwide: readonly Row[] = [
  ['{endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEndpoints: [{matchLabels: {app: ledger}}]}]}', 'bank/ledger', 'shop/web', 'TCP/8080', 'allowed', 'from any namespace'],
  ['{endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEndpoints: [{matchLabels: {app: ledger}}]}]}', 'shop/api', 'bank/web', 'TCP/8081', 'denied', 'to any namespace'],
  ['{endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}', 'ext', 'shop/web', 'TCP/8080', 'denied', 'an empty selector is every pod, and nobody outside'],
  ['{endpointSelector: {}, ingressDeny: [{fromEntities: [world]}], ingress: [{fromEntities: [all]}]}', 'ext', 'shop/web', 'TCP/8080', 'denied', 'from_world_deny.yaml'],
  ['{endpointSelector: {}, ingressDeny: [{fromEntities: [world]}], ingress: [{fromEntities: [all]}]}', 'lab/probe', 'shop/web', 'TCP/8080', 'allowed', '... what is within passes'],
]

test.for(clusterwide)('clusterwide %s: %s → %s %s %s: %s', ([rule, from, to, port, answer]) => {
  const text = policy(rule, 'CiliumClusterwideNetworkPolicy')
  expect(outcome(text, [from, to, port])).toEqual(both(answer))
})

// biome-ignore format: one row a line
const upstream: readonly (readonly [id: string, names: string, from: string, to: string, port: string, answer: string])[] = [
  ['A03', 'deny-in', 'shop/api', 'shop/web', 'TCP/8080', 'denied'],
  ['A12', 'allow-in', 'ext', 'shop/web', 'TCP/8080', 'allowed'],
  ['A21', 'egress-implied', 'shop/api', 'shop/web', 'TCP/8080', 'denied'],
  // ParseNetworkPolicy takes rules of a direction that policyTypes does not list.
  ['A23', 'egress-rules-but-ingress-type', 'shop/api', 'shop/web', 'TCP/8080', 'denied'],
  ['C06', 'web-from-any-ns', 'lab/probe', 'shop/web', 'TCP/8080', 'allowed'],
  ['C17', 'web-from-ns-name', 'lab/probe', 'shop/web', 'TCP/8080', 'allowed'],
  ['D26', 'out-named-http', 'shop/api', 'bank/web', 'TCP/8081', 'allowed'],
  ['E01', 'web-from-cidr', 'ext', 'shop/web', 'TCP/8080', 'allowed'],
  ['E08', 'web-from-any-cidr', 'shop/api', 'shop/web', 'TCP/8080', 'denied'],
  ['E09', 'web-from-pod-cidr', 'shop/api', 'shop/web', 'TCP/8080', 'denied'],
  ['E15', 'out-two-blocks', 'shop/api', 'bank/web', 'TCP/8081', 'denied'],
  ['E16', 'out-two-blocks', 'shop/api', 'shop/db', 'TCP/5432', 'denied'],
]

describe('NetworkPolicies under Cilium', () => {
  test.for(upstream)('%s %s: %s → %s %s %s', ([, names, from, to, port, answer]) => {
    expect(outcome('', [from, to, port], plugin, names)).toEqual(both(answer))
  })

  test('a denial of its own comes before what a NetworkPolicy allows', () => {
    const text = policy(`{${web}, ingressDeny: [{fromEndpoints: [{matchLabels: {app: api}}]}]}`)
    expect(outcome(text, ['shop/api', 'shop/web', 'TCP/8080'], plugin, 'allow-in')).toEqual(both('denied'))
    expect(outcome(text, ['shop/db', 'shop/web', 'TCP/8080'], plugin, 'allow-in')).toEqual(both('allowed'))
  })
})

describe('modes of enforcement', () => {
  const isolated = policy(`{${web}, ingress: [{}]}`)
  test('never: nothing is enforced', () => {
    const settings = `${plugin}, enable-policy: never`
    expect(outcome(isolated, ['shop/api', 'shop/web', 'TCP/8080'], settings)).toEqual(both('allowed'))
  })
  test('always: every pod is isolated', () => {
    const settings = `${plugin}, enable-policy: always`
    expect(outcome('', ['shop/api', 'shop/db', 'TCP/5432'], settings)).toEqual(both('denied'))
  })
})

/** How a request of a node ends at a pod that no rule opens to it. */
function fromNode(node: string, rule: string, settings = plugin): string | undefined {
  const loaded = factClusterUnder(settings, '', policy(rule))
  return loaded.trace({ from: `node/${node}`, to: 'pod/shop/web:8080' }).outcomes[0]?.disposition
}

// biome-ignore format: one row a line
const nodes: readonly (readonly [node: string, rule: string, settings: string, disposition: string, why: string])[] = [
  ['n1', `{${web}, ingress: [{}]}`, plugin, 'reached', 'its own node passes'],
  ['n1', `{${web}, ingress: [{}]}`, `${plugin}, allow-localhost: policy`, 'dropped', '... unless it is told not to'],
  ['n1', `{${web}, ingress: [{fromEntities: [host]}]}`, `${plugin}, allow-localhost: policy`, 'reached', '... and allowed'],
  ['n1', `{${web}, ingressDeny: [{fromEntities: [host]}]}`, plugin, 'dropped', 'a denial comes before'],
  ['n2', `{${web}, ingress: [{}]}`, plugin, 'dropped', 'another node does not'],
  ['n2', `{${web}, ingress: [{fromEntities: [remote-node]}]}`, plugin, 'reached', 'remote-node'],
  ['n2', `{${web}, ingress: [{fromEntities: [host]}]}`, plugin, 'dropped', 'host is the own one'],
  ['n2', `{${web}, ingress: [{fromCIDR: [192.168.1.0/24]}]}`, plugin, 'dropped', 'blocks are not about nodes'],
  ['n2', `{${web}, ingress: [{fromCIDR: [0.0.0.0/0]}]}`, `${plugin}, policy-cidr-match-mode: nodes`, 'reached', '... unless they are to be'],
  // Documentation/network/kubernetes/policy: policies are stateful, what answers needs no rule.
  ['n1', `{${web}, egress: [{}]}`, plugin, 'reached', 'one that may send nothing answers its own node'],
  ['n2', `{${web}, egress: [{}]}`, plugin, 'reached', '... and another one'],
]

test.for(nodes)('node %s, %s, %s: %s (%s)', ([node, rule, settings, disposition]) => {
  expect(fromNode(node, rule, settings)).toBe(disposition)
})

/** Which of the Services' ways a policy lets pass; p21 is behind the node port of np21, and behind svc21. */
function ways(rule: string, settings: string, from: string, to: string): string | undefined {
  const kind = rule.includes('nodeSelector') ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy'
  const more = policy(rule, kind).replace('namespace: shop', 'namespace: default')
  return example({ cni: settings, more }).trace({ from, to }).outcomes[0]?.disposition
}

const p21 = 'endpointSelector: {matchLabels: {app: p21}}'
const p11 = 'endpointSelector: {matchLabels: {app: p11}}'
const tunnel = 'cilium:ipam=kubernetes'
const native =
  'cilium:ipam=kubernetes,routing-mode=native,auto-direct-node-routes=true,ipv4-native-routing-cidr=10.244.0.0/16'
const kubeProxy = 'cilium:ipam=kubernetes,kube-proxy-replacement=false'
const toCluster = '10.96.0.21:80'

// biome-ignore format: one row a line
const services: readonly (readonly [why: string, rule: string, settings: string, from: string, to: string, disposition: string])[] = [
  // Documentation/security/policy/caveats.rst, "Security Identity for N/S Service Traffic".
  ['through a tunnel the client is the world', `{${p21}, ingress: [{fromEntities: [world]}]}`, tunnel, 'external/ext', '192.168.1.11:30021', 'reached'],
  ['... and no node', `{${p21}, ingress: [{fromEntities: [cluster]}]}`, tunnel, 'external/ext', '192.168.1.11:30021', 'dropped'],
  ['... from nowhere in particular', `{${p21}, ingress: [{fromCIDR: [192.168.1.0/24]}]}`, tunnel, 'external/ext', '192.168.1.11:30021', 'dropped'],
  ['without one it is the node that forwards', `{${p21}, ingress: [{fromEntities: [remote-node]}]}`, native, 'external/ext', '192.168.1.11:30021', 'reached'],
  ['... and not the world', `{${p21}, ingress: [{fromEntities: [world]}]}`, native, 'external/ext', '192.168.1.11:30021', 'dropped'],
  ['at the node of the endpoint it is itself', `{${p21}, ingress: [{fromCIDR: [192.168.1.9/32]}]}`, tunnel, 'external/ext', '192.168.1.12:30021', 'reached'],
  ['kube-proxy masquerades there: the world still', `{${p21}, ingress: [{fromEntities: [world]}]}`, kubeProxy, 'external/ext', '192.168.1.12:30021', 'reached'],
  ['... and not the host', `{${p21}, ingress: [{fromEntities: [remote-node]}]}`, kubeProxy, 'external/ext', '192.168.1.12:30021', 'dropped'],
  // Policies see endpoints: the address of a Service is never a peer.
  ['egress to the pod behind', `{${p11}, egress: [{toEndpoints: [{matchLabels: {app: p21}}], toPorts: [{ports: [{port: "8080"}]}]}]}`, tunnel, 'pod/p11', toCluster, 'reached'],
  ['... the same at the device', `{${p11}, egress: [{toEndpoints: [{matchLabels: {app: p21}}], toPorts: [{ports: [{port: "8080"}]}]}]}`, kubeProxy, 'pod/p11', toCluster, 'reached'],
  ["the Service's port is no pod's", `{${p11}, egress: [{toEndpoints: [{matchLabels: {app: p21}}], toPorts: [{ports: [{port: "80"}]}]}]}`, kubeProxy, 'pod/p11', toCluster, 'dropped'],
  ['a block of Services is nobody', `{${p11}, egress: [{toCIDR: [10.96.0.0/12]}]}`, tunnel, 'pod/p11', toCluster, 'dropped'],
  ['... the same at the device', `{${p11}, egress: [{toCIDR: [10.96.0.0/12]}]}`, kubeProxy, 'pod/p11', toCluster, 'dropped'],
  ['toServices by name', `{${p11}, egress: [{toServices: [{k8sService: {serviceName: svc21, namespace: default}}]}]}`, tunnel, 'pod/p11', toCluster, 'reached'],
  ['... of another', `{${p11}, egress: [{toServices: [{k8sService: {serviceName: svc12, namespace: default}}]}]}`, tunnel, 'pod/p11', toCluster, 'dropped'],
  ['... of none', `{${p11}, egress: [{toServices: [{k8sService: {serviceName: none, namespace: default}}]}]}`, tunnel, 'pod/p11', toCluster, 'dropped'],
  ['a pod reaches itself through its Service', `{${p11}, ingress: [{}], egress: [{}]}`, tunnel, 'pod/p11', '10.96.0.11:80', 'reached'],
  ['one that may send nothing answers through the tunnel', `{${p21}, egress: [{}]}`, tunnel, 'pod/p11', toCluster, 'reached'],
  ['... without one', `{${p21}, egress: [{}]}`, native, 'pod/p11', toCluster, 'reached'],
  ['... what its device translated', `{${p21}, egress: [{}]}`, kubeProxy, 'pod/p11', toCluster, 'reached'],
  ['... what came from outside by another node', `{${p21}, egress: [{}]}`, tunnel, 'external/ext', '192.168.1.11:30021', 'reached'],
  ['... and begins nothing', `{${p21}, egress: [{}]}`, tunnel, 'pod/p21', '10.96.0.11:80', 'dropped'],
  ['one that takes nothing hears answers', `{${p21}, ingress: [{}]}`, tunnel, 'pod/p21', '10.96.0.11:80', 'reached'],
  ['... at the device too', `{${p11}, ingress: [{}], egress: [{}]}`, kubeProxy, 'pod/p11', '10.96.0.11:80', 'reached'],
]

test.for(services)('%s: %s, %s, %s → %s %s', ([, rule, settings, from, to, disposition]) => {
  expect(ways(rule, settings, from, to)).toBe(disposition)
})
