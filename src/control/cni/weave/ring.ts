import type { Cidr, Ip } from '../../../base/ip.ts'
import { cidrOf, compareIp, contains, familyOf, offsetIp, parseCidr } from '../../../base/ip.ts'
import type { Cluster, ClusterNode } from '../../../model/cluster.ts'
import type { BlocksContext } from '../cni.ts'
import type { WeaveSettings } from './settings.ts'
import { defaultRange } from './settings.ts'

/**
 * The range that pods have addresses of: IPALLOC_RANGE, else Weave's own. A dump whose pods have others, all within the
 * cluster's pod network, tells that the range is that one.
 */
export function rangeOf(
  { range }: Pick<WeaveSettings, 'range'>,
  podCidrs: readonly Cidr[],
  podIps: readonly Ip[],
): Cidr {
  const usual = parseCidr(defaultRange) ?? cidrOf(0x0a200000, 12)
  if (range) return range
  const all = podIps.filter((ip) => familyOf(ip) === 4)
  if (all.every((ip) => contains(usual, ip))) return usual
  return podCidrs.find((cidr) => all.every((ip) => contains(cidr, ip))) ?? usual
}

/** The range of a cluster whose pods have their addresses. */
export function rangeOfCluster(settings: Pick<WeaveSettings, 'range'>, cluster: Cluster): Cidr {
  const ips = cluster.pods.filter((pod) => !pod.hostNetwork).flatMap((pod) => pod.ips)
  return rangeOf(settings, cluster.settings.podCidrs, ips)
}

/**
 * What each node gives addresses from. Mirrors ClaimForPeers: the ring is halved until every peer has a share. Where pods
 * of a node have addresses already, it is the node's podCIDR if they lie in that, else the /24 of the lowest one.
 */
export function ringBlocks(
  settings: Pick<WeaveSettings, 'range'>,
  { nodes, podCidrs, podIps }: BlocksContext,
): ReadonlyMap<string, readonly Cidr[]> {
  const range = rangeOf(settings, podCidrs, [...podIps.values()].flat())
  const shares = subdivide(range, nodes.length)
  return new Map(
    nodes.map((node, index) => {
      const stated = (podIps.get(node.name) ?? []).filter((ip) => familyOf(ip) === 4)
      const share = shares[index]
      const told = blockOfStated(stated, node.podCidrs)
      return [node.name, [...told, ...(share && told.length === 0 ? [share] : [])]] as const
    }),
  )
}

function blockOfStated(ips: readonly Ip[], podCidrs: readonly Cidr[]): readonly Cidr[] {
  const [lowest] = ips.toSorted(compareIp)
  if (lowest === undefined) return []
  const own = podCidrs.find((cidr) => ips.every((ip) => contains(cidr, ip)))
  if (own) return [own]
  return [...new Map(ips.map((ip) => cidrOf(ip, 24)).map((cidr) => [cidr.first, cidr])).values()]
}

/** Mirrors Ring.subdivide: the first half for the first half of the peers, rounded down. */
function subdivide(range: Cidr, peers: number): readonly Cidr[] {
  if (peers <= 1 || range.bits >= 32) return peers === 0 ? [] : [range]
  const half = cidrOf(range.first, range.bits + 1)
  const other = cidrOf(offsetIp(half.last, 1), range.bits + 1)
  const first = Math.floor(peers / 2)
  return [...subdivide(half, first), ...subdivide(other, peers - first)]
}

/**
 * The address of a node's bridge: the first that it gives out. That is the share's first one, but for the address of the
 * whole range, which nobody has.
 */
export function bridgeAddress(
  settings: Pick<WeaveSettings, 'range'>,
  cluster: Cluster,
  node: ClusterNode,
): Ip | undefined {
  const block = node.podBlocks.find(({ first }) => familyOf(first) === 4)
  if (!block) return undefined
  const ofPods = new Set(cluster.pods.filter((pod) => pod.nodeName === node.name).flatMap((pod) => pod.ips))
  const isShare = block.bits < 24
  const isStart = block.first === rangeOfCluster(settings, cluster).first
  const order = isShare && !isStart ? [0, 1] : isStart ? [1, 2] : [1, 0]
  const free = order.map((offset) => offsetIp(block.first, offset)).find((ip) => !ofPods.has(ip))
  return free ?? offsetIp(block.first, 1)
}
