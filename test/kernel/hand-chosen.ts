import type { KernelCluster } from './cluster-text.ts'
import { cluster } from './cluster-text.ts'
import type { KubeObject, PodPort } from './objects.ts'
import { clusterDns, endpointSlice, kubeProxy, node, nodeCache, nodes, pod, service } from './objects.ts'

const http = { name: 'http', port: 80, targetPort: 8080 }
const web: readonly PodPort[] = [{ port: 8080 }]

/** Pods web-0, web-1, … of application `app`, one for each node name given. */
function backends(on: readonly string[], app = 'web', ports = web): readonly KubeObject[] {
  return on.map((name, index) => pod(`${app}-${index}`, { node: name, app, ports }))
}

/** Clusters with what every Service can have, one or two features each. */
const basic: readonly KernelCluster[] = [
  cluster('one endpoint', [...backends(['node-a']), service('web', { app: 'web', ports: [http] })]),
  cluster(
    'cluster IP over three pods on two nodes',
    [...backends(['node-a', 'node-b', 'node-b']), service('web', { app: 'web', ports: [http] })],
    { kubeVersion: '1.28' },
  ),
  cluster('two ports, TCP and UDP, and a named target port', [
    ...backends(['node-a', 'node-b'], 'dns', [
      { port: 5353, name: 'dns', protocol: 'UDP' },
      { port: 5353, name: 'dns-tcp' },
      { port: 9153, name: 'metrics' },
    ]),
    service('dns', {
      app: 'dns',
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 'dns' },
        { name: 'dns-tcp', port: 53, targetPort: 'dns-tcp' },
        { name: 'metrics', port: 9153, targetPort: 'metrics' },
      ],
    }),
  ]),
  cluster('session affinity, default and stated timeout', [
    ...backends(['node-a', 'node-b', 'node-b']),
    service('sticky', { app: 'web', ports: [http], spec: { type: 'NodePort', sessionAffinity: 'ClientIP' } }),
    service('short', {
      app: 'web',
      ports: [http],
      spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } },
    }),
  ]),
  cluster('Services without endpoints', [
    service('empty', { app: 'nobody', ports: [http, { name: 'dns', port: 53, protocol: 'UDP' }] }),
    service('empty-node-port', {
      app: 'nobody',
      ports: [{ ...http, nodePort: 30080 }],
      spec: { type: 'NodePort', externalIPs: ['198.18.0.1'] },
    }),
    service('empty-lb', {
      app: 'nobody',
      ports: [{ ...http, nodePort: 30081 }],
      spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' },
      ingress: [{ ip: '203.0.113.40' }],
    }),
  ]),
  cluster(
    'a pod that is not ready and one without the port',
    [
      pod('web-0', { node: 'node-a', app: 'web', ports: web }),
      pod('web-1', { node: 'node-b', app: 'web', ports: web, ready: false }),
      service('web', { app: 'web', ports: [http] }),
      service('wrong-port', { app: 'web', ports: [{ name: 'http', port: 80, targetPort: 8081 }] }),
      service('unready-too', { app: 'web', ports: [http], spec: { publishNotReadyAddresses: true } }),
    ],
    { kubeVersion: '1.31' },
  ),
  cluster(
    'headless, external name, and endpoints outside',
    [
      ...backends(['node-a']),
      service('headless', { app: 'web', ports: [http], spec: { clusterIP: 'None' } }),
      service('named', { ports: [http], spec: { type: 'ExternalName', externalName: 'example.org' } }),
      service('database', { ports: [{ name: 'sql', port: 5432, targetPort: 5432 }] }),
      endpointSlice('database', {
        ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
        endpoints: [{ addresses: ['11.11.11.11'] }, { addresses: ['22.22.22.22'] }],
      }),
    ],
    {
      hosts: [
        { name: 'sql-1', ip: '11.11.11.11', listeners: [{ protocol: 'TCP', bind: '0.0.0.0', port: 5432 }] },
        { name: 'sql-2', ip: '22.22.22.22', listeners: [{ protocol: 'TCP', bind: '0.0.0.0', port: 5432 }] },
      ],
    },
  ),
  cluster('pods on the host network', [
    pod('hostweb-0', { node: 'node-a', app: 'hostweb', ports: [{ port: 8088 }], hostNetwork: true }),
    pod('hostweb-1', { node: 'node-b', app: 'hostweb', ports: [{ port: 8088 }], hostNetwork: true }),
    service('hostweb', {
      app: 'hostweb',
      ports: [{ name: 'http', port: 80, targetPort: 8088, nodePort: 30088 }],
      spec: { type: 'NodePort' },
    }),
  ]),
  cluster('SCTP beside TCP', [
    ...backends(['node-a', 'node-b'], 'sig', [{ port: 8080 }, { port: 3868, protocol: 'SCTP' }]),
    service('sig', {
      app: 'sig',
      ports: [
        { ...http, nodePort: 30080 },
        { name: 'sctp', port: 3868, protocol: 'SCTP', nodePort: 30868 },
      ],
      spec: { type: 'NodePort', sessionAffinity: 'ClientIP' },
    }),
    service('sctp-empty', { app: 'nobody', ports: [{ name: 'sctp', port: 3868, protocol: 'SCTP' }] }),
  ]),
]

