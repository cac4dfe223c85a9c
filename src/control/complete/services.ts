import { fnv1a } from '../../base/hash.ts'
import type { Cidr, Ip } from '../../base/ip.ts'
import {
  contains,
  familyOf,
  formatCidr,
  formatIp,
  offsetIp,
  parseCidrSloppy,
  parseIpSloppy,
  sizeOf,
} from '../../base/ip.ts'
import type {
  ClusterService,
  ClusterServicePort,
  ClusterSettings,
  LoadBalancerAddress,
} from '../../model/cluster.ts'
import type { Located, Service, ServicePort } from '../../model/objects.ts'
import type { Completion } from './completion.ts'

/** A Service with the API server's defaults and allocations: addresses, node ports, policies. */
export function completeServices(
  completion: Completion,
  settings: ClusterSettings,
): readonly ClusterService[] {
  const ips = new AddressAllocator(completion, settings)
  const ports = new PortAllocator(completion, settings)
  const services = completion.objects.Service
  for (const source of services) {
    ips.reserve(source)
    ports.reserve(source)
  }
  return services.map((source) => completeService(completion, source, settings, ips, ports))
}

type ServiceType = ClusterService['type']

function typeOf({ spec }: Service): ServiceType {
  return (spec?.type || 'ClusterIP') as ServiceType
}

function isHeadless({ spec }: Service): boolean {
  return spec?.clusterIP === 'None' || spec?.clusterIPs?.[0] === 'None'
}

function statedClusterIps({ spec }: Service): Ip[] {
  const texts = spec?.clusterIPs?.length ? spec.clusterIPs : [spec?.clusterIP]
  return texts.flatMap((text) => {
    const ip = text && text !== 'None' ? parseIpSloppy(text) : undefined
    return ip === undefined ? [] : [ip]
  })
}

function completeService(
  completion: Completion,
  source: Located<Service>,
  settings: ClusterSettings,
  ips: AddressAllocator,
  ports: PortAllocator,
): ClusterService {
  const { object, ref } = source
  const { spec = {}, metadata } = object
  const { selector, externalName, trafficDistribution } = spec
  const type = typeOf(object)
  const headless = isHeadless(object)
  const families = familiesOf(object, settings)
  const hasVip = !headless && type !== 'ExternalName'
  return {
    namespace: ref.namespace ?? 'default',
    name: ref.name,
    ref,
    type,
    ...(selector && Object.keys(selector).length > 0 && { selector }),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    headless,
    clusterIps: hasVip ? ips.allocate(source, families) : [],
    families,
    ports: completePorts(source, ports),
    externalIps: (spec.externalIPs ?? []).flatMap((text) => parseIpSloppy(text) ?? []),
    loadBalancer: balancerAddresses(completion, source),
    sourceRanges: sourceRanges(object),
    ...policiesOf(source, ports),
    affinitySeconds: affinityOf(object),
    publishNotReady: spec.publishNotReadyAddresses ?? false,
    ...(externalName !== undefined && { externalName }),
    ...(trafficDistribution !== undefined && { trafficDistribution }),
    object,
    source,
  }
}

function offersNodePorts(service: Service): boolean {
  const type = typeOf(service)
  return type === 'NodePort' || type === 'LoadBalancer'
}

function completePorts(source: Located<Service>, allocator: PortAllocator): readonly ClusterServicePort[] {
  const { object } = source
  const allocates = offersNodePorts(object) && !isHeadless(object)
  return (object.spec?.ports ?? []).map((port, index) => ({
    name: port.name ?? '',
    protocol: port.protocol ?? 'TCP',
    port: port.port ?? 0,
    targetPort: port.targetPort || (port.port ?? 0),
    nodePort: allocates ? allocator.allocate(source, index) : (port.nodePort ?? 0),
  }))
}

/** ClientIP affinity lasts three hours unless the Service says otherwise. */
function affinityOf({ spec }: Service): number {
  return spec?.sessionAffinity === 'ClientIP'
    ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800)
    : 0
}

function policiesOf(
  source: Located<Service>,
  allocator: PortAllocator,
): Pick<ClusterService, 'externalLocal' | 'internalLocal' | 'healthCheckNodePort'> {
  const { object } = source
  const { externalTrafficPolicy, internalTrafficPolicy, externalIPs = [] } = object.spec ?? {}
  const accessible = offersNodePorts(object) || externalIPs.length > 0
  const externalLocal = externalTrafficPolicy === 'Local' && accessible
  const hasHealthPort = typeOf(object) === 'LoadBalancer' && externalLocal
  return {
    externalLocal,
    internalLocal: internalTrafficPolicy === 'Local',
    healthCheckNodePort: hasHealthPort ? allocator.healthCheckPort(source) : 0,
  }
}

