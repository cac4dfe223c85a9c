import { describe, expect, test } from 'vitest'
import { ask } from '../support/cases.ts'
import {
  corefile,
  dnsPod,
  ingress,
  ingressClass,
  namespace,
  nginx,
  nginxPod,
  nginxService,
  nginxSettings,
  path,
  pod,
  rawCorefile,
  secret,
  service,
  usual,
  web,
} from '../support/failure-objects.ts'
import type { FailureRow } from '../support/failure-rows.ts'
import { stateOf } from '../support/failure-rows.ts'

/**
 * Classes of failures as people meet them, each as a small cluster: two nodes, CoreDNS on both, a client, and what the
 * row adds. Each is run as it was found, mended, and with something else changed.
 */

const dns = (to: string, from = 'pod/default/client') => ({ from, to, protocol: 'DNS' })
const tcp = (to: string, from = 'pod/default/client') => ({ from, to, protocol: 'TCP' })
const http = (to: string, from = 'external/203.0.113.50') => ({
  from,
  to,
  protocol: 'HTTP',
  resolve: {
    'app.example.com': '198.51.100.80',
    'other.example.com': '198.51.100.80',
    'a.b.example.com': '198.51.100.80',
  },
})
const resolv = (resolv: Record<string, unknown>) => ({ 'node-a': { resolv }, 'node-b': { resolv } })
const corp = { nodes: resolv({ nameservers: ['10.0.0.2'], search: ['corp.example'] }) }
const clientWith = (spec: string) => pod('client', '10.244.1.20', { ports: '', spec })
const extra0 = { externalHosts: [{ ip: '203.0.113.50', name: 'visitor' }] }
const wild = {
  ...corp,
  upstreamDNS: {
    '10.0.0.2': { '*.corp.example': { A: '203.0.113.99' }, 'api.example.com': { A: '198.51.100.45' } },
  },
}
// biome-ignore format: one failure a row
const dnsRows: readonly FailureRow[] = [
  { title: "a wildcard in the zone of the node's search domain takes a name of the internet", extra: wild, probe: dns('api.example.com'), verdict: 'dns-wrong-answer', first: ['search-domain-catches-name', 'Node/node-a'], fix: { probe: { to: 'api.example.com.' } }, control: { extra: { upstreamDNS: { '10.0.0.2': { 'api.example.com': { A: '198.51.100.45' } } } }, verdict: 'reached' } },
  { title: 'so it does when the name is dialled', extra: wild, probe: tcp('api.example.com:443'), verdict: 'dns-wrong-answer', first: ['search-domain-catches-name', 'Node/node-a'], fix: { objects: [clientWith('dnsConfig: { options: [{ name: ndots, value: "1" }] }')] } },
  { title: 'the Corefile serves another cluster domain than pods search', objects: [corefile(undefined, undefined, 'cluster.example'), ...web()], probe: dns('web'), verdict: 'nxdomain', first: ['name-denied-by-corefile', 'ConfigMap/coredns'], fix: { objects: [corefile()] } },
  { title: 'no pod of CoreDNS is ready', objects: [dnsPod('coredns-a', '10.244.1.2', false), dnsPod('coredns-b', '10.244.2.2', false), ...web()], probe: tcp('web:80'), verdict: 'dns-timeout', first: ['endpoint-not-ready', 'Pod/coredns-a'], fix: { objects: [dnsPod('coredns-a', '10.244.1.2')] } },
  { title: "CoreDNS inherits the node's stub resolver and asks itself", objects: [corefile('forward . /etc/resolv.conf\nloop')], extra: { nodes: resolv({ nameservers: ['127.0.0.53'] }) }, probe: dns('www.example.com'), verdict: 'dns-timeout', first: ['dns-loop', 'ConfigMap/coredns'], fix: { extra: { nodes: resolv({ nameservers: ['10.0.0.2'] }) } } },
  { title: 'CoreDNS forwards to its own Service', objects: [corefile('forward . 10.96.0.10')], probe: dns('www.example.com'), verdict: 'dns-timeout', first: ['dns-loop', 'ConfigMap/coredns'], fix: { objects: [corefile()] } },
  { title: 'a headless Service without a ready pod', objects: [pod('db', '10.244.2.40', { ready: false }), service('db', 'None')], probe: tcp('db:8080'), verdict: 'nxdomain', first: ['endpoint-not-ready', 'Pod/db'], fix: { objects: [pod('db', '10.244.2.40')] } },
  { title: 'dnsPolicy Default and a name of the cluster', objects: [clientWith('dnsPolicy: Default'), ...web()], probe: tcp('web:80'), verdict: 'nxdomain', first: ['host-network-dns', 'Pod/client'], fix: { objects: [clientWith('dnsPolicy: ClusterFirst')] } },
  { title: 'dnsPolicy None with a public name server', objects: [clientWith('dnsPolicy: None, dnsConfig: { nameservers: [8.8.8.8] }'), ...web()], probe: tcp('web.default.svc.cluster.local:80'), verdict: 'nxdomain', first: ['host-network-dns', 'Pod/client'], fix: { objects: [clientWith('dnsPolicy: ClusterFirst')] } },
  { title: 'dnsPolicy None without a search list', objects: [clientWith('dnsPolicy: None, dnsConfig: { nameservers: [10.96.0.10] }'), ...web()], probe: tcp('web:80'), verdict: 'nxdomain', first: ['name-not-searched-for', 'Pod/client'], fix: { objects: [clientWith('dnsPolicy: None, dnsConfig: { nameservers: [10.96.0.10], searches: [default.svc.cluster.local] }')] } },
  { title: 'musl and ndots 1: a name with a dot is not searched for', objects: [clientWith('dnsConfig: { options: [{ name: ndots, value: "1" }] }'), ...web()], extra: { resolver: { libc: 'musl' } }, probe: tcp('web.default:80'), verdict: 'nxdomain', first: ['name-not-searched-for', 'Pod/client'], fix: { objects: [clientWith('')] }, control: { extra: { resolver: { libc: 'glibc' } }, verdict: 'reached' } },
  { title: 'the server to which CoreDNS forwards is silent', extra: { ...corp, upstreamDNS: { '10.0.0.2': { '*': { rcode: 'timeout' } } } }, probe: dns('www.example.com'), verdict: 'dns-timeout', first: ['name-server-fails', 'ConfigMap/coredns'], fix: { objects: [corefile('forward . 8.8.8.8')] } },
  { title: 'the server to which CoreDNS forwards answers SERVFAIL', extra: { ...corp, upstreamDNS: { '10.0.0.2': { '*': { rcode: 'SERVFAIL' } } } }, probe: dns('www.example.com'), verdict: 'dns-servfail', first: ['name-server-fails', 'ConfigMap/coredns'], fix: { objects: [corefile('forward . 8.8.8.8')] } },
  { title: 'of two upstreams one does not know the internal zone', objects: [corefile('forward . 10.0.0.2 10.0.0.3')], extra: { upstreamDNS: { '10.0.0.2': { 'db.corp.example': { A: '10.0.0.77' } }, '10.0.0.3': { 'db.corp.example': { rcode: 'NXDOMAIN' } } } }, probe: dns('db.corp.example.'), verdict: 'intermittent', first: ['name-servers-differ', 'ConfigMap/coredns'], fix: { objects: [corefile('forward . 10.0.0.2')] } },
  { title: "so it is with the two name servers of the node's resolv.conf", extra: { nodes: resolv({ nameservers: ['10.0.0.2', '10.0.0.3'] }), upstreamDNS: { '10.0.0.2': { 'db.corp.example': { A: '10.0.0.77' } }, '10.0.0.3': { 'db.corp.example': { rcode: 'NXDOMAIN' } } } }, probe: dns('db.corp.example.'), verdict: 'intermittent', first: ['name-servers-differ', 'ConfigMap/coredns'] },
  { title: 'an ExternalName that is an address', objects: [service('alias', '', { spec: 'type: ExternalName, externalName: 10.0.0.5' })], probe: tcp('alias:5432'), verdict: 'nxdomain', first: ['external-name-unknown', 'Service/alias'] },
  { title: 'an ExternalName that is a short name of the cluster', objects: [...web(), service('alias', '', { spec: 'type: ExternalName, externalName: web' })], probe: tcp('alias:80'), verdict: 'dns-nodata', first: ['external-name-unknown', 'Service/alias'], fix: { objects: [service('alias', '', { spec: 'type: ExternalName, externalName: web.default.svc.cluster.local' })] } },
  { title: 'the plugin hosts without fallthrough shuts out the cluster', objects: [corefile('hosts {\n10.0.0.5 db.example.com\n}\nforward . /etc/resolv.conf'), ...web()], probe: tcp('web:80'), verdict: 'dns-servfail', first: ['name-server-fails', 'ConfigMap/coredns'], fix: { objects: [corefile('hosts {\n10.0.0.5 db.example.com\nfallthrough\n}\nforward . /etc/resolv.conf')] } },
  { title: 'and the internet', objects: [corefile('hosts {\n10.0.0.5 db.example.com\n}\nforward . /etc/resolv.conf'), ...web()], probe: dns('www.example.com.'), verdict: 'dns-servfail', first: ['name-server-fails', 'ConfigMap/coredns'], fix: { objects: [corefile('hosts {\n10.0.0.5 db.example.com\nfallthrough\n}\nforward . /etc/resolv.conf')] } },
  { title: 'a Corefile that forwards nothing', objects: [corefile('')], probe: dns('www.example.com'), verdict: 'dns-servfail', first: ['name-server-fails', 'ConfigMap/coredns'], fix: { objects: [corefile()] } },
  { title: 'names of pods, and pods disabled', objects: [corefile(undefined, 'pods disabled'), ...web()], probe: dns('10-244-2-70.default.pod.cluster.local'), verdict: 'nxdomain', first: ['name-denied-by-corefile', 'ConfigMap/coredns'], fix: { objects: [corefile()] } },
  { title: 'the kubernetes plugin is limited to one namespace', objects: [corefile(undefined, 'namespaces kube-system'), ...web()], probe: tcp('web:80'), verdict: 'nxdomain', first: ['name-denied-by-corefile', 'ConfigMap/coredns'], fix: { objects: [corefile()] } },
  { title: 'kubelet names the address of NodeLocal DNSCache, which does not run', objects: web(), extra: { kubelet: { default: { clusterDNS: ['169.254.20.10'] } } }, probe: tcp('web:80'), verdict: 'dns-timeout', first: ['name-server-differs', 'Environment/extra'], fix: { extra: { kubelet: {} } } },
  { title: 'a large answer needs TCP, and kube-dns has UDP alone', objects: [service('kube-dns', '10.96.0.10', { namespace: 'kube-system', spec: 'selector: { k8s-app: kube-dns }, ports: [{ name: dns, protocol: UDP, port: 53 }]' }), service('many', 'None'), ...Array.from({ length: 100 }, (_, i) => pod(`many-${i}`, `10.244.2.${100 + i}`, { labels: 'app: many' }))], probe: dns('many.default.svc.cluster.local.'), verdict: 'dns-timeout', first: ['service-protocol-differs', 'Service/kube-dns'], fix: { objects: [service('kube-dns', '10.96.0.10', { namespace: 'kube-system', spec: 'selector: { k8s-app: kube-dns }, ports: [{ name: dns, protocol: UDP, port: 53 }, { name: dns-tcp, protocol: TCP, port: 53 }]' })] } },
  { title: 'a pod with a subdomain that no Service has', objects: [pod('db-0', '10.244.2.40', { spec: 'hostname: db-0, subdomain: db' })], probe: tcp('db-0.db:8080'), verdict: 'nxdomain', first: ['pod-name-unknown', 'Pod/db-0'], fix: { objects: [service('db', 'None', { spec: 'selector: { app: db-0 }, ports: [{ port: 8080 }]' })] } },
  { title: 'a pod with the subdomain of another Service', objects: [pod('db-0', '10.244.2.40', { spec: 'hostname: db-0, subdomain: database' }), service('db', 'None', { spec: 'selector: { app: db-0 }, ports: [{ port: 8080 }]' })], probe: tcp('db-0.db:8080'), verdict: 'nxdomain', first: ['pod-name-unknown', 'Pod/db-0'], fix: { objects: [pod('db-0', '10.244.2.40', { spec: 'hostname: db-0, subdomain: db' })] } },
  { title: 'the selector of kube-dns fits no pod', objects: [service('kube-dns', '10.96.0.10', { namespace: 'kube-system', spec: 'selector: { k8s-app: coredns }, ports: [{ name: dns, protocol: UDP, port: 53 }]' }), ...web()], probe: tcp('web:80'), verdict: 'dns-timeout', first: ['service-without-endpoints', 'Service/kube-dns'] },
  { title: 'the server of a stub domain is silent', objects: [rawCorefile('corp.example:53 {\nforward . 10.0.0.53\n}\n.:53 {\nkubernetes cluster.local\nforward . /etc/resolv.conf\n}')], extra: { upstreamDNS: { '10.0.0.53': { '*': { rcode: 'timeout' } } } }, probe: dns('db.corp.example.'), verdict: 'dns-timeout', first: ['name-server-fails', 'ConfigMap/coredns'] },
  { title: 'the server of a stub domain is not there', objects: [rawCorefile('corp.example:53 {\nforward . 10.0.0.53\n}\n.:53 {\nkubernetes cluster.local\nforward . /etc/resolv.conf\n}')], probe: dns('db.corp.example.'), verdict: 'dns-timeout', first: ['name-server-fails', 'ConfigMap/coredns'] },
  { title: 'an internal zone that CoreDNS does not forward to the server that knows it', extra: { ...{ nodes: resolv({ nameservers: ['10.0.0.2'] }) }, upstreamDNS: { '10.0.0.2': { 'db.corp.example': { rcode: 'NXDOMAIN' } }, '10.0.0.53': { 'db.corp.example': { A: '10.0.0.77' } } } }, probe: dns('db.corp.example'), verdict: 'nxdomain', first: ['name-servers-differ', 'ConfigMap/coredns'], fix: { objects: [corefile('forward corp.example 10.0.0.53\nforward . /etc/resolv.conf')] } },
]
const nodePortSpec = 'type: NodePort, ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }]'
const lb = (spec = '', ing = '', annotations = '') =>
  service('web', '10.96.60.10', {
    spec: `type: LoadBalancer, ports: [{ name: http, port: 80, targetPort: 8080, nodePort: 30080 }], ${spec}`,
    ingress: ing,
    annotations,
  })
