import type { Finding, Journey } from '../../src/index.ts'
import { journeyJson, parseCluster } from '../../src/index.ts'
import type { FindingCode } from '../../src/journey/finding/catalog.ts'

/** A small cluster in which something is wrong, and the request that meets it. */
interface Example {
  readonly objects: readonly unknown[]
  readonly from?: string
  readonly to?: string
  readonly protocol?: 'tcp' | 'udp' | 'icmp'
  readonly sport?: number
  /** Bytes that the sender sends. */
  readonly size?: number
  readonly family?: 4 | 6
  readonly resolver?: 'glibc' | 'musl' | 'as-is'
  readonly resolve?: Readonly<Record<string, string>>
  /** iptables-save text that stands for worker's rules. */
  readonly rules?: string
}

type Values = Readonly<Record<string, unknown>>

function object(apiVersion: string, kind: string, name: string, rest: Values, namespace = 'default') {
  const { metadata = {}, ...fields } = rest
  return { apiVersion, kind, metadata: { name, namespace, ...(metadata as Values) }, ...fields }
}

const pod = (name: string, spec: Values = {}, rest: Values = {}) =>
  object('v1', 'Pod', name, {
    spec: { nodeName: 'worker', containers: [{ name: 'main', image: name }], ...spec },
    ...rest,
  })

const listening = (port: number, name?: string) => ({
  containers: [{ name: 'main', image: 'web', ports: [{ containerPort: port, ...(name && { name }) }] }],
})

const web = (spec: Values = {}, rest: Values = {}) =>
  pod('web-0', { ...listening(8080), ...spec }, { metadata: { labels: { app: 'web' } }, ...rest })

const service = (spec: Values = {}, namespace = 'default', rest: Values = {}) =>
  object(
    'v1',
    'Service',
    'web',
    {
      spec: {
        clusterIP: '10.96.0.80',
        selector: { app: 'web' },
        ports: [{ port: 80, targetPort: 8080 }],
        ...spec,
      },
      ...rest,
    },
    namespace,
  )

const endpoints = (name: string, port: Values, ip = '192.0.2.80') =>
  object('v1', 'Endpoints', name, { subsets: [{ addresses: [{ ip }], ports: [port] }] })

/** worker and worker2 with their blocks of pods. */
const nodesWithBlocks = (own: string, other: string, annotations: Values = {}) =>
  [own, other].map((podCIDR, index) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: index === 0 ? 'worker' : 'worker2', annotations },
    spec: { podCIDR },
    status: { addresses: [{ type: 'InternalIP', address: `172.18.0.${3 + index}` }] },
  }))

const environment = (spec: Values) => object('kubewalk.dev/v1alpha1', 'Environment', 'around', { spec })

const pool = (addresses: string) =>
  object(
    'metallb.io/v1beta1',
    'IPAddressPool',
    'first',
    { spec: { addresses: [addresses] } },
    'metallb-system',
  )

const ingress = (spec: Values, metadata: Values = {}, name = 'shop') =>
  object('networking.k8s.io/v1', 'Ingress', name, { spec, metadata })
const rule = (host: string, path: string, name: string, port: Values = { number: 80 }) => ({
  host,
  http: { paths: [{ path, pathType: 'Prefix', backend: { service: { name, port } } }] },
})
const shop = rule('shop.example.org', '/', 'web')
const visit = { from: 'internet', to: 'http://shop.example.org/' }

const client = pod('client')
/** A NetworkPolicy about pods with the label app. */
const policy = (app: string, spec: Values, name = 'only') =>
  object('networking.k8s.io/v1', 'NetworkPolicy', name, {
    spec: { podSelector: { matchLabels: { app } }, ...spec },
  })
