import type { Cidr, Ip } from '../../../base/ip.ts'
import { bitsOf, familyOf, parseIpSloppy } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterNode } from '../../../model/cluster.ts'
import type { Device, Neighbor, Route } from '../../../model/network.ts'
import { macOf, macOfName } from '../../device-names.ts'
import { route } from '../../routes.ts'
import { onOneNetwork } from '../../underlay.ts'
import type { CniContext } from '../cni.ts'
import { nodeAddress } from '../parts/pod-block.ts'
import { vxlanOverlay } from '../parts/vxlan.ts'
import type { FlannelConfig } from './config.ts'
import { networkOfFamily } from './config.ts'

/** What a backend puts on a node. */
export interface BackendParts {
  readonly devices: readonly Device[]
  readonly routes: readonly Route[]
  readonly neighbors: readonly Neighbor[]
}

/** A node's lease in one family: its block, and the address that others reach it by. */
interface Lease {
  readonly node: ClusterNode
  readonly subnet: Cidr
  readonly publicIp: Ip
  readonly origin: Origin
}

const publicIpAnnotation = {
  4: 'flannel.alpha.coreos.com/public-ip',
  6: 'flannel.alpha.coreos.com/public-ipv6',
}
const backendAnnotation = {
  4: 'flannel.alpha.coreos.com/backend-data',
  6: 'flannel.alpha.coreos.com/backend-v6-data',
}

/** What the backend takes from the link's MTU; flannel takes 50 for VXLAN over IPv6 as well, and 80 for WireGuard always. */
const overheads = { vxlan: 50, 'host-gw': 0, udp: 28, ipip: 20, wireguard: 80 } as const

/** FLANNEL_MTU: what pods' devices have. */
export function flannelMtu({ backend, linkMtu }: FlannelConfig, mtu: number): number {
  return (linkMtu ?? mtu) - overheads[backend]
}

/** flannel's devices, routes and neighbours on a node for both families. */
export function backendParts(config: FlannelConfig, context: CniContext): BackendParts {
  const parts = ([4, 6] as const).map((family) => partsOfFamily(config, context, family))
  return {
    devices: parts.flatMap((one) => one.devices),
    routes: parts.flatMap((one) => one.routes),
    neighbors: parts.flatMap((one) => one.neighbors),
  }
}

const nothing: BackendParts = { devices: [], routes: [], neighbors: [] }

function partsOfFamily(config: FlannelConfig, context: CniContext, family: 4 | 6): BackendParts {
  const { cluster, node } = context
  const own = leaseOf(node, family)
  if (!own) return nothing
  const others = cluster.nodes.flatMap((one) => (one.name === node.name ? [] : (leaseOf(one, family) ?? [])))
  const near = (one: Lease) => onOneNetwork(context.underlay, own.publicIp, one.publicIp)
  const direct = (leases: readonly Lease[]): readonly Route[] =>
    leases.map(({ subnet, publicIp: via, origin }) => route(subnet, context.uplink, { via, origin }))
  if (config.backend === 'host-gw') return { ...nothing, routes: direct(others.filter(near)) }
  if (family === 6 && (config.backend === 'udp' || config.backend === 'ipip')) return nothing
  const tunnelled = config.directRouting ? others.filter((one) => !near(one)) : others
  const parts = tunnelParts({
    config,
    own,
    others: tunnelled,
    mtu: flannelMtu(config, context.mtu),
    uplink: context.uplink,
  })
  return { ...parts, routes: [...parts.routes, ...direct(others.filter((one) => !tunnelled.includes(one)))] }
}

interface TunnelContext {
  readonly config: FlannelConfig
  readonly own: Lease
  readonly others: readonly Lease[]
  readonly mtu: number
  readonly uplink: string
}

function tunnelParts(context: TunnelContext): BackendParts {
  switch (context.config.backend) {
    case 'ipip':
      return ipipParts(context)
    case 'udp':
      return tunParts(context, 'udp', 'flannel0')
    case 'wireguard':
      return tunParts(
        context,
        'wireguard',
        familyOf(context.own.publicIp) === 4 ? 'flannel-wg' : 'flannel-wg-v6',
      )
    default:
      return vxlanParts(context)
  }
}

