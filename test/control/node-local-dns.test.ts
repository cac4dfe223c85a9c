import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../src/index.ts'
import { formatRuleSet, parseCluster } from '../../src/index.ts'

/**
 * NodeLocal DNSCache as cmd/node-cache of kubernetes/dns 1.26 sets it up. How packets go to and from its addresses is
 * held against the kernel in test/kernel; here is who answers, and what it is that node-cache does.
 */

const node = (name: string, index: number) => `
apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {kubernetes.io/hostname: ${name}}}
spec: {podCIDR: 10.244.${index}.0/24}
status: {addresses: [{type: InternalIP, address: 172.18.0.${index + 2}}]}
`
const dnsPorts = '[{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53}]'
const service = (name: string, ip: string, selector = 'kube-dns') => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {clusterIP: ${ip}, selector: {k8s-app: ${selector}}, ports: ${dnsPorts}}
`
const upstream = service('kube-dns-upstream', '10.96.7.7')
const coreDns = `
apiVersion: v1
kind: Pod
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {nodeName: node-b, containers: [{name: coredns, image: "registry.k8s.io/coredns/coredns:v1.12.1"}]}
`
const pod = (name: string, on: string) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: web}}
spec: {nodeName: ${on}, containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
`
const web = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.1.1, selector: {app: web}, ports: [{port: 80}]}
`
const both = '169.254.20.10,10.96.0.10'
const cache = (localIp = both, more = '', spec = '') => `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: node-local-dns}}
  template:
    metadata: {labels: {k8s-app: node-local-dns}}
    spec:
      hostNetwork: true
      dnsPolicy: Default
      ${spec}
      containers:
      - name: node-cache
        image: registry.k8s.io/dns/k8s-dns-node-cache:1.26.4
        args: [-localip, "${localIp}", -conf, /etc/Corefile, -upstreamsvc, kube-dns-upstream${more}]
`
const configMap = (corefile: string, name = 'node-local-dns') => `
apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: kube-system}
data:
  Corefile: |
