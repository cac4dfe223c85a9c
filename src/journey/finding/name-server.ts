import { contains, formatIp } from '../../base/ip.ts'
import { dnsService } from '../../control/name-files.ts'
import type { Finding } from '../../model/journey.ts'
import type { Failure, FindCause } from './failure.ts'
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
  return isVirtual ? [differs(failure, formatIp(ip), pod)] : []
}

function differs({ world }: Failure, asked: string, pod: NonNullable<Failure['sender']['pod']>): Finding {
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
        : [world.cluster.environmentRef, node?.ref, service?.ref],
      fix: stated
        ? `write ${own} among dnsConfig.nameservers`
        : `set kubelet's clusterDNS to ${own}, and make the pods anew`,
    },
  )
}
