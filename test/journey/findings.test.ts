import { expect, test } from 'vitest'
import { InputError, parseCluster } from '../../src/index.ts'

/** A cluster in YAML, a request, and what a person who knows the cluster would say. */
interface Row {
  readonly name: string
  readonly objects: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly protocol?: 'udp'
  readonly sport?: number
  readonly family?: 6
  /** Every way's verdict with its share, in percent. */
  readonly verdict: string
  /** The first finding's code and its first object; nothing where all is well. */
  readonly first?: readonly [code: string, object: string]
  readonly message?: string
  readonly fix?: string
}

const pod = (
  name: string,
  rest: string,
  spec = 'nodeName: worker, containers: [{ name: main, ports: [{ containerPort: 8080 }] }]',
) =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: web } ${rest} }, spec: { ${spec} } }`
const at = (ip: string, ready = 'True', reason = '') =>
  `status: { phase: Running, podIP: ${ip}, conditions: [{ type: Ready, status: "${ready}", reason: "${reason}" }] }`
const withStatus = (text: string, status: string) => text.replace(/ \}$/, `, ${status} }`)
const client =
  '{ apiVersion: v1, kind: Pod, metadata: { name: client }, spec: { nodeName: worker, containers: [{ name: c }] }, status: { phase: Running, podIP: 10.244.1.9 } }'
const web = (n: number, ip = `10.244.1.${20 + n}`) => withStatus(pod(`web-${n}`, ''), at(ip))
const service = (spec = '', name = 'web', status = '') =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { ${spec || 'selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }]'} } ${status} }`
const usual = 'selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }]'
const nodePort =
  'type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }]'
const byHand = 'ports: [{ port: 80 }]'
const endpoints = (subset: string, namespace = 'default', name = 'web') =>
  `{ apiVersion: v1, kind: Endpoints, metadata: { name: ${name}, namespace: ${namespace} }, subsets: [${subset}] }`
const environment = (spec: string) =>
  `{ apiVersion: kubewalk.dev/v1alpha1, kind: Environment, metadata: { name: around }, spec: { ${spec} } }`
const workload = (
  kind: string,
  spec: string,
  template = 'containers: [{ name: main, ports: [{ containerPort: 8080 }] }]',
) =>
  `{ apiVersion: apps/v1, kind: ${kind}, metadata: { name: web }, spec: { ${spec}, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { ${template} } } } }`
const balancer = (ingress: string, spec = '') =>
  service(
    `type: LoadBalancer, ${spec} ${usual}`,
    'web',
    `, status: { loadBalancer: { ingress: [${ingress}] } }`,
  )
const stale = (backends: string) =>
  environment(`kubeProxy: { staleState: { worker: { service: default/web, backends: [${backends}] } } }`)
const silent = (name: string) => environment(`listeners: [{ pod: default/${name}, bind: null, port: null }]`)
const named = (policy: string) => service(`type: ExternalName, externalName: ${policy}`, 'alias')
const dns = 'ports: [{ port: 53, protocol: UDP, nodePort: 30053 }], type: NodePort, selector: { app: web }'
const dnsPod = 'nodeName: worker, containers: [{ name: main, ports: [{ containerPort: 53, protocol: UDP }] }]'

