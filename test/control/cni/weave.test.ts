import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../../src/index.ts'
import { formatDiagnostic, parseCluster } from '../../../src/index.ts'
import type { Flow } from '../../support/cni-example.ts'
import { example, ext, sourceSeen, ttlSeen, wrappings } from '../../support/cni-example.ts'
import { linesOf, linksOf, routesOf } from '../../support/node-state.ts'

/** The measured table of the plugin: p11 and p12 on n1, whose bridge is 10.32.0.1; p21 on n2, whose bridge is 10.44.0.1. */
const ips = { p11: '10.32.0.2', p12: '10.32.0.3', p21: '10.44.0.2' }

function clusterOf(...settings: readonly string[]): LoadedCluster {
  return example({
    ips,
    environment: [`cni: {${['plugin: weave', ...settings].join(', ')}}`],
    clusterCidr: '10.32.0.0/12',
  })
}
const usual = clusterOf()
const local = 'ext->np(n1) local policy ->p12'

// biome-ignore format: a table
const sources: readonly (readonly [flow: Flow, seen: string])[] = [
  ['p11->p12', '10.32.0.2'],
  ['p11->p21', '10.32.0.2'],
  ['p11->internet', '192.168.1.11'],
  ['p11->own node IP', '10.32.0.2'],
  ['p11->n2 IP', '192.168.1.11'],
  ['p11->svc(p11) self', '10.32.0.1'],
  ['n1->p21', '10.32.0.1'],
  ['n1->svc(p21)', '10.32.0.1'],
  ['ext->np(n1)->p21', '10.32.0.1'],
  ['ext->np(n2)->p21', '10.44.0.1'],
  ['n2->p12', '10.44.0.1'],
  [local, '10.32.0.1'],
]

test.each(sources)('%s is seen from %s', (flow, seen) => {
  expect(sourceSeen(usual, flow)).toBe(seen)
})

test('NO_MASQ_LOCAL: a client outside keeps its address towards a pod of the node itself', () => {
  expect(sourceSeen(clusterOf('NO_MASQ_LOCAL: "1"'), local)).toBe(ext)
})

test.each<readonly [Flow, number]>([
  ['p11->p12', 64],
  ['p11->svc(p12)', 64],
  ['p11->p21', 64],
  ['p11->svc(p21)', 64],
])('TTL of %s at the pod is %i: the whole way is bridged', (flow, ttl) => {
  expect(ttlSeen(usual, flow)).toBe(ttl)
})

test('the wire shows VXLAN to UDP port 6784, and with sleeve UDP port 6783', () => {
  expect(wrappings(usual, 'p11->p21')).toEqual(['192.168.1.11 > 192.168.1.12 udp 6784'])
  expect(wrappings(usual, 'p11->p12')).toEqual([])
  const sleeve = clusterOf('backend: sleeve')
  expect(sourceSeen(sleeve, 'p11->p21')).toBe('10.32.0.2')
  expect(wrappings(sleeve, 'p11->p21')).toEqual(['192.168.1.11 > 192.168.1.12 udp 6783'])
  expect(linksOf(sleeve, 'node/n1')).toContain('weave mtu 65535 10.32.0.1/12')
})

describe('the network as `ip` shows it', () => {
  test('node', () => {
    const links = linksOf(usual, 'node/n1')
    expect(links).toContain('weave mtu 1376 10.32.0.1/12')
    expect(links).toContain('vethwe-bridge mtu 1376 master weave')
    expect(links).toContain('vethwe-datapath mtu 1376 master datapath')
    expect(links.filter((line) => /^vethwepl[0-9a-f]{7} mtu 1376 master weave$/.test(line))).toHaveLength(2)
    expect(linksOf(usual, 'node/n2')).toContain('weave mtu 1376 10.44.0.1/12')
    expect(routesOf(usual, 'node/n1', 254)).toContain(
      '10.32.0.0/12 dev weave proto kernel scope link src 10.32.0.1',
    )
  })

  test('pod', () => {
    expect(routesOf(usual, 'pod/default/p11', 254)).toEqual([
      '10.32.0.0/12 dev eth0 proto kernel scope link src 10.32.0.2',
      'default via 10.32.0.1 dev eth0',
    ])
  })

  /** ClaimForPeers: three peers share 10.32.0.0/12 as a half and two quarters; the first address of all is nobody's. */
  test('a ring without pods of its own choice', () => {
    const node = (index: number) =>
      `{apiVersion: v1, kind: Node, metadata: {name: n${index}}, status: {addresses: [{type: InternalIP, address: 192.168.1.1${index}}]}}`
    const three = parseCluster([{ name: 'nodes.yaml', text: [1, 2, 3].map(node).join('\n---\n') }], {
      cni: 'weave',
    })
    const bridges = ['n1', 'n2', 'n3'].map((name) =>
      linksOf(three, `node/${name}`).find((line) => line.startsWith('weave ')),
    )
    expect(bridges).toEqual([
      'weave mtu 1376 10.32.0.1/12',
      'weave mtu 1376 10.40.0.0/12',
      'weave mtu 1376 10.44.0.0/12',
    ])
  })
})

