import type { Ip } from '../base/ip.ts'
import { familyOf, formatIp, isLoopback } from '../base/ip.ts'
import { nearest } from '../base/nearest.ts'
import type { ClusterPod, ClusterService, ClusterServicePort } from '../model/cluster.ts'
import type { WaitingIngress } from './names/ingress-address.ts'
import type { Target } from './request.ts'
import { portNumber, RequestError } from './request.ts'
import type { World } from './world.ts'

/** The protocols of a request. */
export type RequestProtocol = 'tcp' | 'udp' | 'sctp' | 'icmp'

/** What is dialled: addresses with equal shares, and a port. */
export type Dial =
  | {
      readonly type: 'dial'
      readonly ips: readonly Ip[]
      readonly port: number
      readonly host: string
      readonly service?: ClusterService
      /** Addresses that clients try when those do not answer: localhost is ::1 and 127.0.0.1. */
      readonly otherwise?: readonly Ip[]
    }
  /** A headless Service without an endpoint, addressed as such; its name does not exist. */
  | { readonly type: 'no-endpoint'; readonly host: string; readonly service: ClusterService }
  /** The name could not be looked up. */
  | { readonly type: 'no-name'; readonly host: string; readonly port: number }
  | {
      readonly type: 'no-address'
      readonly host: string
      readonly port: number
      readonly service: ClusterService
      /** The name by which alone the balancer is known. */
      readonly hostname?: string
    }
  /** The name is that of an Ingress which has no address yet. */
  | {
      readonly type: 'no-ingress-address'
      readonly host: string
      readonly port: number
      readonly waiting?: WaitingIngress
    }

/** A name that has to be looked up first. */
export interface NameTarget {
  readonly type: 'look-up'
  readonly name: string
  readonly port?: string
}

interface Asking {
  readonly world: World
  readonly protocol: RequestProtocol
  readonly family: 4 | 6 | undefined
}

/** Turns what the user addressed into addresses and a port. Throws a RequestError if it names nothing. */
export function resolveTarget(asking: Asking, target: Target): Dial | NameTarget {
  switch (target.type) {
    case 'address':
      return dial(asking, [target.ip], target.port, formatIp(target.ip))
    case 'name':
      return lookUpFirst(target.name, target.port)
    case 'node':
      return dialNode(asking, target.name, target.port)
    case 'pod':
      return dialPod(asking, findPod(asking.world, target, 'unknown-destination'), target.port)
    case 'service':
      return dialService(asking, findService(asking.world, target), target.port)
    case 'balancer':
      return dialBalancer(asking, findService(asking.world, target), target.port)
    default:
      return target satisfies never
  }
}

/** The addresses of the family that was asked for; what has none of it cannot be asked so. */
function inFamily({ family }: Asking, ips: readonly Ip[], what: string): readonly Ip[] {
  if (family !== undefined && ips.length > 0 && ips.every((ip) => familyOf(ip) !== family)) {
    const other = family === 4 ? 6 : 4
    throw new RequestError('bad-request', `${what} has no IPv${family} address`, `ask over IPv${other}`)
  }
  return preferFamily(ips, family)
}

function needsPort(protocol: RequestProtocol): boolean {
  return protocol !== 'icmp'
}

function dial(asking: Asking, ips: readonly Ip[], port: string | undefined, host: string): Dial {
  if (!needsPort(asking.protocol)) return { type: 'dial', ips, port: 0, host }
  if (port === undefined)
    throw new RequestError('bad-request', `which port of ${host}?`, `write ${bracketed(host)}:PORT`)
  return { type: 'dial', ips, port: portNumber(port, 'port'), host }
}

