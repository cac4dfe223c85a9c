import type { Cluster } from '../../model/cluster.ts'
import type { KnownName } from '../outside-dns.ts'

/** The names by which balancers are known, as their provider's DNS answers for them. */
export function balancerNames({ services, environment }: Cluster): readonly KnownName[] {
  const stated = new Set((environment.externalHosts ?? []).flatMap(({ name }) => name ?? []))
  const names = new Map<string, KnownName>()
  for (const { hostname, ip, behindName } of services.flatMap((one) => one.loadBalancer)) {
    const address = ip ?? behindName
    if (!hostname || address === undefined) continue
    const assumed = ip === undefined && !stated.has(hostname)
    names.set(hostname, { name: hostname, ips: [address], ...(assumed && { assumed: true as const }) })
  }
  return [...names.values()]
}