function nodePort(name: string, port: number, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  return service(name, {
    app: 'web',
    ports: [{ ...http, nodePort: port }],
    spec: { type: 'NodePort', ...spec },
  })
}

const twoWeb = backends(['node-a', 'node-b'])

/** A node with a second address, so that `nodePortAddresses` has something to choose from. */
const secondAddresses = {
  nodes: {
    'node-a': { interfaces: { eth0: { addresses: ['172.18.1.2/16'] } } },
    'node-b': { interfaces: { eth0: { addresses: ['172.18.1.3/16'] } } },
  },
}

const nodePorts: readonly KernelCluster[] = [
  cluster('node port, also on localhost', [...twoWeb, nodePort('web', 30080)]),
  cluster(
    'node port, TCP and UDP, three nodes, endpoints on one',
    [
      ...backends(['node-b', 'node-b'], 'echo', [{ port: 7 }, { port: 7, protocol: 'UDP' }]),
      service('echo', {
        app: 'echo',
        ports: [
          { name: 'tcp', port: 7, nodePort: 30007 },
          { name: 'udp', port: 7, protocol: 'UDP', nodePort: 30007 },
        ],
        spec: { type: 'NodePort' },
      }),
    ],
    { nodes: 3 },
  ),
  cluster('node ports not on localhost', [
    ...twoWeb,
    nodePort('web', 30080),
    kubeProxy({ clusterCIDR: '10.244.0.0/16', iptables: { localhostNodePorts: false } }),
  ]),
  cluster(
    'node ports on one block of addresses',
    [
      ...twoWeb,
      nodePort('web', 30080),
      kubeProxy({ clusterCIDR: '10.244.0.0/16', nodePortAddresses: ['172.18.1.0/24', '127.0.0.0/8'] }),
    ],
    { outside: secondAddresses },
  ),
  cluster(
    'node ports on the primary address',
    [
      ...twoWeb,
      nodePort('web', 30080),
      nodePort('local', 30081, { externalTrafficPolicy: 'Local' }),
      kubeProxy({ clusterCIDR: '10.244.0.0/16', nodePortAddresses: ['primary'] }),
    ],
    { outside: secondAddresses, kubeVersion: '1.33' },
  ),
  cluster(
    'external traffic policy Local, endpoints on one of three nodes',
    [
      ...backends(['node-a', 'node-a']),
      nodePort('local', 30080, { externalTrafficPolicy: 'Local' }),
      nodePort('both-local', 30081, { externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }),
    ],
    { nodes: 3 },
  ),
  cluster(
    'internal traffic policy Local',
    [
      ...backends(['node-a', 'node-a']),
      service('local', { app: 'web', ports: [http], spec: { internalTrafficPolicy: 'Local' } }),
      nodePort('outside-cluster', 30081, { internalTrafficPolicy: 'Local' }),
    ],
    { kubeVersion: '1.29' },
  ),
  cluster('masquerade everything, bit 15', [
    ...twoWeb,
    nodePort('web', 30080),
    kubeProxy({ clusterCIDR: '10.244.0.0/16', iptables: { masqueradeAll: true, masqueradeBit: 15 } }),
  ]),
  cluster('masquerade without random ports', [...twoWeb, nodePort('web', 30080)], {
    outside: { kubeProxy: { masqueradeRandomFully: false } },
  }),
  cluster('detector NodeCIDR', [
    ...twoWeb,
    nodePort('web', 30080, { externalTrafficPolicy: 'Local', externalIPs: ['198.18.0.1'] }),
    kubeProxy({ detectLocalMode: 'NodeCIDR' }),
  ]),
  cluster('detector InterfaceNamePrefix', [
    ...twoWeb,
    nodePort('web', 30080, { externalTrafficPolicy: 'Local', externalIPs: ['198.18.0.1'] }),
    kubeProxy({ detectLocalMode: 'InterfaceNamePrefix', detectLocal: { interfaceNamePrefix: 'veth' } }),
  ]),
  cluster('detector BridgeInterface, though there is no such bridge', [
    ...twoWeb,
    nodePort('web', 30080, { externalTrafficPolicy: 'Local' }),
    kubeProxy({ detectLocalMode: 'BridgeInterface', detectLocal: { bridgeInterface: 'cni0' } }),
  ]),
  cluster('detector ClusterCIDR without a cluster CIDR', [
    ...twoWeb,
    nodePort('web', 30080, { externalTrafficPolicy: 'Local' }),
    kubeProxy({ detectLocalMode: 'ClusterCIDR' }),
  ]),
]

