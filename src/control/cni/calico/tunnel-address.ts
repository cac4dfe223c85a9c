import { sha1Hex } from '../../../base/hash.ts'
import type { Cidr, Ip } from '../../../base/ip.ts'
import { bitsOf, familyOf, offsetIp, parseIpSloppy, sizeOf } from '../../../base/ip.ts'
import type { Cluster, ClusterNode } from '../../../model/cluster.ts'
import { extraAddresses } from '../../underlay.ts'
import type { CalicoConfiguration } from './configuration.ts'
import { encapsulations } from './configuration.ts'
import type { CalicoPool } from './pool.ts'
import { poolOf } from './pool.ts'

/** A device of Calico's that has an address of a pool. */
export type Tunnel = 'ipip' | 'vxlan4' | 'vxlan6' | 'wireguard4' | 'wireguard6'

/** The annotation in which calico/node keeps the address. */
const annotations: Readonly<Record<Tunnel, string>> = {
  ipip: 'projectcalico.org/IPv4IPIPTunnelAddr',
  vxlan4: 'projectcalico.org/IPv4VXLANTunnelAddr',
  vxlan6: 'projectcalico.org/IPv6VXLANTunnelAddr',
  wireguard4: 'projectcalico.org/IPv4WireguardInterfaceAddr',
  wireguard6: 'projectcalico.org/IPv6WireguardInterfaceAddr',
}

/** The device's name. */
export function tunnelDevice({ felix }: CalicoConfiguration, tunnel: Tunnel): string {
  switch (tunnel) {
    case 'ipip':
      return 'tunl0'
    case 'vxlan4':
      return 'vxlan.calico'
    case 'vxlan6':
      return 'vxlan-v6.calico'
    case 'wireguard4':
      return felix.wireguardDevice[4]
    case 'wireguard6':
      return felix.wireguardDevice[6]
    default:
      return tunnel satisfies never
  }
}

export function familyOfTunnel(tunnel: Tunnel): 4 | 6 {
  return tunnel === 'vxlan6' || tunnel === 'wireguard6' ? 6 : 4
}

/** The tunnels that Felix keeps, in the order in which calico/node takes addresses for them. */
export function tunnelsOf(configuration: CalicoConfiguration, podCidrs: readonly Cidr[]): readonly Tunnel[] {
  const { ipip, vxlan } = encapsulations(configuration, podCidrs)
  const { wireguard } = configuration.felix
  const all: readonly (readonly [Tunnel, boolean])[] = [
    ['ipip', ipip],
    ['vxlan4', vxlan[4]],
    ['vxlan6', vxlan[6]],
    ['wireguard4', wireguard[4]],
    ['wireguard6', wireguard[6]],
  ]
  return all.flatMap(([tunnel, on]) => (on ? [tunnel] : []))
}

/**
 * The address of a node's tunnel device: what the Environment or the Node's annotation states, else the first of the
 * node's blocks in a pool with this encapsulation that is no pod's and no earlier tunnel's, as calico/node takes it
 * when it starts, before there are pods.
 */
export function tunnelAddress(
  configuration: CalicoConfiguration,
  cluster: Cluster,
  node: ClusterNode,
  tunnel: Tunnel,
): Ip | undefined {
  const known = statedAddress(configuration, cluster, node, tunnel)
  if (known !== undefined) return known
  const taken = new Set<Ip>()
  const { podCidrs } = cluster.settings
  for (const one of tunnelsOf(configuration, podCidrs)) {
    const ip =
      statedAddress(configuration, cluster, node, one) ??
      freeAddress(configuration, cluster, { node, tunnel: one, taken })
    if (one === tunnel) return ip
    if (ip !== undefined) taken.add(ip)
  }
  return undefined
}

function statedAddress(
  configuration: CalicoConfiguration,
  cluster: Cluster,
  node: ClusterNode,
  tunnel: Tunnel,
): Ip | undefined {
  const family = familyOfTunnel(tunnel)
  const device = tunnelDevice(configuration, tunnel)
  const told = extraAddresses(cluster, node).find(
    (one) => one.device === device && familyOf(one.ip) === family,
  )
  const text = node.source?.object.metadata.annotations?.[annotations[tunnel]] ?? ''
  return told?.ip ?? parseIpSloppy(text.split('/')[0] ?? '')
}

function freeAddress(
  configuration: CalicoConfiguration,
  cluster: Cluster,
  {
    node,
    tunnel,
    taken,
  }: { readonly node: ClusterNode; readonly tunnel: Tunnel; readonly taken: ReadonlySet<Ip> },
): Ip | undefined {
  const pods = podAddresses(cluster)
  const { pools } = encapsulations(configuration, cluster.settings.podCidrs)
  const isFree = (ip: Ip) => !pods.has(ip) && !taken.has(ip)
  for (const block of node.podBlocks) {
    const ip = serves(poolOf(pools, block.first), block, tunnel) ? firstOf(block, isFree) : undefined
    if (ip !== undefined) return ip
  }
  return undefined
}

/** Whether a tunnel takes its address from a block of this pool; a block of one address is borrowed for a pod. */
function serves(pool: CalicoPool | undefined, { first, bits }: Cidr, tunnel: Tunnel): boolean {
  const family = familyOf(first)
  if (!pool || family !== familyOfTunnel(tunnel) || bits === bitsOf(family)) return false
  if (tunnel === 'ipip') return pool.ipip !== 'Never'
  return tunnel === 'vxlan4' || tunnel === 'vxlan6' ? pool.vxlan !== 'Never' : true
}

function firstOf(block: Cidr, fits: (ip: Ip) => boolean): Ip | undefined {
  for (let at = 0; at < Math.min(sizeOf(block), 4096); at++) {
    const ip = offsetIp(block.first, at)
    if (fits(ip)) return ip
  }
  return undefined
}

const podAddressesOf = new WeakMap<Cluster, ReadonlySet<Ip>>()

function podAddresses(cluster: Cluster): ReadonlySet<Ip> {
  const known = podAddressesOf.get(cluster)
  if (known) return known
  const made = new Set(cluster.pods.flatMap((pod) => (pod.hostNetwork ? [] : pod.ips)))
  podAddressesOf.set(cluster, made)
  return made
}

/** The frame address of a node's VXLAN device. Mirrors vtepMACForHost of felix/calc. */
export function vtepMac({ name, source }: ClusterNode, family: 4 | 6): string {
  const annotation = `projectcalico.org/VXLANTunnelMACAddr${family === 4 ? '' : 'V6'}`
  const stated = source?.object.metadata.annotations?.[annotation]
  if (stated !== undefined && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(stated)) return stated.toLowerCase()
  const hash = sha1Hex(family === 4 ? name : `${name}-v6`)
  return ['66', ...(hash.slice(0, 10).match(/../g) ?? [])].join(':')
}
