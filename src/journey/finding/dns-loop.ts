import { formatIp } from '../../base/ip.ts'
import { corefileMap } from '../../control/core-dns.ts'
import { ownUpstream } from '../../control/core-dns-loop.ts'
import { dnsService } from '../../control/name-files.ts'
import { podId } from '../../control/pod-namespace.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import { finding } from './failure.ts'

/** The server sends the query back to itself, where it goes round until it is given up. */
export function forwardsToItself(world: World, pod: ClusterPod, name: string): Finding | undefined {
  const { cluster, compiled } = world
  const { hostNetwork } = pod
  const netns = compiled.network.namespaces.get(hostNetwork ? `node/${pod.nodeName}` : podId(pod))
  const service = dnsService(cluster)?.clusterIps ?? []
  for (const { application } of netns?.listeners ?? []) {
    if (application?.type !== 'dns' || application.server.type !== 'coredns') continue
    const { server } = application
    for (const block of server.blocks) {
      const own = ownUpstream({ ...server, service, hostNetwork }, block)
      if (!own) continue
      const corefile = corefileMap(cluster)?.ref
      return finding(
        'dns-loop',
        `pod ${pod.name} forwards ${name} to ${formatIp(own.ip)}, which leads back to it`,
        { objects: [corefile && { ...corefile, at: own.at }, pod.ref], fix: own.fix },
      )
    }
  }
  return undefined
}