const caller = pod('client', {}, { metadata: { labels: { app: 'client' } } })
const toWeb = { podSelector: { matchLabels: { app: 'web' } } }
const inSystem = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }
const dnsOn5353 = [
  object(
    'v1',
    'Service',
    'kube-dns',
    {
      spec: {
        clusterIP: '10.96.0.10',
        selector: { 'k8s-app': 'kube-dns' },
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 5353 },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 5353 },
        ],
      },
    },
    'kube-system',
  ),
  object(
    'v1',
    'Pod',
    'coredns-0',
    {
      metadata: { labels: { 'k8s-app': 'kube-dns' } },
      spec: {
        nodeName: 'worker',
        containers: [
          {
            name: 'coredns',
            image: 'coredns',
            ports: [
              { containerPort: 5353, protocol: 'UDP' },
              { containerPort: 5353, protocol: 'TCP' },
            ],
          },
        ],
      },
    },
    'kube-system',
  ),
]
const nodePort = { type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }
const byHand = { selector: undefined }
const local = {
  type: 'NodePort',
  externalTrafficPolicy: 'Local',
  ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
}
const ready = (status: string) => ({
  status: { phase: 'Running', conditions: [{ type: 'Ready', status, reason: 'ContainersNotReady' }] },
})
const socket = (fields: Values) =>
  environment({ listeners: [{ pod: 'default/web-0', protocol: 'TCP', ...fields }] })
const dualStack = {
  clusterNetwork: {
    podCIDR: '10.244.0.0/16',
    serviceCIDR: '10.96.0.0/16',
    podCIDR6: 'fd00:10:244::/56',
    serviceCIDR6: 'fd00:10:96::/112',
  },
}

