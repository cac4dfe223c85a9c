import type { Ip } from '../../base/ip.ts'
import { familyOf } from '../../base/ip.ts'
import type { IpBlock } from '../../base/ip-block.ts'
import { blockHolds, parseIpBlock } from '../../base/ip-block.ts'
import type { ClusterNode } from '../../model/cluster.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { AddressAdvertisement, IPAddressPool } from '../../model/load-balancer-objects.ts'
import type { Located, Service } from '../../model/objects.ts'
import { matchesSelector } from '../complete/selectors.ts'
import { isInBalancers, nodesWithEndpoints } from './healthy-nodes.ts'
import type { BalancerContext, Surroundings } from './profile.ts'
import { asksForClass, controllerField, hasAnnotation, hasClass, hasController, hasImage } from './signs.ts'

/** What MetalLB's objects say: its pools, and by which protocol each is announced from which nodes. */

/** The blocks of a pool, in their order. */
export function blocksOf({ object }: Located<IPAddressPool>): readonly IpBlock[] {
  return (object.spec?.addresses ?? []).flatMap((text) => parseIpBlock(text) ?? [])
}

/** Whether the pool has the address, and may give it (ipConfusesBuggyFirmwares). */
export function poolHolds(pool: Located<IPAddressPool>, ip: Ip): boolean {
  if (pool.object.spec?.avoidBuggyIPs && isBuggy(ip)) return false
  return blocksOf(pool).some((block) => blockHolds(block, ip))
}

/** An IPv4 address that ends in 0 or 255. */
export function isBuggy(ip: Ip): boolean {
  return typeof ip === 'number' && ((ip & 255) === 0 || (ip & 255) === 255)
}

/** Whether the advertisement is for the pool: all pools, if it names none. */
function isFor({ object }: Located<AddressAdvertisement>, pool: Located<IPAddressPool>): boolean {
  const { ipAddressPools = [], ipAddressPoolSelectors = [] } = object.spec ?? {}
  if (ipAddressPools.length === 0 && ipAddressPoolSelectors.length === 0) return true
  const labels = pool.object.metadata.labels ?? {}
  return (
    ipAddressPools.includes(pool.ref.name) ||
    ipAddressPoolSelectors.some((selector) => matchesSelector(selector, labels))
  )
}

export type Protocol = 'layer2' | 'bgp'

const kinds = { layer2: 'L2Advertisement', bgp: 'BGPAdvertisement' } as const

/** The advertisements by which an address is announced; of every pool, if no pool has the address. */
export function advertisementsFor(
  objects: Pick<ObjectsByKind, 'IPAddressPool' | 'L2Advertisement' | 'BGPAdvertisement'>,
  protocol: Protocol,
  ips: readonly Ip[],
): readonly Located<AddressAdvertisement>[] {
  const holding = objects.IPAddressPool.filter((pool) => ips.some((ip) => poolHolds(pool, ip)))
  const pools = holding.length > 0 ? holding : objects.IPAddressPool
  return objects[kinds[protocol]].filter((one) => pools.some((pool) => isFor(one, pool)))
}

/** The sign that MetalLB serves the Service by this protocol. */
export function metallbSign(
  service: Located<Service>,
  surroundings: Surroundings,
  protocol: Protocol,
): string | undefined {
  const stated = hasController(surroundings, [`metallb-${protocol}`])
  if (stated) return stated
  const sign = isMetallb(service, surroundings)
  if (sign === undefined) return undefined
  const mode = controllerField(surroundings, 'mode')?.toLowerCase()
  if (mode !== undefined) return (mode === 'bgp') === (protocol === 'bgp') ? sign : undefined
  const [own] = advertisementsFor(surroundings.objects, protocol, wishedAddresses(service))
  const other = protocol === 'bgp' ? 'layer2' : 'bgp'
  const theirs = advertisementsFor(surroundings.objects, other, wishedAddresses(service))
  if (own) return `${own.ref.kind} ${own.ref.namespace}/${own.ref.name}`
  return protocol === 'layer2' && theirs.length === 0 ? sign : undefined
}

/** The addresses that the Service has or asks for, which decide between pools. */
function wishedAddresses({ object }: Located<Service>): readonly Ip[] {
  const stated = (object.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
  const wished = wishes(object)
  return [...stated, ...wished].flatMap((text) => parseIpBlock(`${text}-${text}`)?.first ?? [])
}

const addressAnnotations = ['metallb.io/loadBalancerIPs', 'metallb.universe.tf/loadBalancerIPs']

/** The addresses that the Service asks MetalLB for: its annotation, else the old `spec.loadBalancerIP`. */
export function wishes({ metadata, spec }: Service): readonly string[] {
  for (const name of addressAnnotations) {
    const text = metadata.annotations?.[name]
    if (text) return text.split(',').map((one) => one.trim())
  }
  return spec?.loadBalancerIP ? [spec.loadBalancerIP] : []
}

function isMetallb(service: Located<Service>, surroundings: Surroundings): string | undefined {
  const byClass = hasClass(service, [/metallb/])
  if (byClass || asksForClass(service)) return byClass
  const [pool] = surroundings.objects.IPAddressPool
  return (
    hasController(surroundings, ['metallb']) ??
    (pool && `IPAddressPool ${pool.ref.namespace}/${pool.ref.name}`) ??
    hasAnnotation(service, ['metallb.io/', 'metallb.universe.tf/']) ??
    hasImage(surroundings, 'metallb/speaker')
  )
}

/**
 * The nodes from which the address may be announced: those that an advertisement of its pool selects. None, if there
 * are pools and no advertisement; nothing is said where no pool was read.
 */
export function announcingNodes(
  { nodes, objects }: Surroundings,
  protocol: Protocol,
  ips: readonly Ip[],
): readonly string[] | undefined {
  const adverts = advertisementsFor(objects, protocol, ips)
  if (objects.IPAddressPool.length === 0) return undefined
  const selected = nodes.filter(({ labels }) =>
    adverts.some(({ object }) => {
      const selectors = object.spec?.nodeSelectors ?? []
      return selectors.length === 0 || selectors.some((selector) => matchesSelector(selector, labels))
    }),
  )
  return selected.map(({ name }) => name)
}

/** Mirrors the speakers' view of endpoints (EndpointCanServe): one that is shutting down still counts. */
export function speakers({ cluster, service, ip }: BalancerContext): readonly ClusterNode[] {
  const serving = nodesWithEndpoints(cluster, service, (endpoint) => endpoint.serving)
  const anywhere = cluster.endpointSlices.some(
    (slice) =>
      slice.namespace === service.namespace &&
      slice.service === service.name &&
      slice.endpoints.some((endpoint) => endpoint.serving),
  )
  if (!anywhere) return []
  const { announcers } = service.balancer ?? {}
  return cluster.nodes.filter(
    (node) =>
      node.ready &&
      isInBalancers(node) &&
      node.addresses.some((one) => familyOf(one) === familyOf(ip)) &&
      (announcers === undefined || announcers.includes(node.name)) &&
      (!service.externalLocal || serving.has(node.name)),
  )
}