// biome-ignore format: one failure a row
const rows: readonly Row[] = [
  // No pod, and why.
  { name: 'a Deployment scaled to 0', objects: [client, workload('Deployment', 'replicas: 0'), service()], verdict: '100 rejected', first: ['service-without-endpoints', 'Deployment/web'], message: 'is scaled to 0', fix: 'kubectl scale deployment/web' },
  { name: 'a DaemonSet that fits no node', objects: [client, workload('DaemonSet', 'minReadySeconds: 0', 'nodeSelector: { disk: ssd }, containers: [{ name: main }]'), service()], verdict: '100 rejected', first: ['service-without-endpoints', 'DaemonSet/web'], fix: 'nodeSelector' },
  { name: 'a container in CrashLoopBackOff', objects: [client, withStatus(pod('web-0', ''), at('10.244.1.20', 'False', 'ContainersNotReady').replace(/ \}$/, ', containerStatuses: [{ name: main, state: { waiting: { reason: CrashLoopBackOff } } }] }')), service()], verdict: '100 rejected', first: ['endpoint-not-ready', 'Pod/web-0'], message: 'CrashLoopBackOff' },
  { name: 'a named port that is for UDP', objects: [client, pod('web-0', '', 'nodeName: worker, containers: [{ name: main, ports: [{ name: http, containerPort: 8080, protocol: UDP }] }]'), service('selector: { app: web }, ports: [{ port: 80, targetPort: http }]')], verdict: '100 rejected', first: ['target-port-name-missing', 'Pod/web-0'], message: 'http for UDP', fix: 'protocol: UDP' },
  { name: 'a named port of an init container, which has ended', objects: [client, pod('web-0', '', 'nodeName: worker, initContainers: [{ name: i, ports: [{ name: http, containerPort: 8080 }] }], containers: [{ name: main, ports: [{ containerPort: 9000 }] }]'), service('selector: { app: web }, ports: [{ port: 80, targetPort: http }]')], verdict: '100 rejected', first: ['target-port-name-missing', 'Pod/web-0'], message: 'it has 9000 without a name' },
  // Endpoints by hand.
  { name: 'Endpoints whose addresses are not ready', objects: [client, service(byHand), endpoints('{ notReadyAddresses: [{ ip: 192.0.2.80 }], ports: [{ port: 80 }] }')], verdict: '100 rejected', first: ['endpoint-not-ready', 'Endpoints/web'], fix: 'notReadyAddresses' },
  { name: 'Endpoints without ports', objects: [client, service(byHand), endpoints('{ addresses: [{ ip: 192.0.2.80 }] }')], verdict: '100 rejected', first: ['endpoints-port-name-differs', 'Endpoints/web'], message: 'no ports' },
  { name: 'Endpoints for the other protocol', objects: [client, service(byHand), endpoints('{ addresses: [{ ip: 192.0.2.80 }], ports: [{ port: 80, protocol: UDP }] }')], verdict: '100 rejected', first: ['endpoints-port-name-differs', 'Endpoints/web'], message: 'for UDP only' },
  { name: 'Endpoints in another namespace', objects: [client, service(byHand), endpoints('{ addresses: [{ ip: 192.0.2.80 }], ports: [{ port: 80 }] }', 'shop')], verdict: '100 rejected', first: ['endpoints-name-differs', 'Endpoints/web'], fix: 'namespace default' },
  { name: 'an endpoint that is a Service (kube-proxy translates once)', objects: [client, web(0), service(`clusterIP: 10.96.0.99, ${usual}`, 'real'), service(byHand), endpoints('{ addresses: [{ ip: 10.96.0.99 }], ports: [{ port: 80 }] }')], verdict: '100 dropped', first: ['endpoint-is-service-address', 'Endpoints/web'], message: 'Service real' },
  { name: 'an endpoint that is a pod no more', objects: [client, service(byHand), endpoints('{ addresses: [{ ip: 10.244.2.222 }], ports: [{ port: 80 }] }')], verdict: '100 dropped', first: ['no-pod-at-address', 'Endpoints/web'], message: '10.244.2.222:80' },
  { name: 'the machine listens on another port than the Endpoints say', objects: [client, service(byHand), endpoints('{ addresses: [{ ip: 192.0.2.80 }], ports: [{ port: 8081 }] }'), environment('externalHosts: [{ name: db, ip: 192.0.2.80, listeners: [{ protocol: TCP, port: 8080 }] }]')], verdict: '100 refused', first: ['target-port-not-listening', 'Endpoints/web'], fix: 'port: 8080 in Endpoints web' },
  // Some endpoints answer and some do not.
  { name: 'one pod of three listens on another port', objects: [client, web(0), web(1), web(2), service(), environment('listeners: [{ pod: default/web-1, port: 9999 }]')], verdict: '33 reached, 33 reached, 33 refused', first: ['target-port-not-listening', 'Pod/web-1'], fix: 'let the process of pod web-1 listen on 8080' },
  { name: 'one pod of three has no process', objects: [client, web(0), web(1), web(2), service(), silent('web-1')], verdict: '33 reached, 33 reached, 33 refused', first: ['target-port-not-listening', 'Pod/web-1'] },
  { name: 'all three listen on loopback: one finding, not three', objects: [client, workload('Deployment', 'replicas: 3').replace('labels: { app: web } }, spec', 'labels: { app: web }, annotations: { kubewalk.dev/listen: "127.0.0.1:8080" } }, spec'), service()], verdict: '33 refused, 33 refused, 33 refused', first: ['listens-on-loopback', 'Deployment/web'], message: 'so it is with' },
  { name: 'a headless Service translates no port', objects: [client, web(0), service(`clusterIP: None, ${usual}`)], verdict: '100 refused', first: ['headless-port-not-translated', 'Service/web'], fix: 'web:8080' },
  { name: 'a headless Service asked for the port of the pods', objects: [client, web(0), service(`clusterIP: None, ${usual}`)], to: 'web:8080', verdict: '100 reached' },
  // kube-proxy's state.
  { name: 'stale rules send to a pod that is gone', objects: [client, web(0), service(), stale('"10.244.1.200:8080"')], verdict: '100 dropped', first: ['kube-proxy-stale', 'Node/worker'], fix: 'restart kube-proxy on worker' },
  { name: 'stale rules know a pod that is and one that is not', objects: [client, web(0), service(), stale('"10.244.1.20:8080", "10.244.2.200:8080"')], verdict: '50 reached, 50 dropped', first: ['kube-proxy-stale', 'Node/worker'] },
  { name: 'stale rules send to a right pod that does not listen', objects: [client, web(0), web(1), service(), environment('kubeProxy: { staleState: { worker: { service: default/web, backends: ["10.244.1.20:8080"] } } }, listeners: [{ pod: default/web-0, bind: null, port: null }]')], verdict: '100 refused', first: ['target-port-not-listening', 'Pod/web-0'] },
  { name: 'stale rules know no local endpoint', objects: [client, web(0), service(`internalTrafficPolicy: Local, ${usual}`), stale('"10.244.2.99:8080"')], verdict: '100 dropped', first: ['kube-proxy-stale', 'Node/worker'] },
  { name: 'stale rules that are still right', objects: [client, web(0), service(), stale('"10.244.1.20:8080"')], verdict: '100 reached' },
  { name: 'kube-proxy does not run on another node', objects: [client, web(0), service(), environment('kubeProxy: { running: { worker2: false } }')], verdict: '100 reached' },
  // conntrack.
  { name: 'an old UDP entry of a client of the node port, untranslated', objects: [pod('web-0', '', dnsPod), service(dns), environment('conntrack: { worker: [{ protocol: UDP, orig: { src: "203.0.113.10:5060", dst: "172.18.0.3:30053" }, state: UNREPLIED }] }')], from: '203.0.113.10', to: 'node/worker:30053', protocol: 'udp', sport: 5060, verdict: '100 refused', first: ['conntrack-stale', 'Node/worker'], fix: 'conntrack -D -p udp' },
  { name: 'an old TCP entry in TIME_WAIT: a SYN opens the connection anew', objects: [client, web(0), service(`clusterIP: 10.96.0.80, ${usual}`), environment('conntrack: { worker: [{ protocol: TCP, orig: { src: "10.244.1.9:40000", dst: "10.96.0.80:80" }, reply: { src: "10.244.2.200:8080", dst: "10.244.1.9:40000" }, state: TIME_WAIT }] }')], sport: 40000, verdict: '100 reached' },
  { name: 'an old TCP entry in ESTABLISHED: the SYN goes where it went', objects: [client, web(0), service(`clusterIP: 10.96.0.80, ${usual}`), environment('conntrack: { worker: [{ protocol: TCP, orig: { src: "10.244.1.9:40000", dst: "10.96.0.80:80" }, reply: { src: "10.244.2.200:8080", dst: "10.244.1.9:40000" }, state: ESTABLISHED }] }')], sport: 40000, verdict: '100 dropped', first: ['conntrack-stale', 'Node/worker'] },
  // Node ports and balancers.
  { name: 'a node port asked by TCP that is for UDP', objects: [pod('web-0', '', dnsPod), service(dns)], from: 'internet', to: 'node/worker:30053', verdict: '100 refused', first: ['service-protocol-differs', 'Service/web'], message: 'for UDP only' },
  { name: "a node asked for the Service's port", objects: [web(0), service(nodePort)], from: 'internet', to: 'node/worker:80', verdict: '100 refused', first: ['node-port-unknown', 'Service/web'], fix: 'ask for 30080' },
  { name: 'a node asked for the port of a ClusterIP Service', objects: [web(0), service()], from: 'internet', to: 'node/worker:80', verdict: '100 refused', first: ['node-port-unknown', 'Service/web'], fix: 'type: NodePort' },
  { name: 'a single-stack Service by the IPv6 address of a node', objects: [web(0), service(nodePort), environment('clusterNetwork: { podCIDR: 10.244.0.0/16, serviceCIDR: 10.96.0.0/16, podCIDR6: "fd00:10:244::/56", serviceCIDR6: "fd00:10:96::/112" }')], from: 'internet', to: 'node/worker:30080', family: 6, verdict: '100 refused', first: ['node-port-not-here', 'Service/web'], message: 'has no IPv6' },
  { name: 'the cluster IP asked from outside', objects: [web(0), service(`clusterIP: 10.96.0.80, ${usual}`)], from: 'internet', to: '10.96.0.80:80', verdict: '100 dropped', first: ['address-inside-only', 'Service/web'], fix: 'NodePort' },
  { name: 'a balancer under Local, and no endpoint at all', objects: [client, balancer('{ ip: 192.0.2.10 }', 'externalTrafficPolicy: Local,')], from: 'internet', to: '192.0.2.10:80', verdict: '100 dropped', first: ['service-without-endpoints', 'Service/web'] },
  { name: 'a balancer that is known by its name', objects: [web(0), balancer('{ hostname: lb.example.com }')], from: 'internet', to: 'loadBalancer(default/web):80', verdict: '50 reached, 50 reached' },
  { name: 'a balancer that is known by its name, over IPv6', objects: [web(0), balancer('{ hostname: lb.example.com }')], from: 'internet', to: 'loadBalancer(default/web):80', family: 6, verdict: '100 unknown', first: ['load-balancer-by-name', 'Service/web'], message: 'lb.example.com' },
  { name: 'Local, and the pod of the node is not ready', objects: [withStatus(pod('web-0', ''), at('10.244.1.20', 'False')), pod('web-1', '', 'nodeName: worker2, containers: [{ name: main, ports: [{ containerPort: 8080 }] }]'), service(`externalTrafficPolicy: Local, ${nodePort}`)], from: 'internet', to: 'node/worker:30080', verdict: '100 dropped', first: ['no-local-endpoint', 'Service/web'], message: 'web-0 is not' },
  // Names.
  { name: 'a pod of a StatefulSet that is not ready, beside one that is', objects: [client, withStatus(pod('web-0', '', 'nodeName: worker, hostname: web-0, subdomain: web, containers: [{ name: main }]'), at('10.244.1.20')), withStatus(pod('web-1', '', 'nodeName: worker, hostname: web-1, subdomain: web, containers: [{ name: main }]'), at('10.244.1.21', 'False')), service(`clusterIP: None, ${usual}`)], to: 'web-1.web:8080', verdict: '100 nxdomain', first: ['endpoint-not-ready', 'Pod/web-1'], fix: 'publishNotReadyAddresses' },
  { name: 'a pod of a StatefulSet under another Service than its serviceName', objects: [client, workload('StatefulSet', 'serviceName: web'), service(`clusterIP: None, ${usual}`, 'peers')], to: 'web-0.peers:8080', verdict: '100 nxdomain', first: ['pod-name-unknown', 'StatefulSet/web'], fix: 'serviceName: peers' },
  { name: 'a pod of a Deployment has no name of its own', objects: [client, web(0), service(`clusterIP: None, ${usual}`)], to: 'web-0.web:8080', verdict: '100 nxdomain', first: ['pod-name-unknown', 'Pod/web-0'] },
  { name: 'a Service in a namespace that has none of it is no name of the internet', objects: [client, web(0), service(), '{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }'], to: 'web.shop:80', verdict: '100 nxdomain', first: ['name-in-other-namespace', 'Service/web'], fix: 'web.default' },
  { name: 'a short name with a dot at its end is not searched for', objects: [client, web(0), service()], to: 'web.default.:80', verdict: '100 nxdomain', first: ['name-unknown', 'Service/web'], message: 'ends in a dot' },
  // CoreDNS answers with the CNAME and NOERROR, and does not copy the NXDOMAIN of its target.
  { name: 'an ExternalName without the domain of the cluster', objects: [client, web(0), service(), named('web.default')], to: 'alias:80', verdict: '100 dns-nodata', first: ['external-name-unknown', 'Service/alias'], fix: 'web.default.svc.cluster.local' },
  { name: 'an ExternalName that is an address', objects: [client, named('10.0.0.5')], to: 'alias:80', verdict: '100 nxdomain', first: ['external-name-unknown', 'Service/alias'], message: 'which is an address' },
  { name: 'an ExternalName of a Service', objects: [client, web(0), service(), named('web.default.svc.cluster.local')], to: 'alias:80', verdict: '100 reached' },
  { name: 'localhost, and the Service is in another namespace', objects: [client.replace('name: c }', 'name: c, ports: [{ containerPort: 3000 }] }'), service().replace('name: web }', 'name: web, namespace: shop }')], to: 'localhost:80', verdict: '100 refused', first: ['localhost-is-the-sender', 'Pod/client'], fix: 'web.shop:80' },
  // Kernel settings.
  { name: 'IPv6 is not forwarded', objects: [client.replace('podIP: 10.244.1.9', 'podIPs: [{ ip: 10.244.1.9 }, { ip: "fd00:10:244:1::9" }]'), pod('web-0', ''), service(`ipFamilyPolicy: RequireDualStack, ${usual}`), environment('clusterNetwork: { podCIDR: 10.244.0.0/16, serviceCIDR: 10.96.0.0/16, podCIDR6: "fd00:10:244::/56", serviceCIDR6: "fd00:10:96::/112" }, nodes: { worker: { sysctl: { net.ipv6.conf.all.forwarding: 0 } } }')], family: 6, verdict: '100 dropped', first: ['kernel-setting', 'Node/worker'], fix: 'net.ipv6.conf.all.forwarding=1' },
  { name: 'a node port on 127.0.0.1 without route_localnet', objects: [web(0), service(nodePort), environment('nodes: { worker: { sysctl: { net.ipv4.conf.all.route_localnet: 0 } } }')], from: 'node/worker', to: '127.0.0.1:30080', verdict: '100 dropped', first: ['kernel-setting', 'Node/worker'], fix: 'route_localnet=1' },
]