function balanced(
  name: string,
  port: number,
  ingress: readonly Readonly<Record<string, unknown>>[],
  spec: Readonly<Record<string, unknown>> = {},
): KubeObject {
  return service(name, {
    app: 'web',
    ports: [{ ...http, ...(port !== 0 && { nodePort: port }) }],
    spec: { type: 'LoadBalancer', ...spec },
    ingress,
  })
}

const balancers: readonly KernelCluster[] = [
  cluster('load balancer with an address', [...twoWeb, balanced('web', 30533, [{ ip: '34.68.131.99' }])]),
  cluster(
    'load balancer under policy Local, endpoints on one of three nodes',
    [
      ...backends(['node-b', 'node-b']),
      balanced('web', 30533, [{ ip: '34.68.131.99' }], {
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32000,
      }),
    ],
    { nodes: 3 },
  ),
  cluster('load balancer with source ranges', [
    ...twoWeb,
    balanced('far-only', 30533, [{ ip: '34.68.131.99' }], {
      loadBalancerSourceRanges: ['198.51.100.0/24'],
    }),
    balanced('pods-only', 30534, [{ ip: '34.68.131.100' }], {
      loadBalancerSourceRanges: ['10.244.0.0/16', '172.18.0.2/32'],
    }),
    balanced('local', 30535, [{ ip: '34.68.131.101' }], {
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['192.0.2.0/24'],
    }),
  ]),
  cluster(
    'load balancer that translates itself',
    [...twoWeb, balanced('web', 30533, [{ ip: '34.68.131.99', ipMode: 'Proxy' }])],
    { kubeVersion: '1.30' },
  ),
  cluster('load balancer without node ports', [
    ...twoWeb,
    balanced('web', 0, [{ ip: '34.68.131.99' }], { allocateLoadBalancerNodePorts: false }),
  ]),
  cluster('load balancer address on the nodes\u2019 network', [
    ...twoWeb,
    balanced('web', 30533, [{ ip: '172.18.255.1' }]),
    balanced('local', 30534, [{ ip: '172.18.255.2' }], { externalTrafficPolicy: 'Local' }),
  ]),
  cluster('external IPs, policies Cluster and Local', [
    ...backends(['node-a', 'node-a']),
    service('external', { app: 'web', ports: [http], spec: { externalIPs: ['198.18.0.1'] } }),
    nodePort('local', 30080, { externalIPs: ['198.18.0.2'], externalTrafficPolicy: 'Local' }),
    service('inner-local', {
      app: 'web',
      ports: [http],
      spec: { externalIPs: ['198.18.0.3'], internalTrafficPolicy: 'Local' },
    }),
  ]),
  cluster('an external IP that is a node\u2019s own', [
    ...twoWeb,
    service('external', { app: 'web', ports: [http], spec: { externalIPs: ['172.18.0.2'] } }),
  ]),
  cluster('policy Local in every way at once', [
    ...backends(['node-a', 'node-b'], 'web'),
    pod('only-0', { node: 'node-a', app: 'only', ports: web }),
    balanced('web', 30533, [{ ip: '34.68.131.99' }], {
      externalTrafficPolicy: 'Local',
      internalTrafficPolicy: 'Local',
      externalIPs: ['198.18.0.1'],
      sessionAffinity: 'ClientIP',
    }),
    service('only', {
      app: 'only',
      ports: [{ ...http, nodePort: 30600 }],
      spec: {
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        internalTrafficPolicy: 'Local',
        externalIPs: ['198.18.0.2'],
      },
      ingress: [{ ip: '34.68.131.98' }],
    }),
  ]),
]

