import type { Ip } from '../base/ip.ts'
import { parseIp } from '../base/ip.ts'
import { TCP, UDP } from '../base/packet.ts'
import type { HttpProxy } from '../http/proxy.ts'
import type { Cluster, ClusterPod } from '../model/cluster.ts'
import type { Listener } from '../model/network.ts'
import { cloudProxies } from './cloud-proxy/cloud-proxies.ts'
import { containerPort, gatewayPods } from './gateway/gateway-pods.ts'
import { gatewayAddresses, gatewayProxy } from './gateway/gateway-proxy.ts'
import type { RunningController } from './ingress/controllers-in.ts'
import { controllersIn } from './ingress/controllers-in.ts'
import { ingressProxies } from './ingress/registry.ts'
import { hostsOf } from './ingress/rules.ts'
import type { KnownName } from './outside-dns.ts'

/** The cluster's HTTP proxies: which pods they are, and under which names the outside knows them. */
export interface HttpProxies {
  readonly names: readonly KnownName[]
  listenersOf(pod: ClusterPod, listeners: readonly Listener[]): readonly Listener[]
}

/** A socket of a proxy: the port of its process, and the port as its configuration has it. */
interface ProxySocket {
  readonly listenerPort: number
  readonly processPort: number
  readonly protocol: number
}

interface ProxyInPod {
  readonly pod: ClusterPod
  readonly proxy: HttpProxy
  readonly sockets: readonly ProxySocket[]
  /** Ports of its process that its configuration names and that it does not open, as what they need is missing. */
  readonly closed?: readonly number[]
}

/** Works out every Ingress controller and Gateway of the cluster. */
export function httpProxies(cluster: Cluster): HttpProxies {
  const inPods = new Map<ClusterPod, readonly ProxyInPod[]>()
  for (const made of [...ingressControllers(cluster), ...gateways(cluster)]) {
    inPods.set(made.pod, [...(inPods.get(made.pod) ?? []), made])
  }
  return {
    names: [...cloudNames(cluster), ...ingressNames(cluster), ...gatewayNames(cluster)],
    listenersOf: (pod, listeners) => withProxies(inPods.get(pod) ?? [], pod, listeners),
  }
}

/** Those without an Ingress or class to look after are pods like others. */
function ingressControllers(cluster: Cluster): readonly ProxyInPod[] {
  if (cluster.ingresses.length === 0 && cluster.ingressClasses.length === 0) return []
  return controllersIn(cluster).flatMap((controller) => {
    if (isOutside(controller)) return []
    const [made] = ingressProxies(controller.profile, { cluster, controller })
    if (!made?.proxy) return []
    return [{ pod: controller.pod, proxy: made.proxy, sockets: socketsOf(made.proxy) }]
  })
}

/** The pods of a cloud's controller only tell the cloud what to do. */
function isOutside({ profile }: RunningController): boolean {
  return profile === 'alb' || profile === 'gce'
}

function gateways(cluster: Cluster): readonly ProxyInPod[] {
  return cluster.gatewayApi.gateways.flatMap((gateway) => {
    const { pods, services } = gatewayPods(cluster, gateway)
    if (pods.length === 0) return []
    const proxy = gatewayProxy(gateway, cluster)
    return pods.map((pod) => {
      const processPort = (port: number) => containerPort(pod, port, services)
      const stated = (gateway.object.spec?.listeners ?? []).flatMap(({ port }) => port ?? [])
      return { pod, proxy, sockets: socketsOf(proxy, processPort), closed: stated.map(processPort) }
    })
  })
}

function socketsOf(
  { listeners }: HttpProxy,
  processPort: (port: number) => number = (port) => port,
): readonly ProxySocket[] {
  return listeners.map(({ port, protocol }) => ({
    listenerPort: port,
    processPort: processPort(port),
    protocol: protocol === 'udp' ? UDP : TCP,
  }))
}

/** A proxy listens where its configuration says; what else the pod declares stays as it is. */
function withProxies(
  proxies: readonly ProxyInPod[],
  pod: ClusterPod,
  listeners: readonly Listener[],
): readonly Listener[] {
  if (proxies.length === 0) return listeners
  const own = proxies.flatMap(({ proxy, sockets }) =>
    sockets.map(
      ({ listenerPort, processPort, protocol }): Listener => ({
        protocol,
        address: 'any',
        port: processPort,
        owner: pod.ref,
        label: proxy.profile,
        application: { type: 'http-proxy', proxy, port: listenerPort },
      }),
    ),
  )
  const closed = new Set<number | string>(proxies.flatMap((one) => one.closed ?? []))
  const isTaken = ({ protocol, port }: Listener) =>
    port === 'any' || closed.has(port) || own.some((one) => one.protocol === protocol && one.port === port)
  return [...own, ...listeners.filter((one) => !isTaken(one))]
}

