import { formatCidr, formatIp } from '../../base/ip.ts'
import type { FindCause } from './failure.ts'
import { finding, inService } from './failure.ts'

/** Whoever holds loadBalancerSourceRanges: kube-proxy, the provider's own firewall, or k3s's svclb pod. */
export const findSourceRange: FindCause = ({ asked, stop, sent }) => {
  if (!asked || !stop || !sent) return []
  const atBalancer = stop.netns.startsWith('balancer/') && stop.by?.table === 'mangle'
  const atServiceLb = stop.netns.startsWith('pod/kube-system/svclb-') && stop.by?.chain === 'FORWARD'
  if (stop.by?.chain !== 'KUBE-PROXY-FIREWALL' && !atBalancer && !atServiceLb) return []
  const { service } = asked
  const ranges = service.sourceRanges.map(formatCidr).join(', ')
  return [
    finding(
      'source-range-excludes-client',
      `Service ${service.name} lets only ${ranges} in, and ${formatIp(sent.src)} is outside`,
      {
        objects: [inService(service, 'spec', 'loadBalancerSourceRanges')],
        fix: `add ${formatIp(sent.src)}/${typeof sent.src === 'number' ? 32 : 128} to loadBalancerSourceRanges`,
      },
    ),
  ]
}