/** Endpoints web-0 … at fixed addresses, for slices that are written out. */
const addressed = [
  pod('web-0', { node: 'node-a', app: 'fixed', ports: web, ip: '10.244.0.50' }),
  pod('web-1', { node: 'node-a', app: 'fixed', ports: web, ip: '10.244.0.51' }),
  pod('web-2', { node: 'node-b', app: 'fixed', ports: web, ip: '10.244.1.50' }),
]

function endpoint(address: string, nodeName: string, more: Readonly<Record<string, unknown>> = {}) {
  return { addresses: [address], conditions: { ready: true }, nodeName, ...more }
}

const slicePorts = [{ name: 'http', port: 8080, protocol: 'TCP' }]
const inZone = (letter: string) => ({ hints: { forZones: [{ name: `zone-${letter}` }] } })
const onNode = (letter: string) => ({
  hints: { forZones: [{ name: `zone-${letter}` }], forNodes: [{ name: `node-${letter}` }] },
})
const going = { conditions: { ready: false, serving: true, terminating: true } }

function hinted(name: string, hint: (letter: string) => Readonly<Record<string, unknown>>): KubeObject[] {
  return [
    service(name, {
      ports: [{ ...http, targetPort: 8080 }],
      spec: { trafficDistribution: 'PreferClose' },
      annotations: { 'service.kubernetes.io/topology-mode': 'Auto' },
    }),
    endpointSlice(name, {
      ports: slicePorts,
      endpoints: [
        endpoint('10.244.0.50', 'node-a', hint('a')),
        endpoint('10.244.0.51', 'node-a', hint('a')),
        endpoint('10.244.1.50', 'node-b', hint('b')),
      ],
    }),
  ]
}

