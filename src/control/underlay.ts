import type { Cidr, Ip } from '../base/ip.ts'
import { bitsOf, cidrOf, compareIp, contains, familyOf, offsetIp, parseInterfaceAddress } from '../base/ip.ts'
import type { Cluster, ClusterNode } from '../model/cluster.ts'

/** The network between the nodes: its block, and the router's address in it, for each family. */
export interface Underlay {
  readonly networks: readonly UnderlayNetwork[]
  readonly mtu: number
}

export interface UnderlayNetwork {
  readonly cidr: Cidr
  readonly gateway: Ip
}

/** Ids of the segments and namespaces outside the nodes. */
export const nodeSegment = 'nodes'
export const internetSegment = 'internet'
export const routerId = 'router'
export const internetId = 'internet'

/**
 * The nodes' network. Node objects do not say how large it is: an interface of the Environment does; else it is
 * taken for the block that holds all nodes, a /24 (IPv6: /64) or larger, and 172.18.0.0/16 for kind's own.
 */
export function underlayOf(cluster: Pick<Cluster, 'nodes' | 'environment'>): Underlay {
  const networks = ([4, 6] as const).flatMap((family): UnderlayNetwork[] => {
    const ips = cluster.nodes.flatMap((node) => node.addresses).filter((ip) => familyOf(ip) === family)
    if (ips.length === 0) return []
    const cidr = statedNetwork(cluster, family) ?? smallestNetwork(ips, family)
    return [{ cidr, gateway: chooseGateway(cidr, ips) }]
  })
  return { networks, mtu: 1500 }
}

/** The nodes' network of a family, if an interface of the Environment states it. */
export function statedNetwork(
  cluster: Pick<Cluster, 'nodes' | 'environment'>,
  family: 4 | 6,
): Cidr | undefined {
  for (const node of cluster.nodes) {
    const texts = cluster.environment.nodes?.[node.name]?.interfaces?.['eth0']?.addresses ?? []
    for (const text of texts) {
      const address = parseInterfaceAddress(text)
      if (address && familyOf(address.ip) === family && node.addresses.includes(address.ip)) {
        return cidrOf(address.ip, address.bits)
      }
    }
  }
  return undefined
}

function smallestNetwork(ips: readonly Ip[], family: 4 | 6): Cidr {
  const kind = family === 4 ? cidrOf(0xac120000, 16) : undefined
  if (kind && ips.every((ip) => contains(kind, ip))) return kind
  const first = ips.toSorted(compareIp)[0] ?? 0
  let bits = family === 4 ? 24 : 64
  while (bits > 0 && !ips.every((ip) => contains(cidrOf(first, bits), ip))) bits--
  return cidrOf(first, bits)
}

/** The first address of the network, or the last if a node has the first. */
function chooseGateway(cidr: Cidr, taken: readonly Ip[]): Ip {
  const first = offsetIp(cidr.first, 1)
  return taken.includes(first) ? offsetIp(cidr.last, familyOf(cidr.last) === 4 ? -1 : 0) : first
}

/** The network of the underlay that holds the address. */
export function networkOf(underlay: Underlay, ip: Ip): UnderlayNetwork | undefined {
  return underlay.networks.find((network) => contains(network.cidr, ip))
}

/** Whether two addresses are on one network, so that packets between them pass no router. */
export function onOneNetwork(underlay: Underlay, one: Ip, other: Ip): boolean {
  const network = networkOf(underlay, one)
  return network !== undefined && network === networkOf(underlay, other)
}

/** Every address that the Environment gives to a node's devices, beside those of its Node object. */
export function extraAddresses(
  cluster: Cluster,
  node: ClusterNode,
): readonly { readonly device: string; readonly ip: Ip; readonly bits: number }[] {
  const interfaces = cluster.environment.nodes?.[node.name]?.interfaces ?? {}
  return Object.entries(interfaces).flatMap(([device, { addresses = [] }]) =>
    addresses.flatMap((text) => {
      const address = parseInterfaceAddress(text)
      return address && !node.addresses.includes(address.ip) ? [{ device, ...address }] : []
    }),
  )
}

/** The prefix length of a node's own address. */
export function bitsIn(underlay: Underlay, ip: Ip): number {
  return networkOf(underlay, ip)?.cidr.bits ?? bitsOf(familyOf(ip))
}
