import type { CalicoSelector } from '../../../base/calico-selector.ts'
import { parseSelector } from '../../../base/calico-selector.ts'
import type { Cidr, Ip } from '../../../base/ip.ts'
import { familyOf, parseCidr, parseIpSloppy } from '../../../base/ip.ts'
import { TCP } from '../../../base/packet.ts'
import type { Cluster, ClusterNode } from '../../../model/cluster.ts'
import type { CalicoObjects } from '../../../model/cni-objects.ts'
import { admits } from '../../firewalls.ts'
import type { Underlay } from '../../underlay.ts'
import { matchesLabels } from './selector.ts'

/** Who speaks BGP with whom: the mesh of all nodes, and the peers that are stated. */
export interface BgpSettings {
  readonly mesh: boolean
  readonly peers: readonly Peering[]
  /** Blocks of Services that BIRD announces, and of which Felix keeps nodes from looping the rest (`cali-cidr-block`). */
  readonly serviceCidrs: readonly Cidr[]
}

/** One BGPPeer. */
interface Peering {
  /** Whether a node has it. */
  of(node: ClusterNode): boolean
  /** The router or node at the other end. */
  readonly ip?: Ip
  /** The nodes at the other end. */
  readonly with?: CalicoSelector
}

/** Reads BGPConfiguration `default` and the BGPPeers. */
export function readBgp({ bgpConfigurations, bgpPeers }: CalicoObjects): BgpSettings {
  const spec = bgpConfigurations.find(({ ref }) => ref.name === 'default')?.object.spec ?? {}
  const blocks = [
    ...(spec.serviceClusterIPs ?? []),
    ...(spec.serviceExternalIPs ?? []),
    ...(spec.serviceLoadBalancerIPs ?? []),
  ]
  return {
    mesh: spec.nodeToNodeMeshEnabled ?? true,
    peers: bgpPeers.flatMap(({ object: { spec: peer = {} } }): Peering[] => {
      const { node, nodeSelector, peerIP, peerSelector } = peer
      const chosen = nodeSelector === undefined ? undefined : parseSelector(nodeSelector)
      const others = peerSelector === undefined ? undefined : parseSelector(peerSelector)
      // The port may stand behind it: `192.168.1.1:179`, `[fd00::1]:179`.
      const ip = parseIpSloppy((peerIP ?? '').replace(/^\[(.*)\].*$/, '$1').replace(/^([\d.]+):\d+$/, '$1'))
      if (ip === undefined && !others) return []
      return [
        {
          of: (one) =>
            node === undefined
              ? chosen === undefined || matchesLabels(chosen, labelsOf(one))
              : one.name === node,
          ...(ip !== undefined && { ip }),
          ...(others && { with: others }),
        },
      ]
    }),
    serviceCidrs: blocks.flatMap(({ cidr }) => parseCidr(cidr ?? '') ?? []),
  }
}

function labelsOf({ name, labels }: ClusterNode): Readonly<Record<string, string>> {
  return { 'kubernetes.io/hostname': name, ...labels }
}

/** Whether a node comes to know the other's blocks: by the mesh, by a session between them, or by a node that reflects routes to both. */
export function learnsFrom(
  { mesh, peers }: BgpSettings,
  node: ClusterNode,
  other: ClusterNode,
  nodes: readonly ClusterNode[],
  passes: (one: ClusterNode, other: ClusterNode) => boolean,
): boolean {
  const speaks = (one: ClusterNode, two: ClusterNode) => hasSession(peers, one, two) && passes(one, two)
  if (mesh && reflects(node) === reflects(other) && passes(node, other)) return true
  if (speaks(node, other)) return true
  return nodes.some((one) => reflects(one) && speaks(one, node) && speaks(one, other))
}

/** BGP is TCP 179, and either side opens the connection: one of the ways has to be open in the provider's firewalls. */
export function bgpPasses(
  cluster: Cluster,
  underlay: Underlay,
  one: ClusterNode,
  other: ClusterNode,
): boolean {
  const opens = (client: ClusterNode, server: ClusterNode) => {
    const [from] = client.addresses
    const to = server.addresses.find((ip) => from !== undefined && familyOf(ip) === familyOf(from))
    if (from === undefined || to === undefined) return true
    return admits(cluster, underlay, server, { from, to, protocol: TCP, port: 179 })
  }
  return opens(one, other) || opens(other, one)
}

/** A route reflector is left out of the mesh. */
function reflects({ source }: ClusterNode): boolean {
  return source?.object.metadata.annotations?.['projectcalico.org/RouteReflectorClusterID'] !== undefined
}

/** A peering configured on one side makes the session of both where it is by selector; by address it is the side's own. */
function hasSession(peers: readonly Peering[], one: ClusterNode, other: ClusterNode): boolean {
  const reaches = (from: ClusterNode, to: ClusterNode) =>
    peers.some(
      (peer) =>
        peer.of(from) &&
        ((peer.ip !== undefined && to.addresses.includes(peer.ip)) ||
          (peer.with !== undefined && matchesLabels(peer.with, labelsOf(to)))),
    )
  return reaches(one, other) || reaches(other, one)
}

/** The addresses of routers that a node speaks BGP with: they come to know the way to its blocks. */
export function routersOf(
  { peers }: BgpSettings,
  node: ClusterNode,
  nodes: readonly ClusterNode[],
): readonly Ip[] {
  const ofNodes = new Set(nodes.flatMap((one) => one.addresses))
  return peers.flatMap((peer) =>
    peer.ip !== undefined && peer.of(node) && !ofNodes.has(peer.ip) ? [peer.ip] : [],
  )
}
