import { describe, expect, test } from 'vitest'
import type { LoadedCluster, SourceFile } from '../../src/index.ts'
import { nodeParts } from '../../src/index.ts'
import type { ExampleOptions } from '../support/cni-example.ts'
import { example } from '../support/cni-example.ts'

/** A node's state as the commands of a real node print it: the outputs are those of the reference, taken from real kernels. */

function part(cluster: LoadedCluster, name: string, node = 'n1'): readonly string[] {
  const netns = cluster.network.namespaces.get(`node/${node}`)
  if (!netns) throw new Error(`there is no node ${node}`)
  return (nodeParts[name]?.format(netns) ?? '').split('\n').map((line) => line.trimEnd())
}

const calico = (encapsulation: string): ExampleOptions => ({
  environment: [
    `cni: {plugin: calico, encapsulation: ${encapsulation}}`,
    'calico: {ipPools: [{cidr: 10.244.0.0/16, blockSize: 26, natOutgoing: true, ipipMode: Never, vxlanMode: Always}]}',
  ],
})

describe('what is printed is what a real node prints', () => {
  test('flannel: ip route, ip neigh, bridge fdb', () => {
    const cluster = example({ cni: 'flannel' })
    expect(part(cluster, 'route')).toEqual([
      'default via 192.168.1.1 dev eth0',
      '10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1',
      '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink',
      '192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.11',
      '',
    ])
    expect(part(cluster, 'neigh')[0]).toMatch(
      /^10\.244\.2\.0 dev flannel\.1 lladdr 0e:f1:[0-9a-f:]{11} PERMANENT$/,
    )
    expect(part(cluster, 'fdb')[0]).toMatch(
      /^0e:f1:[0-9a-f:]{11} dev flannel\.1 dst 192\.168\.1\.12 self permanent$/,
    )
    expect(part(cluster, 'link')).toContain('    vxlan id 1 local 192.168.1.11 dstport 8472 nolearning')
    expect(part(cluster, 'addr')).toContain('    inet 10.244.1.1/24 brd 10.244.1.255 scope global cni0')
    expect(part(cluster, 'rule')).toEqual([
      '0:\tfrom all lookup local',
      '32766:\tfrom all lookup main',
      '32767:\tfrom all lookup default',
      '',
    ])
  })

  test('kindnet: ip route', () => {
    expect(part(example({ cni: 'kindnet' }), 'route').map((line) => line.replace(/veth\w+/, 'veth'))).toEqual(
      [
        'default via 192.168.1.1 dev eth0',
        '10.244.1.2 dev veth scope host',
        '10.244.1.3 dev veth scope host',
        '10.244.2.0/24 via 192.168.1.12 dev eth0',
        '192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.11',
        '',
      ],
    )
  })

  test('Calico with VXLAN: ip route, ip -d link', () => {
    const cluster = example(calico('vxlan'))
    const routes = part(cluster, 'route').map((line) => line.replace(/cali\w{11}/, 'cali'))
    expect(routes).toEqual([
      'default via 192.168.1.1 dev eth0',
      'blackhole 10.244.1.0/26 proto 80',
      '10.244.1.2 dev cali scope link',
      '10.244.1.3 dev cali scope link',
      '10.244.2.0/26 via 10.244.2.0 dev vxlan.calico onlink',
      '192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.11',
      '',
    ])
    expect(part(cluster, 'link')).toContain('    vxlan id 4096 local 192.168.1.11 dstport 4789 nolearning')
  })
})

// ipset 7.17 refuses entries with options that the set was not made with.
test.each([
  ['weave', /^create \S+ hash:ip family inet hashsize 1024 maxelem 65536 comment$/],
  [
    'kube-router',
    /^create kube-router-pod-subnets hash:net family inet hashsize 1024 maxelem 65536 timeout 0$/,
  ],
])('ipset save with %s: sets have the options that their entries need', (cni, expected) => {
  expect(part(example({ cni }), 'ipset').filter((line) => expected.test(line))).not.toEqual([])
})

/** The plugins whose nodes are as real ones; their state is written, read as a dump, and compared. */
const plugins: Readonly<Record<string, ExampleOptions>> = {
  'flannel, vxlan': { cni: 'flannel' },
  'flannel, host-gw': { cni: 'flannel:backend=host-gw' },
  kindnet: { cni: 'kindnet' },
  kubenet: { cni: 'kubenet' },
  bridge: { cni: 'bridge' },
  'Calico, VXLAN': calico('vxlan'),
  canal: { cni: 'canal' },
  'kube-router': { cni: 'kube-router' },
}

describe('a node that is written down and read as a dump is as it should be', () => {
  test.each(Object.entries(plugins))('%s', (_name, options) => {
    const cluster = example(options)
    const netns = cluster.network.namespaces.get('node/n1')
    expect(netns).toBeDefined()
    if (!netns) return
    const files = Object.values(nodeParts).flatMap(({ file, format }): SourceFile[] => {
      const text = format(netns)
      return text === '' ? [] : [{ name: file, text }]
    })
    expect(files.length).toBeGreaterThan(6)
    const dumped = example({ ...options, nodeDumps: new Map([['n1', { folder: 'n1', files }]]) })
    const drift = dumped.drift('n1')
    expect(drift?.entries).toEqual([])
    const request = { from: 'pod/p12', to: 'pod/p21:8080' }
    const [before, after] = [cluster, dumped].map((one) => one.trace(request).outcomes[0])
    expect([after?.disposition, after?.seenSource?.ip]).toEqual([before?.disposition, before?.seenSource?.ip])
    expect(after?.disposition).toBe('reached')
  })
})
