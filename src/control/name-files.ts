import type { Ip } from '../base/ip.ts'
import { familyOf, parseIp } from '../base/ip.ts'
import type { Cluster, ClusterNode, ClusterPod } from '../model/cluster.ts'
import type { HostsEntry } from '../resolver/hosts.ts'
import type { ResolvConf } from '../resolver/resolv-conf.ts'
import { podHosts } from './pod-hosts.ts'
import { podResolvConf } from './pod-resolv-conf.ts'
import { underlayOf } from './underlay.ts'

/** The files by which a program looks names up: /etc/hosts and /etc/resolv.conf. */
export interface NameFiles {
  readonly hosts: readonly HostsEntry[]
  readonly resolvConf: ResolvConf
}

/** The files of every pod and machine, worked out when they are asked for. */
export interface AllNameFiles {
  /** As kubelet writes them. */
  pod(pod: ClusterPod): NameFiles
  /** Of a node, or of a machine outside: they know nothing of the cluster. */
  node(name: string | undefined): NameFiles
}

/**
 * The files by which the cluster's programs look names up. kubelet gives pods the name servers that the Environment
 * states, else the address of the cluster's DNS Service, else what is assumed.
 */
export function nameFilesOf(cluster: Cluster, assumedDns: readonly Ip[]): AllNameFiles {
  const nodes = new Map(cluster.nodes.map((node) => [node.name, node]))
  const router = underlayOf(cluster).networks.map(({ gateway }) => gateway)
  const service = dnsService(cluster)
  return {
    pod: (pod) => {
      const node = nodes.get(pod.nodeName ?? '')
      const kubelet = kubeletOf(cluster, pod.nodeName)
      const { dnsPolicy, dnsConfig, hostAliases } = pod.object.spec
      const { conf } = podResolvConf({
        ...(dnsPolicy !== undefined && { dnsPolicy }),
        ...(dnsConfig && { dnsConfig }),
        hostNetwork: pod.hostNetwork,
        namespace: pod.namespace,
        clusterDns: readServers(kubelet?.clusterDNS) ?? service?.clusterIps ?? assumedDns,
        clusterDomain: kubelet?.clusterDomain ?? cluster.settings.domain,
        host: nodeResolvConf(cluster, node, router),
        minorVersion: node?.minorVersion ?? cluster.settings.minorVersion,
      })
      const hosts = podHosts({
        name: pod.name,
        namespace: pod.namespace,
        ...(pod.hostname !== undefined && { hostname: pod.hostname }),
        ...(pod.subdomain !== undefined && { subdomain: pod.subdomain }),
        hostNetwork: pod.hostNetwork,
        ...(hostAliases && { hostAliases }),
        podIps: pod.ips,
        clusterDomain: cluster.settings.domain,
        nodeHosts: nodeHosts(node),
        minorVersion: node?.minorVersion ?? cluster.settings.minorVersion,
      })
      return { hosts, resolvConf: conf }
    },
    node: (name) => {
      const node = nodes.get(name ?? '')
      return { hosts: nodeHosts(node), resolvConf: nodeResolvConf(cluster, node, router) }
    },
  }
}

/** A machine knows itself, and that is all. */
function nodeHosts(node: ClusterNode | undefined): readonly HostsEntry[] {
  const own = node?.addresses.map((ip) => ({ ip, names: [node.name] })) ?? []
  return [{ ip: 0x7f000001, names: ['localhost'] }, { ip: 1n, names: ['localhost'] }, ...own]
}

function readServers(texts: readonly string[] | undefined): readonly Ip[] | undefined {
  return texts?.flatMap((one) => parseIp(one) ?? [])
}

function kubeletOf({ environment }: Cluster, node: string | undefined) {
  return environment.kubelet?.[node ?? ''] ?? environment.kubelet?.['default']
}

/** The Service of the cluster's DNS: kube-system/kube-dns, or whatever has its label. */
export function dnsService({ services }: Cluster) {
  return (
    services.find((one) => one.namespace === 'kube-system' && one.name === 'kube-dns') ??
    services.find((one) => one.labels['k8s-app'] === 'kube-dns' && one.clusterIps.length > 0)
  )
}

/**
 * The node's own resolv.conf: what the Environment says of it, else of another node, since nodes are set up alike; else
 * its router, as in a network with DHCP.
 */
export function nodeResolvConf(
  { environment }: Pick<Cluster, 'environment'>,
  node: ClusterNode | undefined,
  routers: readonly Ip[],
): ResolvConf {
  const all = Object.values(environment.nodes ?? {}).flatMap(({ resolv }) => resolv ?? [])
  const stated = node && (environment.nodes?.[node.name]?.resolv ?? all[0])
  if (stated) {
    return {
      nameservers: readServers(stated.nameservers) ?? [],
      searches: stated.search ?? [],
      options: stated.options ?? [],
    }
  }
  const family = familyOf(node?.addresses[0] ?? routers[0] ?? 0)
  return {
    nameservers: routers.filter((ip) => familyOf(ip) === family).slice(0, 1),
    searches: [],
    options: [],
  }
}
