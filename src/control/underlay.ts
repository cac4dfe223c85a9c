import type { Cidr, Ip } from '../base/ip.ts'
import {
  bitsOf,
  cidrOf,
  compareIp,
  contains,
  familyOf,
  offsetIp,
  parseCidr,
  parseInterfaceAddress,
  parseIpSloppy,
} from '../base/ip.ts'
import type { Cluster, ClusterNode } from '../model/cluster.ts'
import type { SubnetEntry } from '../model/environment.ts'

/** The networks of the nodes, and the router between them and to the rest of the world. */
export interface Underlay {
  /** One for each block; those of one segment stand together. The first of a family is where balancers stand. */
  readonly networks: readonly UnderlayNetwork[]
  /** The MTU of devices that nothing else is said of. */
  readonly mtu: number
}

export interface UnderlayNetwork {
  readonly cidr: Cidr
  /** The address by which its machines leave it. */
  readonly gateway: Ip
  /** The main router's own address in it: the gateway, unless another router has that. */
  readonly routerIp: Ip
  /** The segment that it is on; blocks of both families may be on one. */
  readonly segment: string
  /** The router's device on the segment. */
  readonly device: string
  /** The name that the Environment gives it. */
  readonly name?: string
  readonly mtu?: number
}

/** Ids of the segments and namespaces outside the nodes. */
export const nodeSegment = 'nodes'
export const internetSegment = 'internet'
/** The network of a provider's control plane, which its router knows as it knows the nodes'. */
export const peeredSegment = 'peered'
export const routerId = 'router'
export const internetId = 'internet'

/** What is known of the nodes when their networks are worked out. */
interface Known extends Pick<Cluster, 'environment'> {
  readonly nodes: readonly Pick<ClusterNode, 'name' | 'addresses'>[]
}

/**
 * The nodes' networks: those that the Environment states. Node objects do not say how large one is: an interface of the
 * Environment does; else it is taken for the block that holds all nodes, a /24 (IPv6: /64) or larger, and 172.18.0.0/16 for
 * kind's own.
 */
export function underlayOf(cluster: Known): Underlay {
  const stated = (cluster.environment.network?.subnets ?? []).flatMap(statedSubnet)
  const networks = ([4, 6] as const).flatMap((family): Draft[] => {
    const ips = cluster.nodes.flatMap((node) => node.addresses).filter((ip) => familyOf(ip) === family)
    const open = ips.filter((ip) => !stated.some(({ cidr }) => contains(cidr, ip)))
    if (open.length === 0) return []
    const interfaces = interfaceNetworks(cluster, family)
    const rest = open.filter((ip) => !interfaces.some((one) => contains(one, ip)))
    const all = [...interfaces, ...(rest.length > 0 ? [smallestNetwork(rest, family)] : [])]
    return all.map((cidr, index) => ({
      cidr,
      gateway: chooseGateway(cidr, ips),
      ...segmentNumber(stated.length > 0 ? index + 1000 : index),
    }))
  })
  return { networks: [...stated, ...networks].map((one) => withRouter(cluster, one)), mtu: 1500 }
}

type Draft = Omit<UnderlayNetwork, 'routerIp'>

/** The main router gives way to one that the Environment states at the gateway's address: then it has the last address. */
function withRouter({ environment }: Known, draft: Draft): UnderlayNetwork {
  const addresses = (environment.network?.routers ?? []).flatMap((one) => one.addresses ?? [])
  const claimed = addresses.some((text) => parseInterfaceAddress(text)?.ip === draft.gateway)
  const last = offsetIp(draft.cidr.last, familyOf(draft.cidr.last) === 4 ? -1 : 0)
  return { ...draft, routerIp: claimed ? last : draft.gateway }
}

/** The first segment is called `nodes`; the router's devices are numbered. */
function segmentNumber(index: number): Pick<UnderlayNetwork, 'segment' | 'device'> {
  return { segment: index === 0 ? nodeSegment : `${nodeSegment}/${index}`, device: `lan${index}` }
}

