import type { Ip } from '../../../base/ip.ts'
import { bitsOf, familyOf, hostCidr } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterNode } from '../../../model/cluster.ts'
import type { Device, Neighbor, Route, RoutingRule } from '../../../model/network.ts'
import { macOfName } from '../../device-names.ts'
import { route } from '../../routes.ts'
import type { Vtep } from '../parts/vxlan.ts'
import { vxlanOverlay } from '../parts/vxlan.ts'
import { marksOf } from './marks.ts'
import { tunnelMtu } from './mtu.ts'
import type { RoutesContext } from './node-routes.ts'
import { calicoAddress, usesVxlan } from './node-routes.ts'
import type { Tunnel } from './tunnel-address.ts'
import { familyOfTunnel, tunnelAddress, tunnelDevice, tunnelsOf, vtepMac } from './tunnel-address.ts'

/** What the tunnels put on a node. */
export interface TunnelParts {
  readonly devices: readonly Device[]
  readonly routes: readonly Route[]
  readonly neighbors: readonly Neighbor[]
  readonly rules: readonly RoutingRule[]
  readonly sysctls: Readonly<Record<string, number>>
}

const none: TunnelParts = { devices: [], routes: [], neighbors: [], rules: [], sysctls: {} }

/** The table of WireGuard's routes: the first of those that Felix may use (RouteTableRanges). */
const wireguardTable = 1

/** Every tunnel that the node has. */
export function tunnelParts(given: RoutesContext): TunnelParts {
  const tunnels = tunnelsOf(given.configuration, given.context.cluster.settings.podCidrs)
  const parts = tunnels.map((tunnel) => partsOf(given, tunnel))
  return {
    devices: parts.flatMap((one) => one.devices),
    routes: parts.flatMap((one) => one.routes),
    neighbors: parts.flatMap((one) => one.neighbors),
    rules: parts.flatMap((one) => one.rules),
    sysctls: Object.assign({}, ...parts.map((one) => one.sysctls)),
  }
}

function partsOf(given: RoutesContext, tunnel: Tunnel): TunnelParts {
  switch (tunnel) {
    case 'ipip':
      // The module's fallback device: it takes the source from the route and the other end from the next hop.
      return { ...none, devices: [{ ...deviceBase(given, tunnel), type: 'iptunnel', protocol: 4 }] }
    case 'vxlan4':
    case 'vxlan6':
      return vxlanParts(given, tunnel)
    case 'wireguard4':
    case 'wireguard6':
      return wireguardParts(given, tunnel)
    default:
      return tunnel satisfies never
  }
}

function deviceBase({ configuration, context }: RoutesContext, tunnel: Tunnel) {
  const { cluster, node, mtu } = context
  const name = tunnelDevice(configuration, tunnel)
  const ip = tunnelAddress(configuration, cluster, node, tunnel)
  return {
    name,
    mtu: tunnelMtu(configuration, tunnel, mtu),
    mac: macOfName(`${node.name} ${name}`),
    addresses: ip === undefined ? [] : [{ ip, bits: bitsOf(familyOf(ip)) }],
    origin: { component: 'calico' },
  }
}

function othersOf({ context }: RoutesContext): readonly ClusterNode[] {
  return context.cluster.nodes.filter((one) => one.name !== context.node.name)
}

function vxlanParts(given: RoutesContext, tunnel: 'vxlan4' | 'vxlan6'): TunnelParts {
  const { configuration, context } = given
  const { cluster, node } = context
  const family = familyOfTunnel(tunnel)
  const local = calicoAddress(node, family)
  if (local === undefined) return none
  const vteps = othersOf(given).flatMap((other): readonly Vtep[] => {
    const gateway = tunnelAddress(configuration, cluster, other, tunnel)
    const remote = calicoAddress(other, family)
    if (gateway === undefined || remote === undefined) return []
    const blocks = other.podBlocks.filter(
      (block) => familyOf(block.first) === family && usesVxlan(given, other, block),
    )
    const origin: Origin = { component: 'calico', subject: other.ref }
    return [{ blocks, gateway, mac: vtepMac(other, family), remote, origin }]
  })
  const { felix } = configuration
  const overlay = vxlanOverlay(
    {
      ...deviceBase(given, tunnel),
      mac: vtepMac(node, family),
      vni: felix.vxlanVni,
      port: felix.vxlanPort,
      local,
    },
    vteps,
  )
  return { ...none, devices: [overlay.device], routes: overlay.routes, neighbors: overlay.neighbors }
}

/** WireGuard goes before every other way: a rule sends what is not its own to a table of its routes. */
function wireguardParts(given: RoutesContext, tunnel: 'wireguard4' | 'wireguard6'): TunnelParts {
  const { configuration, context } = given
  const family = familyOfTunnel(tunnel)
  const local = calicoAddress(context.node, family)
  if (local === undefined) return none
  const { felix } = configuration
  const peers = othersOf(given).flatMap((other) => {
    const remote = calicoAddress(other, family)
    const own = tunnelAddress(configuration, context.cluster, other, tunnel)
    const blocks = other.podBlocks.filter((block) => familyOf(block.first) === family)
    return remote === undefined ? [] : [{ other, remote, blocks: [...blocks, ...hostOf(own)] }]
  })
  const base = deviceBase(given, tunnel)
  const device: Device = {
    ...base,
    type: 'tun',
    carrier: 'wireguard',
    local,
    port: felix.wireguardPort[family],
    peers: peers.map(({ blocks, remote }) => ({ blocks, remote })),
  }
  const routes = peers.flatMap(({ other, blocks }) =>
    blocks.map((block): Route => {
      const origin: Origin = { component: 'calico', subject: other.ref }
      return { ...route(block, base.name, { scope: 'link', origin }), table: wireguardTable }
    }),
  )
  const mark = marksOf(configuration).wireguard
  const rule: RoutingRule = {
    priority: felix.wireguardPriority,
    family,
    inverted: true,
    mark: { value: mark, mask: mark },
    action: { type: 'lookup', table: wireguardTable },
  }
  return {
    ...none,
    devices: [device],
    routes,
    rules: [rule],
    sysctls: { 'net.ipv4.conf.all.src_valid_mark': 1 },
  }
}

function hostOf(ip: Ip | undefined) {
  return ip === undefined ? [] : [hostCidr(ip)]
}
