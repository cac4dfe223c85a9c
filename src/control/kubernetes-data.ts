import type { Ip } from '../base/ip.ts'
import type { DnsPod, DnsPort, DnsService, DnsSlice, KubernetesData } from '../dns/kubernetes-data.ts'
import type { Cluster, ClusterEndpointSlice, ClusterPod, ClusterService } from '../model/cluster.ts'
import { isAlive } from './pod-namespace.ts'

/** What CoreDNS' kubernetes plugin learns from the API server; made once for all its servers. */
export function kubernetesData(cluster: Cluster): KubernetesData {
  const services = new Map<string, DnsService>()
  const servicesByIp = new Map<Ip, DnsService>()
  for (const one of cluster.services) {
    const service = dnsService(one)
    services.set(`${one.namespace}/${one.name}`, service)
    for (const ip of service.clusterIps) servicesByIp.set(ip, service)
  }
  const slices = new Map<string, DnsSlice[]>()
  const slicesByIp = new Map<Ip, DnsSlice[]>()
  for (const one of cluster.endpointSlices) {
    const slice = dnsSlice(one)
    append(slices, `${one.namespace}/${one.service}`, slice)
    const ips = new Set(slice.endpoints.flatMap((endpoint) => endpoint.addresses))
    for (const ip of ips) append(slicesByIp, ip, slice)
  }
  const podsByIp = new Map<Ip, DnsPod[]>()
  for (const pod of cluster.pods.filter(isWatched)) {
    const { namespace, name, labels, ips } = pod
    // Before 1.15 CoreDNS reads status.podIP alone, which is the first.
    for (const ip of ips.slice(0, 1)) append(podsByIp, ip, { namespace, name, labels })
  }
  const namespaces = new Map(cluster.namespaces.map(({ name, labels }) => [name, { name, labels }]))
  return { namespaces, services, servicesByIp, slices, slicesByIp, podsByIp }
}

/** Pods that are about to go are forgotten at once. Mirrors object.ToPod and the field selector of its watch. */
function isWatched(pod: ClusterPod): boolean {
  return isAlive(pod) && pod.phase !== 'Unknown' && !pod.terminating
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

function dnsService(service: ClusterService): DnsService {
  const { namespace, name, ref, labels, headless, clusterIps, ports, externalIps, loadBalancer, type } =
    service
  return {
    namespace,
    name,
    ref,
    labels,
    headless,
    ...(type === 'ExternalName' && { externalName: service.externalName ?? '' }),
    clusterIps,
    externalIps: [...externalIps, ...loadBalancer.flatMap(({ ip }) => ip ?? [])],
    ports: ports.map(({ name: port, protocol, port: number }) => ({ name: port, protocol, port: number })),
  }
}

function dnsSlice({ namespace, service, ref, labels, ports, endpoints }: ClusterEndpointSlice): DnsSlice {
  return {
    namespace,
    service,
    ref,
    labels,
    ports: ports.flatMap(({ name, protocol, port }): DnsPort[] =>
      port === undefined ? [] : [{ name, protocol, port }],
    ),
    endpoints: endpoints.map(({ addresses, ready, hostname, target, zone }) => ({
      addresses,
      ready,
      ...(hostname !== undefined && { hostname }),
      ...(target !== undefined && { podName: target.name }),
      ...(zone !== undefined && { zone }),
    })),
  }
}