/** For each code a cluster that has it. The request is `pod/client` to `web:80` over TCP unless it says otherwise. */
// biome-ignore format: one code a line
export const findingExamples: Readonly<Partial<Record<FindingCode, Example>>> = {
  'name-in-other-namespace':     { objects: [client, service({}, 'shop')] },
  'name-unknown':                { objects: [client, web(), service()], to: 'wbe:80' },
  'pod-name-unknown':            { objects: [client, web({ hostname: 'web-0', subdomain: 'web' }), service({ clusterIP: 'None' })], to: 'web-1.web:8080' },
  'external-name-unknown':       { objects: [client, web(), service(), object('v1', 'Service', 'shop', { spec: { type: 'ExternalName', externalName: 'web.default' } })], to: 'shop:80' },
  'cluster-domain-differs':      { objects: [client, web(), service()], to: 'web.default.svc.east.cluster.local:80' },
  'host-network-dns':            { objects: [pod('client', { hostNetwork: true }), web(), service()] },
  'dns-loop':                    { objects: [client, object('v1', 'Pod', 'coredns-0', { metadata: { labels: { 'k8s-app': 'kube-dns' } }, spec: { nodeName: 'worker', containers: [{ name: 'coredns', image: 'coredns/coredns:1.11.3' }] }, ...ready('True') }, 'kube-system'), object('v1', 'Service', 'kube-dns', { spec: { clusterIP: '10.96.0.10', selector: { 'k8s-app': 'kube-dns' }, ports: [{ port: 53, protocol: 'UDP' }] } }, 'kube-system'), object('v1', 'ConfigMap', 'coredns', { data: { Corefile: '.:53 {\n  forward . 10.96.0.10\n}\n' } }, 'kube-system')], to: 'www.example.com:80' },
  'name-server-differs':         { objects: [client, web(), service(), environment({ kubelet: { default: { clusterDNS: ['10.96.0.1'] } } })] },
  'name-server-fails':           { objects: [client, object('v1', 'ConfigMap', 'coredns', { data: { Corefile: 'cluster.local:53 {\n  kubernetes cluster.local\n}\n' } }, 'kube-system')], to: 'api.example.com:80' },
  'name-servers-differ': { objects: [client, environment({ nodes: { worker: { resolv: { nameservers: ['172.18.0.1'] } } }, upstreamDNS: { '172.18.0.1': { 'db.corp.example': { rcode: 'NXDOMAIN' } }, '172.18.0.53': { 'db.corp.example': { A: '172.18.0.80' } } } }), object('v1', 'ConfigMap', 'coredns', { data: { Corefile: '.:53 {\n  kubernetes cluster.local\n  forward . /etc/resolv.conf\n}\n' } }, 'kube-system')], to: 'db.corp.example:80' },
  'name-denied-by-corefile': { objects: [client, web(), service(), object('v1', 'ConfigMap', 'coredns', { data: { Corefile: '.:53 {\n  kubernetes cluster.example\n  forward . /etc/resolv.conf\n}\n' } }, 'kube-system')] },
  'name-not-searched-for': { objects: [pod('client', { dnsPolicy: 'None', dnsConfig: { nameservers: ['10.96.0.10'] } }), web(), service()] },
  'search-domain-catches-name': { objects: [client, environment({ nodes: { worker: { resolv: { search: ['corp.example'], nameservers: ['172.18.0.1'] } } }, upstreamDNS: { default: { '*.corp.example': { A: '203.0.113.99' }, 'api.example.com': { A: '192.0.2.80' } } } })], to: 'api.example.com:80' },
  'resolver-stops-at-empty-answer': { objects: [client, web(), service(), environment({ nodes: { worker: { resolv: { search: ['corp.example'], nameservers: ['172.18.0.1'] } } }, upstreamDNS: { default: { 'api.example.com.corp.example': { answers: [] } } } })], to: 'api.example.com:80', resolver: 'musl' },
  'resolver-without-search':     { objects: [client, web(), service()], resolver: 'as-is' },
  'name-asked-outside':          { objects: [client, web(), service()], from: 'internet', to: 'web.default.svc.cluster.local:80' },
  'ingress-without-address':     { objects: [web(), service(), ingress({ rules: [shop] }, { annotations: { 'kubernetes.io/ingress.class': 'gce' } })], ...visit },
  'ingress-configuration-kept':  { objects: [web(), service(), { ...ingress({ rules: [shop] }, { annotations: { 'kubernetes.io/ingress.class': 'gce' } }), status: { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } } }], ...visit },
  'route-not-taken':             { objects: [web(), service(), object('networking.k8s.io/v1', 'IngressClass', 'nginx', { spec: { controller: 'k8s.io/ingress-nginx' } }), ingress({ ingressClassName: 'ngnix', rules: [shop] })], to: 'http://shop.example.org/', from: 'internet', resolve: { 'shop.example.org': '198.51.100.80' } },
  'no-route-matches':            { objects: [web(), service(), ingress({ rules: [rule('shop.example.org', '/cart', 'web')] })], ...visit },
  'backend-service-missing':     { objects: [web(), service(), ingress({ rules: [rule('shop.example.org', '/', 'wbe')] })], ...visit },
  'backend-port-missing':        { objects: [web(), service(), ingress({ rules: [rule('shop.example.org', '/', 'web', { name: 'http' })] })], ...visit },
  'client-not-allowed':          { objects: [web(), service(), ingress({ rules: [shop] }, { annotations: { 'nginx.ingress.kubernetes.io/whitelist-source-range': '192.0.2.0/24' } })], ...visit },
  'redirect-loop':               { objects: [web(), service(), ingress({ rules: [shop] }, { annotations: { 'nginx.ingress.kubernetes.io/permanent-redirect': 'http://shop.example.org/' } })], ...visit },
  'proxy-refuses':               { objects: [web(), service(), ingress({ rules: [shop] }, { annotations: { 'nginx.ingress.kubernetes.io/whitelist-source-range': 'ten' } })], ...visit },
  'certificate-for-other-name':  { objects: [web(), service(), ingress({ rules: [shop] })], ...visit, to: 'https://shop.example.org/' },
  'tls-secret-missing':          { objects: [web(), service(), object('v1', 'Secret', 'shop-tls', { type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': '' } }, 'certificates'), ingress({ tls: [{ hosts: ['shop.example.org'], secretName: 'shop-tls' }], rules: [shop] })], ...visit, to: 'https://shop.example.org/' },
  'host-not-served':             { objects: [client, object('v1', 'Service', 'api', { spec: { type: 'ExternalName', externalName: 'api.example.net', ports: [{ port: 80 }] } }), environment({ externalHosts: [{ name: 'api.example.net', ip: '192.0.2.80', listeners: [{ port: 80, http: { virtualHosts: ['api.example.net'] } }] }] })], to: 'http://api/' },
  'application-error':           { objects: [client, web(), service(), environment({ httpApps: [{ pod: 'default/web-0', routes: { '/users': 200 }, otherwise: 404 }] })], to: 'http://web/user' },
  'load-balancer-by-name':       { objects: [client, web(), service({ type: 'LoadBalancer' }, 'default', { status: { loadBalancer: { ingress: [{ hostname: 'lb.example.org' }] } } })], to: 'loadBalancer(default/web):80', family: 6 },
  'load-balancer-pending':       { objects: [client, web(), service({ type: 'LoadBalancer' })], to: 'loadBalancer(default/web):80' },
  'load-balancer-class-unserved': { objects: [client, web(), service({ type: 'LoadBalancer', loadBalancerClass: 'example.org/gold' })], to: 'loadBalancer(default/web):80' },
  'load-balancer-pool-empty':    { objects: [client, web(), pool('192.0.2.7/32'), service({ type: 'LoadBalancer' }), object('v1', 'Service', 'api', { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } })], to: 'loadBalancer(default/web):80' },
  'load-balancer-address-outside-pools': { objects: [client, web(), pool('192.0.2.0/24'), service({ type: 'LoadBalancer', loadBalancerIP: '198.51.100.9' })], to: 'loadBalancer(default/web):80' },
  'load-balancer-host-port-taken': { objects: [client, web({ containers: [{ name: 'main', ports: [{ containerPort: 8080, hostPort: 80 }] }] }), object('v1', 'Node', 'worker', {}), service({ type: 'LoadBalancer' }), environment({ loadBalancerController: { type: 'k3s' } })], to: 'loadBalancer(default/web):80' },
  'load-balancer-hairpin':       { objects: [client, web(), service({ type: 'LoadBalancer', loadBalancerClass: 'service.k8s.aws/nlb', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }, 'default', { status: { loadBalancer: { ingress: [{ hostname: 'web.elb.example.org' }] } } })], to: 'web.elb.example.org:80' },
  'proxy-protocol-mismatch':     { objects: [pod('nginx-0', listening(80), { metadata: { labels: { app: 'web', 'app.kubernetes.io/name': 'ingress-nginx' } } }), service({ type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] }, 'default', { metadata: { annotations: { 'service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol': 'true' } }, status: { loadBalancer: { ingress: [{ hostname: 'web.lb.example.org' }] } } })], from: 'internet', to: 'loadBalancer(default/web):80' },
  'address-inside-only':         { objects: [client, web(), service(local)], from: 'internet', to: 'svc/web:80' },
  'load-balancer-without-node-port': { objects: [web(), service({ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }, 'default', { status: { loadBalancer: { ingress: [{ ip: '192.0.2.10', ipMode: 'Proxy' }] } } })], from: 'internet', to: '192.0.2.10:80' },
  'load-balancer-without-nodes': { objects: [object('v1', 'Node', 'worker', { metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } } }), web(), service({ type: 'LoadBalancer' }, 'default', { status: { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } } })], from: 'internet', to: '192.0.2.10:80' },
  'not-modelled':                { objects: [client, web(), service(), environment({ kubeProxy: { mode: 'ipvs' } })] },
  'policy-rule-denies':          { objects: [client, web(), service(), object('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', 'fence', { metadata: { namespace: undefined }, spec: { tier: 'Admin', priority: 10, subject: { namespaces: {} }, ingress: [{ name: 'no-one', action: 'Deny', from: [{ namespaces: {} }] }] } })] },
  'policy-dns-port-differs':     { objects: [caller, web(), service(), ...dnsOn5353, policy('client', { policyTypes: ['Egress'], egress: [{ to: [inSystem], ports: [{ protocol: 'UDP', port: 53 }] }, { to: [toWeb] }] })], to: 'web:80' },
  'policy-names-service-port':   { objects: [caller, web(), service(), policy('web', { ingress: [{ ports: [{ port: 80 }] }] })], to: 'svc/web:80' },
  'policy-names-cluster-ip':     { objects: [caller, web(), service(), policy('client', { policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '10.96.0.80/32' } }] }] })], to: 'svc/web:80' },
  'policy-sees-node-address':    { objects: [web({ nodeName: 'worker2' }), service(nodePort), policy('web', { ingress: [{ from: [{ ipBlock: { cidr: '203.0.113.0/24' } }] }] })], from: 'internet', to: 'node/worker:30080' },
  'policy-client-is-host':       { objects: [pod('client', { hostNetwork: true }), web({ nodeName: 'worker2' }), service(), policy('web', { ingress: [{ from: [{ podSelector: {} }] }] })], to: 'svc/web:80' },
  'policy-server-is-host':       { objects: [caller, web({ hostNetwork: true, nodeName: 'worker2' }), service(), policy('client', { policyTypes: ['Egress'], egress: [{ to: [toWeb] }] })], to: 'svc/web:80' },
  'policy-port-name-differs':    { objects: [caller, web(listening(8081, 'http')), service({ ports: [{ port: 80, targetPort: 8080 }] }), policy('web', { ingress: [{ ports: [{ port: 'http' }] }] })], to: 'svc/web:80' },
  'policy-namespace-label-missing': { objects: [caller, web(), service(), policy('web', { ingress: [{ from: [{ namespaceSelector: { matchLabels: { name: 'default' } } }] }] })], to: 'svc/web:80' },
  'policy-denies-dns':           { objects: [caller, web(), service(), policy('client', { policyTypes: ['Egress'], egress: [{ to: [toWeb] }] })], to: 'web:80' },
  'policy-isolates':             { objects: [caller, web(), service(), policy('web', { ingress: [{ from: [{ podSelector: { matchLabels: { app: 'clint' } } }], ports: [{ port: 8080 }] }] })], to: 'svc/web:80' },
  'policy-not-enforced':         { objects: [client, web(), service(), policy('web', {}), environment({ cni: { plugin: 'flannel' } })], to: 'svc/web:80' },
  'policy-peers-are-alternatives': { objects: [caller, web(), service(), policy('web', { ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } }, { podSelector: { matchLabels: { app: 'proxy' } } }] }] })], to: 'svc/web:80' },
  'policies-not-modelled':       { objects: [client, web(), service(), object('security.istio.io/v1', 'AuthorizationPolicy', 'deny', { spec: {} })] },
  'host-port-not-mapped':      { objects: [client, environment({ cniChain: { worker: ['calico'] } }), web({ containers: [{ name: 'main', ports: [{ containerPort: 8080, hostPort: 8080 }] }] })], to: 'node/worker:8080' },
  'host-port-other-address':     { objects: [client, web({ containers: [{ name: 'main', ports: [{ containerPort: 8080, hostPort: 8080, hostIP: '127.0.0.1' }] }] })], to: 'node/worker:8080' },
  'bgp-session-blocked':         { objects: [client, web({ nodeName: 'worker2' }), environment({ cni: { plugin: 'calico' }, cloudFirewall: { allow: [{ protocol: 'TCP', ports: [6443, 10250] }, { protocol: 'IPIP' }] } })], to: 'pod/web-0:8080' },
  'node-address-shared':         { objects: [...nodesWithBlocks('10.244.1.0/24', '10.244.2.0/24').map((node) => ({ ...node, status: { addresses: [{ type: 'InternalIP', address: '10.0.2.15' }] } })), client, web({ nodeName: 'worker2' }), environment({ cni: { plugin: 'flannel' } })], to: 'pod/web-0:8080' },
  'pod-blocks-overlap':          { objects: [...nodesWithBlocks('10.244.1.0/24', '10.244.1.0/24'), pod('client', {}, { status: { podIP: '10.244.1.9' } }), web({ nodeName: 'worker2' }, { status: { podIP: '10.244.1.55' } }), environment({ cni: { plugin: 'flannel' } })], to: '10.244.1.55:8080' },
  'tunnel-endpoint-differs':     { objects: [...nodesWithBlocks('10.244.1.0/24', '10.244.2.0/24', { 'flannel.alpha.coreos.com/public-ip': '10.0.2.15' }), client, web({ nodeName: 'worker2' })], to: 'pod/web-0:8080' },
  'hairpin-off':                 { objects: [web(), service(), environment({ cni: { plugin: 'bridge', hairpinMode: false } })], from: 'pod/web-0' },
  'kube-proxy-not-running':      { objects: [client, web(), service(), environment({ kubeProxy: { running: { worker: false } } })] },
  'kube-proxy-stale':            { objects: [client, web(), service(), environment({ kubeProxy: { staleState: { worker: { service: 'default/web', backends: [] } } } })] },
  'kube-proxy-hostname':         { objects: [web(), service(local), environment({ kubeProxy: { hostnameOverride: { worker: '172.18.0.3' } } })], from: 'internet', to: 'node/worker:30080' },
  'conntrack-stale':             { objects: [pod('client', {}, { status: { podIP: '10.244.1.9' } }), web({ containers: [{ name: 'main', ports: [{ containerPort: 53, protocol: 'UDP' }] }] }), service({ ports: [{ port: 53, protocol: 'UDP' }] }), environment({ conntrack: { worker: [{ protocol: 'UDP', orig: { src: '10.244.1.9:40000', dst: '10.96.0.80:53' }, reply: { src: '10.96.0.80:53', dst: '10.244.1.9:40000' }, state: 'UNREPLIED' }] } })], to: 'web:53', protocol: 'udp', sport: 40000 },
  'ping-to-service':             { objects: [client, web(), service()], to: 'web', protocol: 'icmp' },
  'service-protocol-differs':    { objects: [client, web(), service()], protocol: 'udp' },
  'service-port-unknown':        { objects: [client, web(), service()], to: 'web:8080' },
  'service-without-endpoints':   { objects: [client, web(), service({ selector: { app: 'webb' } })] },
  'service-without-selector':    { objects: [client, service(byHand)] },
  'endpoints-name-differs':      { objects: [client, service(byHand), endpoints('web-endpoints', { port: 80 })] },
  'endpoints-port-name-differs': { objects: [client, service({ ...byHand, ports: [{ name: 'http', port: 80 }] }), endpoints('web', { name: 'web', port: 80 })] },
  'endpoint-not-ready':          { objects: [client, web({}, { metadata: { labels: { app: 'web' } }, ...ready('False') }), service()] },
  'endpoint-family-missing':     { objects: [client, web({}, { metadata: { labels: { app: 'web' } }, status: { podIP: '10.244.1.9' } }), service({ clusterIP: undefined, ipFamilyPolicy: 'RequireDualStack' }), environment(dualStack)], family: 6 },
  'target-port-name-missing':    { objects: [client, web(), service({ ports: [{ port: 80, targetPort: 'http' }] })] },
  'endpoints-empty':             { objects: [client, web(), service(), object('discovery.k8s.io/v1', 'EndpointSlice', 'web-x7k2p', { metadata: { labels: { 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' } }, addressType: 'IPv4', endpoints: [], ports: [] })] },
  'no-local-endpoint':           { objects: [web(), service(local)], from: 'internet', to: 'node/worker2:30080' },
  'source-range-excludes-client': { objects: [web(), service({ type: 'LoadBalancer', loadBalancerSourceRanges: ['198.51.100.0/24'] }, 'default', { status: { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } } })], from: 'internet', to: '192.0.2.10:80' },
  'endpoint-terminating':        { objects: [client, web({}, { metadata: { labels: { app: 'web' }, deletionTimestamp: '2025-01-01T00:00:00Z' } }), service(), socket({ bind: null, port: null })] },
  'listens-on-loopback':         { objects: [client, web(), service(), socket({ bind: '127.0.0.1', port: 8080 })] },
  'listens-on-other-address':    { objects: [client, web(), service(), socket({ bind: '192.0.2.7', port: 8080 })] },
  'listens-on-other-family':     { objects: [client, web(), service({ clusterIP: undefined, ipFamilyPolicy: 'RequireDualStack' }), environment({ ...dualStack, listeners: [{ pod: 'default/web-0', protocol: 'TCP', bind: '0.0.0.0', port: 8080 }] })], family: 6 },
  'listens-on-other-protocol':   { objects: [client, web({}, { metadata: { labels: { app: 'web' }, annotations: { 'kubewalk.dev/listen': '8080/UDP' } } }), service()] },
  'localhost-is-the-sender':     { objects: [pod('client', listening(3000)), web(), service()], to: 'localhost:80' },
  'selector-too-broad':          { objects: [client, web(), pod('worker-0', listening(9090), { metadata: { labels: { app: 'web' } } }), service()] },
  'headless-port-not-translated': { objects: [client, web(), service({ clusterIP: 'None' })] },
  'target-port-not-listening':   { objects: [client, web(), service({ ports: [{ port: 80 }] })] },
  'nothing-listens':             { objects: [client, web()], to: 'pod/web-0:8081' },
  'node-port-unknown':           { objects: [web(), service(local)], from: 'internet', to: 'node/worker:30081' },
  'node-port-not-here':          { objects: [web(), service({ ...local, externalTrafficPolicy: 'Cluster' }), environment({ kubeProxy: { nodePortAddresses: ['192.0.2.0/24'] } })], from: 'internet', to: 'node/worker:30080' },
  'address-not-announced':       { objects: [web(), service({ externalIPs: ['172.18.0.200'] })], from: '172.18.0.100', to: '172.18.0.200:80' },
  'no-pod-at-address':           { objects: [client], to: '10.244.1.200:80' },
  'endpoint-is-service-address': { objects: [client, web(), service(), object('v1', 'Service', 'shop', { spec: { ports: [{ port: 80 }] } }), endpoints('shop', { port: 80 }, '10.96.0.80')], to: 'shop:80' },
  'no-service-at-address':       { objects: [client], to: '10.96.200.200:80' },
  'reply-bypasses-translation':  { objects: [web({ nodeName: 'worker2' }), service(), environment({ kubeProxy: { clusterCIDR: null }, externalHosts: [{ ip: '172.18.0.100', routes: ['10.96.0.0/16 via 172.18.0.3', '10.244.2.0/24 via 172.18.0.4'] }] })], from: '172.18.0.100', to: '10.96.0.80:80' },
  'pods-not-masqueraded':        { objects: [client, environment({ nodes: { worker: { nat: { POSTROUTING: { podMasquerade: false } } } } })], to: '198.51.100.90:443' },
  'host-firewall':               { objects: [client, web({ nodeName: 'worker2' }), service(), environment({ nodes: { worker2: { ufw: { allow: ['22/tcp'] } } } })] },
  'provider-firewall':         { objects: [client, web({ nodeName: 'worker2' }), environment({ cni: { plugin: 'flannel' }, network: { firewalls: [{ nodes: ['worker2'], deny: [{ protocol: 'UDP', ports: [8472] }] }] } })], to: 'pod/web-0:8080' },
  'address-overlap':           { objects: [client, environment({ clusterNetwork: { podCIDR: '192.168.0.0/16' }, externalHosts: [{ name: 'database', ip: '192.168.200.5' }] })], to: '192.168.200.5:5432' },
  'pod-route-missing':         { objects: [client, web({ nodeName: 'worker2' }), environment({ cni: { plugin: 'kubenet' }, network: { learnsPodRoutes: false } })], to: 'pod/web-0:8080' },
  'tunnel-checksum':           { objects: [web({ nodeName: 'worker2' }), service({ type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }), environment({ cni: { plugin: 'flannel' }, nodes: { worker: { kernel: '5.4', interfaces: { 'flannel.1': { txChecksumOffload: true } } } } })], from: 'internet', to: 'node/worker:30080' },
  'path-mtu-black-hole':       { objects: [client, web({ nodeName: 'worker2' }), environment({ cni: { plugin: 'flannel' }, mtu: { pod: 1500, tunnel: 1500, nodes: { worker: 1450 }, icmpFragNeededDelivered: false } })], to: 'pod/web-0:8080', size: 4000 },
  'port-not-published':          { objects: [web(), service({ type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }), environment({ environment: { type: 'kind', hostOS: 'darwin' }, externalHosts: [{ name: 'laptop', ip: '192.168.1.50' }] })], from: 'external/laptop', to: 'localhost:30080' },
  'node-network-inside-machine': { objects: [web(), service({ type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }), environment({ environment: { type: 'kind', hostOS: 'darwin' }, externalHosts: [{ name: 'laptop', ip: '192.168.1.50' }] })], from: 'external/laptop', to: 'node/worker:30080' },
  'mixed-iptables-backends':     { objects: [client, web({ nodeName: 'worker2' }), environment({ nodes: { worker: { iptables: { host: 'nft', cniImage: 'legacy' }, docker: {} } } })], to: 'pod/web-0:8080' },
  'pod-network-differs':         { objects: [client, web({ nodeName: 'worker2' }), environment({ clusterNetwork: { podCIDR: '192.168.0.0/16' }, cni: { plugin: 'flannel' }, nodes: { worker: { docker: {} } } }), object('v1', 'ConfigMap', 'kube-flannel-cfg', { data: { 'net-conf.json': '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}' } }, 'kube-flannel')], to: 'pod/web-0:8080' },
  'kernel-setting':              { objects: [client, web({ nodeName: 'worker2' }), service(), environment({ nodes: { worker: { sysctl: { 'net.ipv4.ip_forward': 0 } } } })] },
  'source-check':                { objects: [web({}, { status: { phase: 'Running', podIP: '172.18.1.5' } }), service({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }), environment({ cni: { plugin: 'aws-vpc-cni', AWS_VPC_CNI_NODE_PORT_SUPPORT: 'false', AWS_VPC_K8S_CNI_EXTERNALSNAT: 'true', enis: { worker: { eth1: { address: '172.18.1.4', pods: ['172.18.1.5'] } } } } })], from: 'external/172.18.0.99', to: 'node/worker:30080' },
  'rules-lack-service':          { objects: [client, web({ nodeName: 'worker2' }), service()], rules: '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n' },
  'dropped-by-rule':             { objects: [client, web({ nodeName: 'worker2' })], to: 'pod/web-0:8080', rules: '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -p tcp -m tcp --dport 8080 -j DROP\nCOMMIT\n' },
  'no-route':                    { objects: [client], to: '172.18.0.99:80' },
  'routing-loop':                { objects: [client, environment({ nodes: { worker: { routes: ['198.51.100.0/24 via 172.18.0.4'] }, worker2: { routes: ['198.51.100.0/24 via 172.18.0.3'] } } })], to: '198.51.100.7:80' },
}

/** The causes that kubewalk names. */
export function findingsIn(example: Example): readonly Finding[] {
  return traced(example).findings
}

/** The whole answer, as `-o json` prints it. */
export function journeyIn(example: Example): unknown {
  return JSON.parse(JSON.stringify(journeyJson(traced(example))))
}

function traced({ objects, from = 'pod/client', to = 'web:80', rules, ...rest }: Example): Journey {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, undefined, 1)
  const nodeRules =
    rules === undefined ? new Map() : new Map([['worker', [{ name: 'worker.iptables-save', text: rules }]]])
  return parseCluster([{ name: 'cluster.json', text }], { nodeRules }).trace({ from, to, ...rest })
}