const pool = (addresses: string, rest = '') =>
  `{ apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: { name: pool, namespace: metallb-system }, spec: { addresses: [${addresses}], ${rest} } }`
const l2 =
  '{ apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: { name: l2, namespace: metallb-system } }'
const metallb = {
  loadBalancerController: { type: 'metallb', mode: 'l2' },
  externalHosts: [{ ip: '10.0.0.200', name: 'lan' }],
}
const lbProbe = (from = 'external/203.0.113.50') => ({
  from,
  to: 'loadBalancer(default/web):80',
  protocol: 'TCP',
})
const two = pod('web', '10.244.2.70')
// biome-ignore format: one failure a row
const lbRows: readonly FailureRow[] = [
  { title: 'a LoadBalancer in a cluster without a provider', objects: [two, lb()], extra: extra0, probe: lbProbe(), verdict: 'no-address', first: ['load-balancer-pending', 'Service/web'], fix: { extra: { loadBalancerController: { type: 'cloud', assigns: '198.51.100.90' } } } },
  { title: 'externalTrafficPolicy Local on a node without a pod', objects: [two, service('web', '10.96.60.10', { spec: `${nodePortSpec}, externalTrafficPolicy: Local` })], extra: extra0, probe: tcp('10.0.0.11:30080', 'external/203.0.113.50'), verdict: 'dropped', first: ['no-local-endpoint', 'Service/web'], fix: { probe: { to: '10.0.0.12:30080' } } },
  { title: 'the client is outside loadBalancerSourceRanges', objects: [two, lb('loadBalancerSourceRanges: [192.0.2.0/24]', '{ ip: 198.51.100.90, ipMode: VIP }')], extra: extra0, probe: tcp('198.51.100.90:80', 'external/203.0.113.50'), verdict: 'dropped', first: ['source-range-excludes-client', 'Service/web'], fix: { objects: [lb('loadBalancerSourceRanges: [203.0.113.0/24]', '{ ip: 198.51.100.90, ipMode: VIP }')] } },
  { title: 'the pool of MetalLB has no address left', objects: [two, lb(), pool('10.0.0.240/32'), l2, pod('aaa', '10.244.2.71'), service('aaa', '10.96.60.11', { spec: 'type: LoadBalancer', ingress: '{ ip: 10.0.0.240 }' })], extra: metallb, probe: lbProbe('external/lan'), verdict: 'no-address', first: ['load-balancer-pool-empty', 'Service/web'], fix: { objects: [pool('10.0.0.240-10.0.0.250')] } },
  { title: 'the pool of MetalLB is for another namespace', objects: [two, lb(), pool('10.0.0.240/29', 'serviceAllocation: { namespaces: [shop] }'), l2], extra: metallb, probe: lbProbe('external/lan'), verdict: 'no-address', first: ['load-balancer-pool-empty', 'Service/web'], fix: { objects: [pool('10.0.0.240/29')] } },
  { title: 'the pool of MetalLB is not assigned by itself', objects: [two, lb(), pool('10.0.0.240/29', 'autoAssign: false'), l2], extra: metallb, probe: lbProbe('external/lan'), verdict: 'no-address', first: ['load-balancer-pool-empty', 'Service/web'], fix: { objects: [pool('10.0.0.240/29')] } },
  { title: 'nothing announces the pool of MetalLB', objects: [two, lb(), pool('10.0.0.240/29')], extra: { loadBalancerController: { type: 'metallb' }, externalHosts: metallb.externalHosts }, probe: lbProbe('external/lan'), verdict: 'no-route', first: ['address-not-announced', 'Service/web'], fix: { objects: [l2] } },
  { title: 'loadBalancerIP lies outside the pools', objects: [two, lb('loadBalancerIP: 10.0.0.99'), pool('10.0.0.240/29'), l2], extra: metallb, probe: lbProbe('external/lan'), verdict: 'no-address', first: ['load-balancer-address-outside-pools', 'Service/web'] },
  { title: 'a loadBalancerClass that nobody serves', objects: [two, lb('loadBalancerClass: example.com/other'), pool('10.0.0.240/29'), l2], extra: metallb, probe: lbProbe('external/lan'), verdict: 'no-address', first: ['load-balancer-class-unserved', 'Service/web'] },
  { title: 'a balancer to node ports, and no node ports', objects: [two, service('web', '10.96.60.10', { spec: 'type: LoadBalancer, allocateLoadBalancerNodePorts: false', ingress: '{ ip: 198.51.100.90, ipMode: Proxy }' })], extra: { ...extra0, loadBalancerController: { type: 'cloud', forwards: '198.51.100.90 -> nodePorts of all nodes' } }, probe: tcp('198.51.100.90:80', 'external/203.0.113.50'), verdict: 'refused', first: ['load-balancer-without-node-port', 'Service/web'] },
  { title: 'an NLB that keeps client addresses sends a node its own packet', objects: [pod('web', '10.244.1.70'), lb('', '{ hostname: abc.elb.eu-west-1.amazonaws.com, ip: 198.51.100.90, ipMode: Proxy }', 'service.beta.kubernetes.io/aws-load-balancer-type: nlb')], extra: { loadBalancerController: { type: 'aws-nlb' } }, probe: tcp('198.51.100.90:80', 'pod/default/client'), verdict: 'intermittent', first: ['load-balancer-hairpin', 'Service/web'] },
  { title: 'a balancer that is known by its hostname alone, from inside', objects: [two, lb('', '{ hostname: abc.elb.example.com }')], probe: tcp('abc.elb.example.com:80'), verdict: 'reached' },
  { title: 'Local, and the only pod is not ready', objects: [pod('web', '10.244.2.70', { ready: false }), lb('externalTrafficPolicy: Local', '{ ip: 198.51.100.90 }')], extra: extra0, probe: tcp('198.51.100.90:80', 'external/203.0.113.50'), verdict: 'dropped', first: ['endpoint-not-ready', 'Pod/web'] },
  { title: 'an external IP that nobody announces', objects: [two, service('web', '10.96.60.10', { spec: 'externalIPs: [10.0.0.201]' })], extra: { externalHosts: [{ ip: '10.0.0.200', name: 'lan' }] }, probe: tcp('10.0.0.201:80', 'external/lan'), verdict: 'no-route', first: ['address-not-announced', 'Service/web'], control: { probe: { from: 'node/node-a' }, verdict: 'reached' } },
  { title: 'the controller expects the PROXY protocol, and a pod does not speak it', objects: [...nginx, ...web(), ingress(), nginxSettings('use-proxy-protocol: "true"')], extra: extra0, probe: { from: 'pod/default/client', to: 'http://ingress-nginx-controller.ingress-nginx/', protocol: 'HTTP', headers: { Host: 'app.example.com' } }, verdict: 'refused', first: ['proxy-protocol-mismatch', 'ConfigMap/ingress-nginx-controller'] },
  { title: 'a balancer is asked for a port that it does not have', objects: [two, lb('', '{ ip: 198.51.100.90 }')], extra: extra0, probe: tcp('198.51.100.90:8080', 'external/203.0.113.50'), verdict: 'dropped', first: ['service-port-unknown', 'Service/web'] },
]
const visit = (rest: Partial<FailureRow>): Omit<FailureRow, 'title' | 'verdict'> => ({
  extra: extra0,
  probe: http('http://app.example.com/'),
  ...rest,
})
const tls = (hosts = 'app.example.com', name = 'app-tls') =>
  `tls: [{ hosts: [${hosts}], secretName: ${name} }]`
