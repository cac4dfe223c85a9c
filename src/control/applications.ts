import type { Report } from '../base/diagnostic.ts'
import type { Ip } from '../base/ip.ts'
import { formatIp, offsetIp, parseIp } from '../base/ip.ts'
import { TCP, UDP } from '../base/packet.ts'
import type { CoreDns } from '../dns/coredns/config.ts'
import type { OutsideDns } from '../dns/outside.ts'
import type { HttpApplication } from '../http/application.ts'
import type { Cluster, ClusterPod } from '../model/cluster.ts'
import type { Listener } from '../model/network.ts'
import { coreDnsServers, dnsPodsOf } from './core-dns.ts'
import { dnsSockets, isDnsSocket, withDnsServer } from './dns-sockets.ts'
import { httpProxies } from './http-proxies.ts'
import { statedListeners } from './listeners.ts'
import { balancerNames } from './load-balancer/names.ts'
import { dnsService, nameFilesOf, nodeResolvConf } from './name-files.ts'
import type { NodeLocalDns } from './node-local-dns/node-local-dns.ts'
import { nodeLocalDns } from './node-local-dns/node-local-dns.ts'
import type { KnownName } from './outside-dns.ts'
import { outsideDns } from './outside-dns.ts'
import { underlayOf } from './underlay.ts'

/** What waits behind the cluster's sockets: name servers, HTTP proxies, web servers. */
export interface Applications {
  /** The pod's sockets with what waits behind them. */
  listenersOf(pod: ClusterPod, listeners: readonly Listener[]): readonly Listener[]
  /** The sockets of a name server outside; of every one that nothing is said of, for `undefined`. */
  nameServer(ip: Ip | undefined): readonly Listener[]
  /** Name servers outside of which something is said, or which somebody asks. */
  readonly nameServers: readonly Ip[]
  /** Whether the pod is one of the cluster's name servers. */
  isDnsPod(pod: ClusterPod): boolean
  /** What any machine outside asks; the way there is not walked. */
  readonly outside: OutsideDns
  /** Name servers on the nodes themselves. */
  readonly nodeLocalDns: NodeLocalDns
  /** The cluster's DNS, where the input has none of it: its usual address, asked without packets. */
  readonly assumedDns?: { readonly ip: Ip; readonly server: CoreDns }
}

/** Works out what waits behind every socket of the cluster. Reports a Corefile that CoreDNS would refuse. */
export function compileApplications(cluster: Cluster, report: Report): Applications {
  const nameFiles = nameFilesOf(cluster, [])
  const resolvConfOf = (pod: ClusterPod | undefined) =>
    (pod ? nameFiles.pod(pod) : nameFiles.node(cluster.nodes[0]?.name)).resolvConf
  const coreDns = coreDnsServers(cluster, resolvConfOf, report)
  const dnsPods = dnsPodsOf(cluster)
  const nodeCaches = nodeLocalDns(cluster, resolvConfOf, report)
  const proxies = httpProxies(cluster)
  const known: readonly KnownName[] = [...balancerNames(cluster), ...proxies.names]
  const servers = outsideServers(cluster)
  const outside = new Map<string, readonly Listener[]>()
  const nameServer = (ip: Ip | undefined): readonly Listener[] => {
    const key = ip === undefined ? '' : formatIp(ip)
    const made = outside.get(key) ?? dnsListeners(ip ?? 'any', outsideDns(cluster, ip, known))
    outside.set(key, made)
    return made
  }
  return {
    listenersOf: (pod, listeners) => {
      const stated = statedListeners(cluster.environment.listeners, pod) !== undefined
      if (dnsPods.has(pod)) return coreDnsListeners(coreDns(pod), pod, listeners, stated)
      const cached = nodeCaches.listenersOf(pod, listeners, stated)
      return cached ?? withHttpApps(cluster, pod, proxies.listenersOf(pod, listeners))
    },
    nameServer,
    nameServers: servers,
    nodeLocalDns: nodeCaches,
    outside: outsideDns(cluster, undefined, known),
    isDnsPod: (pod) => dnsPods.has(pod),
    ...(dnsPods.size === 0 ? assumedDns(cluster, coreDns) : {}),
  }
}

/** Where the input holds nothing of the cluster's DNS, it is there all the same: at its usual address. */
function assumedDns(
  cluster: Cluster,
  coreDns: (pod: undefined) => CoreDns,
): Pick<Applications, 'assumedDns'> {
  const [range] = cluster.settings.serviceCidrs
  if (!range || dnsService(cluster)) return {}
  return { assumedDns: { ip: offsetIp(range.first, 10), server: coreDns(undefined) } }
}

function dnsListeners(address: Listener['address'], server: OutsideDns): readonly Listener[] {
  return [UDP, TCP].map((protocol) => ({
    protocol,
    address,
    port: 53,
    label: 'a name server outside',
    application: { type: 'dns', server },
  }))
}

/** Name servers outside that nodes ask, that the Environment tells of, or that a Corefile names. */
function outsideServers(cluster: Cluster): readonly Ip[] {
  const stated = Object.keys(cluster.environment.upstreamDNS ?? {}).flatMap((key) => parseIp(key) ?? [])
  const routers = underlayOf(cluster).networks.map(({ gateway }) => gateway)
  const asked = cluster.nodes.flatMap((node) => nodeResolvConf(cluster, node, routers).nameservers)
  return [...new Set([...stated, ...asked])]
}

/** CoreDNS listens where its Corefile says; what is stated of its sockets is left as it is. */
function coreDnsListeners(
  server: CoreDns,
  pod: ClusterPod,
  listeners: readonly Listener[],
  stated: boolean,
): readonly Listener[] {
  if (stated) return withDnsServer(server, listeners)
  const isDns = isDnsSocket(server)
  const others = listeners.filter((one) => one.port !== 'any' && one.port !== 53 && !isDns(one))
  return [...dnsSockets(server, { owner: pod.ref, label: 'CoreDNS' }), ...others]
}

/** Web servers whose answers the Environment states. */
function withHttpApps(
  { environment }: Cluster,
  pod: ClusterPod,
  listeners: readonly Listener[],
): readonly Listener[] {
  const own = (environment.httpApps ?? []).filter((one) => one.pod === `${pod.namespace}/${pod.name}`)
  if (own.length === 0) return listeners
  return listeners.map((listener) => {
    const entry = own.find((one) => one.port === undefined || one.port === listener.port)
    if (!entry || listener.protocol !== TCP) return listener
    const application: HttpApplication = {
      type: 'http-application',
      routes: entry.routes ?? {},
      otherwise: entry.otherwise ?? 200,
      assumed: false,
    }
    return { ...listener, application }
  })
}
