import { describe, expect, test } from 'vitest'
import { formatCidr, formatIp } from '../../../src/base/ip.ts'
import type { LoadedCluster } from '../../../src/index.ts'
import type { Device, Netns, Route } from '../../../src/model/network.ts'
import type { ExampleOptions } from '../../support/cni-example.ts'
import { example, sourceSeen, wrappings } from '../../support/cni-example.ts'

function netns(cluster: LoadedCluster, id: string): Netns {
  const found = cluster.network.namespaces.get(id)
  if (!found) throw new Error(`there is no ${id}`)
  return found
}

/** A line of `ip route`, without the kernel's own. */
function routeLine({ destination, type, nextHops, protocol, scope, table }: Route): string {
  const [hop] = nextHops
  const to = destination.bits === 0 ? 'default' : formatCidr(destination).replace(/\/(32|128)$/, '')
  return [
    type === 'unicast' ? '' : `${type} `,
    to,
    hop?.via === undefined ? '' : ` via ${formatIp(hop.via)}`,
    hop ? ` dev ${hop.device}` : '',
    table === 254 ? '' : ` table ${table}`,
    protocol === undefined ? '' : ` proto ${protocol}`,
    scope === 'link' ? ' scope link' : '',
    hop?.onlink ? ' onlink' : '',
  ].join('')
}

const ownRoutes = (one: Netns) =>
  one.routes
    .filter((route) => route.protocol !== 'kernel')
    .map(routeLine)
    .toSorted()

function deviceOf(one: Netns, name: string): Device | undefined {
  return one.devices.find((device) => device.name === name)
}

function calico(options: ExampleOptions & { readonly with?: string }): Netns {
  const { with: settings, ...rest } = options
  return netns(example({ cni: settings ? `calico:${settings}` : 'calico', ...rest }), 'node/n1')
}

describe('ip route of n1, as the real one has it', () => {
  test.each([
    [
      'vxlan',
      [
        '10.244.1.2 dev POD11 scope link',
        '10.244.1.3 dev POD12 scope link',
        '10.244.2.0/26 via 10.244.2.0 dev vxlan.calico onlink',
        'blackhole 10.244.1.0/26 proto 80',
        'default via 192.168.1.1 dev eth0',
      ],
    ],
    [
      'ipip',
      [
        '10.244.1.2 dev POD11 scope link',
        '10.244.1.3 dev POD12 scope link',
        '10.244.2.0/26 via 192.168.1.12 dev tunl0 proto bird onlink',
        'blackhole 10.244.1.0/26 proto bird',
        'default via 192.168.1.1 dev eth0',
      ],
    ],
    [
      'none',
      [
        '10.244.1.2 dev POD11 scope link',
        '10.244.1.3 dev POD12 scope link',
        '10.244.2.0/26 via 192.168.1.12 dev eth0 proto bird',
        'blackhole 10.244.1.0/26 proto bird',
        'default via 192.168.1.1 dev eth0',
      ],
    ],
    [
      'ipipCrossSubnet',
      ['10.244.2.0/26 via 192.168.1.12 dev eth0 proto bird', 'blackhole 10.244.1.0/26 proto bird'],
    ],
    [
      'vxlanCrossSubnet',
      ['10.244.2.0/26 via 192.168.1.12 dev eth0 proto 80 onlink', 'blackhole 10.244.1.0/26 proto 80'],
    ],
    [
      'ipip,version=v3.33',
      ['10.244.2.0/26 via 192.168.1.12 dev tunl0 proto 80 onlink', 'blackhole 10.244.1.0/26 proto 80'],
    ],
    ['vxlan,backend=vxlan', ['10.244.2.0/26 via 10.244.2.0 dev vxlan.calico onlink']],
  ])('encapsulation %s', (encapsulation, lines) => {
    const node = calico({ with: `encapsulation=${encapsulation}` })
    const [first, second] = node.devices.filter(({ name }) => name.startsWith('cali')).map(({ name }) => name)
    const own = ownRoutes(node).map((line) =>
      line.replace(first ?? '', 'POD11').replace(second ?? '', 'POD12'),
    )
    expect(own).toEqual(expect.arrayContaining(lines))
    if (lines.length > 2) expect(own).toEqual(lines)
  })
})

