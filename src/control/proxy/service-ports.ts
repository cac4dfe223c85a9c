import { sha256Base32 } from '../../base/hash.ts'
import type { Cidr, Ip } from '../../base/ip.ts'
import { familyOf, formatEndpoint } from '../../base/ip.ts'
import { byText } from '../../base/ordering.ts'
import type { ObjectRef, Origin } from '../../base/source.ts'
import type {
  Cluster,
  ClusterEndpointSlice,
  ClusterService,
  ClusterServicePort,
} from '../../model/cluster.ts'

/** One endpoint as kube-proxy holds it for one service port. */
export interface ProxyEndpoint {
  readonly ip: Ip
  readonly port: number
  /** `10.0.0.1:80` or `[fd00::1]:80`: what endpoints are sorted, told apart and hashed by. */
  readonly text: string
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly nodeName?: string
  readonly zoneHints: readonly string[]
  readonly nodeHints: readonly string[]
}

/** One port of one Service in one address family, with its endpoints: what all proxy modes start from. */
export interface ServicePortInfo {
  readonly namespace: string
  readonly service: string
  readonly portName: string
  /** `namespace/name:port`, or `namespace/name` for a port without a name. */
  readonly id: string
  /** Lower case, as in rules. */
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  /** The hash in the names of its chains. */
  readonly hash: string
  readonly clusterIp: Ip
  readonly port: number
  readonly nodePort: number
  readonly externalIps: readonly Ip[]
  /** Load balancer addresses that the node answers for itself. */
  readonly vips: readonly Ip[]
  readonly sourceRanges: readonly Cidr[]
  readonly healthCheckNodePort: number
  readonly externalLocal: boolean
  readonly internalLocal: boolean
  readonly affinitySeconds: number
  /** Whether hints may be used: up to 1.30 only with the annotation. */
  readonly usesHints: boolean
  /** Sorted by their text. */
  readonly endpoints: readonly ProxyEndpoint[]
  readonly origin: Origin
}

/** All service ports of one family, sorted by namespace, name and port name. */
export interface ServicePorts {
  readonly list: readonly ServicePortInfo[]
  /** More than 1000 endpoints: rules for endpoints carry no comments. */
  readonly large: boolean
}

/** kube-proxy's largeClusterEndpointsThreshold. */
const largeClusterThreshold = 1000

const cache = new WeakMap<Cluster, Map<string, ServicePorts>>()

/** The service ports of a family as kube-proxy of this release sees them; the same for all nodes. */
export function servicePortsOf(cluster: Cluster, family: 4 | 6, minorVersion: number): ServicePorts {
  const known = cache.get(cluster) ?? new Map<string, ServicePorts>()
  cache.set(cluster, known)
  const key = `${family} ${minorVersion}`
  const found = known.get(key)
  if (found) return found
  const made = makeServicePorts(cluster, family, minorVersion)
  known.set(key, made)
  return made
}

function makeServicePorts(cluster: Cluster, family: 4 | 6, minorVersion: number): ServicePorts {
  const slices = slicesByService(cluster, family, minorVersion)
  const services = cluster.services.filter((service) => isProxied(service, minorVersion))
  const list = services
    .flatMap((service) => {
      const ip = service.clusterIps.find((one) => familyOf(one) === family)
      if (ip === undefined) return []
      const own = slices.get(`${service.namespace}/${service.name}`) ?? []
      return service.ports.map((port) => makeServicePort(service, port, ip, own, { family, minorVersion }))
    })
    .toSorted(
      (a, b) =>
        byText(a.namespace, b.namespace) || byText(a.service, b.service) || byText(a.portName, b.portName),
    )
  const endpoints = list.reduce((sum, one) => sum + one.endpoints.length, 0)
  return { list, large: endpoints > largeClusterThreshold }
}

const proxyNameLabel = 'service.kubernetes.io/service-proxy-name'
const headlessLabel = 'service.kubernetes.io/headless'

/** Which Services kube-proxy watches; up to 1.35 the label of headless slices shut out Services as well. */
function isProxied(service: ClusterService, minorVersion: number): boolean {
  if (service.headless || service.type === 'ExternalName') return false
  if (proxyNameLabel in service.labels) return false
  return minorVersion >= 36 || !(headlessLabel in service.labels)
}

function slicesByService(
  cluster: Cluster,
  family: 4 | 6,
  minorVersion: number,
): ReadonlyMap<string, readonly ClusterEndpointSlice[]> {
  const slices = new Map<string, ClusterEndpointSlice[]>()
  for (const slice of cluster.endpointSlices) {
    if (slice.family !== family || headlessLabel in slice.labels) continue
    if (minorVersion < 36 && proxyNameLabel in slice.labels) continue
    const key = `${slice.namespace}/${slice.service}`
    const list = slices.get(key)
    if (list) list.push(slice)
    else slices.set(key, [slice])
  }
  return slices
}

