import type { Ip } from '../base/ip.ts'
import { familyOf, parseIp } from '../base/ip.ts'
import type { ClusterPod, ClusterService } from '../model/cluster.ts'
import type { World } from './world.ts'

/** What there is of a name that stands for nothing. */
export interface NoName {
  /** The Service is there, but has no endpoint to answer with. */
  readonly service?: ClusterService
  /** What was asked for is one endpoint of the Service. */
  readonly hostname?: string
  /** The ExternalName Service is there, but what it stands for is not. */
  readonly alias?: ClusterService
}

/** What a name stands for. */
export type NameResult =
  | {
      readonly type: 'found'
      readonly name: string
      readonly ips: readonly Ip[]
      readonly service?: ClusterService
    }
  | { readonly type: 'outside'; readonly name: string; readonly ip: Ip }
  | (NoName & { readonly type: 'nxdomain'; readonly tried: readonly string[] })

/** Who asks: a pod's search list has its namespace in it, a node's has nothing of the cluster. */
export interface Asker {
  readonly pod?: ClusterPod
}

/** kubelet's default: a name with fewer dots is first looked for along the search list. */
const ndots = 5

/** Where a name outside the cluster is taken to be (TEST-NET-2). */
export const outsideAddress: Ip = 0xc6336401

/**
 * What the cluster's DNS would answer for a name, by the Kubernetes DNS specification: Services, headless
 * Services and their pods, ExternalName. The query's own way to CoreDNS is not walked.
 */
export function resolveName(world: World, asker: Asker, asked: string): NameResult {
  if (asked === 'localhost') return { type: 'found', name: asked, ips: [0x7f000001] }
  const declared = world.cluster.environment.externalHosts?.find((host) => host.name === asked)
  const declaredIp = declared && parseIp(declared.ip ?? '')
  if (declaredIp !== undefined) return { type: 'outside', name: asked, ip: declaredIp }
  const candidates = candidatesOf(world, asker, asked)
  let empty: NoName | undefined
  for (const name of candidates) {
    const found = lookUp(world, asker, name, 0)
    if (found && found.type !== 'nxdomain') return found
    empty ??= found
  }
  if (empty) return { ...empty, type: 'nxdomain', tried: candidates }
  const absolute = asked.replace(/\.$/, '')
  return isMeantInside(world, absolute)
    ? { type: 'nxdomain', tried: candidates }
    : { type: 'outside', name: absolute, ip: outsideAddress }
}

/** The names that the resolver tries, in its order. */
function candidatesOf(world: World, { pod }: Asker, asked: string): readonly string[] {
  if (asked.endsWith('.')) return [asked.slice(0, -1)]
  if (!pod || !usesClusterDns(pod)) return [asked]
  const { domain } = world.cluster.settings
  const search = [`${pod.namespace}.svc.${domain}`, `svc.${domain}`, domain].map(
    (suffix) => `${asked}.${suffix}`,
  )
  const dots = asked.split('.').length - 1
  return dots >= ndots ? [asked, ...search] : [...search, asked]
}

/** dnsPolicy: host-network pods use the node's resolver unless they say ClusterFirstWithHostNet. */
function usesClusterDns(pod: ClusterPod): boolean {
  const policy = pod.object.spec.dnsPolicy ?? 'ClusterFirst'
  if (policy === 'ClusterFirstWithHostNet') return true
  return policy === 'ClusterFirst' && !pod.hostNetwork
}

/** A name that no DNS outside knows: it has the cluster's domain or form, or names a namespace of it. */
function isMeantInside(world: World, name: string): boolean {
  if (isInCluster(world, name) || isServiceElsewhere(world, name)) return true
  const [, namespace, ...rest] = name.split('.')
  if (namespace === undefined) return true
  if (rest.length > 0) return rest.length === 1 && rest[0] === 'svc'
  return world.cluster.namespaces.some((one) => one.name === namespace)
}

/**
 * `web.shop`, `web.shop.svc` or `web.shop.svc.example.org`, where there is such a Service: meant for a cluster's DNS,
 * and asked of a resolver that is not this cluster's.
 */
function isServiceElsewhere({ services }: World, name: string): boolean {
  const [service, namespace, svc] = name.split('.')
  return (svc === undefined || svc === 'svc') && services.has(`${namespace}/${service}`)
}

function isInCluster({ cluster }: World, name: string): boolean {
  return name === cluster.settings.domain || name.endsWith(`.${cluster.settings.domain}`)
}

function lookUp(world: World, asker: Asker, name: string, depth: number): NameResult | undefined {
  const { domain } = world.cluster.settings
  if (!asker.pod || !usesClusterDns(asker.pod) || !name.endsWith(`.svc.${domain}`)) return undefined
  const labels = name.slice(0, -`.svc.${domain}`.length).split('.')
  const [namespace, serviceName, hostname, ...rest] = labels.toReversed()
  const service = world.services.get(`${namespace}/${serviceName}`)
  if (!service || rest.length > 0) return undefined
  if (hostname !== undefined) return found(name, endpointIps(world, service, hostname), service, hostname)
  if (service.type === 'ExternalName') return followExternalName(world, asker, service, depth)
  return found(name, service.headless ? endpointIps(world, service) : service.clusterIps, service)
}

function found(name: string, ips: readonly Ip[], service: ClusterService, hostname?: string): NameResult {
  return ips.length === 0
    ? { type: 'nxdomain', tried: [name], service, ...(hostname !== undefined && { hostname }) }
    : { type: 'found', name, ips, service }
}

function followExternalName(
  world: World,
  asker: Asker,
  service: ClusterService,
  depth: number,
): NameResult | undefined {
  const target = service.externalName?.replace(/\.$/, '') ?? ''
  const nobody: NameResult = { type: 'nxdomain', tried: [target], alias: service }
  if (depth > 7 || target === '') return nobody
  const declared = world.cluster.environment.externalHosts?.find((host) => host.name === target)
  const ip = parseIp(declared?.ip ?? '')
  if (ip !== undefined) return { type: 'outside', name: target, ip }
  if (isInCluster(world, target)) return lookUp(world, asker, target, depth + 1) ?? nobody
  // CoreDNS answers with a CNAME only, which an address cannot be.
  if (parseIp(target) !== undefined || isMeantInside(world, target)) return nobody
  return { type: 'outside', name: target, ip: outsideAddress }
}

/** The addresses of a headless Service: ready endpoints, of one host name if asked for. */
export function endpointIps(world: World, service: ClusterService, hostname?: string): readonly Ip[] {
  const ips = world
    .slicesOf(service)
    .flatMap((slice) => slice.endpoints)
    .filter((endpoint) => endpoint.ready && (hostname === undefined || endpoint.hostname === hostname))
    .flatMap((endpoint) => endpoint.addresses.slice(0, 1))
  return [...new Set(ips)]
}

/** The addresses of a family, or all if there is none of it. */
export function preferFamily(ips: readonly Ip[], family: 4 | 6 | undefined): readonly Ip[] {
  const wanted = ips.filter((ip) => familyOf(ip) === (family ?? familyOf(ips[0] ?? 0)))
  return wanted.length > 0 ? wanted : ips
}
