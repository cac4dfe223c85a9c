import type { Report } from '../base/diagnostic.ts'
import type { Ip } from '../base/ip.ts'
import { parseIp } from '../base/ip.ts'
import type { CoreDns, ServerBlock } from '../dns/coredns/config.ts'
import { parseCorefile } from '../dns/coredns/corefile/parse.ts'
import type { KubernetesData } from '../dns/kubernetes-data.ts'
import type { Cluster, ClusterPod } from '../model/cluster.ts'
import type { ConfigMap, Located } from '../model/objects.ts'
import type { ResolvConf } from '../resolver/resolv-conf.ts'
import { reportLoops } from './core-dns-loop.ts'
import { kubernetesData } from './kubernetes-data.ts'
import { dnsService } from './name-files.ts'

/** kubeadm's Corefile, for a cluster whose own is not in the input. */
export function defaultCorefile(domain: string, port = 53): string {
  return `.:${port} {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${domain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${domain}
       disable denial ${domain}
    }
    loop
    reload
    loadbalance
}
`
}

/** The cluster's name servers: by their label, by what they run, or as endpoints of a Service that pods are told to ask. */
export function dnsPodsOf(cluster: Cluster): ReadonlySet<ClusterPod> {
  const asked = new Set(askedEndpoints(cluster))
  return new Set(
    cluster.pods.filter((pod) => isCoreDns(pod) || (!pod.hostNetwork && pod.ips.some((ip) => asked.has(ip)))),
  )
}

function isCoreDns({ labels, object }: ClusterPod): boolean {
  if (labels['k8s-app'] === 'kube-dns' || labels['k8s-app'] === 'coredns') return true
  return (object.spec.containers ?? []).some(({ image }) => /(?:^|\/)coredns(?:[:@]|$)/.test(image ?? ''))
}

/** The endpoints of Services that kubelet gives to pods as their name servers. */
function askedEndpoints({ environment, services, endpointSlices }: Cluster): readonly Ip[] {
  const stated = new Set(
    Object.values(environment.kubelet ?? {}).flatMap(({ clusterDNS = [] }) =>
      clusterDNS.map((one) => parseIp(one)),
    ),
  )
  const asked = services.filter((one) => one.clusterIps.some((ip) => stated.has(ip)))
  const ofDns = asked.filter(({ ports }) =>
    ports.some(({ port, protocol }) => port === 53 && protocol === 'UDP'),
  )
  const names = new Set(ofDns.map((one) => `${one.namespace}/${one.name}`))
  return endpointSlices
    .filter((slice) => names.has(`${slice.namespace}/${slice.service}`))
    .flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses))
}

/** Makes the CoreDNS process of a pod; of none in particular, for a cluster whose DNS is not in the input. */
export type MakeCoreDns = (pod: ClusterPod | undefined) => CoreDns

/**
 * Reads the cluster's Corefile, and makes of it what each CoreDNS pod runs. Reports what CoreDNS would not start with,
 * and plugins that could change an answer and are not modelled.
 */
export function coreDnsServers(
  cluster: Cluster,
  resolvConfOf: (pod: ClusterPod | undefined) => ResolvConf,
  report: Report,
): MakeCoreDns {
  let kubernetes: KubernetesData | undefined
  const read = corefileReader(cluster, report)
  const service = dnsService(cluster)?.clusterIps ?? []
  const object = corefileMap(cluster)?.ref
  const processes = [...dnsPodsOf(cluster)].map((pod) => {
    const { nameservers } = resolvConfOf(pod)
    return { blocks: read(pod), nameservers, addresses: pod.ips, service, hostNetwork: pod.hostNetwork }
  })
  reportLoops(processes, object, report)
  return (pod) => {
    const blocks = read(pod)
    kubernetes ??= kubernetesData(cluster)
    const { nameservers, searches } = resolvConfOf(pod)
    const addresses: readonly Ip[] = pod?.ips ?? []
    return { type: 'coredns', blocks, kubernetes, nameservers, searches, addresses }
  }
}

/** The input's Corefile, read once; else kubeadm's, on the port for DNS that the pod declares. */
function corefileReader(
  cluster: Cluster,
  report: Report,
): (pod: ClusterPod | undefined) => readonly ServerBlock[] {
  const configMap = corefileMap(cluster)
  if (configMap) {
    const blocks = readCorefile(configMap.object.data?.['Corefile'] ?? '', configMap, report)
    return () => blocks
  }
  const made = new Map<number, readonly ServerBlock[]>()
  return (pod) => {
    const declared = pod?.ports.filter(({ protocol }) => protocol === 'UDP') ?? []
    const port = (declared.find(({ name }) => name === 'dns') ?? declared[0])?.port ?? 53
    const blocks =
      made.get(port) ?? readCorefile(defaultCorefile(cluster.settings.domain, port), undefined, report)
    made.set(port, blocks)
    return blocks
  }
}

function readCorefile(
  text: string,
  configMap: Located<ConfigMap> | undefined,
  report: Report,
): readonly ServerBlock[] {
  const others = Object.entries(configMap?.object.data ?? {}).filter(([key]) => key !== 'Corefile')
  const locate = (line: number, column: number, file: string) => {
    const path = ['data', file === '' ? 'Corefile' : (file.split('/').at(-1) ?? file)]
    return (
      configMap?.locateText?.(path, line, column) ??
      configMap?.locate(path) ?? { file: '(assumed)', line: 1, column: 1 }
    )
  }
  const parsed = parseCorefile(text, { locate, files: new Map(others), environment: new Map() })
  const object = configMap ? { object: configMap.ref } : {}
  for (const { message, at, fix } of parsed.errors) {
    report('corefile-invalid', `CoreDNS does not start: ${message}`, {
      at,
      ...object,
      ...(fix !== undefined && { fix }),
    })
  }
  for (const { message, at } of parsed.notices) report('corefile-not-modelled', message, { at, ...object })
  return parsed.blocks
}

/** The ConfigMap that holds the Corefile: kube-system/coredns, or one that begins with that name. */
export function corefileMap({ configMaps }: Cluster): Located<ConfigMap> | undefined {
  const holding = configMaps.filter(({ object }) => object.data?.['Corefile'] !== undefined)
  const own = holding.filter(({ ref }) => !/node-?local/.test(ref.name))
  return own.find(({ ref }) => ref.namespace === 'kube-system' && ref.name === 'coredns') ?? own[0]
}
