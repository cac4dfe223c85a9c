import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../../src/index.ts'
import type { Flow } from '../../support/cni-example.ts'
import { example, ext, sourceSeen, ttlSeen } from '../../support/cni-example.ts'
import { linesOf, linksOf, routesOf, rulesOf, ways } from '../../support/node-state.ts'

/**
 * The measured table of the plugin: VPC 192.168.0.0/16; p11 on n1's primary interface, p12 on its secondary one
 * (192.168.1.31), p21 on n2's primary one.
 */
const ips = { p11: '192.168.1.101', p12: '192.168.1.121', p21: '192.168.1.102' }
const enis = 'enis: {n1: {eth1: {address: 192.168.1.31, pods: [192.168.1.121]}}, n2: {eth0: {}}}'

function clusterOf(...settings: readonly string[]): LoadedCluster {
  const cni = ['plugin: aws-vpc-cni', 'vpcCIDRs: [192.168.0.0/16]', enis, ...settings].join(', ')
  return example({ ips, environment: [`cni: {${cni}}`] })
}
const usual = clusterOf()
const primary = '192.168.1.11'

// biome-ignore format: a table
const sources: readonly (readonly [flow: Flow, seen: string])[] = [
  ['p11->p12', ips.p11],
  ['p12->p21', ips.p12],
  ['p12->internet', primary],
  ['p11->internet', primary],
  ['p12->n2 IP', ips.p12],
  ['p11->svc(p11) self', primary],
  ['p12->svc(p21)', ips.p12],
  ['n1->svc(p12)', primary],
  ['n1->svc(p21)', primary],
  ['ext->np(n1)->p21', primary],
  ['ext->np(n1) local policy ->p12', ext],
]

test.each(sources)('%s is seen from %s', (flow, seen) => {
  expect(sourceSeen(usual, flow)).toBe(seen)
})

// biome-ignore format: a table
const devices: readonly (readonly [flow: Flow, way: 'forward' | 'reply', leaves: string])[] = [
  ['p12->p21', 'forward', 'eth1'],
  ['p12->internet', 'forward', 'eth0'],
  ['p11->p21', 'forward', 'eth0'],
  ['ext->np(n1) local policy ->p12', 'reply', 'eth0'],
]

test.each(devices)('%s: the %s leaves n1 by %s', (flow, way, leaves) => {
  expect(ways(usual, flow, 'n1')[way]).toBe(leaves)
})

// biome-ignore format: a table
test.each<readonly [Flow, number]>([
  ['p11->p12', 63],
  ['p11->svc(p12)', 63],
  ['p11->p21', 62],
  ['p12->p21', 62],
])('TTL of %s at the pod is %i', (flow, ttl) => {
  expect(ttlSeen(usual, flow)).toBe(ttl)
})

describe('without the rules that mark what comes in by the primary interface', () => {
  const unmarked = ['AWS_VPC_CNI_NODE_PORT_SUPPORT: "false"', 'AWS_VPC_K8S_CNI_EXTERNALSNAT: "true"']
  const flow = 'ext->np(n1) local policy ->p12'

  test('the answer of a pod of the secondary interface leaves by that one, and the VPC drops it', () => {
    const [outcome] = clusterOf(...unmarked).trace({
      from: `external/${ext}`,
      to: '192.168.1.11:30012',
    }).outcomes
    expect(outcome?.disposition).toBe('dropped')
    expect(outcome?.stoppedAt).toMatchObject({ netns: 'node/n1', reason: 'source-check', onReply: true })
    expect(outcome?.stoppedAt?.text).toContain('eth1')
  })

  test('where sources are not checked it arrives', () => {
    const open = clusterOf(...unmarked, 'sourceDestCheck: false')
    expect(sourceSeen(open, flow)).toBe(ext)
    expect(ways(open, flow, 'n1').reply).toBe('eth1')
  })
})

test('a secondary interface may be stated as one of the node', () => {
  const own = example({
    ips,
    environment: [
      'cni: {plugin: aws-vpc-cni, vpcCIDRs: [192.168.0.0/16], enis: {n1: {eth1: {pods: [192.168.1.121]}}}}',
      'nodes: {n2: {interfaces: {eth1: {addresses: [192.168.1.32/24]}}}}',
    ],
  })
  expect(linksOf(own, 'node/n2')).toContain('eth1 mtu 9001 192.168.1.32/24')
})

describe('n1 as `ip` shows it', () => {
  test('rules', () => {
    expect(rulesOf(usual, 'n1', 4)).toEqual([
      '0: from all lookup local',
      '512: from all to 192.168.1.101 lookup main',
      '512: from all to 192.168.1.121 lookup main',
      '1024: from all fwmark 0x80/0x80 lookup main',
      '1536: from 192.168.1.121 lookup 2',
      '32765: from 192.168.1.31 lookup 2',
      '32766: from all lookup main',
      '32767: from all lookup default',
    ])
  })

  test('routes', () => {
    expect(routesOf(usual, 'node/n1', 254).toSorted()).toEqual([
      '192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.11',
      '192.168.1.101 dev eni5588e5bcb77 scope link',
      '192.168.1.121 dev eni6c27f1bbead scope link',
      'default via 192.168.1.1 dev eth0',
    ])
    expect(routesOf(usual, 'node/n1', 2)).toEqual([
      'default via 192.168.1.1 dev eth1',
      '192.168.1.1 dev eth1 scope link',
    ])
  })

  test('links', () => {
    expect(linksOf(usual, 'node/n1')).toEqual([
      'lo mtu 65536 127.0.0.1/8 ::1/128',
      'eth0 mtu 9001 192.168.1.11/24',
      'eth1 mtu 9001 192.168.1.31/24',
      'eni5588e5bcb77 mtu 9001',
      'eni6c27f1bbead mtu 9001',
    ])
  })

  test('the pod', () => {
    expect(routesOf(usual, 'pod/default/p11', 254)).toEqual([
      '169.254.1.1 dev eth0 scope link',
      'default via 169.254.1.1 dev eth0',
    ])
    expect(linksOf(usual, 'pod/default/p11')).toContain('eth0 mtu 9001 192.168.1.101/32')
  })
})

test('rules, as the reference node has them', () => {
  const isAws = (line: string) => line.includes('AWS')
  expect(linesOf(usual, 'n1', 'mangle')).toEqual([
    '-A PREROUTING -i eth0 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80',
    '-A PREROUTING -i eni+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80',
    '-A PREROUTING -i vlan+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80',
  ])
  expect(linesOf(usual, 'n1', 'nat').filter(isAws)).toEqual([
    '-A PREROUTING -i eni+ -m comment --comment "AWS, outbound connections" -j AWS-CONNMARK-CHAIN-0',
    '-A PREROUTING -m comment --comment "AWS, CONNMARK" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80',
    '-A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0',
    '-A AWS-CONNMARK-CHAIN-0 -d 192.168.0.0/16 -m comment --comment "AWS CONNMARK CHAIN" -j RETURN',
    '-A AWS-CONNMARK-CHAIN-0 -m comment --comment "AWS, CONNMARK" -j CONNMARK --set-xmark 0x80/0x80',
    '-A AWS-SNAT-CHAIN-0 -d 192.168.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j RETURN',
    '-A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 192.168.1.11 --random-fully',
  ])
  expect(linesOf(usual, 'n1', 'nat').some((line) => line.includes('! -s'))).toBe(false)
})
