import type { ProxyEndpoint, ServicePortInfo } from './service-ports.ts'

/** The node on which kube-proxy runs, as far as the choice of endpoints asks. */
export interface ProxyNode {
  readonly name: string
  readonly zone?: string
  readonly minorVersion: number
}

/** What CategorizeEndpoints returns. */
export interface EndpointChoice {
  /** For traffic under the policy Cluster; empty if no such traffic can come. */
  readonly cluster: readonly ProxyEndpoint[]
  /** For traffic under the policy Local; empty if no such traffic can come. */
  readonly local: readonly ProxyEndpoint[]
  /** Every endpoint that either list holds. */
  readonly reachable: readonly ProxyEndpoint[]
  /** Whether an endpoint that could be used exists on any node. */
  readonly hasAny: boolean
}

/** Whether the Service can be reached from outside, by node port, load balancer address or external IP. */
export function isExternallyAccessible(port: ServicePortInfo): boolean {
  return port.nodePort !== 0 || port.vips.length > 0 || port.externalIps.length > 0
}

export function usesClusterEndpoints(port: ServicePortInfo): boolean {
  return !port.internalLocal || isExternallyAccessible(port)
}

export function usesLocalEndpoints(port: ServicePortInfo): boolean {
  return port.internalLocal || (port.externalLocal && isExternallyAccessible(port))
}

/**
 * Mirrors CategorizeEndpoints of pkg/proxy/topology.go: ready endpoints, narrowed by topology hints or to this
 * node; endpoints that are serving and terminating only where no ready one is left.
 */
export function chooseEndpoints(port: ServicePortInfo, node: ProxyNode): EndpointChoice {
  const { endpoints } = port
  const ready = endpoints.filter((one) => one.ready)
  const fallback = endpoints.filter((one) => one.serving && one.terminating)
  const narrowed = usesClusterEndpoints(port) ? byTopology(ready, port, node) : []
  const cluster = usesClusterEndpoints(port) ? orElse(narrowed, fallback) : []
  const isLocal = (one: ProxyEndpoint) => one.nodeName !== undefined && one.nodeName === node.name
  const local = usesLocalEndpoints(port) ? orElse(ready.filter(isLocal), fallback.filter(isLocal)) : []
  const hasAny = cluster.length > 0 || (usesLocalEndpoints(port) && ready.length + fallback.length > 0)
  return { cluster, local, reachable: merge(cluster, local), hasAny }
}

function orElse(
  preferred: readonly ProxyEndpoint[],
  otherwise: readonly ProxyEndpoint[],
): readonly ProxyEndpoint[] {
  return preferred.length > 0 ? preferred : otherwise
}

function merge(cluster: readonly ProxyEndpoint[], local: readonly ProxyEndpoint[]): readonly ProxyEndpoint[] {
  const known = new Set(cluster)
  const more = local.filter((one) => !known.has(one))
  return more.length === 0 ? cluster : [...cluster, ...more]
}

/** topologyModeFromHints: node hints (1.34), else zone hints, and only if every ready endpoint has one. */
function byTopology(
  ready: readonly ProxyEndpoint[],
  port: ServicePortInfo,
  { name, zone, minorVersion }: ProxyNode,
): readonly ProxyEndpoint[] {
  if (!port.usesHints || ready.length === 0) return ready
  const forNode = (one: ProxyEndpoint) => one.nodeHints.includes(name)
  if (minorVersion >= 34 && ready.every((one) => one.nodeHints.length > 0) && ready.some(forNode)) {
    return ready.filter(forNode)
  }
  const forZone = (one: ProxyEndpoint) => zone !== undefined && one.zoneHints.includes(zone)
  if (ready.every((one) => one.zoneHints.length > 0) && ready.some(forZone)) return ready.filter(forZone)
  return ready
}