function makeServicePort(
  service: ClusterService,
  port: ClusterServicePort,
  clusterIp: Ip,
  slices: readonly ClusterEndpointSlice[],
  { family, minorVersion }: { readonly family: 4 | 6; readonly minorVersion: number },
): ServicePortInfo {
  const id = `${service.namespace}/${service.name}${port.name === '' ? '' : `:${port.name}`}`
  const protocol = port.protocol.toLowerCase() as ServicePortInfo['protocol']
  const ofFamily = (ip: Ip) => familyOf(ip) === family
  return {
    namespace: service.namespace,
    service: service.name,
    portName: port.name,
    id,
    protocol,
    hash: sha256Base32(id + protocol, 16),
    clusterIp,
    port: port.port,
    nodePort: port.nodePort,
    externalIps: service.externalIps.filter(ofFamily),
    vips: vipsOf(service, minorVersion).filter(ofFamily),
    sourceRanges: rangesOf(service, family, minorVersion),
    healthCheckNodePort: service.healthCheckNodePort,
    externalLocal: isExternalLocal(service, minorVersion),
    internalLocal: service.internalLocal,
    affinitySeconds: service.affinitySeconds,
    usesHints: minorVersion >= 31 || hintsAnnotated(service),
    endpoints: endpointsOf(port, slices, minorVersion),
    origin: { component: 'kube-proxy', subject: service.ref },
  }
}

/** From 1.30 addresses in mode Proxy are left to the load balancer. */
function vipsOf(service: ClusterService, minorVersion: number): readonly Ip[] {
  return service.loadBalancer.flatMap((one) =>
    one.ip !== undefined && (one.mode === 'VIP' || minorVersion < 30) ? [one.ip] : [],
  )
}

/** From 1.34 a range of all addresses means no ranges. */
function rangesOf(service: ClusterService, family: 4 | 6, minorVersion: number): readonly Cidr[] {
  const ranges = service.sourceRanges.filter((range) => familyOf(range.first) === family)
  return minorVersion >= 34 && ranges.some((range) => range.bits === 0) ? [] : ranges
}

/** 1.28 looks at externalTrafficPolicy only for the types NodePort and LoadBalancer. */
function isExternalLocal(service: ClusterService, minorVersion: number): boolean {
  return (
    service.externalLocal &&
    (minorVersion >= 29 || service.type === 'NodePort' || service.type === 'LoadBalancer')
  )
}

function hintsAnnotated({ annotations }: ClusterService): boolean {
  const value =
    annotations['service.kubernetes.io/topology-aware-hints'] ??
    annotations['service.kubernetes.io/topology-mode']
  return value !== undefined && value !== '' && value.toLowerCase() !== 'disabled'
}

/** The endpoints of one service port, from every slice that has a port of its name and protocol. */
function endpointsOf(
  port: ClusterServicePort,
  slices: readonly ClusterEndpointSlice[],
  minorVersion: number,
): readonly ProxyEndpoint[] {
  const byAddress = new Map<string, ProxyEndpoint>()
  for (const slice of slices) {
    for (const own of slice.ports) {
      if (own.name !== port.name || own.protocol !== port.protocol || own.port === undefined) continue
      for (const endpoint of slice.endpoints) addEndpoint(byAddress, endpoint, own.port, minorVersion)
    }
  }
  return [...byAddress.values()].sort((a, b) => byText(a.text, b.text))
}

/** On a duplicate 1.36 keeps the later one unless it is terminating. */
function addEndpoint(
  byAddress: Map<string, ProxyEndpoint>,
  endpoint: ClusterEndpointSlice['endpoints'][number],
  port: number,
  minorVersion: number,
): void {
  const { addresses, ready, serving, terminating, nodeName, zoneHints, nodeHints } = endpoint
  const ip = addresses[0]
  if (ip === undefined) return
  const text = formatEndpoint(ip, port)
  if (byAddress.has(text) && minorVersion >= 36 && terminating) return
  byAddress.set(text, {
    ip,
    port,
    text,
    ready,
    serving,
    terminating,
    ...(nodeName !== undefined && { nodeName }),
    zoneHints,
    nodeHints,
  })
}

/** The Service that a service port belongs to. */
export function serviceRef({ origin }: ServicePortInfo): ObjectRef | undefined {
  return origin.subject
}
