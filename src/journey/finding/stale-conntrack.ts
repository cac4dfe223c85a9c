import { formatEndpoint } from '../../base/ip.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding, protocolName } from './failure.ts'
import { isEndpoint } from './kube-proxy.ts'

/** The first packet already belonged to a connection: its rules were asked long ago. */
export const findStaleConntrack: FindCause = (failure) => {
  const { outcome, world, sent, asked, stop } = failure
  if (!sent || stop?.onReply || leadsToEndpoint(failure)) return []
  for (const { netns, steps } of outcome.leg.forward) {
    const node = world.nodes.get(netns.replace(/^node\//, ''))
    const known = steps.some((step) => step.type === 'conntrack' && step.state !== 'UNTRACKED' && step.known)
    if (!node || !known) continue
    const from = formatEndpoint(sent.src, sent.sport)
    return [
      finding(
        'conntrack-stale',
        `${node.name} has an old connection entry for ${protocolName(sent.protocol)} from ${from}; rules are asked only for new connections`,
        {
          objects: [node.ref, asked?.service.ref],
          fix: `delete the entry (conntrack -D -p ${protocolName(sent.protocol).toLowerCase()} --orig-port-src ${sent.sport}), or use another source port`,
        },
      ),
    ]
  }
  return []
}

/** The entry sends to what is an endpoint now as well: that nobody listens there has another cause. */
function leadsToEndpoint({ outcome, world, asked, stop }: Failure): boolean {
  const { destination } = outcome
  if (stop?.reason !== 'no-listener' || !destination) return false
  return !asked || isEndpoint(world, asked.service, formatEndpoint(destination.ip, destination.port))
}
