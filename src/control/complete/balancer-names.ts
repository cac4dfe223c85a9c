import { fnv1a } from '../../base/hash.ts'
import type { Ip } from '../../base/ip.ts'
import { familyOf, formatIp, offsetIp, parseIpSloppy } from '../../base/ip.ts'
import type { ClusterNode, ClusterService } from '../../model/cluster.ts'
import type { Environment } from '../../model/environment.ts'
import { isInternal } from '../load-balancer/aws.ts'
import { underlayOf } from '../underlay.ts'
import type { Completion } from './completion.ts'

/** TEST-NET-3, whose upper half nothing else here is taken from. */
const firstAssumed: Ip = 0xcb007180
const assumedCount = 120

/**
 * Balancers that are known by a name alone, as AWS's are: the address is the one that the Environment gives the name,
 * else one of the range for documentation, so that the way there can be walked; an internal balancer of AWS has one in
 * the nodes' network.
 */
export function addressesBehindNames(
  { assume }: Completion,
  services: readonly ClusterService[],
  surroundings: { readonly nodes: readonly ClusterNode[]; readonly environment: Environment },
): readonly ClusterService[] {
  const { environment } = surroundings
  const hosts = new Map(
    (environment.externalHosts ?? []).flatMap(({ name, ip }) => {
      const parsed = ip === undefined ? undefined : parseIpSloppy(ip)
      return name === undefined || parsed === undefined ? [] : [[name, parsed] as const]
    }),
  )
  const taken = new Set<Ip>([
    ...hosts.values(),
    ...surroundings.nodes.flatMap((node) => [...node.addresses, ...node.externalAddresses]),
    ...services.flatMap((one) => [...one.externalIps, ...one.loadBalancer.flatMap(({ ip }) => ip ?? [])]),
  ])
  const known = new Map<string, Ip>(hosts)
  return services.map((service) => {
    if (!service.loadBalancer.some(({ ip, hostname }) => ip === undefined && hostname)) return service
    const loadBalancer = service.loadBalancer.map((address) => {
      const { ip, hostname } = address
      if (ip !== undefined || !hostname) return address
      const behindName = known.get(hostname) ?? assumedAddress(service, hostname, { ...surroundings, taken })
      if (!known.has(hostname)) {
        const whose = `the load balancer of ${service.namespace}/${service.name}`
        assume(`${whose}, ${hostname}, is at ${formatIp(behindName)}`, service.ref)
      }
      known.set(hostname, behindName)
      taken.add(behindName)
      return { ...address, behindName }
    })
    return { ...service, loadBalancer }
  })
}

/** By a hash of the name; the next one, where that is somebody's. */
function assumedAddress(
  { source, balancer }: ClusterService,
  hostname: string,
  {
    nodes,
    environment,
    taken,
  }: {
    readonly nodes: readonly ClusterNode[]
    readonly environment: Environment
    readonly taken: ReadonlySet<Ip>
  },
): Ip {
  const network = underlayOf({ nodes, environment }).networks.find(({ cidr }) => familyOf(cidr.first) === 4)
  const inside = balancer?.profile.startsWith('aws-') && source && isInternal(source) && network
  const first = inside ? offsetIp(network.cidr.last, -60 - 120) : firstAssumed
  const start = fnv1a(hostname) % assumedCount
  for (let step = 0; step < assumedCount; step++) {
    const ip = offsetIp(first, (start + step) % assumedCount)
    if (!taken.has(ip)) return ip
  }
  return offsetIp(first, start)
}