/** Names under which the outside finds Ingresses, if whoever runs its DNS has pointed them there. */
function ingressNames(cluster: Cluster): readonly KnownName[] {
  const controllers = controllersIn(cluster).filter((one) => !isOutside(one))
  const outside = new Set(cloudProxies(cluster).flatMap(({ ingresses }) => ingresses))
  const shared = controllerAddresses(
    cluster,
    controllers.map(({ pod }) => pod),
  )
  return cluster.ingresses.flatMap((ingress) => {
    if (outside.has(ingress)) return []
    const published = (ingress.object.status?.loadBalancer?.ingress ?? []).flatMap(
      ({ ip }) => parseIp(ip ?? '') ?? [],
    )
    return knownNames(hostsOf(ingress), published.length > 0 ? published : shared)
  })
}

/** The hosts of Ingresses that clouds serve, and the names that clouds give to their balancers. */
function cloudNames(cluster: Cluster): readonly KnownName[] {
  return cloudProxies(cluster).flatMap(({ ingresses, addresses }) => {
    const ips = addresses.map(({ ip }) => ip)
    const own = addresses.flatMap(({ ip, hostname, assumed }): readonly KnownName[] =>
      hostname === undefined ? [] : [{ name: hostname, ips: [ip], ...(assumed && { assumed }) }],
    )
    return [...own, ...knownNames(ingresses.flatMap(hostsOf), ips)]
  })
}

function gatewayNames(cluster: Cluster): readonly KnownName[] {
  const { gateways, httpRoutes, grpcRoutes, tlsRoutes } = cluster.gatewayApi
  return gateways.flatMap((gateway) => {
    const { pods } = gatewayPods(cluster, gateway)
    const written = gatewayAddresses(gateway).flatMap((one) => parseIp(one) ?? [])
    const ips = written.length > 0 ? written : controllerAddresses(cluster, pods)
    const listeners = (gateway.object.spec?.listeners ?? []).flatMap(({ hostname }) => hostname ?? [])
    const routes = [...httpRoutes, ...grpcRoutes, ...tlsRoutes]
      .filter(({ object }) => (object.spec?.parentRefs ?? []).some(({ name }) => name === gateway.ref.name))
      .flatMap(({ object }) => object.spec?.hostnames ?? [])
    return knownNames([...listeners, ...routes], ips)
  })
}

function knownNames(hosts: readonly string[], ips: readonly Ip[]): readonly KnownName[] {
  if (ips.length === 0) return []
  return [...new Set(hosts)]
    .filter((one) => one !== '*')
    .map((name) => ({ name, ips, assumed: true, domain: domainOf(name) }))
}

/** The domain to which a host belongs: the host without its first label, where that leaves more than a suffix. */
function domainOf(host: string): string {
  const [, ...above] = host.split('.')
  const [second = '', top = ''] = above
  const isSuffix = above.length < 2 || (above.length === 2 && second.length <= 3 && top.length === 2)
  return isSuffix ? host.replace(/^\*\./, '') : above.join('.')
}

/** The addresses of the load balancers by which the outside reaches pods. */
export function controllerAddresses(cluster: Cluster, pods: readonly ClusterPod[]): readonly Ip[] {
  const targets = new Set(pods.flatMap((pod) => pod.ips))
  // Few Services have a balancer, and there may be thousands of slices: these are looked through for the few alone.
  const services = cluster.services.filter(({ namespace, name, loadBalancer }) => {
    if (loadBalancer.length === 0) return false
    const own = cluster.endpointSlices.filter((one) => one.namespace === namespace && one.service === name)
    return own.some(({ endpoints }) => endpoints.some((one) => one.addresses.some((ip) => targets.has(ip))))
  })
  return [
    ...new Set(
      services.flatMap(({ loadBalancer }) =>
        loadBalancer.flatMap(({ ip, behindName }) => ip ?? behindName ?? []),
      ),
    ),
  ]
}
