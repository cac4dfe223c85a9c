import { formatIp } from '../../base/ip.ts'
import type { FindCause } from './failure.ts'
import { finding, protocolName } from './failure.ts'

/** The first packet already belonged to a connection: its rules were asked long ago. */
export const findStaleConntrack: FindCause = ({ outcome, world, sent, asked, stop }) => {
  if (!sent || stop?.onReply || stop?.reason === 'no-listener') return []
  for (const { netns, steps } of outcome.leg.forward) {
    const node = world.nodes.get(netns.replace(/^node\//, ''))
    const known = steps.some((step) => step.type === 'conntrack' && step.state !== 'UNTRACKED' && step.known)
    if (!node || !known) continue
    const from = `${formatIp(sent.src)}:${sent.sport}`
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