const secretTls =
  "{ apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: { name: app-tls, namespace: default }, data: { tls.crt: '', tls.key: '' } }"
const certs = { ...extra0, certificates: [{ secret: 'default/app-tls', dnsNames: ['app.example.com'] }] }
// biome-ignore format: one failure a row
const ingressRows: readonly FailureRow[] = [
  { title: 'sound', ...visit({ objects: [...nginx, ...web(), ingress()] }), verdict: 'reached' },
  { title: 'an Ingress without a class', ...visit({ objects: [...nginx, ...web(), ingress({ className: '' })] }), verdict: 'http-404', first: ['route-not-taken', 'Ingress/web'], fix: { objects: [ingress()] }, control: { objects: [nginxPod({ args: '--watch-ingress-without-class=true' })], verdict: 'reached' } },
  { title: 'an Ingress without a class, and a default class', ...visit({ objects: [...nginx, ingressClass('nginx', 'k8s.io/ingress-nginx', true), ...web(), ingress({ className: '' })] }), verdict: 'reached' },
  { title: 'an Ingress of a class that is not there', ...visit({ objects: [...nginx, ...web(), ingress({ className: 'ingressClassName: public,' })] }), verdict: 'http-404', first: ['route-not-taken', 'Ingress/web'], fix: { objects: [ingress()] } },
  { title: 'the host of the rule is another', ...visit({ objects: [...nginx, ...web(), ingress({ host: 'apps.example.com' })] }), verdict: 'http-404', first: ['no-route-matches', 'Ingress/web'], fix: { objects: [ingress()] } },
  { title: 'a wildcard host stands for one label', ...visit({ objects: [...nginx, ...web(), ingress({ host: '*.example.com' })], probe: http('http://a.b.example.com/') }), verdict: 'http-404', first: ['no-route-matches', 'Ingress/web'], control: { probe: { to: 'http://other.example.com/' }, verdict: 'reached' } },
  { title: 'pathType Exact and a slash at the end', ...visit({ objects: [...nginx, ...web(), ingress({ paths: path('/login', 'Exact') })], probe: http('http://app.example.com/login/') }), verdict: 'http-404', first: ['no-route-matches', 'Ingress/web'], fix: { objects: [ingress({ paths: path('/login') })] } },
  { title: 'a prefix ends with a whole element', ...visit({ objects: [...nginx, ...web(), ingress({ paths: path('/api') })], probe: http('http://app.example.com/apiary') }), verdict: 'http-404', first: ['no-route-matches', 'Ingress/web'], control: { probe: { to: 'http://app.example.com/api/ary' }, verdict: 'reached' } },
  { title: 'upper and lower case of a path', ...visit({ objects: [...nginx, ...web(), ingress({ paths: path('/Api') })], probe: http('http://app.example.com/api') }), verdict: 'http-404', first: ['no-route-matches', 'Ingress/web'] },
  { title: 'a regular expression without use-regex', ...visit({ objects: [...nginx, ...web(), ingress({ paths: path('/api/.*', 'ImplementationSpecific') })], probe: http('http://app.example.com/api/v1') }), verdict: 'http-404', first: ['no-route-matches', 'Ingress/web'], fix: { objects: [ingress({ paths: path('/api/.*', 'ImplementationSpecific'), annotations: 'nginx.ingress.kubernetes.io/use-regex: "true"' })] } },
  { title: 'the host is not among those of spec.tls', ...visit({ objects: [...nginx, ...web(), ingress({ spec: tls('www.example.com') }), secretTls], extra: { ...extra0, certificates: [{ secret: 'default/app-tls', dnsNames: ['www.example.com'] }] }, probe: http('https://app.example.com/') }), verdict: 'tls-wrong-cert', first: ['certificate-for-other-name', 'Ingress/web'], fix: { objects: [ingress({ spec: tls() })], extra: certs }, control: { extra: certs, verdict: 'reached' } },
  { title: 'https, and the Ingress has no TLS', ...visit({ objects: [...nginx, ...web(), ingress()], probe: http('https://app.example.com/') }), verdict: 'tls-wrong-cert', first: ['certificate-for-other-name', 'Ingress/web'], fix: { objects: [ingress({ spec: tls() }), secretTls], extra: certs } },
  { title: 'secretName is misspelt', ...visit({ objects: [...nginx, ...web(), ingress({ spec: tls('app.example.com', 'app-cert') }), secretTls], extra: certs, probe: http('https://app.example.com/') }), verdict: 'tls-wrong-cert', first: ['tls-secret-missing', 'Ingress/web'], fix: { objects: [ingress({ spec: tls() })] } },
  { title: 'the Secret is of another type and holds no certificate', ...visit({ objects: [...nginx, ...web(), ingress({ spec: tls() }), secret('app-tls', 'default', 'Opaque')], extra: extra0, probe: http('https://app.example.com/') }), verdict: 'tls-wrong-cert', first: ['certificate-for-other-name', 'Secret/app-tls'] },
  { title: 'the Secret holds a certificate for another name', ...visit({ objects: [...nginx, ...web(), ingress({ spec: tls() }), secretTls], extra: { ...extra0, certificates: [{ secret: 'default/app-tls', dnsNames: ['www.example.com'] }] }, probe: http('https://app.example.com/') }), verdict: 'tls-wrong-cert', first: ['certificate-for-other-name', 'Secret/app-tls'] },
  { title: 'the Service has no port of that name', ...visit({ objects: [...nginx, ...web(), ingress({ paths: path('/', 'Prefix', 'web', 'name: web') })] }), verdict: 'http-503', first: ['backend-port-missing', 'Ingress/web'], fix: { objects: [ingress({ paths: path('/', 'Prefix', 'web', 'name: http') })] } },
  { title: 'the name of the Service is misspelt', ...visit({ objects: [...nginx, ...web(), ingress({ paths: path('/', 'Prefix', 'webb') })] }), verdict: 'http-503', first: ['backend-service-missing', 'Ingress/web'], fix: { objects: [ingress()] } },
  { title: 'targetPort is not the port of the process', ...visit({ objects: [...nginx, pod('web', '10.244.2.70'), service('web', '10.96.60.10', { spec: 'ports: [{ name: http, port: 80, targetPort: 80 }]' }), ingress()] }), verdict: 'http-502', first: ['target-port-not-listening', 'Service/web'], fix: { objects: web() } },
  { title: 'the process listens on loopback', ...visit({ objects: [...nginx, ...web(), ingress()], extra: { ...extra0, listeners: [{ pod: 'default/web', protocol: 'TCP', bind: '127.0.0.1', port: 8080 }] } }), verdict: 'http-502', first: ['listens-on-loopback', 'Pod/web'], fix: { extra: { listeners: [] } } },
  { title: 'targetPort is a name that no container has', ...visit({ objects: [...nginx, pod('web', '10.244.2.70'), service('web', '10.96.60.10', { spec: 'ports: [{ name: http, port: 80, targetPort: http }]' }), ingress()] }), verdict: 'http-503', first: ['target-port-name-missing', 'Pod/web'], fix: { objects: web() } },
  { title: 'the selector fits no pod', ...visit({ objects: [...nginx, pod('web', '10.244.2.70', { labels: 'app: other' }), service('web', '10.96.60.10'), ingress()] }), verdict: 'http-503', first: ['service-without-endpoints', 'Service/web'], fix: { objects: web() } },
  { title: 'service-upstream, and no pod is ready', ...visit({ objects: [...nginx, pod('web', '10.244.2.70', { ready: false }), service('web', '10.96.60.10'), ingress({ annotations: 'nginx.ingress.kubernetes.io/service-upstream: "true"' })] }), verdict: 'http-502', first: ['endpoint-not-ready', 'Pod/web'], fix: { objects: web() } },
  { title: 'no pod of the controller is ready', ...visit({ objects: [...nginx, nginxPod({ ready: false }), ...web(), ingress()] }), verdict: 'rejected', first: ['endpoint-not-ready', 'Pod/ingress-nginx-controller'], fix: { objects: [nginxPod()] } },
  { title: 'an allow-list, and the balancer hides the client', ...visit({ objects: [...nginx, ...web(), ingress({ annotations: 'nginx.ingress.kubernetes.io/whitelist-source-range: "203.0.113.0/24"' })] }), verdict: 'http-403', first: ['client-not-allowed', 'Service/ingress-nginx-controller'], fix: { objects: [nginxService('externalTrafficPolicy: Local')] } },
  { title: 'an allow-list without the client', ...visit({ objects: [...nginx, nginxService('externalTrafficPolicy: Local'), ...web(), ingress({ annotations: 'nginx.ingress.kubernetes.io/whitelist-source-range: "192.0.2.0/24"' })] }), verdict: 'http-403', first: ['client-not-allowed', 'Ingress/web'] },
  { title: 'a canary without a main Ingress', ...visit({ objects: [...nginx, ...web(), ingress({ annotations: 'nginx.ingress.kubernetes.io/canary: "true", nginx.ingress.kubernetes.io/canary-weight: "50"' })] }), verdict: 'http-404', first: ['route-not-taken', 'Ingress/web'], fix: { objects: [ingress()] } },
  { title: 'the balancer ends TLS, and the controller redirects to https', ...visit({ objects: [...nginx, ...web(), ingress({ annotations: 'nginx.ingress.kubernetes.io/force-ssl-redirect: "true"' }), nginxService('', 'service.beta.kubernetes.io/aws-load-balancer-ssl-cert: "arn:aws:acm:x", service.beta.kubernetes.io/aws-load-balancer-ssl-ports: https, service.beta.kubernetes.io/aws-load-balancer-backend-protocol: http').replace('targetPort: https', 'targetPort: http')], probe: http('https://app.example.com/'), extra: { ...extra0, loadBalancerController: { type: 'aws-classic' } } }), verdict: 'http-308-loop', first: ['redirect-loop', 'Ingress/web'], fix: { objects: [nginxSettings('use-forwarded-headers: "true"')] } },
  { title: 'the default backend is not there', ...visit({ objects: [...nginx, `{ apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: { name: web, namespace: default }, spec: { ingressClassName: nginx, defaultBackend: { service: { name: gone, port: { number: 80 } } } } }`] }), verdict: 'http-503', first: ['backend-service-missing', 'Ingress/web'] },
  { title: 'the controller watches another namespace', ...visit({ objects: [...nginx, nginxPod({ args: '--watch-namespace=shop' }), ...web(), ingress()] }), verdict: 'http-404', first: ['route-not-taken', 'Ingress/web'] },
  { title: 'an ExternalName backend gets a Host that it does not serve', ...visit({ objects: [...nginx, service('web', '', { spec: 'type: ExternalName, externalName: api.example.net' }), ingress()], extra: { externalHosts: [{ ip: '203.0.113.50', name: 'visitor' }, { ip: '198.51.100.60', listeners: [{ protocol: 'TCP', port: 80, http: { virtualHosts: ['api.example.net'], otherHosts: 404 } }] }], upstreamDNS: { default: { 'api.example.net': { A: '198.51.100.60' } } } } }), verdict: 'http-404', first: ['host-not-served', 'Ingress/web'], fix: { objects: [ingress({ annotations: 'nginx.ingress.kubernetes.io/upstream-vhost: api.example.net' })] } },
  { title: 'an ExternalName backend that nobody knows', ...visit({ objects: [...nginx, service('web', '', { spec: 'type: ExternalName, externalName: api.corp' }), ingress()] }), verdict: 'http-502', first: ['external-name-unknown', 'Service/web'] },
  { title: 'the selector of the Service of the controller fits no pod', ...visit({ objects: [...nginx, nginxService().replace(/selector: \{[^}]*\}/, 'selector: { app: nginx }'), ...web(), ingress()] }), verdict: 'rejected', first: ['service-without-endpoints', 'Service/ingress-nginx-controller'] },
]
const gateway = (listener = '', rest = '') =>
  `{ apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: { name: gw, namespace: default }, spec: { gatewayClassName: any, listeners: [{ name: http, port: 80, protocol: HTTP ${listener} }] ${rest} }, status: { addresses: [{ value: 198.51.100.80 }] } }`