for (const {
  name,
  objects,
  from = 'pod/client',
  to = 'web:80',
  verdict,
  first,
  message,
  fix,
  ...rest
} of rows) {
  test(name, () => {
    const { outcomes, findings } = parseCluster([
      { name: 'cluster.yaml', text: objects.join('\n---\n') },
    ]).trace({ from, to, ...rest })
    const ways = outcomes.map((one) => `${Math.round(one.probability * 100)} ${one.disposition}`)
    const [finding] = findings
    const object = finding?.objects[0]
    expect(ways.toSorted().join(', ')).toBe(verdict.split(', ').toSorted().join(', '))
    expect(finding && [finding.code, `${object?.kind}/${object?.name}`]).toEqual(first)
    expect(finding?.message ?? '').toContain(message ?? '')
    expect(finding?.fix ?? '').toContain(fix ?? '')
    if (name.includes('one finding')) expect(findings).toHaveLength(1)
  })
}

// biome-ignore format: one field a row
const unread: readonly (readonly [spec: string, code: string, said: string])[] = [
  ['kubeProxy: { running: { wroker: false } }', 'unknown-reference', 'wroker'],
  ['kubeProxy: { staleState: { worker: { service: "default/web:80" } } }', 'unknown-reference', 'default/web:80'],
  ['kubeProxy: { rules: { worker: old } }', 'field-not-modelled', 'only "none" is read'],
  ['conntrack: { wroker: [] }', 'unknown-reference', 'wroker'],
  ['nodes: { wroker: { sysctl: { net.ipv4.ip_forward: 0 } } }', 'unknown-reference', 'wroker'],
  ['nodes: { worker: { sysctl: { net.ipv4.ip_foward: 0 } } }', 'field-not-modelled', 'ip_foward'],
  ['nodes: { worker: { sysctl: { net.netfilter.nf_conntrack_max: 1 } } }', 'field-not-modelled', 'nf_conntrack_max'],
  ['listeners: [{ pod: default/wbe-0, port: 80 }]', 'unknown-reference', 'default/wbe-0'],
  ['listeners: [{ port: 80 }]', 'unknown-reference', 'no pod or node'],
  ['loadBalancerController: { announcer: wroker }', 'unknown-reference', 'wroker'],
  ['cni: { plugin: kindnet, natOutgoing: false }', 'field-not-modelled', 'natOutgoing'],
  ['upstreamDNS: { default: { db.example.com: { answers: [192.0.2.5] } } }', 'field-not-modelled', 'answers'],
  ['httpApps: [{ pod: default/wbe-0, otherwise: 404 }]', 'unknown-reference', 'default/wbe-0'],
  ['kubelet: { wroker: { clusterDomain: corp } }', 'unknown-reference', 'wroker'],
]

for (const [spec, code, said] of unread) {
  test(`what has no effect is said: ${spec}`, () => {
    const diagnostics = (() => {
      try {
        return parseCluster([
          { name: 'cluster.yaml', text: [web(0), service(), environment(spec)].join('\n---\n') },
        ]).diagnostics
      } catch (error) {
        if (error instanceof InputError) return error.diagnostics
        throw error
      }
    })()
    expect(
      diagnostics
        .filter((one) => one.code === code)
        .map((one) => one.message)
        .join(),
    ).toContain(said)
  })
}
