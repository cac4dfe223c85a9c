import { parseCidr } from '../../src/base/ip.ts'
import type { Device, Neighbor, Netns } from '../../src/model/network.ts'
import type { Lab } from './lab.ts'
import { A, B, ip, macOf, route } from './lab-network.ts'

/** The tunnels that can join the laboratory's two nodes, in the ways that plugins set them up. */
export type LabTunnel = 'ipip' | 'ipip-both-ends' | 'gre' | 'geneve' | 'udp' | 'wireguard'

interface End {
  readonly node: string
  readonly block: string
}

const ends = { a: { node: A, block: '10.244.1' }, b: { node: B, block: '10.244.2' } } as const

/** What a tunnel leaves of 1500 bytes. */
const mtus: Readonly<Record<LabTunnel, number>> = {
  ipip: 1480,
  'ipip-both-ends': 1480,
  gre: 1476,
  geneve: 1450,
  udp: 1472,
  wireguard: 1440,
}

function block(text: string) {
  const found = parseCidr(text)
  if (!found) throw new Error(`${text} is no block`)
  return found
}

function deviceOf(kind: LabTunnel, own: End, other: End): Device {
  const base = {
    name: 'tun0',
    mtu: mtus[kind],
    mac: macOf(own.node, '0e:fe'),
    addresses: [{ ip: ip(`${own.block}.0`), bits: 32 }],
  }
  const both = { local: ip(own.node), remote: ip(other.node) }
  const peers = [{ blocks: [block(`${other.block}.0/24`)], remote: ip(other.node) }]
  switch (kind) {
    case 'ipip':
      return { ...base, type: 'iptunnel', protocol: 4 }
    case 'ipip-both-ends':
      return { ...base, type: 'iptunnel', protocol: 4, ...both }
    case 'gre':
      return { ...base, type: 'iptunnel', protocol: 47, ...both }
    case 'geneve': {
      const forwarding = [{ mac: macOf(other.node, '0e:fe'), remote: ip(other.node) }]
      return { ...base, type: 'geneve', vni: 5, local: ip(own.node), port: 6081, forwarding }
    }
    case 'udp':
      return { ...base, type: 'tun', carrier: 'udp', local: ip(own.node), port: 8285, peers }
    case 'wireguard':
      return { ...base, type: 'tun', carrier: 'wireguard', local: ip(own.node), port: 51820, peers }
    default:
      return kind satisfies never
  }
}

/** Whether the route names the far node as next hop, as Calico's do, or nothing. */
function routeOf(kind: LabTunnel, other: End) {
  const destination = `${other.block}.0/24`
  if (kind === 'ipip') return route(destination, { via: other.node, device: 'tun0', onlink: true })
  if (kind === 'geneve') return route(destination, { via: `${other.block}.0`, device: 'tun0', onlink: true })
  return route(destination, { device: 'tun0' })
}

function joined(netns: Netns, kind: LabTunnel, own: End, other: End): Netns {
  const neighbor: Neighbor = {
    ip: ip(`${other.block}.0`),
    mac: macOf(other.node, '0e:fe'),
    device: 'tun0',
  }
  return {
    ...netns,
    devices: [...netns.devices, deviceOf(kind, own, other)],
    routes: [...netns.routes, routeOf(kind, other)],
    neighbors: kind === 'geneve' ? [neighbor] : [],
  }
}

/** Joins the nodes of a laboratory without a plugin (`cni: 'none'`) by a tunnel `tun0`. */
export function joinNodes(lab: Lab, kind: LabTunnel): void {
  lab.edit('a', (netns) => joined(netns, kind, ends.a, ends.b))
  lab.edit('b', (netns) => joined(netns, kind, ends.b, ends.a))
}

/** Changes the tunnel device of one node. */
export function editTunnel(lab: Lab, node: 'a' | 'b', change: (device: Device) => Device): void {
  lab.edit(node, (netns) => ({
    ...netns,
    devices: netns.devices.map((device) => (device.name === 'tun0' ? change(device) : device)),
  }))
}
