import type { Ip } from '../../../base/ip.ts'
import { bitsOf, familyOf } from '../../../base/ip.ts'
import type { ClusterPod } from '../../../model/cluster.ts'
import type { Device, Neighbor, Route } from '../../../model/network.ts'
import { macOfName } from '../../device-names.ts'
import { hostRoute, route } from '../../routes.ts'
import type { CniContext, CniNode } from '../cni.ts'
import { directRoutes, isNear, peersOf, tunnelMac } from '../parts/peers.ts'
import type { RoutedPods } from '../parts/routed-pod.ts'
import { routedNodeEnds, routedNodeRoutes } from '../parts/routed-pod.ts'
import type { Vtep } from '../parts/vxlan.ts'
import { vxlanOverlay } from '../parts/vxlan.ts'
import { routerOf } from './addresses.ts'
import type { CiliumConfig } from './config.ts'
import { lxcName } from './names.ts'

/** Bytes of an encapsulation over IPv4, as Cilium takes them from the link's MTU. */
const overheads = { tunnel: 50, wireguard: 80 } as const

/** The MTU of routes to pods of other nodes; devices keep the link's. */
export function ciliumRouteMtu({ mtu, routingMode, wireguard }: CiliumConfig, link: number): number {
  const base = mtu === 0 ? link : mtu
  return base - (routingMode === 'tunnel' ? overheads.tunnel : 0) - (wireguard ? overheads.wireguard : 0)
}

/** How pods are connected: an address each, the router's as their gateway. */
export function ciliumPods(config: CiliumConfig, { cluster, node, mtu }: CniContext): RoutedPods {
  const device = config.mtu === 0 ? mtu : config.mtu
  const routeMtu = ciliumRouteMtu(config, mtu)
  return {
    component: 'Cilium',
    mtu: device,
    deviceOf: lxcName,
    gatewayOf: (family) => routerOf(cluster, node, family),
    sourceOf: (family) => (config.endpointRoutes ? undefined : routerOf(cluster, node, family)),
    ...(routeMtu !== device && { routeMtu }),
  }
}

/** What the agent puts on a node. */
export function ciliumNode(config: CiliumConfig, context: CniContext, pods: readonly ClusterPod[]): CniNode {
  const options = ciliumPods(config, context)
  const between = betweenNodes(config, context)
  return {
    devices: [
      ...hostDevices(context, options.mtu),
      ...between.devices,
      ...routedNodeEnds(context.node, pods, options),
    ],
    routes: [...hostRoutes(context), ...routedNodeRoutes(pods, options), ...between.routes],
    neighbors: between.neighbors,
    sysctls: { 'net.ipv4.conf.all.rp_filter': 0, 'net.ipv4.conf.default.rp_filter': 0 },
  }
}

/** cilium_host has the router's address. */
function hostDevices({ cluster, node }: CniContext, mtu: number): readonly Device[] {
  const addresses = routers({ cluster, node }).map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) }))
  const origin = { component: 'Cilium' }
  const base = (name: string) => ({
    type: 'dummy' as const,
    name,
    mtu,
    mac: macOfName(`${node.name} ${name}`),
    origin,
  })
  return [
    { ...base('cilium_net'), addresses: [] },
    { ...base('cilium_host'), addresses },
  ]
}

function routers({ cluster, node }: Pick<CniContext, 'cluster' | 'node'>): readonly Ip[] {
  return ([4, 6] as const).flatMap((family) => routerOf(cluster, node, family) ?? [])
}

/** The node's own block goes to cilium_host: an address there that no pod has leads nowhere. */
function hostRoutes(context: CniContext): readonly Route[] {
  const origin = { component: 'Cilium' }
  return routers(context).flatMap((router) => [
    hostRoute(router, 'cilium_host', { origin }),
    ...context.node.podBlocks
      .filter((one) => familyOf(one.first) === familyOf(router))
      .map((one) => route(one, 'cilium_host', { via: router, source: router, origin })),
  ])
}