/** Mirrors the API server's defaulting of ipFamilies by ipFamilyPolicy and the cluster's own families. */
function familiesOf({ spec }: Service, settings: ClusterSettings): readonly (4 | 6)[] {
  const own = settings.serviceCidrs.map((cidr) => familyOf(cidr.first))
  const stated = (spec?.ipFamilies ?? []).map((family): 4 | 6 => (family === 'IPv6' ? 6 : 4))
  const byAddress = spec ? statedClusterIps({ spec, metadata: {} }).map(familyOf) : []
  const first = stated.length > 0 ? stated : byAddress
  if (spec?.ipFamilyPolicy === 'PreferDualStack' || spec?.ipFamilyPolicy === 'RequireDualStack') {
    const primary = first[0] ?? own[0] ?? 4
    return [primary, ...own.filter((family) => family !== primary)]
  }
  return first.length > 0 ? first : own.slice(0, 1)
}

function sourceRanges({ spec }: Service): readonly Cidr[] {
  return (spec?.loadBalancerSourceRanges ?? []).flatMap((text) => {
    const cidr = parseCidrSloppy(text.trim())
    return cidr ? [cidr] : []
  })
}

/** The addresses in the status; a wish in `loadBalancerIP` is taken for granted if there is no status. */
function balancerAddresses(
  completion: Completion,
  { object, ref }: Located<Service>,
): readonly LoadBalancerAddress[] {
  const stated = object.status?.loadBalancer?.ingress ?? []
  if (stated.length === 0 && object.spec?.loadBalancerIP) {
    const ip = parseIpSloppy(object.spec.loadBalancerIP)
    if (ip !== undefined) {
      completion.assume(
        `the load balancer of ${ref.namespace}/${ref.name} got the address it asks for, ${formatIp(ip)}`,
        ref,
      )
      return [{ ip, mode: 'VIP' }]
    }
  }
  return stated.map(({ ip: text, hostname, ipMode }): LoadBalancerAddress => {
    const ip = text ? parseIpSloppy(text) : undefined
    return {
      ...(ip !== undefined && { ip }),
      ...(hostname && { hostname }),
      mode: ipMode === 'Proxy' ? 'Proxy' : 'VIP',
    }
  })
}

/** Cluster IPs: those that are stated, and for the rest a place by a hash of the Service's name. */
class AddressAllocator {
  readonly #taken = new Map<Ip, string>()
  readonly #completion: Completion
  readonly #cidrs: readonly Cidr[]

  constructor(completion: Completion, settings: ClusterSettings) {
    this.#completion = completion
    this.#cidrs = settings.serviceCidrs
  }

  reserve(source: Located<Service>): void {
    const { ref, object } = source
    for (const ip of statedClusterIps(object)) {
      const key = `${ref.namespace}/${ref.name}`
      const other = this.#taken.get(ip)
      if (other !== undefined) {
        this.#completion.report(
          'cluster-ip-taken',
          `cluster IP ${formatIp(ip)} of ${key} belongs to ${other}`,
          {
            at: source.locate(['spec', 'clusterIP']),
            object: ref,
          },
        )
      }
      this.#taken.set(ip, key)
      const ranges = this.#cidrs.filter((cidr) => familyOf(cidr.first) === familyOf(ip))
      if (ranges.length > 0 && !ranges.some((cidr) => contains(cidr, ip)))
        this.#reportOutside(source, ip, ranges)
    }
  }

  #reportOutside(source: Located<Service>, ip: Ip, ranges: readonly Cidr[]): void {
    const range = ranges.map(formatCidr).join(', ')
    this.#completion.report(
      'cluster-ip-outside-range',
      `cluster IP ${formatIp(ip)} is not in the Service range ${range}`,
      {
        at: source.locate(['spec', 'clusterIP']),
        object: source.ref,
        fix: 'choose one in the range, or leave it out; a kubeadm ClusterConfiguration states another range',
      },
    )
  }

  allocate({ object, ref }: Located<Service>, families: readonly (4 | 6)[]): readonly Ip[] {
    const stated = statedClusterIps(object)
    return families.flatMap((family) => {
      const own = stated.find((ip) => familyOf(ip) === family)
      if (own !== undefined) return [own]
      if (object.metadata.uid !== undefined) return []
      const cidr = this.#cidrs.find((one) => familyOf(one.first) === family)
      const ip = cidr && this.#free(cidr, `${ref.namespace}/${ref.name}`)
      if (ip === undefined) return []
      this.#completion.assume(`Service ${ref.namespace}/${ref.name} has cluster IP ${formatIp(ip)}`, ref)
      return [ip]
    })
  }

  /** The upper band of the range, which the API server keeps for addresses that nobody chose (KEP-3070). */
  #free(cidr: Cidr, key: string): Ip | undefined {
    const size = Math.min(sizeOf(cidr), 2 ** 24)
    const band = Math.min(Math.max(16, Math.floor(size / 16)), 256)
    const dynamic = size - band - 2
    const start = fnv1a(`cluster IP ${key}`) % Math.max(dynamic, 1)
    for (let step = 0; step < dynamic; step++) {
      const ip = offsetIp(cidr.first, 1 + band + ((start + step) % dynamic))
      if (this.#taken.has(ip)) continue
      this.#taken.set(ip, key)
      return ip
    }
    return undefined
  }
}

