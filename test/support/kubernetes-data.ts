import type { Ip } from '../../src/base/ip.ts'
import { parseIp } from '../../src/base/ip.ts'
import type {
  DnsEndpoint,
  DnsNamespace,
  DnsPod,
  DnsPort,
  DnsService,
  DnsSlice,
  KubernetesData,
} from '../../src/dns/kubernetes-data.ts'

/** An object of the API, as far as CoreDNS looks at it. */
export interface ApiObject {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly addressType?: string
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[]
        readonly conditions?: { readonly ready?: boolean }
        readonly hostname?: string
        readonly targetRef?: { readonly name?: string }
        readonly zone?: string
      }[]
    | null
  readonly ports?: readonly ApiPort[] | null
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
    readonly ips?: readonly string[]
    readonly externalName?: string
    readonly externalIPs?: readonly string[]
    readonly ports?: readonly ApiPort[]
  }
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] }
  }
}

interface ApiPort {
  readonly name?: string
  readonly protocol?: string
  readonly port?: number
}

/** What a kubernetes plugin knows after it has listed these objects. */
export function kubernetesDataOf(objects: readonly ApiObject[]): KubernetesData {
  const of = (kind: string) => objects.filter((object) => object.kind === kind)
  const services = of('Service').map(serviceOf)
  const own = of('EndpointSlice').map((object) => sliceOf(object, 'kubernetes.io'))
  const imported = of('EndpointSlice').map((object) => sliceOf(object, 'multicluster.kubernetes.io'))
  return {
    namespaces: new Map(of('Namespace').map((object) => [object.metadata.name, namespaceOf(object)])),
    services: new Map(services.map((service) => [`${service.namespace}/${service.name}`, service])),
    servicesByIp: new Map(
      services.toReversed().flatMap((service) => service.clusterIps.map((ip) => [ip, service])),
    ),
    slices: groupBy(own, (slice) => `${slice.namespace}/${slice.service}`),
    slicesByIp: slicesByIp(own),
    podsByIp: podsByIp(of('Pod')),
    imports: {
      services: new Map(
        of('ServiceImport')
          .map(serviceOf)
          .map((service) => [`${service.namespace}/${service.name}`, service]),
      ),
      slices: groupBy(imported, (slice) => `${slice.namespace}/${slice.service}`),
    },
  }
}

function groupBy<T>(values: readonly T[], key: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value])
  return groups
}

function namespaceOf({ metadata }: ApiObject): DnsNamespace {
  return { name: metadata.name, labels: metadata.labels ?? {} }
}

function refOf({ kind, metadata }: ApiObject) {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name }
}

function addresses(texts: readonly (string | undefined)[]): readonly Ip[] {
  return texts.map((text) => parseIp(text ?? '')).filter((ip) => ip !== undefined)
}

function portOf({ name = '', protocol = '', port = -1 }: ApiPort): DnsPort {
  return { name, protocol, port }
}

function serviceOf(object: ApiObject): DnsService {
  const { metadata, spec = {}, status } = object
  const ips = spec.clusterIPs ?? spec.ips ?? [spec.clusterIP ?? '']
  const ingress = status?.loadBalancer?.ingress?.map((one) => one.ip) ?? []
  return {
    ...refOf(object),
    ref: refOf(object),
    labels: metadata.labels ?? {},
    headless: ips[0] === 'None' || spec.type === 'Headless',
    ...(spec.type === 'ExternalName' ? { externalName: spec.externalName ?? '' } : {}),
    clusterIps: addresses(ips),
    externalIps: addresses([...(spec.externalIPs ?? []), ...ingress]),
    ports: (spec.ports ?? []).map((port) => portOf({ protocol: 'TCP', ...port })),
  }
}

function sliceOf(object: ApiObject, owner: 'kubernetes.io' | 'multicluster.kubernetes.io'): DnsSlice {
  const { metadata, endpoints, ports } = object
  const labels = metadata.labels ?? {}
  const clusterId = labels['multicluster.kubernetes.io/source-cluster']
  return {
    namespace: metadata.namespace ?? '',
    service: labels[`${owner}/service-name`] ?? '',
    ref: refOf(object),
    labels,
    ...(clusterId === undefined || owner === 'kubernetes.io' ? {} : { clusterId }),
    ports: (ports ?? []).map(portOf),
    endpoints: (endpoints ?? []).map((endpoint): DnsEndpoint => {
      const { hostname, targetRef, zone, conditions } = endpoint
      return {
        addresses: addresses(endpoint.addresses),
        ready: conditions?.ready ?? true,
        ...(hostname === undefined ? {} : { hostname }),
        ...(targetRef?.name === undefined ? {} : { podName: targetRef.name }),
        ...(zone === undefined ? {} : { zone }),
      }
    }),
  }
}

function slicesByIp(slices: readonly DnsSlice[]): ReadonlyMap<Ip, readonly DnsSlice[]> {
  const found = new Map<Ip, DnsSlice[]>()
  for (const slice of slices) {
    for (const ip of new Set(slice.endpoints.flatMap((endpoint) => endpoint.addresses))) {
      found.set(ip, [...(found.get(ip) ?? []), slice])
    }
  }
  return found
}

function podsByIp(objects: readonly ApiObject[]): ReadonlyMap<Ip, readonly DnsPod[]> {
  const found = new Map<Ip, DnsPod[]>()
  for (const { metadata, status } of objects) {
    const over = ['Succeeded', 'Failed', 'Unknown'].includes(status?.phase ?? '')
    for (const ip of over ? [] : addresses([status?.podIP])) {
      const { namespace = '', name, labels = {} } = metadata
      found.set(ip, [...(found.get(ip) ?? []), { namespace, name, labels }])
    }
  }
  return found
}