${corefile.replaceAll(/^/gm, '    ')}
`
const environment = (spec: string) => `
apiVersion: kubewalk.dev/v1alpha1
kind: Environment
metadata: {name: around}
spec: {${spec}}
`
const dump = (data: string) => `
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-dns, namespace: kube-system}
data: ${data}
`

const basic = [node('node-a', 0), node('node-b', 1), service('kube-dns', '10.96.0.10'), coreDns, web]
const clients = [pod('client', 'node-a'), pod('other', 'node-b')]

function clusterOf(...objects: readonly string[]): LoadedCluster {
  return parseCluster([{ name: 'test.yaml', text: [...basic, ...clients, ...objects].join('---') }])
}

const clusterDomain = (forward: string) => `cluster.local:53 {
  errors
  bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__
  ${forward}
}`
const toLocal = 'kubelet: {default: {clusterDNS: [169.254.20.10]}}'

/** Who is asked, and by which way: the namespaces of each leg, and what the last server saw. */
interface Row {
  readonly name: string
  readonly objects: readonly string[]
  readonly from?: string
  readonly asked?: string
  /** The rcode of the query that decided, or the disposition where no answer came. */
  readonly gets: string
  readonly server?: string
  readonly legs?: readonly string[]
}

// biome-ignore format: one way a row
const rows: readonly Row[] = [
  { name: 'without it, the query goes to CoreDNS', objects: [], gets: 'NOERROR', server: '10.96.0.10', legs: ['udp client > node-a > node-b > coredns'] },
  { name: 'the address of kube-dns is the node\u2019s own; the upstream is asked over TCP', objects: [upstream, cache()], gets: 'NOERROR', server: '10.96.0.10', legs: ['udp client > node-a', 'tcp node-a > node-b > coredns', 'tcp node-a > node-b > coredns'] },
  { name: 'the link-local address, for which kubelet is told', objects: [upstream, cache(), environment(toLocal)], gets: 'NOERROR', server: '169.254.20.10', legs: ['udp client > node-a', 'tcp node-a > node-b > coredns', 'tcp node-a > node-b > coredns'] },
  { name: 'with the link-local address alone, kube-dns is translated by kube-proxy as ever', objects: [upstream, cache('169.254.20.10')], gets: 'NOERROR', server: '10.96.0.10', legs: ['udp client > node-a > node-b > coredns'] },
  { name: 'on the node of CoreDNS', objects: [upstream, cache()], from: 'pod/other', gets: 'NOERROR', server: '10.96.0.10', legs: ['udp other > node-b', 'tcp node-b > coredns', 'tcp node-b > coredns'] },
  { name: 'a node without its pod has CoreDNS', objects: [upstream, cache(both, '', 'nodeSelector: {kubernetes.io/hostname: node-b}')], gets: 'NOERROR', server: '10.96.0.10', legs: ['udp client > node-a > node-b > coredns'] },
  { name: 'a node without its pod does not have the link-local address', objects: [upstream, cache(both, '', 'nodeSelector: {kubernetes.io/hostname: node-b}'), environment(toLocal)], gets: 'dropped', server: '169.254.20.10' },
  { name: 'without -setupinterface the addresses are nobody\u2019s', objects: [upstream, cache(both, ', -setupinterface=false'), environment(toLocal)], gets: 'dropped', server: '169.254.20.10' },
  { name: 'without -setupiptables kube-proxy translates what is for kube-dns', objects: [upstream, cache(both, ', -setupiptables=false')], gets: 'NOERROR', server: '10.96.0.10', legs: ['udp client > node-a > node-b > coredns'] },
  { name: 'an upstream Service without endpoints is refused: SERVFAIL', objects: [service('kube-dns-upstream', '10.96.7.7', 'nobody'), cache()], gets: 'SERVFAIL', server: '10.96.0.10' },
  { name: 'without the upstream Service it does not start, and kube-proxy translates', objects: [cache()], gets: 'NOERROR', server: '10.96.0.10', legs: ['udp client > node-a > node-b > coredns'] },
  { name: 'without the upstream Service nobody listens on the link-local address', objects: [cache(), environment(toLocal)], gets: 'refused', server: '169.254.20.10' },
  { name: 'a name outside goes to the node\u2019s name server, by UDP', objects: [upstream, cache()], asked: 'example.com.', gets: 'NOERROR', server: '10.96.0.10', legs: ['udp client > node-a', 'udp node-a > router', 'udp node-a > router'] },
  { name: 'upstreamNameservers of the ConfigMap kube-dns are asked instead', objects: [upstream, cache(), dump(`{upstreamNameservers: '["8.8.8.8"]'}`)], asked: 'example.com.', gets: 'NOERROR', server: '10.96.0.10', legs: ['udp client > node-a', 'udp node-a > router > internet', 'udp node-a > router > internet'] },
  { name: 'a stub domain of the ConfigMap kube-dns', objects: [upstream, cache(), dump(`{stubDomains: '{"corp.example": ["9.9.9.9"]}'}`)], asked: 'a.corp.example.', gets: 'NOERROR', server: '10.96.0.10', legs: ['udp client > node-a', 'udp node-a > router > internet', 'udp node-a > router > internet'] },
  { name: 'a Corefile of one\u2019s own, asked by UDP', objects: [upstream, cache(), configMap(clusterDomain('forward . __PILLAR__CLUSTER__DNS__ {\n    prefer_udp\n  }'))], gets: 'NOERROR', server: '10.96.0.10', legs: ['udp client > node-a', 'udp node-a > node-b > coredns', 'udp node-a > node-b > coredns'] },
  { name: 'a Corefile of one\u2019s own that knows nothing outside', objects: [upstream, cache(), configMap(clusterDomain('forward . __PILLAR__CLUSTER__DNS__'))], asked: 'example.com.', gets: 'REFUSED', server: '10.96.0.10' },
]

const protocols: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp' }

describe('who answers, and by which way', () => {
  test.each(rows)('$name', ({ objects, from = 'pod/client', asked = 'web', gets, server, legs }) => {
    const answer = clusterOf(...objects).resolve({ name: asked, from })
    const [query] = answer.queries
    expect(query?.rcode ?? query?.disposition).toBe(gets)
    if (server !== undefined) expect(query?.server).toBe(server)
    if (!legs) return
    const shown = answer.outcomes[0]?.legs.map(({ forward }) => {
      const places = forward.map(({ netns }) => netns.split('/').at(-1))
      const sent = forward[0]?.steps.find((step) => step.type === 'sent')
      return `${sent?.type === 'sent' ? protocols[sent.packet.protocol] : '?'} ${places.join(' > ')}`
    })
    expect(shown).toEqual(legs)
  })
})

const saved = (loaded: LoadedCluster, name = 'node-a') =>
  (loaded.ruleSets(name) ?? []).map((set) => formatRuleSet(set)).join('')

test('its rules stand before all others, the last first', () => {
  const lines = saved(clusterOf(upstream, cache())).split('\n')
  const of = (chain: string) => lines.filter((line) => line.startsWith(`-A ${chain} `))
  const note = (text: string) => `-m comment --comment "NodeLocal DNS Cache: ${text}"`
  const input = (ip: string, protocol: string) =>
    `-A INPUT -d ${ip}/32 -p ${protocol} -m ${protocol} --dport 53 ${note('allow DNS traffic')} -j ACCEPT`
  expect(of('INPUT').slice(0, 4)).toEqual([
    input('10.96.0.10', 'udp'),
    input('10.96.0.10', 'tcp'),
    input('169.254.20.10', 'udp'),
    input('169.254.20.10', 'tcp'),
  ])
  const skip = `${note('skip conntrack')} -j NOTRACK`
  expect(
    lines.filter((line) => line.includes('skip conntrack') && line.includes('OUTPUT')).slice(0, 6),
  ).toEqual([
    `-A OUTPUT -s 10.96.0.10/32 -p tcp -m tcp --sport 8080 ${skip}`,
    `-A OUTPUT -d 10.96.0.10/32 -p tcp -m tcp --dport 8080 ${skip}`,
    `-A OUTPUT -d 10.96.0.10/32 -p udp -m udp --dport 53 ${skip}`,
    `-A OUTPUT -d 10.96.0.10/32 -p tcp -m tcp --dport 53 ${skip}`,
    `-A OUTPUT -s 10.96.0.10/32 -p udp -m udp --sport 53 ${skip}`,
    `-A OUTPUT -s 10.96.0.10/32 -p tcp -m tcp --sport 53 ${skip}`,
  ])
})

// biome-ignore format: one device a row
test.each([
  { name: 'as the addon has it', more: '', devices: 'nodelocaldns 169.254.20.10/32 10.96.0.10/32', rules: 24 },
  { name: 'another name', more: ', -interfacename=nld0', devices: 'nld0 169.254.20.10/32 10.96.0.10/32', rules: 24 },
  { name: 'no device', more: ', --setupinterface=false', devices: '', rules: 24 },
  { name: 'no rules', more: ', -setupiptables=0', devices: 'nodelocaldns 169.254.20.10/32 10.96.0.10/32', rules: 0 },
  { name: 'another port for its health', more: ', -health-port, "8090"', devices: 'nodelocaldns 169.254.20.10/32 10.96.0.10/32', rules: 24 },
])('the device and the number of rules: $name', ({ more, devices, rules }) => {
  const loaded = clusterOf(upstream, cache(both, more))
  const { formatted, down } = dummyOf(loaded)
  expect(formatted).toBe(devices)
  expect(down).toBe(devices === '' ? undefined : true)
  expect(saved(loaded).match(/NodeLocal DNS Cache/g)?.length ?? 0).toBe(rules)
  expect(saved(loaded).includes('--dport 8090')).toBe(more.includes('8090'))
})

function dummyOf({ network }: LoadedCluster) {
  const device = network.namespaces.get('node/node-a')?.devices.find(({ type }) => type === 'dummy')
  const octets = (ip: number | bigint) => [24, 16, 8, 0].map((by) => (Number(ip) >>> by) & 255).join('.')
  const addresses = device?.addresses.map(({ ip, bits }) => ` ${octets(ip)}/${bits}`) ?? []
  return { formatted: `${device?.name ?? ''}${addresses.join('')}`, down: device?.down }
}

// biome-ignore format: one mistake a row
const failures: readonly { name: string; objects: readonly string[]; says: string; device: boolean }[] = [
  { name: 'the variables of the manifest are still there', objects: [upstream, cache('__PILLAR__LOCAL__DNS__,__PILLAR__DNS__SERVER__')], says: 'invalid localip specified - "__PILLAR__LOCAL__DNS__"', device: false },
  { name: 'addresses of both families', objects: [upstream, cache('169.254.20.10,fd00::10')], says: 'unexpected IP Family', device: false },
  { name: 'no upstream Service', objects: [cache()], says: 'not an IP address or file: "<nil>"', device: true },
  { name: 'a plugin that is not built in', objects: [upstream, cache(), configMap(clusterDomain('kubernetes cluster.local'))], says: 'no action found for directive \'kubernetes\'', device: true },
  { name: 'a directive that nobody knows', objects: [upstream, cache(), configMap(clusterDomain('forwrad . 1.1.1.1'))], says: 'forwrad', device: true },
]

describe('where node-cache does not start, it says so, and leaves at most its device', () => {
  test.each(failures)('$name', ({ objects, says, device }) => {
    const loaded = clusterOf(...objects)
    const told = loaded.diagnostics.filter(({ code }) => code === 'node-cache-fails')
    expect(told.map(({ message }) => message).join()).toContain(says)
    expect(told.length).toBe(1)
    expect(saved(loaded)).not.toContain('NodeLocal DNS Cache')
    expect(dummyOf(loaded).formatted !== '').toBe(device)
  })
})

test('the file that the container has mounted is its Corefile, under whatever name', () => {
  const mounts = `
        volumeMounts: [{name: config, mountPath: /etc/coredns}]
      volumes: [{name: config, configMap: {name: nodelocaldns, items: [{key: Corefile, path: Corefile.base}]}}]
`
  const loaded = clusterOf(
    upstream,
    cache().trimEnd() + mounts,
    configMap(clusterDomain('forward . __PILLAR__CLUSTER__DNS__'), 'nodelocaldns'),
  )
  expect(loaded.resolve({ name: 'example.com.', from: 'pod/client' }).queries[0]?.rcode).toBe('REFUSED')
})