test('the devices of n1: names, addresses, sizes, VNI and port as ip -d link shows them', () => {
  const vxlan = calico({ with: 'encapsulation=vxlan' })
  expect(deviceOf(vxlan, 'vxlan.calico')).toMatchObject({
    type: 'vxlan',
    mtu: 1450,
    vni: 4096,
    port: 4789,
    local: 0xc0a8010b,
    addresses: [{ ip: 0x0af40100, bits: 32 }],
  })
  const ipip = calico({ with: 'encapsulation=ipip' })
  expect(deviceOf(ipip, 'tunl0')).toMatchObject({ type: 'iptunnel', protocol: 4, mtu: 1480 })
  const plain = calico({ with: 'encapsulation=none' })
  expect(plain.devices.map(({ name }) => name.slice(0, 4))).toEqual(['lo', 'eth0', 'cali', 'cali'])
  expect(plain.devices.at(-1)).toMatchObject({ mtu: 1500, mac: 'ee:ee:ee:ee:ee:ee', addresses: [] })
  expect(vxlan.devices.at(-1)?.mtu).toBe(1450)
  expect(ipip.devices.at(-1)?.mtu).toBe(1480)
})

test('neighbours and forwarding table of the VXLAN device; the MAC is 66 and the SHA-1 of the node\u2019s name', () => {
  const node = calico({ with: 'encapsulation=vxlan' })
  const device = deviceOf(node, 'vxlan.calico')
  const [neighbor] = node.neighbors ?? []
  expect(neighbor).toMatchObject({ ip: 0x0af40200, device: 'vxlan.calico' })
  expect(neighbor?.mac).toMatch(/^66:/)
  expect(device?.type === 'vxlan' && device.forwarding).toEqual([{ mac: neighbor?.mac, remote: 0xc0a8010c }])
})

test('within a pod: a /32, and everything by 169.254.1.1, for which the node answers', () => {
  const cluster = example({ cni: 'calico' })
  const pod = netns(cluster, 'pod/default/p11')
  expect(ownRoutes(pod)).toEqual(['169.254.1.1 dev eth0 scope link', 'default via 169.254.1.1 dev eth0'])
  expect(deviceOf(pod, 'eth0')?.addresses).toEqual([{ ip: 0x0af40102, bits: 32 }])
})

test('the switches of each pod\u2019s device', () => {
  const { sysctls, devices } = calico({})
  const device = devices.at(-1)?.name
  expect(sysctls).toMatchObject({
    [`net.ipv4.conf.${device}.proxy_arp`]: 1,
    [`net.ipv4.conf.${device}.route_localnet`]: 1,
    [`net.ipv4.conf.${device}.forwarding`]: 1,
    [`net.ipv4.neigh.${device}.proxy_delay`]: 0,
  })
})

const pool = (name: string, spec: string) =>
  `{apiVersion: crd.projectcalico.org/v1, kind: IPPool, metadata: {name: ${name}}, spec: {${spec}}}`

const setOf = (node: Netns, name: string) => node.sets?.find((one) => one.name === name)?.entries

test('pools: which are masqueraded, which only spare others the masquerading', () => {
  const node = calico({
    more: [
      pool('default', 'cidr: 10.244.0.0/16, ipipMode: Always, natOutgoing: true'),
      pool('routable', 'cidr: 10.245.0.0/16, natOutgoing: false'),
      pool('lan', 'cidr: 172.20.0.0/16, disabled: true'),
    ].join('\n---\n'),
  })
  expect(setOf(node, 'cali40masq-ipam-pools')).toEqual(['10.244.0.0/16'])
  expect(setOf(node, 'cali40all-ipam-pools')).toEqual(['10.244.0.0/16', '10.245.0.0/16', '172.20.0.0/16'])
  expect(setOf(node, 'cali40all-hosts-net')).toEqual(['192.168.1.11', '192.168.1.12'])
})

test('an address that a pool spares leaves with the pod\u2019s own', () => {
  const lan = pool('lan', 'cidr: 203.0.113.0/24, disabled: true')
  const own = pool('default', 'cidr: 10.244.0.0/16, natOutgoing: true')
  expect(sourceSeen(example({ more: own }), 'p11->internet')).toBe('192.168.1.11')
  expect(sourceSeen(example({ more: `${own}\n---\n${lan}` }), 'p11->internet')).not.toBe('192.168.1.11')
})

test('the plugin is found by its pools, its DaemonSet and the operator\u2019s Installation', () => {
  const found = (more: string) =>
    netns(example({ more }), 'node/n1').devices.some(({ name }) => name.startsWith('cali'))
  expect(found(pool('default', 'cidr: 10.244.0.0/16, vxlanMode: Always'))).toBe(true)
  expect(
    found(
      '{apiVersion: operator.tigera.io/v1, kind: Installation, metadata: {name: default}, spec: {calicoNetwork: {ipPools: [{cidr: 10.244.0.0/16, encapsulation: VXLAN}]}}}',
    ),
  ).toBe(true)
})

