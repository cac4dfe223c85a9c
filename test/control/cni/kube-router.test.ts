import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../../src/index.ts'
import { formatDiagnostic, parseCluster } from '../../../src/index.ts'
import type { Flow } from '../../support/cni-example.ts'
import { example, ext, sourceSeen, ttlSeen, wrappings } from '../../support/cni-example.ts'
import { linesOf, linksOf, routesOf, rulesOf } from '../../support/node-state.ts'

/** The measured table of the plugin (kube-proxy beside it), and what kube-router 2.11 writes. */
const usual = example({ cni: 'kube-router' })
const n1 = '192.168.1.11'

// biome-ignore format: a table
const sources: readonly (readonly [flow: Flow, seen: string])[] = [
  ['p11->p12', '10.244.1.2'],
  ['p11->p21', '10.244.1.2'],
  ['p11->internet', n1],
  ['p11->own node IP', '10.244.1.2'],
  ['p11->n2 IP', '10.244.1.2'],
  ['p11->svc(p11) self', '10.244.1.1'],
  ['p11->svc(p12)', '10.244.1.2'],
  ['p11->svc(p21)', '10.244.1.2'],
  ['n1->p12', '10.244.1.1'],
  ['n1->p21', n1],
  ['n1->svc(p12)', '10.244.1.1'],
  ['n1->svc(p21)', n1],
  ['ext->np(n1)->p21', n1],
  ['ext->np(n2)->p21', '10.244.2.1'],
  ['ext->np(n1) local policy ->p12', ext],
]

test.each(sources)('%s is seen from %s', (flow, seen) => {
  expect(sourceSeen(usual, flow)).toBe(seen)
})

test.each<readonly [Flow, number]>([
  ['p11->p12', 64],
  ['p11->svc(p12)', 64],
  ['p11->p21', 62],
])('TTL of %s at the pod is %i', (flow, ttl) => {
  expect(ttlSeen(usual, flow)).toBe(ttl)
})