function statedSubnet({ name, cidr, gateway, cidr6, gateway6, mtu }: SubnetEntry, index: number): Draft[] {
  const place = segmentNumber(index)
  return [[cidr, gateway] as const, [cidr6, gateway6] as const].flatMap(([text, via]): Draft[] => {
    const block = parseCidr(text ?? '')
    if (!block) return []
    const stated = parseIpSloppy(via ?? '')
    return [
      {
        cidr: block,
        gateway: stated ?? offsetIp(block.first, 1),
        ...place,
        ...(name !== undefined && { name }),
        ...(mtu !== undefined && { mtu }),
      },
    ]
  })
}

/** The networks that interfaces of the Environment state, each once, in the order of the nodes. */
function interfaceNetworks(cluster: Known, family: 4 | 6): readonly Cidr[] {
  const found: Cidr[] = []
  for (const node of cluster.nodes) {
    const texts = cluster.environment.nodes?.[node.name]?.interfaces?.['eth0']?.addresses ?? []
    for (const text of texts) {
      const address = parseInterfaceAddress(text)
      if (!address || familyOf(address.ip) !== family || !node.addresses.includes(address.ip)) continue
      const cidr = cidrOf(address.ip, address.bits)
      if (!found.some((one) => one.first === cidr.first && one.bits === cidr.bits)) found.push(cidr)
    }
  }
  return found
}

/** Whether the input states the networks of a family, so that nothing of them is assumed. */
export function statesNetworks(cluster: Known, family: 4 | 6): boolean {
  const subnets = (cluster.environment.network?.subnets ?? []).flatMap(statedSubnet)
  return subnets.length > 0 || interfaceNetworks(cluster, family).length > 0
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

/** The network of the underlay that holds the address; the narrowest, where blocks lie in one another. */
export function networkOf(underlay: Underlay, ip: Ip): UnderlayNetwork | undefined {
  let found: UnderlayNetwork | undefined
  for (const network of underlay.networks) {
    if (contains(network.cidr, ip) && network.cidr.bits > (found?.cidr.bits ?? -1)) found = network
  }
  return found
}

/** The networks that a machine with these addresses is on. */
export function networksOf(underlay: Underlay, ips: readonly Ip[]): readonly UnderlayNetwork[] {
  return [...new Set(ips.flatMap((ip) => networkOf(underlay, ip) ?? []))]
}

/** The first network of each family: where machines stand that no subnet is stated for. */
export function mainNetworks({ networks }: Underlay): readonly UnderlayNetwork[] {
  return ([4, 6] as const).flatMap(
    (family) => networks.find(({ cidr }) => familyOf(cidr.first) === family) ?? [],
  )
}

/** The API server's address, where the Environment states one outside the nodes' networks: in a network of the provider's. */
export function peeredAddress(
  { environment }: Pick<Cluster, 'environment'>,
  underlay: Underlay,
): Ip | undefined {
  const ip = parseIpSloppy(String(environment.apiServer?.['address'] ?? ''))
  return ip === undefined || networkOf(underlay, ip) ? undefined : ip
}

/** Whether two addresses are on one network, so that packets between them pass no router. */
export function onOneNetwork(underlay: Underlay, one: Ip, other: Ip): boolean {
  const network = networkOf(underlay, one)
  return network !== undefined && network === networkOf(underlay, other)
}

/** The segments that machines are on, each once. */
export function segmentsOf({ networks }: Underlay): readonly string[] {
  return [...new Set([nodeSegment, ...networks.map(({ segment }) => segment)])]
}

/** The segment of a node's uplink. */
export function segmentOfNode(underlay: Underlay, node: Pick<ClusterNode, 'addresses'>): string {
  return networksOf(underlay, node.addresses)[0]?.segment ?? nodeSegment
}

/** The MTU of a node's uplink: as the Environment states it for the node, else for its network. */
export function uplinkMtu(cluster: Known, underlay: Underlay, node: ClusterNode, ofPlugin?: number): number {
  const network = networksOf(underlay, node.addresses)[0]
  const { mtu, nodes } = cluster.environment
  const own = nodes?.[node.name]?.interfaces?.['eth0']?.mtu
  return own ?? mtu?.nodes?.[node.name] ?? ofPlugin ?? network?.mtu ?? underlay.mtu
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
