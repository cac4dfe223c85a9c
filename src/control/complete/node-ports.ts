import { fnv1a } from '../../base/hash.ts'
import type { ClusterSettings } from '../../model/cluster.ts'
import type { Located, Service, ServicePort } from '../../model/objects.ts'
import { probe } from './cluster-ips.ts'
import type { Completion } from './completion.ts'

/** `NodePort` and `LoadBalancer` Services; the latter may do without node ports. */
export function offersNodePorts({ spec }: Service): boolean {
  return spec?.type === 'NodePort' || spec?.type === 'LoadBalancer'
}

function allocatesNodePorts({ spec }: Service): boolean {
  return (
    spec?.type === 'NodePort' ||
    (spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
  )
}

/** The first stated node port of a Service's entries for one port number (findRequestedNodePort). */
function requested(ports: readonly ServicePort[], port: number | undefined): number | undefined {
  return ports.find((one) => one.port === port && one.nodePort)?.nodePort
}

/** The numbers that a Service asks for: once for the entries that share a port number, else once for each. */
function statedNodePorts(
  ports: readonly ServicePort[],
): readonly { readonly number: number; readonly index: number }[] {
  const shared = new Map<number | undefined, number>()
  return ports.flatMap(({ port, nodePort }, index) => {
    if (!nodePort || shared.get(port) === nodePort) return []
    if (!shared.has(port)) shared.set(port, nodePort)
    return [{ number: nodePort, index }]
  })
}

/** Mirrors NeedsHealthCheck: a load balancer that must know which nodes have an endpoint. */
export function needsHealthCheck({ spec }: Service): boolean {
  return spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'
}

/**
 * Node ports. The API server has one bitmap for all protocols: two Services cannot have the same number, not even one
 * for TCP and one for UDP. Within a Service the entries for one port number share a node port (initNodePorts). What
 * nobody states has a place by a hash of the Service's name.
 */
export class NodePortAllocator {
  readonly #taken = new Map<number, string>()
  readonly #completion: Completion
  readonly #range: ClusterSettings['nodePorts']

  constructor(completion: Completion, settings: ClusterSettings) {
    this.#completion = completion
    this.#range = settings.nodePorts
  }

  /** Takes what the Service states; says so if that is taken already or lies outside the range. */
  reserve(source: Located<Service>): void {
    const { spec = {} } = source.object
    if (offersNodePorts(source.object)) {
      for (const { number, index } of statedNodePorts(spec.ports ?? [])) {
        this.#take(source, number, ['spec', 'ports', index, 'nodePort'])
      }
    }
    const health = spec.healthCheckNodePort
    if (health && needsHealthCheck(source.object)) this.#take(source, health, ['spec', 'healthCheckNodePort'])
  }

  #take(source: Located<Service>, port: number, path: readonly (string | number)[]): void {
    const { ref } = source
    const key = `${ref.namespace}/${ref.name}`
    const { first, last } = this.#range
    if (port < first || port > last) {
      this.#completion.report(
        'node-port-outside-range',
        `node port ${port} is not from ${first} to ${last}`,
        { at: source.locate(path), object: ref, fix: `choose one from ${first} to ${last}, or leave it out` },
      )
    }
    const holder = this.#taken.get(port)
    if (holder === undefined) {
      this.#taken.set(port, key)
      return
    }
    const owner = holder === key ? 'another port of the same Service' : holder
    this.#completion.report('node-port-taken', `node port ${port} of ${key} belongs to ${owner}`, {
      at: source.locate(path),
      object: ref,
      fix: 'choose another, or leave it out',
    })
  }

  /** The node port of each of the Service's ports, 0 for none. */
  allocate(source: Located<Service>): readonly number[] {
    const { object, ref } = source
    const ports = object.spec?.ports ?? []
    if (!allocatesNodePorts(object) || object.metadata.uid !== undefined) {
      return ports.map(({ nodePort = 0 }) => (offersNodePorts(object) ? nodePort : 0))
    }
    const key = `${ref.namespace}/${ref.name}`
    const own = new Map<number | undefined, number>()
    return ports.map(({ name, port, nodePort }, index) => {
      const known = nodePort || own.get(port) || requested(ports, port)
      const chosen = known ?? this.#choose(source, `${key} ${index}`)
      own.set(port, chosen)
      if (!nodePort) {
        this.#completion.assume(`Service ${key} port ${name || port} has node port ${chosen}`, ref)
      }
      return chosen
    })
  }

  /** The port on which kube-proxy answers a load balancer's health checks. */
  healthCheckPort(source: Located<Service>): number {
    const { object, ref } = source
    const stated = object.spec?.healthCheckNodePort
    if (stated) return stated
    const key = `${ref.namespace}/${ref.name}`
    const chosen = this.#choose(source, `${key} health`)
    this.#completion.assume(`Service ${key} has health check node port ${chosen}`, ref)
    return chosen
  }

  #choose(source: Located<Service>, seed: string): number {
    const { ref } = source
    const { first, last } = this.#range
    const size = last - first + 1
    const band = lowerBand(size)
    const hash = fnv1a(`node port ${seed}`)
    const isFree = (place: number) => !this.#taken.has(first + place)
    const place = probe(band, size - band, hash, isFree) ?? probe(0, band, hash, isFree)
    if (place !== undefined) {
      this.#taken.set(first + place, `${ref.namespace}/${ref.name}`)
      return first + place
    }
    this.#completion.report(
      'node-port-taken',
      `no node port is left for ${ref.namespace}/${ref.name}: all from ${first} to ${last} are taken`,
      { object: ref, fix: 'give the cluster a larger range of node ports' },
    )
    return 0
  }
}

/** Mirrors calculateRangeOffset: a 32nd of the range, from 16 to 128 ports; none of a small range (KEP-3668). */
function lowerBand(size: number): number {
  return size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128)
}
