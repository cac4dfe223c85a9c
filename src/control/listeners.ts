import type { Ip } from '../base/ip.ts'
import { parseIpSloppy } from '../base/ip.ts'
import { SCTP, TCP, UDP } from '../base/packet.ts'
import type { ObjectRef } from '../base/source.ts'
import type { HttpApplication } from '../http/application.ts'
import type { Cluster, ClusterNode, ClusterPod } from '../model/cluster.ts'
import type { ListenerEntry } from '../model/environment.ts'
import type { Listener } from '../model/network.ts'
import type { Applications } from './applications.ts'
import { isControlPlaneNode } from './complete/roles.ts'
import { nodesWithEndpoints } from './load-balancer/healthy-nodes.ts'

const protocolNumbers: Readonly<Record<string, number>> = { TCP, UDP, SCTP }

/** The annotation that states a pod's sockets: `8080,53/UDP,127.0.0.1:9090`. */
export const listenAnnotation = 'kubewalk.dev/listen'

/** A host that answers whatever it is asked. */
export function listensOnEverything(owner?: ObjectRef, assumed = true): readonly Listener[] {
  return [TCP, UDP, SCTP].map((protocol) => ({
    protocol,
    address: 'any',
    port: 'any',
    ...(owner && { owner }),
    ...(assumed && { assumed }),
  }))
}

/**
 * The sockets of a pod: those that the Environment or the pod's annotation state; else the container ports that it
 * declares; a pod that declares none is taken to answer on every port.
 */
export function podListeners(cluster: Cluster, pod: ClusterPod): readonly Listener[] {
  const stated = statedListeners(cluster.environment.listeners, pod)
  if (stated) return stated
  const annotation = pod.annotations[listenAnnotation]
  if (annotation !== undefined) return readAnnotation(annotation, pod.ref)
  const declared = pod.ports.filter((port) => port.running)
  if (declared.length === 0) return pod.hostNetwork ? [] : listensOnEverything(pod.ref)
  return declared.map((port) => ({
    protocol: protocolNumbers[port.protocol] ?? TCP,
    address: 'any',
    port: port.port,
    owner: pod.ref,
    ...(port.container !== '' && { label: `container ${port.container}` }),
  }))
}

/** The sockets that the Environment states for a pod: then it has no others. */
export function statedListeners(
  entries: readonly ListenerEntry[] | undefined,
  pod: ClusterPod,
): readonly Listener[] | undefined {
  const own = entries?.filter((entry) => entry.pod === `${pod.namespace}/${pod.name}`)
  return own?.length ? own.flatMap((entry) => readEntry(entry, pod.ref)) : undefined
}

/** One entry of the Environment; without an address or port it says that nothing listens. */
export function readEntry(entry: ListenerEntry, owner?: ObjectRef): Listener[] {
  const { protocol, bind, port, container, process, http } = entry
  if (port === null || port === undefined) return []
  const label = process ?? (container === undefined ? undefined : `container ${container}`)
  return [
    {
      protocol: protocolNumbers[(protocol ?? 'TCP').toUpperCase()] ?? TCP,
      address: readBind(bind),
      port,
      ...(owner && { owner }),
      ...(label !== undefined && { label }),
      ...(http && { application: webServer(http) }),
    },
  ]
}

/** A web server of which the Environment says what it answers. */
function webServer({
  virtualHosts,
  otherHosts = 404,
  routes = {},
  otherwise = 200,
}: NonNullable<ListenerEntry['http']>): HttpApplication {
  const hosts = virtualHosts && { names: virtualHosts, otherwise: otherHosts }
  return { type: 'http-application', routes, otherwise, assumed: false, ...(hosts && { hosts }) }
}

function readBind(bind: string | null | undefined): Listener['address'] {
  if (bind === undefined || bind === null || bind === '*' || bind === '::') return 'any'
  if (bind === '0.0.0.0') return 'any4'
  const ip: Ip | undefined = parseIpSloppy(bind)
  return ip ?? 'any'
}