const route = (spec = '', backend = '{ name: web, port: 80 }', ns = 'default', parent = '') =>
  `{ apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: { name: web, namespace: ${ns} }, spec: { parentRefs: [{ name: gw, namespace: default ${parent} }], ${spec} rules: [{ backendRefs: [${backend}] }] } }`
const cls =
  '{ apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: { name: any }, spec: { controllerName: example.com/gateway } }'
const shop = [namespace('shop'), ...web({ namespace: 'shop' })]
const gatewayLabel = 'gateway.networking.k8s.io/gateway-name: gw'
const atGateway: readonly string[] = [
  pod('gw', '10.244.1.40', { labels: gatewayLabel, ports: '{ containerPort: 80 }' }),
  service('gw', '10.96.0.90', {
    labels: gatewayLabel,
    spec: `type: LoadBalancer, selector: { ${gatewayLabel} }, ports: [{ port: 80, targetPort: 80 }]`,
    ingress: '{ ip: 198.51.100.80 }',
  }),
]
// biome-ignore format: one failure a row
const gatewayRows: readonly FailureRow[] = [
  { title: 'sound', ...visit({ objects: [cls, ...atGateway, gateway(), ...web(), route()] }), verdict: 'reached' },
  { title: 'a backend of another namespace without a ReferenceGrant', ...visit({ objects: [cls, ...atGateway, gateway(), ...shop, route('', '{ name: web, namespace: shop, port: 80 }')] }), verdict: 'http-500', first: ['proxy-refuses', 'HTTPRoute/web'], fix: { objects: ['{ apiVersion: gateway.networking.k8s.io/v1beta1, kind: ReferenceGrant, metadata: { name: g, namespace: shop }, spec: { from: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default }], to: [{ group: "", kind: Service }] } }'] } },
  { title: 'a route names a listener that is not there', ...visit({ objects: [cls, ...atGateway, gateway(), ...web(), route('', undefined, 'default', ', sectionName: https')] }), verdict: 'http-404', first: ['route-not-taken', 'HTTPRoute/web'], fix: { objects: [route()] } },
  { title: 'the host names of route and listener have nothing in common', ...visit({ objects: [cls, ...atGateway, gateway(', hostname: "*.example.com"'), ...web(), route('hostnames: [app.exmple.com],')] }), verdict: 'http-404', first: ['no-route-matches', 'HTTPRoute/web'], fix: { objects: [route('hostnames: [app.example.com],')] } },
  { title: 'all weights are 0', ...visit({ objects: [cls, ...atGateway, gateway(), ...web(), route('', '{ name: web, port: 80, weight: 0 }')] }), verdict: 'http-500', first: ['proxy-refuses', 'HTTPRoute/web'], fix: { objects: [route()] } },
  { title: 'a route of a namespace that the listener does not allow', ...visit({ objects: [cls, ...atGateway, gateway(), ...shop, route('', undefined, 'shop')] }), verdict: 'http-404', first: ['route-not-taken', 'HTTPRoute/web'], fix: { objects: [gateway(', allowedRoutes: { namespaces: { from: All } }')] } },
  { title: 'a backendRef with a port that the Service does not have', ...visit({ objects: [cls, ...atGateway, gateway(), ...web(), route('', '{ name: web, port: 8080 }')] }), verdict: 'http-500', first: ['backend-port-missing', 'HTTPRoute/web'], fix: { objects: [route()] } },
  { title: 'a backendRef to a Service that is not there', ...visit({ objects: [cls, ...atGateway, gateway(), ...web(), route('', '{ name: wep, port: 80 }')] }), verdict: 'http-500', first: ['backend-service-missing', 'HTTPRoute/web'], fix: { objects: [route()] } },
  { title: 'a backend without a ready pod', ...visit({ objects: [cls, ...atGateway, gateway(), ...web({ ready: false }), route()] }), verdict: 'http-503', first: ['endpoint-not-ready', 'Pod/web'] },
]

