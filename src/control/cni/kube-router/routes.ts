import { sha256Hex } from '../../../base/hash.ts'
import type { Cidr, Ip } from '../../../base/ip.ts'
import { bitsOf, familyOf, formatIp, hostCidr } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterNode } from '../../../model/cluster.ts'
import type { Device, Route, RoutingRule } from '../../../model/network.ts'
import { macOfName } from '../../device-names.ts'
import { route } from '../../routes.ts'
import { onOneNetwork } from '../../underlay.ts'
import type { CniContext } from '../cni.ts'
import { nodeAddress } from '../parts/pod-block.ts'
import type { KubeRouterSettings } from './settings.ts'

/** The table in which what comes from pods finds the tunnels (CustomTableID). */
const tunnelTable = 77

/** GoBGP's routes (ZebraOriginator), a number that iproute2 has no name for. */
const protocol = '17'

/** What the routes to other nodes' pods consist of. */
export interface NodeRoutes {
  readonly devices: readonly Device[]
  readonly routes: readonly Route[]
  readonly rules: readonly RoutingRule[]
}

/** One block of another node, as it is learnt by BGP. */
interface Learnt {
  readonly block: Cidr
  readonly via: Ip
  readonly own: Ip
  readonly origin: Origin
}

/**
 * Mirrors injectRoute: a node of the same subnet is the next hop; to any other there is a tunnel, if the overlay is on, and
 * otherwise no route at all. Pods' own packets to a tunnelled node go through the tunnel as well (table 77).
 */
export function nodeRoutes(settings: KubeRouterSettings, context: CniContext): NodeRoutes {
  const learnt = learns(settings, context) ? learntBlocks(context) : []
  const isNear = ({ own, via }: Learnt) => onOneNetwork(context.underlay, own, via)
  const isTunnelled = (one: Learnt) =>
    settings.enableOverlay && (settings.overlayType === 'full' || !isNear(one))
  const tunnelled = learnt.filter(isTunnelled)
  const direct = learnt.filter((one) => !isTunnelled(one) && isNear(one))
  const ends = [...new Map(tunnelled.map((one) => [one.via, one] as const)).values()]
  return {
    devices: ends.map((end) =>
      tunnelDevice(
        settings,
        context,
        end,
        tunnelled.filter((one) => one.via === end.via),
      ),
    ),
    routes: [
      ...direct.map(({ block, via, origin }) => ({
        ...route(block, context.uplink, { via, origin }),
        protocol,
      })),
      ...tunnelled.map(({ block, via, own, origin }) => ({
        ...route(block, tunnelName(via), { source: own, scope: 'global', origin }),
        protocol,
      })),
      ...ends.map(({ via, origin }) => ({
        ...route(hostCidr(via), tunnelName(via), { scope: 'global', origin }),
        table: tunnelTable,
      })),
    ],
    rules: settings.enableOverlay ? context.node.podCidrs.map(fromPods) : [],
  }
}

/** The kernel's choice for a rule without a priority: one less than the first after that of the local table. */
function fromPods(from: Cidr): RoutingRule {
  return {
    priority: 32765,
    family: familyOf(from.first),
    from,
    action: { type: 'lookup', table: tunnelTable },
  }
}

const reflector = 'kube-router.io/rr.server'

/** Whether nodes hear of each other's blocks: all by their full mesh, or by a route reflector among them. */
function learns({ enableIbgp, nodesFullMesh }: KubeRouterSettings, { cluster }: CniContext): boolean {
  const reflects = ({ source }: ClusterNode) => source?.object.metadata.annotations?.[reflector] !== undefined
  return enableIbgp && (nodesFullMesh || cluster.nodes.some(reflects))
}

function learntBlocks({ cluster, node }: CniContext): readonly Learnt[] {
  return cluster.nodes
    .filter((other) => other.name !== node.name)
    .flatMap((other) =>
      other.podCidrs.flatMap((block): readonly Learnt[] => {
        const family = familyOf(block.first)
        const [via, own] = [nodeAddress(other, family), nodeAddress(node, family)]
        if (via === undefined || own === undefined) return []
        return [{ block, via, own, origin: { component: 'kube-router', subject: other.ref } }]
      }),
    )
}

/** Mirrors GenerateTunnelName: `tun-` and eleven digits of a hash of the address without its dots and colons. */
export function tunnelName(remote: Ip): string {
  return `tun-${sha256Hex(formatIp(remote).replaceAll(/[.:]/g, '')).slice(0, 11)}`
}

/** IPIP, or the same packets in UDP datagrams with Generic UDP Encapsulation. */
function tunnelDevice(
  { overlayEncap, overlayEncapPort: port }: KubeRouterSettings,
  { node, mtu }: CniContext,
  { own: local, via: remote, origin }: Learnt,
  blocks: readonly Learnt[],
): Device {
  const name = tunnelName(remote)
  const header = bitsOf(familyOf(remote)) === 32 ? 20 : 40
  const base = { name, mac: macOfName(`${node.name} ${name}`), addresses: [], origin }
  if (overlayEncap === 'ipip') {
    return {
      ...base,
      type: 'iptunnel',
      protocol: header === 20 ? 4 : 41,
      mtu: mtu - header,
      local,
      remote,
    }
  }
  const udpAndGue = 12
  const peer = { blocks: [...blocks.map(({ block }) => block), hostCidr(remote)], remote }
  return { ...base, type: 'tun', carrier: 'udp', mtu: mtu - header - udpAndGue, local, port, peers: [peer] }
}
