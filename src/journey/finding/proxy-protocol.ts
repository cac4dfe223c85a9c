import type { ObjectRef } from '../../base/source.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import { passedBalancer } from '../passed-balancer.ts'
import type { RawResult } from '../result.ts'
import type { World } from '../world.ts'
import { finding, inService } from './failure.ts'

/** Whether a pod wants a PROXY protocol header before each connection, and what says so. */
interface Receiver {
  readonly pod: ClusterPod
  readonly expects: boolean
  readonly configuredBy?: ObjectRef
}

/**
 * Both ends of the PROXY protocol must agree. A balancer that sends its header to an ingress controller which does not
 * expect it makes the header the first line of a request (HTTP 400, or a TLS error); a controller that expects one
 * closes every connection that begins otherwise, as those from inside the cluster do that never pass the balancer. The
 * connection itself is made either way, so this is asked of ways that reach.
 */
export function proxyProtocolFindings(world: World, results: readonly RawResult[]): readonly Finding[] {
  const found = new Map<string, Finding>()
  for (const result of results) {
    const one = mismatchOf(world, result)
    if (one && !found.has(one.message)) found.set(one.message, one)
  }
  return [...found.values()]
}

function mismatchOf(world: World, result: RawResult): Finding | undefined {
  if (result.outcome.disposition !== 'reached') return undefined
  const receiver = receiverOf(world, result)
  if (!receiver) return undefined
  const { pod, expects, configuredBy } = receiver
  const service = passedBalancer(world, result.outcome)?.service
  const version = service?.balancer?.proxyProtocol
  if (service && version !== undefined && !expects) {
    return finding(
      'proxy-protocol-mismatch',
      `the load balancer of Service ${service.name} begins each connection with a PROXY protocol header (version ${version}), which pod ${pod.name} takes for the request: it answers 400, or a TLS error`,
      {
        objects: [inService(service, 'metadata', 'annotations'), configuredBy ?? pod.ref],
        fix: 'set use-proxy-protocol: "true" in the controller\'s ConfigMap, or take the annotation away',
      },
    )
  }
  if (!expects || version !== undefined) return undefined
  const way = service
    ? `the load balancer of Service ${service.name} sends none`
    : 'this way does not pass the load balancer'
  return finding(
    'proxy-protocol-mismatch',
    `pod ${pod.name} expects a PROXY protocol header (use-proxy-protocol), and ${way}: it closes the connection`,
    {
      objects: [configuredBy ?? pod.ref, ...(service ? [inService(service, 'metadata', 'annotations')] : [])],
      fix: service
        ? 'let the load balancer send it (an annotation of the provider), or set use-proxy-protocol: "false"'
        : 'ask for the Service behind the Ingress, or keep inside clients from the balancer’s address (ipMode: Proxy)',
    },
  )
}

/** What the pod at the end expects: by its proxy, if one is compiled for it, else by ingress-nginx's ConfigMap. */
function receiverOf(world: World, { outcome }: RawResult): Receiver | undefined {
  const { destination } = outcome
  const pod = destination && world.podsByIp.get(destination.ip)
  if (!pod) return undefined
  const settings = nginxSettings(world, pod)
  const application = destination.listener?.application
  if (application?.type === 'http-proxy') {
    const own = application.port ?? destination.port
    const listener = application.proxy.listeners.find(({ port }) => port === own)
    if (listener) {
      return { pod, expects: listener.proxyProtocol, ...(settings && { configuredBy: settings.ref }) }
    }
  }
  if (!isIngressNginx(pod)) return undefined
  const expects = settings?.object.data?.['use-proxy-protocol'] === 'true'
  return { pod, expects, ...(settings && { configuredBy: settings.ref }) }
}

function isIngressNginx({ labels, object }: ClusterPod): boolean {
  const byImage = object.spec.containers?.some(({ image = '' }) =>
    /ingress-nginx\/controller|nginx-ingress-controller/.test(image),
  )
  return byImage === true || labels['app.kubernetes.io/name'] === 'ingress-nginx'
}

/** The ConfigMap by its usual names; one of another name counts if it alone states the setting. */
function nginxSettings({ cluster }: World, { namespace }: ClusterPod) {
  const own = cluster.configMaps.filter(({ ref }) => ref.namespace === namespace)
  return (
    own.find(({ ref }) => ref.name === 'ingress-nginx-controller' || ref.name === 'nginx-configuration') ??
    own.find(({ object }) => object.data?.['use-proxy-protocol'] !== undefined)
  )
}
