import type { Ip } from '../../base/ip.ts'
import { parseIpSloppy } from '../../base/ip.ts'
import type { ClusterService } from '../../model/cluster.ts'
import type { Dial, NameTarget } from '../resolve-target.ts'
import type { Sender } from '../sender.ts'
import type { World } from '../world.ts'

/**
 * Where an API server outside the cluster sends what is for a webhook or an aggregated API: it asks no name server for
 * `NAME.NAMESPACE.svc`, but takes the Service's endpoints (`--enable-aggregator-routing`) or its cluster IP. Mirrors
 * ResolveEndpoint and ResolveCluster of apiserver's proxy package. Nothing, if the sender is no such API server.
 */
export function dialAsApiServer(
  world: World,
  { netns, network }: Sender,
  { name, port }: NameTarget,
): Dial | undefined {
  const stated = world.cluster.environment.apiServer
  const address = parseIpSloppy(String(stated?.['address'] ?? ''))
  const own = network.namespaces.get(netns)?.devices.flatMap(({ addresses }) => addresses)
  if (address === undefined || !own?.some(({ ip }) => ip === address)) return undefined
  const [, service = '', namespace = ''] = /^([^.]+)\.([^.]+)\.svc$/.exec(name) ?? []
  const found = world.services.get(`${namespace}/${service}`)
  if (!found) return undefined
  const number = port === undefined ? 443 : Number(port)
  if (stated?.['enableAggregatorRouting'] !== true) {
    return { type: 'dial', ips: found.clusterIps.slice(0, 1), port: number, host: name, service: found }
  }
  return byEndpoint(world, found, number, name)
}

/** A ready endpoint at random, and the port that the Service's stands for there. */
function byEndpoint(world: World, service: ClusterService, number: number, host: string): Dial {
  const name = service.ports.find((one) => one.port === number)?.name ?? ''
  const ips = new Set<Ip>()
  let port = number
  for (const slice of world.slicesOf(service)) {
    const found = slice.ports.find((one) => one.name === name)
    if (!found) continue
    port = found.port ?? number
    for (const { ready, addresses } of slice.endpoints) for (const ip of ready ? addresses : []) ips.add(ip)
  }
  return ips.size === 0
    ? { type: 'no-endpoint', host, service }
    : { type: 'dial', ips: [...ips], port, host, service }
}