interface Between {
  readonly devices: readonly Device[]
  readonly routes: readonly Route[]
  readonly neighbors: readonly Neighbor[]
}

const nothing: Between = { devices: [], routes: [], neighbors: [] }

/** What leads to other nodes' pods. A tunnel goes over the nodes' first family and carries both. */
function betweenNodes(config: CiliumConfig, context: CniContext): Between {
  const [local] = context.node.addresses
  const addresses = routers(context)
  if (local === undefined || addresses.length === 0) return nothing
  const families = addresses.map(familyOf)
  if (config.wireguard || config.routingMode === 'tunnel') {
    const remotes = families.flatMap((family) => remotesOf(context, family, familyOf(local)))
    const ends = { addresses, local, remotes }
    return config.wireguard ? wireguard(config, context, ends) : tunnel(config, context, ends)
  }
  return { ...nothing, routes: families.flatMap((family) => direct(config, context, family)) }
}

interface Ends {
  /** The router's addresses. */
  readonly addresses: readonly Ip[]
  readonly local: Ip
  readonly remotes: readonly Vtep[]
}

function remotesOf(context: CniContext, family: 4 | 6, outer: 4 | 6): readonly Vtep[] {
  return peersOf(context, {
    ...{ component: 'Cilium', family, outer },
    gatewayOf: (other) => routerOf(context.cluster, other, family),
  })
}

/**
 * cilium_vxlan or cilium_geneve. On a real node routes lead to cilium_host and eBPF chooses the tunnel; here they lead to
 * the tunnel device, which has the router's address for that.
 */
function tunnel(config: CiliumConfig, context: CniContext, { addresses, local, remotes }: Ends): Between {
  const overlay = vxlanOverlay(
    {
      name: `cilium_${config.tunnelProtocol}`,
      mtu: context.mtu,
      mac: tunnelMac(local),
      addresses: addresses.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
      vni: 0,
      identities: true,
      local,
      port: config.tunnelPort,
      origin: { component: 'Cilium' },
    },
    remotes,
    config.tunnelProtocol,
  )
  const mtu = ciliumRouteMtu(config, context.mtu)
  return {
    devices: [overlay.device],
    routes: overlay.routes.map((one) => ({ ...fromRouter(one, addresses), mtu })),
    neighbors: overlay.neighbors,
  }
}

/** The node's own packets to pods have the router's address. */
function fromRouter(one: Route, addresses: readonly Ip[]): Route {
  const source = addresses.find((ip) => familyOf(ip) === familyOf(one.destination.first))
  return source === undefined ? one : { ...one, source }
}

/** cilium_wg0: everything to pods of other nodes is encrypted to their node. */
function wireguard(config: CiliumConfig, context: CniContext, { addresses, local, remotes }: Ends): Between {
  const device: Device = {
    type: 'tun',
    carrier: 'wireguard',
    name: 'cilium_wg0',
    mtu: context.mtu - overheads.wireguard,
    mac: macOfName(`${context.node.name} cilium_wg0`),
    addresses: addresses.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
    local,
    port: 51871,
    peers: remotes.map(({ blocks, remote }) => ({ blocks, remote })),
    origin: { component: 'Cilium' },
  }
  const mtu = ciliumRouteMtu(config, context.mtu)
  const routes = remotes.flatMap(({ blocks, origin }) =>
    blocks.map((one) => ({ ...fromRouter(route(one, 'cilium_wg0', { origin }), addresses), mtu })),
  )
  return { devices: [device], routes, neighbors: [] }
}

/** auto-direct-node-routes: to nodes of the same network. Without it the network itself has to know where pods are. */
function direct(config: CiliumConfig, context: CniContext, family: 4 | 6): readonly Route[] {
  if (!config.autoDirectNodeRoutes) return []
  return directRoutes(
    context,
    remotesOf(context, family, family).filter((one) => isNear(context, one)),
  )
}