/** An IPv6 address stands in brackets before a port. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function lookUpFirst(name: string, port: string | undefined): NameTarget {
  return { type: 'look-up', name, ...(port !== undefined && { port }) }
}

/** What is dialled once a name has been looked up: `found` is the name that had the addresses. */
export function dialFound(
  asking: Asking,
  { name, port }: NameTarget,
  found: { readonly name: string; readonly addresses: readonly Ip[] },
): Dial {
  const service = serviceNamed(asking.world, found.name)
  const ips = inFamily(asking, found.addresses, name)
  if (!service || !needsPort(asking.protocol)) {
    const made = dial(asking, ips, port, name)
    if (made.type !== 'dial') return made
    const otherwise = otherLoopback(asking, found.addresses, ips)
    return { ...made, ...(service && { service }), ...(otherwise.length > 0 && { otherwise }) }
  }
  const number =
    port === undefined
      ? onlyPort(service, asking.protocol, name)
      : numericPort(port, service, asking.protocol)
  return { type: 'dial', ips, port: number, host: name, service }
}

/** The address of the other family by which the machine calls itself, which a client of TCP tries next. */
function otherLoopback(
  { family, protocol }: Asking,
  addresses: readonly Ip[],
  chosen: readonly Ip[],
): readonly Ip[] {
  if (family !== undefined || protocol !== 'tcp' || !addresses.every(isLoopback)) return []
  return addresses.filter((ip) => !chosen.includes(ip))
}

