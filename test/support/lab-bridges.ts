import type { Device, Netns, Network, Segment } from '../../src/model/network.ts'
import type { Hop } from '../../src/model/trace.ts'
import type { Lab } from './lab.ts'
import { A, B, ip, labNetwork, macOf, route } from './lab-network.ts'
import type { Tables } from './lab-rules.ts'
import { ruleSetOf } from './lab-rules.ts'

const firewallId = 'host/fw'

function edited(network: Network, change: (netns: Netns) => Netns, more: readonly Netns[] = []): Network {
  const old = [...network.namespaces.keys()].flatMap((key) => network.namespaces.get(key) ?? [])
  const namespaces = new Map([...old.map(change), ...more].map((netns) => [netns.id, netns]))
  return { ...network, namespaces }
}

function port(name: string, segment: string, mac: string): Device {
  return { type: 'ethernet', name, segment, mtu: 1500, mac, addresses: [], master: 'br0' }
}

/** Puts a transparent firewall between node a and its network: a bridge of two ports and no address. */
export function putFirewallBeforeA(lab: Lab, tables: Tables): void {
  const firewall: Netns = {
    id: firewallId,
    role: 'host',
    label: 'fw',
    devices: [
      { type: 'bridge', name: 'br0', mtu: 1500, mac: '02:f0:00:00:00:01', addresses: [] },
      port('in0', 'nic/a', '02:f0:00:00:00:01'),
      port('out0', 'lan', '02:f0:00:00:00:02'),
    ],
    routes: [],
    sysctls: {},
    ruleSets: [ruleSetOf(tables)],
    listeners: [],
  }
  const moved = (device: Device): Device =>
    device.type === 'ethernet' && device.name === 'eth0' ? { ...device, segment: 'nic/a' } : device
  const network = edited(
    lab.network,
    (netns) => (netns.id === 'node/a' ? { ...netns, devices: netns.devices.map(moved) } : netns),
    [firewall],
  )
  const lan = lab.network.segments.get('lan')
  const others = lan?.ports.filter(({ netns }) => netns !== 'node/a') ?? []
  const segments: readonly Segment[] = [
    { id: 'lan', type: 'ethernet', ports: [...others, { netns: firewallId, device: 'out0' }] },
    {
      id: 'nic/a',
      type: 'ethernet',
      ports: [
        { netns: 'node/a', device: 'eth0' },
        { netns: firewallId, device: 'in0' },
      ],
    },
  ]
  lab.network = { ...network, segments: new Map(segments.map((one) => [one.id, one])) }
}

/** The bridge ports by which packets went through the firewall: `in0 > out0`. */
export function throughFirewall(hops: readonly Hop[]): string[] {
  return hops
    .filter(({ netns }) => netns === firewallId)
    .flatMap(({ steps }) =>
      steps.flatMap((step) => (step.type === 'bridged' ? [`${step.from} > ${step.to}`] : [])),
    )
}

/** The pods' flat network of Weave: one block for all nodes, and each node's address in it. */
const flat = { a: { node: A, remote: B, host: '10.32.0.1' }, b: { node: B, remote: A, host: '10.36.0.1' } }

/** `weave`, where the pods are, is joined by a veth pair to `datapath`, where the tunnel is. */
function weaveDevices(own: (typeof flat)['a']): Device[] {
  const pair = (name: string, peer: string, master: string): Device => ({
    type: 'veth',
    name,
    mtu: 1376,
    mac: macOf(own.host, name === 'vethwe-bridge' ? '02:e1' : '02:e2'),
    addresses: [],
    peer: { netns: own.node === A ? 'node/a' : 'node/b', device: peer },
    master,
  })
  return [
    pair('vethwe-bridge', 'vethwe-datapath', 'weave'),
    pair('vethwe-datapath', 'vethwe-bridge', 'datapath'),
    {
      type: 'bridge',
      name: 'datapath',
      mtu: 1376,
      mac: macOf(own.host, '02:d0'),
      addresses: [],
      openVswitch: true,
    },
    {
      type: 'vxlan',
      name: 'vxlan-6784',
      mtu: 65485,
      mac: macOf(own.host, '02:c0'),
      addresses: [],
      master: 'datapath',
      vni: 0,
      local: ip(own.node),
      port: 6784,
      forwarding: [{ mac: '00:00:00:00:00:00', remote: ip(own.remote) }],
    },
  ]
}

/** A laboratory whose pods are in one network over both nodes, as Weave's are: pod a1 is 10.32.0.2, b1 10.36.0.2. */
export function makeFlat(lab: Lab): void {
  const base = labNetwork({ cni: 'none', podMtu: 1376 })
  const addressOf: Readonly<Record<string, string>> = {
    'pod/a1': '10.32.0.2',
    'pod/a2': '10.32.0.3',
    'pod/b1': '10.36.0.2',
  }
  const readdressed = (netns: Netns, text: string): Netns => ({
    ...netns,
    devices: netns.devices.map((device) =>
      device.name === 'eth0' ? { ...device, addresses: [{ ip: ip(text), bits: 12 }] } : device,
    ),
    routes: [
      route('10.32.0.0/12', { device: 'eth0' }),
      route('default', { via: netns.id === 'pod/b1' ? flat.b.host : flat.a.host, device: 'eth0' }),
    ],
  })
  const onNode = (netns: Netns, own: (typeof flat)['a']): Netns => ({
    ...netns,
    devices: [
      ...netns.devices.map((device): Device => {
        if (device.name === 'cni0') {
          return { ...device, name: 'weave', addresses: [{ ip: ip(own.host), bits: 12 }] }
        }
        return device.master === 'cni0' ? { ...device, master: 'weave' } : device
      }),
      ...weaveDevices(own),
    ],
    routes: [
      ...netns.routes.filter(({ nextHops: [hop] }) => hop?.device !== 'cni0'),
      route('10.32.0.0/12', { device: 'weave' }),
    ],
  })
  lab.network = edited(base, (netns) => {
    const pod = addressOf[netns.id]
    if (pod !== undefined) return readdressed(netns, pod)
    if (netns.id === 'node/a') return onNode(netns, flat.a)
    return netns.id === 'node/b' ? onNode(netns, flat.b) : netns
  })
}
