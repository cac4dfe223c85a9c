import type { RouteComparison } from '../../http/compare/compare.ts'
import { compareProxies } from '../../http/compare/compare.ts'
import type { CompareSide } from '../../http/compare/side.ts'
import type { Backend, HttpProxy } from '../../http/proxy.ts'
import type { Cluster } from '../../model/cluster.ts'
import { gatewayProxies } from '../gateway/gateway-proxy.ts'
import type { IngressProfileName } from '../ingress/profile.ts'
import { ingressProxies } from '../ingress/registry.ts'
import { abstractServices } from './abstract-services.ts'
import { ingressesByProfile, unknownClasses } from './ingress-classes.ts'

/** A cluster whose Ingresses and Gateways are one side of a comparison. */
export interface ComparedCluster {
  readonly name: string
  readonly cluster: Cluster
}

export interface CompareOptions {
  /** The controller that all Ingresses are for; each by its class, if left out. */
  readonly profile?: IngressProfileName
}

/** A side has nothing that routes HTTP. */
export class NothingToCompareError extends Error {
  override readonly name = 'NothingToCompareError'
}

/**
 * Compares how two clusters route HTTP. What runs behind the Services does not matter: each has one ready endpoint.
 * Throws a NothingToCompareError if a side has neither an Ingress nor a Gateway.
 */
export function compareRoutes(
  left: ComparedCluster,
  right: ComparedCluster,
  options: CompareOptions = {},
): RouteComparison {
  const { services, endpointSlices, notes } = abstractServices([left.cluster, right.cluster])
  const side = ({ name, cluster }: ComparedCluster): CompareSide => {
    const proxies = proxiesOf({ ...cluster, services, endpointSlices, pods: [] }, options)
    if (proxies.length === 0) throw new NothingToCompareError(`${name} has neither an Ingress nor a Gateway`)
    return { name, proxies, identify: (backend) => identify(backend, services) }
  }
  const comparison = compareProxies(side(left), side(right))
  const guessed = options.profile === undefined ? [left, right].flatMap(classNotes) : []
  return { ...comparison, notes: [...notes, ...guessed, ...comparison.notes] }
}

function classNotes({ name, cluster }: ComparedCluster): readonly string[] {
  return unknownClasses(cluster).map(
    (one) =>
      `${name}: Ingresses of class ${one} are read as ingress-nginx reads them; --profile names another controller`,
  )
}

function proxiesOf(cluster: Cluster, { profile }: CompareOptions): readonly HttpProxy[] {
  const ofIngresses = ingressesByProfile(cluster, profile).flatMap((one) =>
    ingressProxies(one.profile, { cluster: one.cluster }).flatMap(({ proxy }) => proxy ?? []),
  )
  return [...ofIngresses, ...gatewayProxies(cluster)]
}

const plain: readonly Backend['protocol'][] = ['http', 'tcp']

/** `shop/web:80`, by the port's number whatever it is called by; with the protocol, where that is not plain. */
function identify({ name, service, protocol }: Backend, services: Cluster['services']): string {
  const port = name.slice(name.lastIndexOf(':') + 1)
  const found = services.find((one) => one.namespace === service?.namespace && one.name === service?.name)
  const number = found?.ports.find((one) => one.name === port || String(one.port) === port)?.port ?? port
  const label = found ? `${found.namespace}/${found.name}:${number}` : name
  return plain.includes(protocol) ? label : `${label} (${protocol})`
}