const endpoints: readonly KernelCluster[] = [
  cluster('terminating endpoints stand in', [
    pod('web-0', { node: 'node-a', app: 'web', ports: web, terminating: true }),
    pod('web-1', { node: 'node-b', app: 'web', ports: web, terminating: true }),
    pod('mixed-0', { node: 'node-a', app: 'mixed', ports: web, terminating: true }),
    pod('mixed-1', { node: 'node-b', app: 'mixed', ports: web }),
    nodePort('web', 30080, { externalTrafficPolicy: 'Local' }),
    service('mixed', {
      app: 'mixed',
      ports: [{ ...http, nodePort: 30081 }],
      spec: { type: 'NodePort', externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' },
    }),
    service('mixed-cluster', { app: 'mixed', ports: [http] }),
  ]),
  cluster('terminating endpoints written out', [
    ...addressed,
    service('web', { ports: [http] }),
    endpointSlice('web', {
      ports: slicePorts,
      endpoints: [
        endpoint('10.244.0.50', 'node-a', going),
        endpoint('10.244.0.51', 'node-a', {
          conditions: { ready: false, serving: false, terminating: true },
        }),
        endpoint('10.244.1.50', 'node-b', going),
      ],
    }),
  ]),
  cluster('zone hints', [...addressed, ...hinted('web', inZone)], { nodes: 3 }),
  cluster('node hints', [...addressed, ...hinted('web', onNode)], { nodes: 3, kubeVersion: '1.35' }),
  cluster('node hints, before they were read', [...addressed, ...hinted('web', onNode)], {
    nodes: 3,
    kubeVersion: '1.32',
  }),
  cluster('more than a thousand endpoints', [
    ...twoWeb,
    service('web', { app: 'web', ports: [http] }),
    service('none', { app: 'nobody', ports: [http] }),
    service('large', { ports: [http], spec: { internalTrafficPolicy: 'Local' } }),
    ...Array.from({ length: 11 }, (_, block) =>
      endpointSlice('large', {
        suffix: `block-${block}`,
        ports: slicePorts,
        endpoints: Array.from({ length: 100 }, (_unused, index) =>
          endpoint(`10.200.${block}.${index + 1}`, 'node-z'),
        ),
      }),
    ),
  ]),
]

const web6 = backends(['node-a', 'node-b', 'node-b'])

const families: readonly KernelCluster[] = [
  cluster(
    'IPv6 alone',
    [
      ...web6,
      nodePort('web', 30080),
      nodePort('local', 30081, { externalTrafficPolicy: 'Local' }),
      service('sticky', { app: 'web', ports: [http], spec: { sessionAffinity: 'ClientIP' } }),
      service('empty', { app: 'nobody', ports: [http] }),
      balanced('lb', 30533, [{ ip: '2001:db8:1::99' }], {
        loadBalancerSourceRanges: ['2001:db8:7::/64', 'fd00:10:244::/56'],
      }),
    ],
    { families: 'ipv6' },
  ),
  cluster(
    'both families',
    [
      ...web6,
      nodePort('web', 30080, { ipFamilyPolicy: 'RequireDualStack' }),
      nodePort('six', 30081, { ipFamilies: ['IPv6'] }),
      service('inner', {
        app: 'web',
        ports: [http],
        spec: { ipFamilyPolicy: 'RequireDualStack', internalTrafficPolicy: 'Local' },
      }),
      service('empty', { app: 'nobody', ports: [http], spec: { ipFamilyPolicy: 'RequireDualStack' } }),
    ],
    { families: 'dual' },
  ),
  cluster(
    'both families, terminating and masqueraded',
    [
      pod('web-0', { node: 'node-a', app: 'web', ports: web, terminating: true }),
      pod('web-1', { node: 'node-b', app: 'web', ports: web, terminating: true }),
      nodePort('web', 30080, { ipFamilyPolicy: 'RequireDualStack', externalTrafficPolicy: 'Local' }),
      kubeProxy({
        clusterCIDR: '10.244.0.0/16,fd00:10:244::/56',
        iptables: { masqueradeAll: true },
      }),
    ],
    { families: 'dual', kubeVersion: '1.30' },
  ),
  cluster('a public address for a node', [...twoWeb, nodePort('web', 30080)], {
    nodeObjects: [
      node('node-a', { ips: ['172.18.0.2'], podCidrs: ['10.244.0.0/24'], externalIp: '192.0.2.10' }),
      ...nodes(2).slice(1),
    ],
  }),
]

const mapped: readonly PodPort[] = [
  { port: 8080, hostPort: 80 },
  { port: 8080, protocol: 'UDP', hostPort: 80 },
  { port: 8081, hostPort: 81, hostIP: '172.18.0.2' },
  { port: 8082, hostPort: 82, hostIP: '127.0.0.1' },
  { port: 3868, protocol: 'SCTP', hostPort: 3868 },
]

/** Host ports, as the plugin portmap maps them. */
const hostPorts: readonly KernelCluster[] = [
  cluster('host ports of two pods, with a Service beside', [
    pod('web-0', { node: 'node-a', app: 'web', ports: mapped }),
    pod('web-1', { node: 'node-b', app: 'web', ports: [{ port: 8080, hostPort: 80 }] }),
    pod('web-2', { node: 'node-a', app: 'web', ports: [{ port: 8080, hostPort: 8443 }] }),
    nodePort('web', 30080),
  ]),
  cluster(
    'host ports in both families, more than fifteen of them',
    [
      pod('many', {
        node: 'node-a',
        app: 'many',
        ports: Array.from({ length: 17 }, (_, index) => ({ port: 8080 + index, hostPort: 9000 + index })),
      }),
      pod('six', {
        node: 'node-b',
        app: 'six',
        ports: [
          { port: 8080, hostPort: 80, hostIP: '::' },
          { port: 8081, hostPort: 81, hostIP: '0.0.0.0' },
        ],
      }),
    ],
    { families: 'dual', kubeVersion: '1.33' },
  ),
  cluster('host ports on a single node', [pod('web-0', { node: 'node-a', app: 'web', ports: mapped })], {
    nodes: 1,
  }),
  cluster(
    'host ports without node ports on localhost',
    [
      pod('web-0', { node: 'node-a', app: 'web', ports: [{ port: 8080, hostPort: 80 }] }),
      kubeProxy({ clusterCIDR: '10.244.0.0/16', iptables: { localhostNodePorts: false } }),
    ],
    { kubeVersion: '1.29' },
  ),
]

/** NodeLocal DNSCache: one node of three has none, so that its pods are answered by CoreDNS itself, or not at all. */
const nodeLocalDns: readonly KernelCluster[] = [
  cluster(
    'NodeLocal DNSCache on two nodes of three',
    [
      ...clusterDns(['node-b', 'node-c'], ['10.96.0.10', '10.96.7.7']),
      nodeCache('node-a', '169.254.20.10,10.96.0.10'),
      nodeCache('node-b', '169.254.20.10,10.96.0.10'),
    ],
    { nodes: 3 },
  ),
  cluster(
    'NodeLocal DNSCache without endpoints of the cluster DNS, on its own address alone',
    [...clusterDns([], ['10.96.0.10', '10.96.7.7']), nodeCache('node-a', '169.254.20.10')],
    { kubeVersion: '1.30' },
  ),
  cluster(
    'NodeLocal DNSCache in IPv6',
    [
      ...clusterDns(['node-b'], ['fd00:10:96::a', 'fd00:10:96::77']),
      nodeCache('node-a', 'fd00:10:20::10,fd00:10:96::a'),
    ],
    { families: 'ipv6' },
  ),
]

const publicWeb = service('web', {
  app: 'web',
  ports: [{ ...http, nodePort: 30080 }],
  spec: { type: 'NodePort' },
})

/** Firewalls of the nodes themselves, one on each node. */
const hostFirewalls: readonly KernelCluster[] = [
  cluster('Docker on one node, ufw on the other', [...backends(['node-a', 'node-b']), publicWeb], {
    outside: {
      nodes: {
        'node-a': { docker: {} },
        'node-b': {
          ufw: { allow: ['22/tcp'], rules: ['route allow from 10.244.0.0/16', 'reject 8081/tcp'] },
        },
      },
    },
  }),
  cluster('ufw and hand-written chains in both families', [...backends(['node-a', 'node-b']), publicWeb], {
    families: 'dual',
    outside: {
      nodes: {
        'node-a': { ufw: { incoming: 'reject', rules: ['limit 2222/tcp'] } },
        'node-b': {
          firewall: {
            INPUT: { policy: 'DROP', accept: ['ctstate ESTABLISHED,RELATED', 'tcp dport 22', 'icmp'] },
            FORWARD: { policy: 'REJECT', accept: ['tcp dport 8080 from 10.244.0.0/16'] },
          },
        },
      },
    },
  }),
  cluster(
    "firewalld with iptables' backend, and Docker before release 28",
    [...backends(['node-a', 'node-b']), publicWeb],
    {
      outside: {
        nodes: {
          'node-a': { firewalld: { backend: 'iptables', trustedSources: ['10.244.0.0/16'] } },
          'node-b': { docker: { version: '20.10', user: ['-s 10.244.0.0/16 -j ACCEPT'] } },
        },
      },
    },
  ),
]

/** Clusters that are written by hand, each for a feature or two. */
export const handChosen: readonly KernelCluster[] = [
  ...basic,
  ...nodePorts,
  ...balancers,
  ...endpoints,
  ...families,
  ...nodeLocalDns,
  ...hostPorts,
  ...hostFirewalls,
]