/** The lease's first address, as every tunnel device of flannel has it. */
function deviceBase({ own, mtu }: TunnelContext, name: string) {
  const ip = own.subnet.first
  return {
    name,
    mtu,
    mac: macOfName(`${own.node.name} ${name}`),
    addresses: [{ ip, bits: bitsOf(familyOf(ip)) }],
    origin: { component: 'flannel' },
  }
}

function vxlanParts(context: TunnelContext): BackendParts {
  const { own, others, config } = context
  const family = familyOf(own.publicIp)
  const name = `${family === 4 ? 'flannel' : 'flannel-v6'}.${config.vni}`
  const overlay = vxlanOverlay(
    {
      ...deviceBase(context, name),
      mac: vtepMac(own),
      vni: config.vni,
      local: own.publicIp,
      port: config.port,
    },
    others.map((one) => ({
      blocks: [one.subnet],
      gateway: one.subnet.first,
      mac: vtepMac(one),
      remote: one.publicIp,
      origin: one.origin,
    })),
  )
  return { devices: [overlay.device], routes: overlay.routes, neighbors: overlay.neighbors }
}

/** One device for all peers: the route's next hop is the tunnel's other end. */
function ipipParts(context: TunnelContext): BackendParts {
  const { own, others } = context
  const name = 'flannel.ipip'
  const device: Device = { ...deviceBase(context, name), type: 'iptunnel', protocol: 4, local: own.publicIp }
  const routes = others.map(({ subnet, publicIp: via, origin }) =>
    route(subnet, name, { via, onlink: true, origin }),
  )
  return { devices: [device], routes, neighbors: [] }
}

/** A device to which the whole network is routed; flanneld, or WireGuard, chooses the peer. */
function tunParts(context: TunnelContext, carrier: 'udp' | 'wireguard', name: string): BackendParts {
  const { own, others, config } = context
  const family = familyOf(own.publicIp)
  const network = networkOfFamily(config, family)
  const port = carrier === 'wireguard' && family === 6 ? 51821 : config.port
  const peers = others.map(({ subnet, publicIp }) => ({ blocks: [subnet], remote: publicIp }))
  const device: Device = {
    ...deviceBase(context, name),
    type: 'tun',
    carrier,
    local: own.publicIp,
    port,
    peers,
  }
  const routes = network ? [route(network, name, { origin: { component: 'flannel' } })] : []
  return { devices: [device], routes, neighbors: [] }
}

function leaseOf(node: ClusterNode, family: 4 | 6): Lease | undefined {
  const subnet = node.podCidrs.find((one) => familyOf(one.first) === family)
  const publicIp = statedPublicIp(node, family) ?? nodeAddress(node, family)
  return subnet && publicIp !== undefined
    ? { node, subnet, publicIp, origin: { component: 'flannel', subject: node.ref } }
    : undefined
}

/** The address that flanneld has chosen for the node: not always the one that kubelet has. */
function statedPublicIp(node: ClusterNode, family: 4 | 6): Ip | undefined {
  return parseIpSloppy(node.source?.object.metadata.annotations?.[publicIpAnnotation[family]] ?? '')
}

/** The frame address of the node's VXLAN device: flannel keeps it in an annotation, so that it lasts. */
function vtepMac({ node, subnet }: Lease): string {
  const family = familyOf(subnet.first)
  const data = node.source?.object.metadata.annotations?.[backendAnnotation[family]]
  const stated = /"VtepMAC"\s*:\s*"([0-9a-f:]{17})"/i.exec(data ?? '')?.[1]
  return stated?.toLowerCase() ?? macOf(family === 4 ? '0e:f1' : '0e:f6', subnet.first)
}

/** The annotations by which flanneld tells other nodes of itself. */
export const flannelAnnotations: readonly string[] = [
  ...Object.values(publicIpAnnotation),
  ...Object.values(backendAnnotation),
]
