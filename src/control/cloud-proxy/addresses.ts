import { fnv1a } from '../../base/hash.ts'
import type { Ip } from '../../base/ip.ts'
import { familyOf, offsetIp, parseIpSloppy } from '../../base/ip.ts'
import type { Cluster } from '../../model/cluster.ts'
import { underlayOf } from '../underlay.ts'
import type { CloudAddress, CloudProxyDraft } from './cloud-proxy.ts'

/** The upper half of TEST-NET-2: nothing else here is taken from it. */
const firstAssumed: Ip = 0xc6336480
const assumedCount = 100

/**
 * The addresses of balancers: those that the Ingresses publish, by themselves or by a name; else the one that the
 * Environment's loadBalancerController gives; else, where the input has no Nodes and so describes no cluster that
 * exists, one of those for documentation. A balancer that is refused gets none that it does not have.
 */
export function cloudAddresses(
  cluster: Cluster,
  drafts: readonly CloudProxyDraft[],
): ReadonlyMap<string, readonly CloudAddress[]> {
  const taken = takenAddresses(cluster)
  const free = freeAddresses(cluster, taken)
  const found = new Map<string, readonly CloudAddress[]>()
  for (const draft of drafts) {
    const published = publishedBy(draft, cluster, free).filter(({ ip }) => !taken.has(ip))
    for (const { ip } of published) taken.add(ip)
    found.set(draft.id, published)
  }
  for (const draft of drafts) {
    if (draft.refused || found.get(draft.id)?.length) continue
    const given = givenAddress(draft, cluster, { taken, free })
    if (!given) continue
    taken.add(given.ip)
    found.set(draft.id, [given])
  }
  return found
}

interface Choosing {
  readonly taken: ReadonlySet<Ip>
  readonly free: (seed: string, isInternal: boolean) => Ip
}

/** The address that a balancer is given which publishes none; nothing where nobody can know it. */
function givenAddress(
  { id, isInternal }: CloudProxyDraft,
  { nodes, environment }: Cluster,
  { taken, free }: Choosing,
): CloudAddress | undefined {
  const stated = parseIpSloppy(String(environment.loadBalancerController?.['assigns'] ?? ''))
  if (stated !== undefined && !taken.has(stated)) return { ip: stated }
  const isMadeUp = nodes.every(({ source }) => source === undefined)
  return isMadeUp ? { ip: free(id, isInternal), assumed: true } : undefined
}

function publishedBy(
  { ingresses, isInternal }: CloudProxyDraft,
  { environment }: Cluster,
  free: Choosing['free'],
): readonly CloudAddress[] {
  const entries = ingresses.flatMap(({ object }) => object.status?.loadBalancer?.ingress ?? [])
  const made = new Map<Ip, CloudAddress>()
  const names = new Set<string>()
  for (const { ip: text = '', hostname = '' } of entries) {
    const ip = parseIpSloppy(text)
    if (ip !== undefined) made.set(ip, { ip, ...(hostname !== '' && { hostname }) })
    if (ip !== undefined || hostname === '' || names.has(hostname)) continue
    names.add(hostname)
    const host = (environment.externalHosts ?? []).find(({ name }) => name === hostname)
    const stated = parseIpSloppy(host?.ip ?? '')
    const behind = stated ?? free(hostname, isInternal)
    made.set(behind, { ip: behind, hostname, ...(stated === undefined && { assumed: true }) })
  }
  return [...made.values()]
}

/** By a hash of the seed, the next one where that is somebody's; of internal balancers in the nodes' network. */
function freeAddresses(cluster: Cluster, taken: ReadonlySet<Ip>): Choosing['free'] {
  const network = underlayOf(cluster).networks.find(({ cidr }) => familyOf(cidr.first) === 4)
  return (seed, isInternal) => {
    const first = isInternal && network ? offsetIp(network.cidr.last, -60 - assumedCount) : firstAssumed
    const start = fnv1a(seed) % assumedCount
    const all = Array.from({ length: assumedCount }, (_, step) => (start + step) % assumedCount)
    const chosen = all.map((step) => offsetIp(first, step)).find((ip) => !taken.has(ip))
    return chosen ?? offsetIp(first, start)
  }
}

/** Addresses of others; of two that claim the same the Service has it. */
function takenAddresses({ nodes, services, pods }: Cluster): Set<Ip> {
  return new Set<Ip>([
    ...nodes.flatMap((node) => [...node.addresses, ...node.externalAddresses]),
    ...pods.flatMap((pod) => pod.ips),
    ...services.flatMap((one) => [
      ...one.clusterIps,
      ...one.externalIps,
      ...one.loadBalancer.flatMap(({ ip, behindName }) => ip ?? behindName ?? []),
    ]),
  ])
}