function readAnnotation(text: string, owner: ObjectRef): readonly Listener[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .flatMap((part): Listener[] => {
      const [address = '', protocol = 'TCP'] = part.split('/')
      const colon = address.lastIndexOf(':')
      const port = Number(address.slice(colon + 1))
      const bind = colon < 0 ? undefined : address.slice(0, colon).replace(/^\[|\]$/g, '')
      const number = protocolNumbers[protocol.toUpperCase()]
      if (!Number.isInteger(port) || number === undefined) return []
      return [{ protocol: number, address: readBind(bind), port, owner }]
    })
}

/**
 * The sockets of a node: its daemons', those of its host-network pods, and those that the Environment states.
 * kube-proxy holds no socket for node ports, but one for each health check port.
 */
export function nodeListeners(
  cluster: Cluster,
  node: ClusterNode,
  hostPods: readonly ClusterPod[],
  applications: Applications,
): readonly Listener[] {
  const daemon = (port: number, label: string): Listener => ({
    protocol: TCP,
    address: 'any',
    port,
    label,
    owner: node.ref,
  })
  const stated = [
    ...(cluster.environment.listeners ?? []).filter((entry) => entry.node === node.name),
    ...(cluster.environment.nodes?.[node.name]?.listeners ?? []),
  ]
  return [
    ...(isControlPlaneNode(node) ? [daemon(6443, 'kube-apiserver')] : []),
    daemon(10250, 'kubelet'),
    daemon(10256, 'kube-proxy'),
    ...healthCheckListeners(cluster, node),
    ...stated.flatMap((entry) => readEntry(entry, node.ref)),
    ...hostPods.flatMap((pod) => applications.listenersOf(pod, podListeners(cluster, pod))),
    ...assumedHostListeners(cluster, hostPods),
  ]
}

/**
 * kube-proxy answers load balancers' health checks: 200 if the Service has a ready endpoint on the node, else 503, on
 * every path. Mirrors serviceHealthServer of pkg/proxy/healthcheck, fed by EndpointsMap.LocalReadyEndpoints, to which
 * an endpoint is local by the name under which kube-proxy runs.
 */
function healthCheckListeners(cluster: Cluster, node: ClusterNode): readonly Listener[] {
  const { hostnameOverride, running } = cluster.environment.kubeProxy ?? {}
  if (running?.[node.name] === false) return []
  const hostname = hostnameOverride?.[node.name] ?? node.name
  return cluster.services
    .filter((service) => service.healthCheckNodePort !== 0)
    .map((service) => {
      const hasLocal = nodesWithEndpoints(cluster, service, ({ ready }) => ready).has(hostname)
      return {
        protocol: TCP,
        address: 'any',
        port: service.healthCheckNodePort,
        label: 'kube-proxy health check',
        owner: node.ref,
        application: {
          type: 'http-application',
          routes: {},
          otherwise: hasLocal ? 200 : 503,
          assumed: false,
        },
      }
    })
}

/** A host-network pod that declares no port listens at least where Services expect it. */
function assumedHostListeners(cluster: Cluster, hostPods: readonly ClusterPod[]): readonly Listener[] {
  const silent = hostPods.filter(
    (pod) => pod.ports.length === 0 && !statedListeners(cluster.environment.listeners, pod),
  )
  if (silent.length === 0) return []
  const names = new Set(silent.map((pod) => `${pod.namespace}/${pod.name}`))
  return cluster.endpointSlices.flatMap((slice) =>
    slice.endpoints.flatMap(({ target }) => {
      if (!target || !names.has(`${target.namespace}/${target.name}`)) return []
      return slice.ports.flatMap(({ port, protocol }): Listener[] =>
        port === undefined
          ? []
          : [
              {
                protocol: protocolNumbers[protocol] ?? TCP,
                address: 'any',
                port,
                owner: target,
                assumed: true,
              },
            ],
      )
    }),
  )
}