const groups = [
  { name: 'names', rows: dnsRows },
  { name: 'load balancers', rows: lbRows },
  { name: 'Ingress', rows: ingressRows },
  { name: 'Gateway API', rows: gatewayRows },
]

test('there are as many classes as should be', () => {
  expect(groups.flatMap(({ rows }) => rows).length).toBeGreaterThanOrEqual(70)
})

for (const { name, rows } of groups) {
  describe(name, () => {
    for (const row of rows) {
      test(row.title, () => {
        const { verdict, findings = [] } = ask(stateOf(usual, row))
        const [first] = findings
        expect(verdict).toBe(row.verdict)
        expect(first?.code).toBe(row.first?.[0])
        if (row.first) expect(first?.objects.map((one) => `${one.kind}/${one.name}`)).toContain(row.first[1])
      })
      if (row.fix)
        test(`${row.title}: mended`, () => expectVerdict(row, row.fix, row.fix?.verdict ?? 'reached'))
      if (row.control)
        test(`${row.title}: otherwise`, () => expectVerdict(row, row.control, row.control?.verdict))
    }
  })
}

function expectVerdict(row: FailureRow, change: FailureRow['fix'], verdict: string | undefined) {
  expect(ask(stateOf(usual, row, change)).verdict).toBe(verdict)
}