/** Node ports, which TCP, UDP and SCTP share out separately. */
class PortAllocator {
  readonly #taken = new Map<string, string>()
  readonly #completion: Completion
  readonly #range: ClusterSettings['nodePorts']

  constructor(completion: Completion, settings: ClusterSettings) {
    this.#completion = completion
    this.#range = settings.nodePorts
  }

  reserve(source: Located<Service>): void {
    const { object, ref } = source
    const key = `${ref.namespace}/${ref.name}`
    for (const [index, port] of (object.spec?.ports ?? []).entries()) {
      if (!port.nodePort) continue
      const path = ['spec', 'ports', index, 'nodePort']
      this.#check(source, port.nodePort, path)
      const slot = `${port.protocol ?? 'TCP'}/${port.nodePort}`
      const other = this.#taken.get(slot)
      if (other !== undefined) {
        this.#completion.report(
          'node-port-taken',
          `node port ${port.nodePort} of ${key} belongs to ${other}`,
          {
            at: source.locate(path),
            object: ref,
            fix: 'choose another, or leave it out',
          },
        )
      }
      this.#taken.set(slot, key)
    }
    const health = object.spec?.healthCheckNodePort
    if (health) this.#taken.set(`TCP/${health}`, key)
  }

  #check(source: Located<Service>, port: number, path: readonly (string | number)[]): void {
    const { first, last } = this.#range
    if (port >= first && port <= last) return
    this.#completion.report('node-port-outside-range', `node port ${port} is not from ${first} to ${last}`, {
      at: source.locate(path),
      object: source.ref,
      fix: `choose one from ${first} to ${last}, or leave it out`,
    })
  }

  allocate({ object, ref }: Located<Service>, index: number): number {
    const { spec = {} } = object
    const port = spec.ports?.[index]
    if (port?.nodePort) return port.nodePort
    const dumped = object.metadata.uid !== undefined
    if (spec.allocateLoadBalancerNodePorts === false || dumped) return 0
    const protocol = port?.protocol ?? 'TCP'
    const key = `${ref.namespace}/${ref.name}`
    const same = this.#twin(spec.ports ?? [], index, key)
    const free = same !== undefined && !this.#taken.has(`${protocol}/${same}`)
    const chosen = free ? same : this.#free(protocol, `${key} ${index}`)
    this.#taken.set(`${protocol}/${chosen}`, key)
    this.#chosen.set(`${key} ${index}`, chosen)
    this.#completion.assume(`Service ${key} port ${port?.name || port?.port} has node port ${chosen}`, ref)
    return chosen
  }

  /** One port number used for several protocols gets one node port. */
  #twin(ports: readonly ServicePort[], index: number, key: string): number | undefined {
    for (const [other, port] of ports.entries()) {
      if (other === index || port.port !== ports[index]?.port) continue
      const chosen = port.nodePort || this.#chosen.get(`${key} ${other}`)
      if (chosen) return chosen
    }
    return undefined
  }

  readonly #chosen = new Map<string, number>()

  healthCheckPort({ object, ref }: Located<Service>): number {
    const stated = object.spec?.healthCheckNodePort
    if (stated) return stated
    const key = `${ref.namespace}/${ref.name}`
    const chosen = this.#free('TCP', `${key} health`)
    this.#taken.set(`TCP/${chosen}`, key)
    this.#completion.assume(`Service ${key} has health check node port ${chosen}`, ref)
    return chosen
  }

  /** The upper band of the range, which is kept for ports that nobody chose (KEP-3668). */
  #free(protocol: string, seed: string): number {
    const { first, last } = this.#range
    const size = last - first + 1
    const band = Math.min(Math.max(16, Math.floor(size / 32)), 128)
    const dynamic = Math.max(size - band, 1)
    const start = fnv1a(`node port ${seed}`) % dynamic
    for (let step = 0; step < dynamic; step++) {
      const port = first + (size > band ? band : 0) + ((start + step) % dynamic)
      if (!this.#taken.has(`${protocol}/${port}`)) return port
    }
    return first
  }
}
