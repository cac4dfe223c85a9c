import type { Ip } from '../../../base/ip.ts'
import { familyOf, formatIp } from '../../../base/ip.ts'
import type { ClusterPod } from '../../../model/cluster.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import { writtenTable } from './written-rules.ts'

/** A pod that is given itself by a load balancer sees another address than its own, or it would drop its own packet. */
export function hairpinRules(
  component: string,
  pods: readonly ClusterPod[],
  family: 4 | 6,
  seen: Ip | undefined,
): readonly TableContribution[] {
  const ips = pods.flatMap((pod) => pod.ips.filter((ip) => familyOf(ip) === family)).map(formatIp)
  if (seen === undefined || familyOf(seen) !== family || ips.length === 0) return []
  const prepended = ips.map(
    (ip) =>
      `-A POSTROUTING -s ${ip} -d ${ip} -m comment --comment "${component}: no iptables rule on a real node" -j SNAT --to-source ${formatIp(seen)}`,
  )
  return [writtenTable({ origin: { component }, table: 'nat', family, lines: [], prepended })]
}
