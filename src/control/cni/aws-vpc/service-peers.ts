import { hostCidr } from '../../../base/ip.ts'
import type { Cluster, ClusterNamespace, ClusterPod, ClusterService } from '../../../model/cluster.ts'
import { holds } from '../../../policy/label-expression.ts'
import type { EndpointSelector, Peer, PolicyRule, PortMatch } from '../../../policy/policy.ts'
import { protocolOf } from '../../policy/network-policy.ts'

/** What a policy may mean by a Service: those of a namespace, and its pods. */
export interface ServicesByNamespace {
  readonly namespaces: readonly ClusterNamespace[]
  readonly services: ReadonlyMap<string, readonly ClusterService[]>
  readonly pods: ReadonlyMap<string, readonly ClusterPod[]>
}

/** Services and pods by the namespace that they are in. */
export function servicesByNamespace({ namespaces, services, pods }: Cluster): ServicesByNamespace {
  return {
    namespaces,
    services: byNamespace(services),
    pods: byNamespace(pods),
  }
}

function byNamespace<T extends { readonly namespace: string }>(
  list: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>()
  for (const one of list) {
    const known = found.get(one.namespace)
    if (known) known.push(one)
    else found.set(one.namespace, [one])
  }
  return found
}

/**
 * Rules that allow the cluster IPs which a peer of an egress rule stands for. Mirrors getMatchingServiceClusterIPs: a
 * Service is meant if its own selector, read as labels, is what the peer selects; a port of the policy, which is a pod's,
 * becomes the port of the Service that leads there.
 */
export function serviceRules(
  known: ServicesByNamespace,
  rule: PolicyRule,
  peer: Peer,
  policyNamespace: string,
  namedPorts: boolean,
): readonly PolicyRule[] {
  const { endpoints } = peer
  if (!endpoints) return []
  return namespacesOf(known, endpoints, policyNamespace).flatMap((namespace) =>
    (known.services.get(namespace) ?? []).flatMap((service): readonly PolicyRule[] => {
      const [ip] = service.clusterIps
      if (ip === undefined || !holds(endpoints.labels, service.selector ?? {})) return []
      const backends = backendsOf(known, service)
      const stated = rule.ports?.filter((port) => namedPorts || port.name === undefined)
      const ports = stated?.flatMap((port) => servicePort(service, backends, port, stated))
      if (ports?.length === 0) return []
      const blocks = [{ cidr: hostCidr(ip), except: [], path: peer.path }]
      return [{ ...rule, peers: [{ path: peer.path, blocks }], ...(ports && { ports }) }]
    }),
  )
}

function namespacesOf(
  { namespaces }: ServicesByNamespace,
  { namespace }: EndpointSelector,
  own: string,
): readonly string[] {
  if (namespace === undefined) return [own]
  if (typeof namespace === 'string') return [namespace]
  return namespaces.flatMap(({ name, labels }) => (holds(namespace, labels) ? [name] : []))
}

function backendsOf({ pods }: ServicesByNamespace, service: ClusterService): readonly ClusterPod[] {
  const wanted = Object.entries(service.selector ?? {})
  return (pods.get(service.namespace) ?? []).filter(({ labels }) =>
    wanted.every(([key, value]) => labels[key] === value),
  )
}

/** getMatchingServicePort: the first port of the Service whose target is the policy's, by name or number as it is written there, else as pods declare it. */
function servicePort(
  service: ClusterService,
  backends: readonly ClusterPod[],
  port: PortMatch,
  stated: readonly PortMatch[],
): readonly PortMatch[] {
  const wanted = port.name ?? port.port
  if (wanted === undefined) return [port]
  const ports = service.ports.filter((one) => protocolOf(one.protocol) === port.protocol)
  const direct = ports.find((one) => one.targetPort === wanted)
  const found =
    direct ??
    backends
      .map((pod) => ports.find((one) => declared(pod, port, wanted).includes(one.targetPort)))
      .find((one) => one !== undefined)
  if (!found) return []
  if (port.name === undefined && bypasses(found.targetPort, port, backends, stated)) return []
  const { path, protocol, endPort } = port
  return [
    {
      path,
      ...(protocol !== undefined && { protocol }),
      port: found.port,
      ...(endPort !== undefined && { endPort }),
    },
  ]
}

/** LookupListenPortFromPodSpec: the number and the name that the pod has for the port. */
function declared(
  { ports }: ClusterPod,
  { protocol }: PortMatch,
  wanted: string | number,
): readonly (string | number)[] {
  const found = ports.find(
    (one) => protocolOf(one.protocol) === protocol && (one.name === wanted || one.port === wanted),
  )
  if (!found) return typeof wanted === 'number' ? [wanted] : []
  return [found.port, ...(found.name === undefined ? [] : [found.name])]
}

/** hasTargetPortBypass: by a name the Service may lead to ports of other pods that the rule does not allow; then it is left out. */
function bypasses(
  target: string | number,
  { protocol }: PortMatch,
  backends: readonly ClusterPod[],
  stated: readonly PortMatch[],
): boolean {
  if (typeof target === 'number') return false
  const isAllowed = (number: number) =>
    stated.some(
      (one) =>
        one.protocol === protocol &&
        one.name === undefined &&
        (one.port === undefined || (number >= one.port && number <= (one.endPort ?? one.port))),
    )
  return backends.some(({ ports }) => {
    const found = ports.find((one) => one.name === target && protocolOf(one.protocol) === protocol)
    return found !== undefined && !isAllowed(found.port)
  })
}
