import { describe, expect, test } from 'vitest'
import { podChainName } from '../../../src/control/cni/portmap.ts'
import type { LoadedCluster } from '../../../src/index.ts'
import { formatRuleSet, parseCluster } from '../../../src/index.ts'

/**
 * Host ports by the plugin portmap. The rules are those that its own tests ask for (portmap_iptables_test.go of
 * containernetworking/plugins 1.x), as iptables-save shows them; how packets go is held against the kernel in test/kernel.
 */

const node = (name: string, index: number) => `
apiVersion: v1
kind: Node
metadata: {name: ${name}}
spec: {podCIDR: 10.244.${index}.0/24, podCIDRs: [10.244.${index}.0/24, "fd00:10:244:${index}::/64"]}
status: {addresses: [{type: InternalIP, address: 172.18.0.${index + 2}}, {type: InternalIP, address: "fc00::${index + 2}"}]}
`
const pod = (name: string, on: string, ips: readonly string[], ports: string, more = '') => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec: {nodeName: ${on}, ${more} containers: [{name: c, image: i, ports: [${ports}]}]}
status: {podIP: "${ips[0]}", podIPs: [${ips.map((ip) => `{ip: "${ip}"}`).join(', ')}]}
`
const environment = (spec: string) => `
apiVersion: kubewalk.dev/v1alpha1
kind: Environment
metadata: {name: around}
spec: {${spec}}
`
const nodes = [node('node-a', 0), node('node-b', 1)]

function clusterOf(...objects: readonly string[]): LoadedCluster {
  return parseCluster([{ name: 'test.yaml', text: [...nodes, ...objects].join('---') }])
}

function natRules(loaded: LoadedCluster, family: 4 | 6, name = 'node-a'): readonly string[] {
  const set = loaded.ruleSets(name)?.find((one) => one.family === family)
  return (set ? formatRuleSet(set) : '').split('\n')
}

/** The rules of the chains of single pods, without the chains' names. */
function podRules(loaded: LoadedCluster, family: 4 | 6): readonly string[] {
  return natRules(loaded, family).flatMap((line) => /^-A CNI-DN-[0-9a-f]{21} (.*)/.exec(line)?.[1] ?? [])
}

/** The ports of portmap's own test. */
const ports = [
  '{containerPort: 80, hostPort: 8080}',
  '{containerPort: 80, hostPort: 8081}',
  '{containerPort: 81, hostPort: 8080, protocol: UDP}',
  '{containerPort: 82, hostPort: 8082, protocol: UDP}',
  '{containerPort: 83, hostPort: 8083, hostIP: 192.168.0.2}',
  '{containerPort: 84, hostPort: 8084, hostIP: 0.0.0.0}',
  '{containerPort: 85, hostPort: 8085, hostIP: "2001:db8:a::1"}',
  '{containerPort: 86, hostPort: 8086, hostIP: "::"}',
].join(', ')
const many = clusterOf(pod('web', 'node-a', ['10.244.0.2', 'fd00:10:244::2'], ports))

const to4 = (protocol: string, port: number, target: number, host = '') => [
  `-s 10.244.0.0/24 ${host}-p ${protocol} -m ${protocol} --dport ${port} -j CNI-HOSTPORT-SETMARK`,
  `-s 127.0.0.1/32 ${host}-p ${protocol} -m ${protocol} --dport ${port} -j CNI-HOSTPORT-SETMARK`,
  `${host}-p ${protocol} -m ${protocol} --dport ${port} -j DNAT --to-destination 10.244.0.2:${target}`,
]
const to6 = (protocol: string, port: number, target: number, host = '') => [
  `-s fd00:10:244::/64 ${host}-p ${protocol} -m ${protocol} --dport ${port} -j CNI-HOSTPORT-SETMARK`,
  `${host}-p ${protocol} -m ${protocol} --dport ${port} -j DNAT --to-destination [fd00:10:244::2]:${target}`,
]

test('the chain of a pod, IPv4', () => {
  expect(podRules(many, 4)).toEqual([
    ...to4('tcp', 8080, 80),
    ...to4('tcp', 8081, 80),
    ...to4('udp', 8080, 81),
    ...to4('udp', 8082, 82),
    ...to4('tcp', 8083, 83, '-d 192.168.0.2/32 '),
    ...to4('tcp', 8084, 84),
  ])
})

test('the chain of a pod, IPv6', () => {
  expect(podRules(many, 6)).toEqual([
    ...to6('tcp', 8080, 80),
    ...to6('tcp', 8081, 80),
    ...to6('udp', 8080, 81),
    ...to6('udp', 8082, 82),
    ...to6('tcp', 8085, 85, '-d 2001:db8:a::1/128 '),
    ...to6('tcp', 8086, 86),
  ])
})

test('the chains that all pods share', () => {
  const lines = natRules(many, 4)
  const of = (chain: string) => lines.filter((line) => line.startsWith(`-A ${chain} `))
  expect(of('PREROUTING').at(-1)).toBe('-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT')
  expect(of('OUTPUT').at(-1)).toBe('-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT')
  expect(of('POSTROUTING')[0]).toBe(
    '-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
  )
  expect(of('CNI-HOSTPORT-MASQ')).toEqual(['-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE'])
  expect(of('CNI-HOSTPORT-SETMARK')).toEqual([
    '-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000',
  ])
  const entries = of('CNI-HOSTPORT-DNAT').map((line) =>
    line.replaceAll(/[0-9a-f]{64}/g, 'ID').replace(/-[0-9a-f]{21}$/, ''),
  )
  const note = String.raw`-m comment --comment "dnat name: \"kindnet\" id: \"ID\""`
  expect(entries).toEqual([
    `-A CNI-HOSTPORT-DNAT -p tcp ${note} -m multiport --dports 8080,8081,8083,8084,8085,8086 -j CNI-DN`,
    `-A CNI-HOSTPORT-DNAT -p udp ${note} -m multiport --dports 8080,8082 -j CNI-DN`,
  ])
})

const sandbox =
  'icee6giejonei6sohng6ahngee7laquohquee9shiGo7fohferakah3Feiyoolu2pei7ciPhoh7shaoX6vai3vuf0ahfaeng8yohb9ceu0daez5hashee8ooYai5wa3y'

// biome-ignore format: one name a row
test.each([
  { network: 'testNetName', name: 'CNI-DN-bfd599665540dd91d5d28' },
  { network: 'test', name: 'CNI-DN-67e92b96e692a494b6b85' },
])('the name of a chain: $name', ({ network, name }) => {
  expect(podChainName(network, sandbox)).toBe(name)
})

const web = pod('web', 'node-a', ['10.244.0.2'], '{containerPort: 8080, hostPort: 80}')
const client = pod('client', 'node-a', ['10.244.0.9'], '{containerPort: 1}')
const other = pod('other', 'node-b', ['10.244.1.9'], '{containerPort: 1}')
const pinned = pod('web', 'node-a', ['10.244.0.2'], '{containerPort: 8080, hostPort: 80, hostIP: 172.18.0.2}')
const calico = (chain: string) => environment(`cni: {plugin: calico}, cniChain: {node-a: [${chain}]}`)
const sidecar = `initContainers: [{name: s, image: i, restartPolicy: Always, ports: [{containerPort: 9090, hostPort: 90}]}],`

/** Who reaches what, and whose address the pod sees. */
interface Row {
  readonly name: string
  readonly objects: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly gets: string
  readonly sees?: string
  readonly finding?: string
}

// biome-ignore format: one way a row
const rows: readonly Row[] = [
  { name: 'from outside, with its own address', objects: [web], from: 'internet', gets: 'reached', sees: '203.0.113.10' },
  { name: 'from a pod of another node: it leaves that node with the node\u2019s address', objects: [web, other], from: 'pod/other', gets: 'reached', sees: '172.18.0.3' },
  { name: 'from a pod of the same node, masqueraded', objects: [web, client], from: 'pod/client', gets: 'reached', sees: '10.244.0.1' },
  { name: 'from the pod itself, masqueraded', objects: [web], from: 'pod/web', gets: 'reached', sees: '10.244.0.1' },
  { name: 'from the node, by its address', objects: [web], from: 'node/node-a', gets: 'reached', sees: '172.18.0.2' },
  { name: 'from the node, by 127.0.0.1: masqueraded', objects: [web], from: 'node/node-a', to: '127.0.0.1:80', gets: 'reached', sees: '10.244.0.1' },
  { name: 'another node does not have it', objects: [web], from: 'internet', to: 'node/node-b:80', gets: 'refused', finding: 'nothing-listens' },
  { name: 'hostIP: by that address', objects: [pinned], from: 'internet', gets: 'reached' },
  { name: 'hostIP: by no other', objects: [pinned], from: 'node/node-a', to: '127.0.0.1:80', gets: 'refused' },
  { name: 'in the host\u2019s network the port is the process\u2019s own', objects: [pod('web', 'node-a', ['172.18.0.2'], '{containerPort: 80, hostPort: 80}', 'hostNetwork: true,')], from: 'internet', gets: 'reached', sees: '203.0.113.10' },
  { name: 'a sidecar\u2019s host port is not mapped', objects: [pod('web', 'node-a', ['10.244.0.2'], '{containerPort: 8080}', sidecar)], from: 'internet', to: 'node/node-a:90', gets: 'refused' },
  { name: 'a plugin chain without portmap', objects: [web, calico('calico')], from: 'internet', gets: 'refused', finding: 'host-port-not-mapped' },
  { name: 'a plugin chain with portmap', objects: [web, calico('calico, portmap')], from: 'internet', gets: 'reached' },
  { name: 'flannel, as it is released', objects: [web, environment('cni: {plugin: flannel}')], from: 'internet', gets: 'reached' },
  { name: 'kindnet without portmap', objects: [web, environment('cniChain: {node-a: [ptp]}')], from: 'internet', gets: 'refused', finding: 'host-port-not-mapped' },
]

describe('who reaches a host port, and what the pod sees', () => {
  test.each(rows)('$name', ({ objects, from = 'internet', to = 'node/node-a:80', gets, sees, finding }) => {
    const journey = clusterOf(...objects).trace({ from, to })
    const [outcome] = journey.outcomes
    expect(outcome?.disposition).toBe(gets)
    if (sees !== undefined) expect(outcome?.seenSource?.ip).toBe(sees)
    if (finding !== undefined) expect(journey.findings[0]?.code).toBe(finding)
  })
})

test('two pods that want one port of one node: the second is not scheduled, and so not mapped', () => {
  const unplaced = web
    .replace('name: web', 'name: second')
    .replace('nodeName: node-a, ', '')
    .replace(/status: .*\n/, '')
  const loaded = clusterOf(
    web,
    unplaced.replace('spec: {', 'spec: {nodeSelector: {kubernetes.io/hostname: node-a},'),
  )
  const [second] = loaded.cluster.pods.filter(({ name }) => name === 'second')
  expect(second?.nodeName).toBeUndefined()
  expect(loaded.trace({ from: 'internet', to: 'node/node-a:80' }).outcomes[0]?.destination?.ip).toBe(
    '10.244.0.2',
  )
})