describe('n1 in the same subnet as n2', () => {
  test('routes, and the rule for pods behind tunnels', () => {
    expect(routesOf(usual, 'node/n1', 254).toSorted()).toEqual([
      '10.244.1.0/24 dev kube-bridge proto kernel scope link src 10.244.1.1',
      '10.244.2.0/24 via 192.168.1.12 dev eth0 proto 17',
      '192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.11',
      'default via 192.168.1.1 dev eth0',
    ])
    expect(rulesOf(usual, 'n1', 4)).toContain('32765: from 10.244.1.0/24 lookup 77')
    expect(wrappings(usual, 'p11->p21')).toEqual([])
  })

  test('links: the bridge has the MTU of the uplink', () => {
    expect(linksOf(usual, 'node/n1')).toContain('kube-bridge mtu 1500 10.244.1.1/24')
  })

  test('sets', () => {
    expect(usual.network.namespaces.get('node/n1')?.sets).toEqual([
      {
        name: 'kube-router-pod-subnets',
        type: 'hash:net',
        entries: ['10.244.1.0/24 timeout 0', '10.244.2.0/24 timeout 0'],
      },
      {
        name: 'kube-router-node-ips',
        type: 'hash:ip',
        entries: ['192.168.1.11 timeout 0', '192.168.1.12 timeout 0'],
      },
    ])
  })

  test('rules', () => {
    expect(linesOf(usual, 'n1', 'nat').filter((line) => line.includes('kube-router'))).toEqual([
      '-A POSTROUTING -m set --match-set kube-router-pod-subnets src -m set ! --match-set kube-router-pod-subnets dst -m set ! --match-set kube-router-node-ips dst -j MASQUERADE --random-fully',
    ])
    expect(
      linesOf(usual, 'n1', 'filter')
        .filter((line) => line.startsWith('-A FORWARD'))
        .slice(0, 5),
    ).toEqual([
      '-A FORWARD -m comment --comment "kube-router netpol - TEMCG2JMHZYE7H7T" -j KUBE-ROUTER-FORWARD',
      '-A FORWARD -o eth0 -m comment --comment "allow outbound node port traffic on node interface with which node ip is associated" -j ACCEPT',
      '-A FORWARD -o kube-bridge -m comment --comment "allow inbound traffic to pods" -j ACCEPT',
      '-A FORWARD -i kube-bridge -m comment --comment "allow outbound traffic from pods" -j ACCEPT',
      '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    ])
    const own = linesOf(usual, 'n1', 'filter')
    expect(own).toContain(
      '-A INPUT -m comment --comment "kube-router netpol - 4IA2OSFRMVNDXBVV" -j KUBE-ROUTER-INPUT',
    )
    expect(own).toContain(
      '-A OUTPUT -m comment --comment "kube-router netpol - VEAAIY32XVBHCSCY" -j KUBE-ROUTER-OUTPUT',
    )
    expect(own.filter((line) => line.startsWith('-A KUBE-ROUTER-FORWARD')).slice(-2)).toEqual([
      '-A KUBE-ROUTER-FORWARD -m comment --comment "rule to explicitly handle traffic for network policies ACCEPT/REJECT decision" -j KUBE-NWPLCY-TAIL',
      '-A KUBE-ROUTER-FORWARD -m comment --comment "rule to explicitly ACCEPT traffic that comply to network policies" -m mark --mark 0x20000/0x20000 -j ACCEPT',
    ])
  })
})

test('FORWARD accepts what comes from pods before kube-proxy can reject it: a Service without endpoints is silence', () => {
  const lonely =
    '{apiVersion: v1, kind: Service, metadata: {name: lonely}, spec: {clusterIP: 10.96.0.99, selector: {app: none}, ports: [{port: 80}]}}'
  const ask = (cni: string) =>
    example({ cni, more: lonely }).trace({ from: 'pod/p11', to: '10.96.0.99:80' }).outcomes[0]
  expect(ask('flannel')?.disposition).toBe('rejected')
  expect(ask('kube-router')?.disposition).toBe('dropped')
})

describe('tunnels, where they are asked for everywhere', () => {
  const full = example({ cni: 'kube-router:overlay-type=full' })
  // The digits are those of `printf 192168112 | sha256sum`.
  const tunnel = 'tun-f0fc43e77a3'

  test('routes', () => {
    expect(routesOf(full, 'node/n1', 254)).toContain(`10.244.2.0/24 dev ${tunnel} proto 17 src 192.168.1.11`)
    expect(routesOf(full, 'node/n1', 77)).toEqual([`192.168.1.12 dev ${tunnel}`])
    expect(linksOf(full, 'node/n1')).toContain(`${tunnel} mtu 1480`)
  })

  test('pods see each other; the wire shows IPIP', () => {
    expect(sourceSeen(full, 'p11->p21')).toBe('10.244.1.2')
    expect(sourceSeen(full, 'n1->p21')).toBe(n1)
    expect(sourceSeen(full, 'p11->n2 IP')).toBe('10.244.1.2')
    expect(ttlSeen(full, 'p11->p21')).toBe(62)
    expect(wrappings(full, 'p11->p21')).toEqual(['192.168.1.11 > 192.168.1.12 protocol 4'])
  })

  test('Generic UDP Encapsulation', () => {
    const fou = example({ cni: 'kube-router:overlay-type=full,overlay-encap=fou' })
    expect(linksOf(fou, 'node/n1')).toContain(`${tunnel} mtu 1468`)
    expect(wrappings(fou, 'p11->p21')).toEqual(['192.168.1.11 > 192.168.1.12 udp 5555'])
  })
})

describe('configuration', () => {
  const daemon = (args: readonly string[]) => `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-router, namespace: kube-system}
spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {hostNetwork: true, containers: [{name: kube-router, image: kube-router, args: [${args.map((one) => `"${one}"`).join(', ')}]}]}}}
`
  const read = (...args: readonly string[]) =>
    parseCluster([{ name: 'kube-router.yaml', text: daemon(args) }])
  const problems = (cluster: LoadedCluster) => cluster.diagnostics.map(formatDiagnostic).join('\n')

  test('its DaemonSet shows it, unless it does not route', () => {
    expect(read('--run-service-proxy=false').network.namespaces.get('node/worker')?.rules).toBeDefined()
    expect(read('--run-router=false').network.namespaces.get('node/worker')?.sets).toBeUndefined()
  })

  // biome-ignore format: a table
  test.each([
    [['--run-router=true'], "kube-router's own service proxy (IPVS) is not modelled"],
    [['--run-service-proxy=false', '--enable-overlay=false', '--overlay-type=full'], '--overlay-type=full asks for tunnels everywhere'],
    [['--run-service-proxy=false', '--enable-ibgp=false'], 'no node learns of the pods of another'],
    [['--run-service-proxy=false', '--overlay-encap=gre'], '--overlay-encap: "gre" is not one of ipip, fou; ipip counts'],
  ])('%s', (args, said) => {
    expect(problems(read(...args))).toContain(said)
  })
})
