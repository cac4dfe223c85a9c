import { describe, expect, test } from 'vitest'
import { formatIp, parseIp } from '../../src/base/ip.ts'
import { compileNetwork } from '../../src/control/compile.ts'
import { outsideHost, readRoute } from '../../src/control/hosts.ts'
import { underlayOf } from '../../src/control/underlay.ts'
import { formatRuleSet } from '../../src/index.ts'
import type { Netns } from '../../src/model/network.ts'
import { formatRoute } from '../../src/model/route-text.ts'
import { complete } from './complete.ts'

/** What stands around kube-proxy: balancers, hosts, kindnet, a node's own devices, routes and sysctls. */

const node = (
  index: number,
  more: { labels?: string; spec?: string; ready?: string; meta?: string } = {},
) => `
apiVersion: v1
kind: Node
metadata: {name: n${index}, labels: {${more.labels ?? ''}}${more.meta ?? ''}}
spec: {podCIDR: 10.244.${index}.0/24${more.spec ? `, ${more.spec}` : ''}}
status: {addresses: [{type: InternalIP, address: 172.18.0.${index + 1}}], conditions: [{type: Ready, status: "${more.ready ?? 'True'}"}]}
---
`
const pod = (name: string, nodeName: string, ready = true) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: web}}
spec: {nodeName: ${nodeName}, containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
status: {phase: Running, podIP: 10.244.${nodeName.slice(1)}.9, conditions: [{type: Ready, status: "${ready ? 'True' : 'False'}"}]}
---
`
const balancer = (spec = '', mode = '', ip = '34.68.131.99') => `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, clusterIP: 10.96.7.7, selector: {app: web}, ports: [{port: 80, nodePort: 30533}]${spec && `, ${spec}`}}
status: {loadBalancer: {ingress: [{ip: ${ip}${mode && `, ipMode: ${mode}`}}]}}
---
`

function namespaceOf(text: string, id: string, kubeVersion = '1.36'): Netns | undefined {
  return compileNetwork(complete(text, { kubeVersion })).network.namespaces.get(id)
}

/** The nodes that the balancer sends to, `none` for a black hole. */
function targets(text: string, kubeVersion?: string): string {
  const routes = namespaceOf(text, 'balancer/default/web/34.68.131.99', kubeVersion)?.routes ?? []
  const spread = routes.find(
    (route) => route.nextHops.length > 1 || formatRoute(route).includes('34.68.131.99'),
  )
  const hops = spread?.nextHops.map(({ via }) => `n${Number(via ?? 0) - Number(parseIp('172.18.0.1'))}`)
  return hops?.join(' ') || 'none'
}

const excluded = (value: string) => `node.kubernetes.io/exclude-from-external-load-balancers: "${value}"`
const local = 'externalTrafficPolicy: Local'

// biome-ignore format: one cluster a line
describe('the nodes that a load balancer sends to (service controller’s predicates, kube-proxy’s health checks)', () => {
  const pods = pod('a', 'n1') + pod('b', 'n2')
  const drained = 'taints: [{key: ToBeDeletedByClusterAutoscaler, value: "1", effect: NoSchedule}]'
  test.for([
    { name: 'every node that is ready', text: node(1) + node(2) + node(3) + balancer(), to: 'n1 n2 n3' },
    { name: 'not one that is not ready (nodeReadyPredicate)', text: node(1) + node(2, { ready: 'False' }) + balancer(), to: 'n1' },
    { name: 'not one that is unreachable', text: node(1) + node(2, { ready: 'Unknown' }) + balancer(), to: 'n1' },
    { name: 'a cordoned one stays in', text: node(1) + node(2, { spec: 'unschedulable: true' }) + balancer(), to: 'n1 n2' },
    { name: 'not one with the exclusion label (nodeIncludedPredicate)', text: node(1) + node(2, { labels: excluded('') }) + balancer(), to: 'n1' },
    { name: 'the label’s value counts', text: node(1) + node(2, { labels: excluded('false') }) + balancer(), to: 'n1 n2' },
    { name: 'up to 1.33 it did not', text: node(1) + node(2, { labels: excluded('false') }) + balancer(), to: 'n1', version: '1.33' },
    { name: 'not one that the autoscaler removes (nodeUnTaintedPredicate)', text: node(1) + node(2, { spec: drained }) + balancer(), to: 'n1' },
    { name: 'not one that is being deleted (nodeNotDeletedPredicate)', text: node(1) + node(2, { meta: ', deletionTimestamp: "2026-01-01T00:00:00Z"' }) + balancer(), to: 'n1' },
    { name: 'Local: nodes with a ready endpoint', text: node(1) + node(2) + node(3) + pods + balancer(local), to: 'n1 n2' },
    { name: 'Local: an endpoint that is not ready fails the health check', text: node(1) + node(2) + pod('a', 'n1') + pod('b', 'n2', false) + balancer(local), to: 'n1' },
    { name: 'Local: without endpoints the address is a black hole', text: node(1) + node(2) + balancer(local), to: 'none' },
    { name: 'Cluster: endpoints do not matter', text: node(1) + node(2) + balancer(), to: 'n1 n2' },
  ])('$name', ({ text, to, version }) => {
    expect(targets(text, version)).toBe(to)
  })
})

describe('what a load balancer does with a packet', () => {
  const cluster = node(1) + node(2)
  const rules = (mode: string) =>
    namespaceOf(cluster + balancer('', mode), 'balancer/default/web/34.68.131.99')
      ?.ruleSets.map(formatRuleSet)
      .join('') ?? ''

  test('mode VIP: it passes on what is for the Service’s ports, as it is', () => {
    expect(rules('VIP')).toContain(':FORWARD DROP [0:0]')
    expect(rules('VIP')).toContain('-A FORWARD -d 34.68.131.99/32 -p tcp -m tcp --dport 80 -j ACCEPT')
    expect(rules('VIP')).not.toContain('DNAT')
  })

  test('mode Proxy: it connects to a node port from an address of its own', () => {
    expect(
      rules('Proxy')
        .split('\n')
        .filter((line) => line.startsWith('-A')),
    ).toEqual([
      '-A PREROUTING -d 34.68.131.99/32 -p tcp -m tcp --dport 80 -m statistic --mode random --probability 0.50000000000 -j DNAT --to-destination 172.18.0.2:30533',
      '-A PREROUTING -d 34.68.131.99/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.18.0.3:30533',
      '-A POSTROUTING -o lan0 -j MASQUERADE',
    ])
  })

  test('an address of the nodes’ own network is answered by one healthy node (MetalLB’s layer 2)', () => {
    const { network } = compileNetwork(
      complete(node(1, { ready: 'False' }) + node(2) + balancer('', '', '172.18.255.200')),
    )
    const holders = [...(network.segments.get('nodes')?.ports ?? [])].filter(({ addresses = [] }) =>
      addresses.some((ip) => formatIp(ip) === '172.18.255.200'),
    )
    expect(holders.map((port) => port.netns)).toEqual(['node/n2'])
  })
})

describe('kindnet (kind’s kindnetd with its iptables masquerade agent: ptp, host-local, static routes)', () => {
  const text = node(1) + node(2) + pod('a', 'n1')

  test('a pod: its address, the gateway on the link, everything by the gateway (CNI plugin ptp)', () => {
    const netns = namespaceOf(text, 'pod/default/a')
    expect(
      netns?.devices.map(
        (one) => `${one.name} ${one.addresses.map(({ ip, bits }) => `${formatIp(ip)}/${bits}`)}`,
      ),
    ).toEqual(['lo 127.0.0.1/8,::1/128', 'eth0 10.244.1.9/24'])
    expect(netns?.routes.map(formatRoute)).toEqual([
      '10.244.1.1 dev eth0 scope link src 10.244.1.9',
      '10.244.1.0/24 via 10.244.1.1 dev eth0 src 10.244.1.9',
      'default via 10.244.1.1 dev eth0',
    ])
  })

  test('its node: the gateway’s address on each veth, a route to the pod, one to each other node’s block', () => {
    const netns = namespaceOf(text, 'node/n1')
    const veth = netns?.devices.find((one) => one.type === 'veth')
    expect(veth?.addresses.map(({ ip, bits }) => `${formatIp(ip)}/${bits}`)).toEqual(['10.244.1.1/32'])
    expect(netns?.routes.map(formatRoute)).toEqual([
      '172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.2',
      `10.244.1.9 dev ${veth?.name} scope host`,
      '10.244.2.0/24 via 172.18.0.3 dev eth0',
      'default via 172.18.0.1 dev eth0',
    ])
  })

  test('KIND-MASQ-AGENT: traffic to pods is left alone, everything else is masqueraded (SyncRules)', () => {
    const saved = namespaceOf(text, 'node/n1')
      ?.ruleSets.filter((one) => one.family === 4)
      .map(formatRuleSet)
      .join('')
    expect(saved?.split('\n').filter((line) => line.includes('kind-masq-agent'))).toEqual([
      '-A POSTROUTING -m addrtype ! --dst-type LOCAL -m comment --comment "kind-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom KIND-MASQ-AGENT chain" -j KIND-MASQ-AGENT',
      '-A KIND-MASQ-AGENT -d 10.244.0.0/16 -m comment --comment "kind-masq-agent: local traffic is not subject to MASQUERADE" -j RETURN',
      '-A KIND-MASQ-AGENT -m comment --comment "kind-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain)" -j MASQUERADE',
    ])
  })

  test('a finished pod has no network, a host-network pod its node’s', () => {
    expect(namespaceOf(text.replace('phase: Running', 'phase: Succeeded'), 'pod/default/a')).toBeUndefined()
    expect(
      namespaceOf(text.replace('spec: {nodeName', 'spec: {hostNetwork: true, nodeName'), 'pod/default/a'),
    ).toBeUndefined()
  })
})

describe('a node', () => {
  test('its sysctls: kubeadm’s and kube-proxy’s; route_localnet only with localhost node ports', () => {
    const off =
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\niptables: {localhostNodePorts: false}\n---\n'
    expect(namespaceOf(node(1), 'node/n1')?.sysctls).toMatchObject({
      'net.ipv4.ip_forward': 1,
      'net.ipv4.conf.all.route_localnet': 1,
    })
    expect(namespaceOf(node(1) + off, 'node/n1')?.sysctls).not.toHaveProperty([
      'net.ipv4.conf.all.route_localnet',
    ])
  })

  test('its sockets: kubelet, kube-proxy’s health check, and one for each health check node port', () => {
    const ports = (text: string, id = 'node/n1') =>
      namespaceOf(text, id)
        ?.listeners.flatMap((one) => (typeof one.port === 'number' ? [one.port] : []))
        .toSorted((a, b) => a - b)
    expect(ports(node(1))).toEqual([10250, 10256])
    expect(ports(node(1, { labels: 'node-role.kubernetes.io/control-plane: ""' }))).toEqual([
      6443, 10250, 10256,
    ])
    expect(ports(node(1) + balancer(`${local}, healthCheckNodePort: 31000`))).toEqual([10250, 10256, 31000])
  })

  test('a node without kube-proxy has kubelet’s and kindnet’s rules alone', () => {
    const stopped =
      'apiVersion: kubewalk.dev/v1alpha1\nkind: Environment\nmetadata: {name: e}\nspec: {kubeProxy: {running: {n1: false}}}\n---\n'
    const saved =
      namespaceOf(node(1) + stopped, 'node/n1')
        ?.ruleSets.map(formatRuleSet)
        .join('') ?? ''
    expect(saved).toContain('KUBE-KUBELET-CANARY')
    expect(saved).toContain('KIND-MASQ-AGENT')
    expect(saved).not.toContain('KUBE-SERVICES')
  })
})

// biome-ignore format: one host a line
describe('hosts outside', () => {
  const underlay = underlayOf(complete(node(1) + node(2)))
  const routesOf = (address: string, routes: readonly string[] = []) =>
    outsideHost(underlay, parseIp(address) ?? 0, { declared: { routes: [...routes] }, listens: true }).netns.routes.map(formatRoute)
  test.for([
    { name: 'on the nodes’ network: connected, else by the router', address: '172.18.0.77', routes: [], made: ['172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.77', 'default via 172.18.0.1 dev eth0'] },
    { name: 'on the nodes’ network with a route of its own', address: '172.18.0.77', routes: ['10.96.0.0/16 via 172.18.0.2'], made: ['172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.77', '10.96.0.0/16 via 172.18.0.2 dev eth0', 'default via 172.18.0.1 dev eth0'] },
    { name: 'with a default route of its own', address: '172.18.0.77', routes: ['default via 172.18.0.2'], made: ['172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.77', 'default via 172.18.0.2 dev eth0'] },
    { name: 'behind the router', address: '198.51.100.7', routes: [], made: ['default dev eth0 scope link'] },
  ])('$name', ({ address, routes, made }) => {
    expect(routesOf(address, routes)).toEqual(made)
  })

  test.for([
    { text: '10.96.0.0/12 via 172.18.0.2', made: ['10.96.0.0/12 via 172.18.0.2 dev eth0'] },
    { text: 'default via fd00::1', made: ['default via fd00::1 dev eth0'] },
    { text: '192.0.2.7 dev eth1', made: ['192.0.2.7 dev eth1 scope link'] },
    { text: 'nonsense', made: [] },
  ])('a route as text: $text', ({ text, made }) => {
    expect(readRoute(text, 'eth0').map(formatRoute)).toEqual(made)
  })

  test('the router swallows what is for pods and Services, and knows the nodes’ network', () => {
    expect(namespaceOf(node(1), 'router')?.routes.map(formatRoute)).toEqual([
      '172.18.0.0/16 dev lan0 proto kernel scope link src 172.18.0.1',
      'blackhole 10.244.0.0/16',
      'blackhole 10.96.0.0/16',
      'default dev wan0 scope link',
      'default dev wan0 scope link',
    ])
  })
})
