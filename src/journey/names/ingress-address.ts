import { cloudProxies } from '../../control/cloud-proxy/cloud-proxies.ts'
import type { CloudProxy } from '../../control/cloud-proxy/cloud-proxy.ts'
import { matchesLabels } from '../../control/complete/selectors.ts'
import { controllersIn } from '../../control/ingress/controllers-in.ts'
import { hostsOf } from '../../control/ingress/rules.ts'
import { hostMatches, hostPattern } from '../../http/host-match.ts'
import type { Cluster, ClusterService } from '../../model/cluster.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { World } from '../world.ts'

/** An Ingress by whose host is asked and which has no address. */
export interface WaitingIngress {
  readonly ingress: Located<Ingress>
  /** The cloud's proxy that it is to become. */
  readonly proxy?: CloudProxy
  /** The Service of the controllers of the cluster, whose load balancer has no address. */
  readonly service?: ClusterService
}

/**
 * The Ingress that alone serves a name, if a cloud is to serve it and has not given it an address, or if the load
 * balancer before the cluster's own controllers has none: nobody can have entered the name into a DNS outside.
 */
export function waitingIngress(world: World, name: string): WaitingIngress | undefined {
  const plain = name.replace(/\.$/, '').toLowerCase()
  const { outside } = world.compiled.applications
  if (outside.names.has(`${plain}.`)) return undefined
  for (const proxy of cloudProxies(world.cluster)) {
    if (proxy.addresses.length > 0) continue
    const ingress = proxy.ingresses.find((one) => serves(one, plain))
    if (ingress) return { ingress, proxy }
  }
  const service = waitingService(world.cluster)
  const ingress = service && world.cluster.ingresses.find((one) => !isPublished(one) && serves(one, plain))
  return ingress && { ingress, service }
}

function isPublished({ object }: Located<Ingress>): boolean {
  return (object.status?.loadBalancer?.ingress ?? []).length > 0
}

/** The Service by which controllers are to be reached from outside, if none of that kind has an address. */
function waitingService(cluster: Cluster): ClusterService | undefined {
  const pods = controllersIn(cluster).map(({ pod }) => pod)
  const services = cluster.services.filter(
    ({ type, namespace, selector }) =>
      type === 'LoadBalancer' &&
      selector !== undefined &&
      pods.some((pod) => pod.namespace === namespace && matchesLabels(selector, pod.labels)),
  )
  return services.every(({ loadBalancer }) => loadBalancer.length === 0) ? services[0] : undefined
}

/** The Ingress of a name of which the request itself says that it has no address. */
export function ingressOf(world: World, name: string): WaitingIngress | undefined {
  const plain = name.replace(/\.$/, '').toLowerCase()
  const ingress = world.cluster.ingresses.find((one) => serves(one, plain))
  const proxy = ingress && cloudProxies(world.cluster).find((one) => one.ingresses.includes(ingress))
  return ingress && { ingress, ...(proxy && { proxy }) }
}

function serves(ingress: Located<Ingress>, name: string): boolean {
  return hostsOf(ingress).some((host) => host !== '*' && hostMatches(hostPattern(host, 'any-depth'), name))
}
