import type { Finding, Resolution } from '../../model/journey.ts'
import type { Failure } from './failure.ts'
import { finding, inPod } from './failure.ts'

/** A search domain that has an entry for whatever is below it took the name before anybody asked for it as it stands. */
export function caughtBySearchDomain(
  { world, sender, asker }: Failure,
  { asked, name = '', addresses, meant = [] }: Resolution,
): Finding {
  const { pod, netns } = asker ?? sender
  const domain = name.slice(asked.length + 1)
  const own = pod?.object.spec.dnsConfig?.searches ?? []
  const stated = own.some((one) => one.replace(/\.$/, '') === domain)
  const nodeName = pod?.nodeName ?? netns.replace(/^node\//, '')
  const node = world.nodes.get(nodeName)
  const where = stated ? "the pod's dnsConfig" : `the resolv.conf of node ${nodeName}`
  const place = pod && (stated ? inPod(pod, 'spec', 'dnsConfig', 'searches') : inPod(pod, 'spec'))
  return finding(
    'search-domain-catches-name',
    `${asked} is taken for ${name}, which is ${addresses.join(', ')}: the search domain ${domain} has an answer for whatever is below it, and is asked first; ${asked} itself is ${meant.join(', ')}`,
    {
      objects: stated ? [place] : [world.cluster.environmentSource?.ref, node?.ref, place],
      fix: `ask for ${asked}. with a dot at its end, set ndots: "1" in the pod's dnsConfig, or take ${domain} out of ${where}`,
    },
  )
}
