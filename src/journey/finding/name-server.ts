import { contains, formatIp, parseIp } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import { dnsService } from '../../control/name-files.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { Finding, Resolution } from '../../model/journey.ts'
import type { World } from '../world.ts'
import type { FindCause } from './failure.ts'
import { finding, fullName, inPod } from './failure.ts'

/** The query does not arrive because the address that pods are told to ask is not that of the cluster's DNS. */
export const findNameServer: FindCause = (failure) => {
  const { dial, world, ending, asker, sender } = failure
  const pod = (asker ?? sender).pod
  if (dial.type !== 'dial' || ending?.disposition !== 'dns-timeout' || !pod) return []
  const [ip] = dial.ips
  const service = dnsService(world.cluster)
  if (ip === undefined || !service || service.clusterIps.includes(ip)) return []
  const { serviceCidrs } = world.cluster.settings
  const isVirtual = world.servicesByIp.has(ip) || serviceCidrs.some((cidr) => contains(cidr, ip))
  // Where NodeLocal DNSCache listens, if it is there: an address that no machine outside has.
  const isLinkLocal = formatIp(ip).startsWith('169.254.')
  return isVirtual || isLinkLocal ? [differs(world, formatIp(ip), pod)] : []
}

/** A server of the outside answers that it does not know a Service's name: pods are told to ask it. */
export function askedElsewhere(
  { cluster }: World,
  { queries }: Resolution,
  pod: ClusterPod | undefined,
): string | undefined {
  const ip = parseIp(queries.at(-1)?.server ?? '')
  const own = dnsService(cluster)?.clusterIps
  const isOwn = ip !== undefined && (own?.includes(ip) || cluster.pods.some(({ ips }) => ips.includes(ip)))
  if (ip === undefined || isOwn || !own || !pod) return undefined
  const policy = pod.object.spec.dnsPolicy ?? 'ClusterFirst'
  const followsNode = policy === 'Default' || (policy === 'ClusterFirst' && pod.hostNetwork)
  return followsNode ? undefined : formatIp(ip)
}

/** Says who tells pods to ask an address that is not that of the cluster's DNS. */
export function differs(world: World, asked: string, pod: ClusterPod): Finding {
  const service = dnsService(world.cluster)
  const own = service?.clusterIps.map(formatIp).join(', ') ?? ''
  const stated = pod.object.spec.dnsConfig?.nameservers?.includes(asked) ?? false
  const who = stated ? `pod ${pod.name} says` : `kubelet on ${pod.nodeName ?? 'its node'} tells pods`
  const node = world.nodes.get(pod.nodeName ?? '')
  return finding(
    'name-server-differs',
    `${who} to ask ${asked} for names, and the cluster's DNS, Service ${service ? fullName(service) : ''}, is at ${own}`,
    {
      objects: stated
        ? [inPod(pod, 'spec', 'dnsConfig', 'nameservers'), service?.ref]
        : [clusterDnsPlace(world, pod), node?.ref, service?.ref],
      fix: stated
        ? `write ${own} among dnsConfig.nameservers`
        : `set kubelet's clusterDNS to ${own}, and make the pods anew`,
    },
  )
}

/** Where the Environment says what kubelet on the pod's node tells pods. */
function clusterDnsPlace({ cluster }: World, { nodeName = '' }: ClusterPod): ObjectRef | undefined {
  const { environmentSource: source, environment } = cluster
  const node = environment.kubelet?.[nodeName]?.clusterDNS ? nodeName : 'default'
  return source && { ...source.ref, at: source.locate(['spec', 'kubelet', node, 'clusterDNS']) }
}
