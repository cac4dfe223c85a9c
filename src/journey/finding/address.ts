import { contains, formatIp } from '../../base/ip.ts'
import type { FindCause } from './failure.ts'
import { finding, inService } from './failure.ts'

/** The destination's address belongs to nobody. */
export const findAddress: FindCause = (failure) => {
  const { world, sent, asked, outcome, stop } = failure
  if (!sent || stop?.onReply) return []
  const { podCidrs, serviceCidrs } = world.cluster.settings
  const ip = formatIp(sent.dst)
  const meetsNode = outcome.leg.forward.some((hop) => hop.netns.startsWith('node/'))
  if (asked && asked.by !== 'cluster IP' && asked.by !== 'node port' && !meetsNode) {
    const { service } = asked
    const field = asked.by === 'external IP' ? ['spec', 'externalIPs'] : ['status', 'loadBalancer']
    return [
      finding(
        'address-not-announced',
        `no machine answers for ${ip}: a Service's ${asked.by} adds rules on the nodes, but brings no packet to them`,
        {
          objects: [inService(service, ...field)],
          fix: 'announce the address (MetalLB, keepalived), or route it to a node',
        },
      ),
    ]
  }
  if (asked || world.nodesByIp.has(sent.dst)) return []
  if (serviceCidrs.some((cidr) => contains(cidr, sent.dst))) {
    return [
      finding('no-service-at-address', `${ip} lies in the range of the Services, but no Service has it`, {
        fix: 'ask for a Service by its name; its address changes when it is created anew',
      }),
    ]
  }
  if (podCidrs.some((cidr) => contains(cidr, sent.dst)) && !world.podsByIp.has(sent.dst)) {
    return [
      finding('no-pod-at-address', `${ip} lies in the range of the pods, but no pod has it`, {
        fix: 'ask for a Service or a pod by its name; a pod that is made anew has another address',
      }),
    ]
  }
  return []
}
