import type { DiagnosticCode } from '../../src/base/diagnostic-catalog.ts'
import type { Diagnostic } from '../../src/index.ts'
import { InputError, loadCluster, parseCluster } from '../../src/index.ts'

/** An input that has something to be said about: manifests, rules of node worker, or a path. */
interface Example {
  readonly yaml?: string
  readonly rules?: string
  readonly path?: string
  /** What was collected on node worker: texts by the names of their files. */
  readonly dump?: Readonly<Record<string, string>>
}

const service = (spec: string, name = 'web') =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { ${spec} }\n`

const pod = (spec: string, rest = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { ${spec}containers: [{ name: web }] }\n${rest}`

const node = (name: string, spec: string) =>
  `apiVersion: v1\nkind: Node\nmetadata: { name: ${name} }\nspec: { ${spec} }\n`

const environment = (spec: string) =>
  `apiVersion: kubewalk.dev/v1alpha1\nkind: Environment\nmetadata: { name: around }\nspec: { ${spec} }\n`

const kubeProxy = (fields: string) =>
  `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n${fields}\n`

const filter = (lines: string, chains = '') =>
  `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${chains}${lines}\nCOMMIT\n`

const both = (...texts: readonly string[]) => texts.join('---\n')
const addressed = (name: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { nodeName: worker, containers: [{ name: web }] }\nstatus: { podIP: 10.244.1.9 }\n`

const corefile = (...lines: readonly string[]) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: coredns, namespace: kube-system }\ndata:\n  Corefile: |\n${lines.map((line) => `    ${line}\n`).join('')}`

/** A pod web with the label app=web and port 8080, a Service of port 80 before it, and NetworkPolicies web, web2, … with these specs. */
const policies = (...specs: readonly string[]) =>
  [
    'apiVersion: v1\nkind: Pod\nmetadata: { name: web, labels: { app: web } }\nspec: { containers: [{ name: web, ports: [{ containerPort: 8080 }] }] }\n',
    service('selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }]'),
    ...specs.map(
      (spec, index) =>
        `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: web${index === 0 ? '' : index + 1} }\nspec: { ${spec} }\n`,
    ),
  ].join('---\n')

/** Pods web of the namespaces shop and lab, and ClusterNetworkPolicies about shop's. */
const clusterPolicies = (...specs: readonly string[]) =>
  both(
    ...['shop', 'lab'].flatMap((name) => [
      `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`,
      `apiVersion: v1\nkind: Pod\nmetadata: { name: web, namespace: ${name} }\nspec: { containers: [{ name: web, ports: [{ containerPort: 8080 }] }] }\n`,
    ]),
    ...specs.map(
      (spec, index) =>
        `apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: { name: guard${index === 0 ? '' : index + 1} }\nspec:\n  subject: { namespaces: { matchLabels: { kubernetes.io/metadata.name: shop } } }\n  ${spec}\n`,
    ),
  )

/** An ingress rule of a ClusterNetworkPolicy about what comes from everybody, and one about what the namespace lab sends. */
const fromAll = (action: string) => `{ action: ${action}, from: [{ namespaces: {} }] }`
const fromLab = (action: string) =>
  `{ action: ${action}, from: [{ namespaces: { matchLabels: { kubernetes.io/metadata.name: lab } } }] }`

/** For each code an input that has it. */
// biome-ignore format: one code a line
export const diagnosticExamples: Readonly<Partial<Record<DiagnosticCode, Example>>> = {
  'file-not-found':           { path: 'examples/nothing.yaml' },
  'empty-folder':             { path: 'examples/library' },
  'not-text':                 { yaml: '\u0000\u0001\u0002\u0003' },
  'yaml-syntax':              { yaml: 'kind: [Service\n' },
  'duplicate-key':            { yaml: `${service('ports: [{ port: 80 }]')}kind: Service\n` },
  'yaml-1.1-boolean':         { yaml: pod('hostNetwork: no, ') },
  'corefile-invalid':         { yaml: corefile('.:53 {', '  erors', '  forward . /etc/resolv.conf', '}') },
  'corefile-not-modelled':    { yaml: corefile('.:53 {', '  etcd', '  forward . /etc/resolv.conf', '}') },
  'corefile-loop':            { yaml: both(corefile('.:53 {', '  forward . 127.0.0.1', '  loop', '}'), 'apiVersion: v1\nkind: Pod\nmetadata: { name: coredns-0, namespace: kube-system, labels: { k8s-app: kube-dns } }\nspec: { containers: [{ name: coredns, image: coredns/coredns:1.11.3 }] }\n') },
  'node-cache-fails':         { yaml: 'apiVersion: v1\nkind: Pod\nmetadata: { name: node-local-dns-x7k2p, namespace: kube-system }\nspec:\n  hostNetwork: true\n  containers:\n  - name: node-cache\n    image: registry.k8s.io/dns/k8s-dns-node-cache:1.26.4\n    args: [-localip, "__PILLAR__LOCAL__DNS__,__PILLAR__DNS__SERVER__"]\n' },
  'not-json':                 { yaml: '{ kind: Service, apiVersion: v1, metadata: { name: web }, spec: { ports: [{ port: 80 }] } }\n' },
  'yaml-1.1-octal':           { yaml: service('ports: [{ port: 010 }]') },
  'yaml-merge-order':         { yaml: 'apiVersion: v1\nkind: Service\nmetadata: &m { name: web }\nspec: { ports: [{ port: 80 }] }\nstatus: { x: &x { port: 80 }, y: { port: 81, <<: *x } }\n' },
  'yaml-after-end':           { yaml: `${service('ports: [{ port: 80 }]')}...\nkind: Pod\n` },
  'empty-input':              { yaml: '# nothing but a comment\n' },
  'not-an-object':            { yaml: '- one\n- two\n' },
  'unsupported-version':      { yaml: 'apiVersion: apps/v1beta9\nkind: Deployment\nmetadata: { name: web }\n' },
  'kind-not-read':            { yaml: both(pod(''), 'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data }\n') },
  'missing-name':             { yaml: 'apiVersion: v1\nkind: Service\nspec: { ports: [{ port: 80 }] }\n' },
  'configuration-conflict':   { yaml: both(pod(''), kubeProxy('clusterCIDR: 10.1.0.0/16'), kubeProxy('clusterCIDR: 10.2.0.0/16')) },
  'duplicate-object':         { yaml: both(service('ports: [{ port: 80 }]'), service('ports: [{ port: 81 }]')) },
  'wrong-type':               { yaml: service('ports: [{ port: "80" }]') },
  'null-value':               { yaml: 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  labels:\n    app:\nspec: { ports: [{ port: 80 }] }\n' },
  'unknown-field':            { yaml: service('ports: [{ port: 80, targetport: 8080 }]') },
  'invalid-value':            { yaml: service('ports: [{ port: 80808 }]') },
  'too-large':                { yaml: 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  replicas: 10001\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web } }\n    spec: { containers: [{ name: web }] }\n' },
  'overlapping-cidrs':        { yaml: both(node('a', 'podCIDR: 10.244.1.0/24'), node('b', 'podCIDR: 10.244.1.0/24')) },
  'invalid-version':          { yaml: both(pod(''), environment('kubeProxy: { version: latest }')) },
  'version-not-modelled':     { yaml: both(pod(''), environment('kubeProxy: { version: v1.24 }')) },
  'invalid-setting':          { yaml: both(pod(''), environment('clusterNetwork: { podCIDR: ten }')) },
  'cni-approximated':         { yaml: both(pod(''), environment('cni: { plugin: cilium }')) },
  'cni-not-modelled':         { yaml: both(pod(''), environment('cni: { plugin: contiv }')) },
  'proxy-mode-not-modelled':  { yaml: both(pod(''), kubeProxy('mode: ipvs')) },
  'field-not-modelled':       { yaml: both(pod(''), environment('mtu: { overlay: 1450 }')) },
  'cluster-ip-outside-range': { yaml: service('clusterIP: 192.0.2.1, ports: [{ port: 80 }]') },
  'cluster-ip-taken':         { yaml: both(service('clusterIP: 10.96.0.80, ports: [{ port: 80 }]', 'a'), service('clusterIP: 10.96.0.80, ports: [{ port: 80 }]', 'b')) },
  'node-port-outside-range':  { yaml: service('type: NodePort, ports: [{ port: 80, nodePort: 8080 }]') },
  'node-port-taken':          { yaml: both(service('type: NodePort, ports: [{ port: 80, nodePort: 30080 }]', 'a'), service('type: NodePort, ports: [{ port: 80, nodePort: 30080 }]', 'b')) },
  'pod-ip-taken':             { yaml: both(addressed('a'), addressed('b')) },
  'pod-ip-outside-node':      { yaml: pod('nodeName: worker, ', 'status: { podIP: 10.244.9.9 }\n') },
  'unknown-node':             { yaml: pod('nodeName: worker9, ') },
  unschedulable:              { yaml: pod('nodeSelector: { disk: fast }, ') },
  'unknown-reference':        { yaml: both(service('ports: [{ port: 80 }]'), 'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: web-1, labels: { kubernetes.io/service-name: wbe } }\naddressType: IPv4\nendpoints: []\nports: []\n') },
  'endpoints-ignored':        { yaml: both(pod('').replace('web }', 'web, labels: { app: web } }'), service('selector: { app: web }, ports: [{ port: 80 }]'), 'apiVersion: v1\nkind: Endpoints\nmetadata: { name: web }\nsubsets: [{ addresses: [{ ip: 192.0.2.1 }], ports: [{ port: 80 }] }]\n') },
  'missing-field':            { yaml: service('selector: { app: web }') },
  'iptables-syntax':          { rules: filter('-A INPUT --dport http -j DROP') },
  'iptables-dangling-jump':   { rules: filter('-A INPUT -j WEB-FIREWALL') },
  'iptables-chain-cycle':     { rules: filter('-A INPUT -j A\n-A A -j B\n-A B -j A', ':A - [0:0]\n:B - [0:0]\n') },
  'iptables-illegal-match':   { rules: filter('-A INPUT -o eth0 -j DROP') },
  'iptables-illegal-target':  { rules: filter('-A INPUT -j MASQUERADE') },
  'dump-syntax':              { dump: { 'ip-route': 'default via 10.0.0 dev eth0\n' } },
  'dump-too-large':           { dump: { 'ip-addr.json': '['.repeat(40) } },
  'dump-empty':               { dump: { 'notes.txt': 'collected on Monday\n' } },
  'dump-file-unread':         { dump: { 'notes.txt': '', 'ip-rule': '0:\tfrom all lookup local\n' } },
  'dump-incomplete':          { dump: { 'iptables-save': `# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n${filter('-A INPUT -j ACCEPT')}` } },
  'dump-conflict':            { rules: filter('-A INPUT -j ACCEPT'), dump: { 'iptables-save': filter('-A INPUT -j DROP') } },
  'policy-not-enforced':      { yaml: `${policies('podSelector: {}')}---\n${environment('cni: { plugin: flannel }')}` },
  'policy-selects-nothing':   { yaml: policies('podSelector: { matchLabels: { app: webb } }') },
  'policy-rule-never-matches': { yaml: policies('podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: wep } } }] }]') },
  'policy-service-port':      { yaml: policies('podSelector: {}, ingress: [{ ports: [{ port: 80 }] }]') },
  'policy-rule-redundant':    { yaml: policies('podSelector: {}, ingress: [{}]', 'podSelector: { matchLabels: { app: web } }, ingress: [{ ports: [{ port: 8080 }] }]') },
  'policy-order-undefined':  { yaml: clusterPolicies(`tier: Admin\n  priority: 10\n  ingress: [${fromLab('Accept')}]`, `tier: Admin\n  priority: 10\n  ingress: [${fromAll('Deny')}]`) },
  'policy-rule-shadowed':    { yaml: clusterPolicies(`tier: Admin\n  priority: 10\n  ingress: [${fromAll('Deny')}, ${fromLab('Accept')}]`) },
  'policy-tiers-contradict': { yaml: clusterPolicies(`tier: Admin\n  priority: 10\n  ingress: [${fromAll('Deny')}]`, `tier: Baseline\n  priority: 10\n  ingress: [${fromLab('Accept')}]`) },
  'dump-not-modelled':        { dump: { 'ip-rule': '99:\tfrom all ipproto tcp dport 80 lookup 7\n' } },
}

/** Everything that kubewalk says of an example's input. */
export async function diagnosticsIn({ yaml, rules, path, dump }: Example): Promise<readonly Diagnostic[]> {
  try {
    if (path !== undefined) return (await loadCluster([path])).diagnostics
    const files = [{ name: 'cluster.yaml', text: yaml ?? pod('') }]
    const nodeRules =
      rules === undefined ? new Map() : new Map([['worker', [{ name: 'worker.iptables-save', text: rules }]]])
    const dumped = Object.entries(dump ?? {}).map(([name, text]) => ({ name, text }))
    const nodeDumps =
      dump === undefined ? new Map() : new Map([['worker', { folder: 'worker', files: dumped }]])
    const cluster = parseCluster(files, { nodeRules, nodeDumps })
    return [...cluster.diagnostics, ...cluster.audit()]
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics
    throw error
  }
}