/** The Service whose name, or the name of one of whose endpoints, this is. */
export function serviceNamed({ cluster, services }: World, name: string): ClusterService | undefined {
  const suffix = `.svc.${cluster.settings.domain}`
  const plain = name.replace(/\.$/, '').toLowerCase()
  if (!plain.endsWith(suffix)) return undefined
  const [namespace, service] = plain.slice(0, -suffix.length).split('.').toReversed()
  return services.get(`${namespace}/${service}`)
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
function preferFamily(ips: readonly Ip[], family: 4 | 6 | undefined): readonly Ip[] {
  const wanted = ips.filter((ip) => familyOf(ip) === (family ?? familyOf(ips[0] ?? 0)))
  return wanted.length > 0 ? wanted : ips
}

function names(list: Iterable<string>): string {
  const all = [...list].toSorted()
  return all.length > 8
    ? `${all.slice(0, 8).join(', ')} and ${all.length - 8} more`
    : all.join(', ') || 'none'
}

function dialNode(asking: Asking, name: string, port: string | undefined): Dial {
  const node = asking.world.nodes.get(name)
  if (!node) {
    throw new RequestError(
      'unknown-destination',
      `there is no node ${name}`,
      `nodes: ${names(asking.world.nodes.keys())}`,
    )
  }
  const ips = inFamily(asking, node.addresses, `node ${name}`).slice(0, 1)
  return dial(asking, ips, port, name)
}

/** The pod of this name; says which there are if there is none. */
export function findPod(
  world: World,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  as: 'unknown-source' | 'unknown-destination',
): ClusterPod {
  const pod = world.pods.get(`${namespace}/${name}`)
  if (pod) return pod
  const all = [...world.pods.values()]
  const own = all.filter((one) => one.namespace === namespace).map((one) => one.name)
  const elsewhere = all.find((one) => one.name === name)
  const near = nearest(name, own)
  const others = near === undefined ? `pods there: ${names(own)}` : `did you mean ${near}?`
  throw new RequestError(
    as,
    `there is no pod ${name} in namespace ${namespace}`,
    elsewhere
      ? `there is one in namespace ${elsewhere.namespace}: pod/${elsewhere.namespace}/${name}`
      : others,
  )
}

function dialPod(asking: Asking, pod: ClusterPod, port: string | undefined): Dial {
  if (pod.ips.length === 0) {
    throw new RequestError(
      'unknown-destination',
      `pod ${pod.namespace}/${pod.name} has no address: it is ${pod.phase}`,
    )
  }
  const ips = inFamily(asking, pod.ips, `pod ${pod.name}`).slice(0, 1)
  const named = pod.ports.find((one) => one.name === port)
  const declared = pod.ports.filter((one) => one.protocol.toLowerCase() === asking.protocol)
  const only = declared.length === 1 ? String(declared[0]?.port) : undefined
  return dial(asking, ips, named ? String(named.port) : (port ?? only), `${pod.name}`)
}

/** The Service of this name; says which there are if there is none. */
function findService(
  world: World,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): ClusterService {
  const service = world.services.get(`${namespace}/${name}`)
  if (service) return service
  const all = [...world.services.values()]
  const own = all.filter((one) => one.namespace === namespace).map((one) => one.name)
  const elsewhere = all.find((one) => one.name === name)
  const near = nearest(name, own)
  const others = near === undefined ? `Services there: ${names(own)}` : `did you mean ${near}?`
  const hint = elsewhere
    ? `there is one in namespace ${elsewhere.namespace}: svc/${elsewhere.namespace}/${name}`
    : others
  throw new RequestError('unknown-destination', `there is no Service ${name} in namespace ${namespace}`, hint)
}

/** A port that stands behind a DNS name, which no port's name can; says how the Service's own are asked for. */
function numericPort(port: string, service: ClusterService, protocol: RequestProtocol): number {
  const named = service.ports.find((one) => one.name === port && one.protocol.toLowerCase() === protocol)
  if (!named) return portNumber(port, 'port')
  throw new RequestError(
    'bad-request',
    `behind a DNS name stands a port's number, not its name "${port}"`,
    `write ${named.port}, or svc/${service.namespace}/${service.name}:${port}`,
  )
}

/** The number of a Service's port: by number, by name, or the only one. */
function servicePortNumber(service: ClusterService, port: string | undefined, asking: Asking): number {
  if (!needsPort(asking.protocol)) return 0
  if (port === undefined) return onlyPort(service, asking.protocol, service.name)
  if (/^\d+$/.test(port)) return portNumber(port, 'port')
  const named = service.ports.find((one) => one.name === port)
  if (named) return named.port
  throw new RequestError(
    'unknown-destination',
    `Service ${service.namespace}/${service.name} has no port called "${port}"`,
    `its ports: ${names(service.ports.map((one) => `${one.name || '(unnamed)'} ${one.port}/${one.protocol}`))}`,
  )
}

function onlyPort(service: ClusterService, protocol: RequestProtocol, host: string): number {
  const fitting = service.ports.filter((one) => one.protocol.toLowerCase() === protocol)
  const [only] = fitting
  if (fitting.length === 1 && only) return only.port
  throw new RequestError(
    'bad-request',
    `which port of ${host}? ${fitting.length === 0 ? `it has none for ${protocol}` : 'it has several'}`,
    `its ports: ${names(service.ports.map((one) => `${one.port}/${one.protocol}`))}`,
  )
}

function dialService(asking: Asking, service: ClusterService, port: string | undefined): Dial | NameTarget {
  const host = service.name
  if (service.type === 'ExternalName') {
    const name = `${service.name}.${service.namespace}.svc.${asking.world.cluster.settings.domain}.`
    return lookUpFirst(name, port ?? firstPort(service.ports))
  }
  const number = servicePortNumber(service, port, asking)
  if (!service.headless) {
    return {
      type: 'dial',
      ips: inFamily(asking, service.clusterIps, `Service ${service.name}`).slice(0, 1),
      port: number,
      host,
      service,
    }
  }
  const ips = inFamily(asking, endpointIps(asking.world, service), `Service ${service.name}`)
  if (ips.length === 0) return { type: 'no-endpoint', host, service }
  return { type: 'dial', ips, port: number, host, service }
}

function firstPort(ports: readonly ClusterServicePort[]): string | undefined {
  return ports[0] && String(ports[0].port)
}

function dialBalancer(asking: Asking, service: ClusterService, port: string | undefined): Dial {
  const number = servicePortNumber(service, port, asking)
  const ips = service.loadBalancer.flatMap(({ ip, behindName }) => ip ?? behindName ?? [])
  const own = asking.family === undefined ? ips : ips.filter((ip) => familyOf(ip) === asking.family)
  const hostname = service.loadBalancer.find((one) => one.hostname !== undefined)?.hostname
  if (own.length === 0) {
    return { type: 'no-address', host: service.name, port: number, service, ...(hostname && { hostname }) }
  }
  return { type: 'dial', ips: own.slice(0, 1), port: number, host: formatIp(own[0] ?? 0), service }
}