describe('rules', () => {
  test('masquerading', () => {
    const weave = (cluster: LoadedCluster) =>
      linesOf(cluster, 'n1', 'nat').filter((line) => line.includes('WEAVE'))
    const usually = [
      '-A POSTROUTING -j WEAVE',
      '-A WEAVE -s 10.32.0.0/12 -d 224.0.0.0/4 -j RETURN',
      '-A WEAVE ! -s 10.32.0.0/12 -d 10.32.0.0/12 -j MASQUERADE',
      '-A WEAVE -s 10.32.0.0/12 ! -d 10.32.0.0/12 -j MASQUERADE',
    ]
    expect(weave(usual)).toEqual(usually)
    expect(weave(clusterOf('NO_MASQ_LOCAL: "1"'))).toEqual([
      usually[0],
      '-A WEAVE -m set --match-set weaver-no-masq-local dst -m comment --comment "Prevent SNAT to locally running containers" -j RETURN',
      ...usually.slice(1),
    ])
  })

  test('FORWARD, with the policy controller', () => {
    const lines = linesOf(usual, 'n1', 'filter')
    expect(lines.filter((line) => line.startsWith('-A FORWARD')).slice(0, 6)).toEqual([
      String.raw`-A FORWARD -i weave -m comment --comment "NOTE: this must go before \'-j KUBE-FORWARD\'" -j WEAVE-NPC-EGRESS`,
      String.raw`-A FORWARD -o weave -m comment --comment "NOTE: this must go before \'-j KUBE-FORWARD\'" -j WEAVE-NPC`,
      '-A FORWARD -o weave -m state --state NEW -j NFLOG --nflog-group 86',
      '-A FORWARD -o weave -j DROP',
      '-A FORWARD -i weave ! -o weave -j ACCEPT',
      '-A FORWARD -o weave -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ])
    expect(lines).toContain('-A INPUT -i weave -j WEAVE-NPC-EGRESS')
    // The names of the sets are those of the controller's own tests (TestDefaultAllow).
    expect(lines).toContain(
      '-A WEAVE-NPC-DEFAULT -m set --match-set weave-;rGqyMIl1HN^cfDki~Z$3]6!N dst -m comment --comment "DefaultAllow ingress isolation for namespace: default" -j ACCEPT',
    )
    expect(lines).toContain(
      '-A WEAVE-NPC-EGRESS-DEFAULT -m set --match-set weave-s_+ChJId4Uy_$}G;WdH|~TK)I src -m comment --comment "DefaultAllow egress isolation for namespace: default" -j RETURN',
    )
  })

  test('FORWARD, without', () => {
    const lines = linesOf(clusterOf('EXPECT_NPC: "0"'), 'n1', 'filter')
    expect(lines.filter((line) => line.startsWith('-A FORWARD')).slice(0, 4)).toEqual([
      '-A FORWARD -i weave -o weave -j ACCEPT',
      '-A FORWARD -o weave -j WEAVE-EXPOSE',
      '-A FORWARD -i weave ! -o weave -j ACCEPT',
      '-A FORWARD -o weave -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ])
    expect(lines).toContain('-A WEAVE-EXPOSE -d 10.32.0.0/12 -j ACCEPT')
  })
})

describe('configuration', () => {
  const daemon = (env: string, containers = '{name: weave-npc, image: weave-npc}') =>
    `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: weave-net, namespace: kube-system}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {hostNetwork: true, containers: [{name: weave, image: "weaveworks/weave-kube:2.8.1", env: [${env}]}, ${containers}]}}}}`
  const withDaemon = (env: string, containers?: string) =>
    example({ ips, more: daemon(env, containers), clusterCidr: '10.32.0.0/12' })

  test('the launch script of 2.6 and later keeps the source of local traffic, unless told not to', () => {
    expect(sourceSeen(withDaemon(''), local)).toBe(ext)
    expect(sourceSeen(withDaemon('{name: NO_MASQ_LOCAL, value: "0"}'), local)).toBe('10.32.0.1')
  })

  test('MTU and range', () => {
    const own = example({
      more: daemon('{name: WEAVE_MTU, value: "1400"}, {name: IPALLOC_RANGE, value: 10.244.0.0/16}'),
    })
    expect(linksOf(own, 'node/n1')).toContain('weave mtu 1400 10.244.1.1/16')
  })

  test('a policy controller that is expected and does not run lets nothing through to pods', () => {
    const without = withDaemon('', '{name: other, image: other}')
    expect(without.diagnostics.map(formatDiagnostic).join('\n')).toContain(
      'has no container weave-npc: what comes for pods is dropped',
    )
    expect(sourceSeen(without, 'p11->p21')).toBe('dropped')
  })
})