test('a block that two nodes have addresses of is one node\u2019s; the other has borrowed', () => {
  const ips = { p11: '10.244.1.2', p12: '10.244.1.3', p21: '10.244.1.9' }
  const cluster = example({ cni: 'calico:encapsulation=vxlan', ips })
  const routes = ownRoutes(netns(cluster, 'node/n1'))
  expect(routes).toContain('blackhole 10.244.1.0/26 proto 80')
  expect(routes).toContain('10.244.1.9 via 10.244.2.0 dev vxlan.calico onlink')
  expect(ownRoutes(netns(cluster, 'node/n2'))).toContain(
    '10.244.1.0/26 via 10.244.1.0 dev vxlan.calico onlink',
  )
  expect(sourceSeen(cluster, 'p11->p21')).toBe('10.244.1.2')
})

test('a BlockAffinity comes before what the pods\u2019 addresses suggest', () => {
  const more =
    '{apiVersion: crd.projectcalico.org/v1, kind: BlockAffinity, metadata: {name: a}, spec: {cidr: 10.244.1.0/26, node: n2, state: confirmed, deleted: "false"}}'
  const routes = ownRoutes(calico({ with: 'encapsulation=none', more }))
  expect(routes).toContain('10.244.1.0/26 via 192.168.1.12 dev eth0 proto bird')
  expect(routes).toContain(
    '10.244.1.2 dev POD scope link'.replace('POD', calico({ more }).devices[3]?.name ?? ''),
  )
})

const bgp = (spec: string) =>
  `{apiVersion: projectcalico.org/v3, kind: BGPConfiguration, metadata: {name: default}, spec: {${spec}}}`
const peer = (spec: string) =>
  `{apiVersion: projectcalico.org/v3, kind: BGPPeer, metadata: {name: p}, spec: {${spec}}}`

describe('without the mesh of all nodes', () => {
  test.each([
    ['no peer: the block is not known, and the default route is taken', '', undefined],
    [
      'every node has every node for a peer',
      peer('nodeSelector: all(), peerSelector: all()'),
      'via 192.168.1.12 dev eth0 proto bird',
    ],
    [
      'a peer by address',
      peer('node: n1, peerIP: 192.168.1.12, asNumber: 64512'),
      'via 192.168.1.12 dev eth0 proto bird',
    ],
  ])('%s', (_name, more, way) => {
    const text = [bgp('nodeToNodeMeshEnabled: false'), more].filter((one) => one !== '').join('\n---\n')
    const routes = ownRoutes(calico({ with: 'encapsulation=none', more: text }))
    const found = routes.find((line) => line.startsWith('10.244.2.0/26'))
    expect(found).toBe(way && `10.244.2.0/26 ${way}`)
  })

  test('the router as the peer brings packets there', () => {
    const more = [bgp('nodeToNodeMeshEnabled: false'), peer('peerIP: 192.168.1.1, asNumber: 64512')].join(
      '\n---\n',
    )
    expect(sourceSeen(example({ cni: 'calico:encapsulation=none', more }), 'p11->p21')).toBe('10.244.1.2')
  })

  test('without any peer they are lost', () => {
    const more = bgp('nodeToNodeMeshEnabled: false')
    expect(sourceSeen(example({ cni: 'calico:encapsulation=none', more }), 'p11->p21')).not.toBe('10.244.1.2')
  })
})

test('WireGuard goes before every other way, by a rule and a table of its own', () => {
  const more =
    '{apiVersion: projectcalico.org/v3, kind: FelixConfiguration, metadata: {name: default}, spec: {wireguardEnabled: true}}'
  const cluster = example({ cni: 'calico:encapsulation=ipip', more })
  const node = netns(cluster, 'node/n1')
  expect(ownRoutes(node)).toContain('10.244.2.0/26 dev wireguard.cali table 1 scope link')
  expect(node.rules?.find((rule) => rule.priority === 99)).toMatchObject({
    inverted: true,
    mark: { value: 0x200000, mask: 0x200000 },
    action: { type: 'lookup', table: 1 },
  })
  expect(deviceOf(node, 'wireguard.cali')).toMatchObject({ mtu: 1440, port: 51820, carrier: 'wireguard' })
  expect(wrappings(cluster, 'p11->p21')).toEqual(['192.168.1.11 > 192.168.1.12 udp 51820'])
  expect(sourceSeen(cluster, 'p11->p21')).toBe('10.244.1.2')
})
