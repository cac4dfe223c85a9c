import type { Ip } from '../../../base/ip.ts'
import { familyOf, formatCidr, formatIp } from '../../../base/ip.ts'
import type { IpSet } from '../../../model/network.ts'
import { extraAddresses } from '../../underlay.ts'
import type { CniContext } from '../cni.ts'
import { calicoAddress } from './node-routes.ts'
import { poolsOfFamily } from './pool.ts'
import type { RuleContext } from './rule-context.ts'
import { poolsSet, setName } from './rule-context.ts'

/** The ipsets that Felix's rules of one family ask. */
export function felixSets(rules: RuleContext, context: CniContext): readonly IpSet[] {
  const { configuration, on, family, policies } = rules
  const pools = poolsOfFamily(on.pools, family)
  const blocks = (list: typeof pools) => list.map(({ cidr }) => formatCidr(cidr))
  const net = (name: string, entries: readonly string[]): IpSet => ({ name, type: 'hash:net', entries })
  const hosts = context.cluster.nodes.flatMap((node) => calicoAddress(node, family) ?? [])
  const own = calicoAddress(context.node, family)
  const others = hosts.filter((ip) => ip !== own).map(formatIp)
  const asksHosts = configuration.felix.natExcludesHosts || (family === 4 && on.ipip)
  return [
    net(poolsSet(rules), blocks(pools)),
    net(setName(family, 'masq-ipam-pools'), blocks(pools.filter((pool) => pool.natOutgoing))),
    {
      name: setName(family, 'this-host'),
      type: 'hash:ip',
      entries: ownAddresses(context, family).map(formatIp),
    },
    ...(asksHosts ? [net(setName(family, 'all-hosts-net'), hosts.map(formatIp))] : []),
    ...(on.vxlan[family] ? [net(setName(family, 'all-vxlan-net'), others)] : []),
    ...(configuration.release >= 31 ? [net(setName(family, 'dscp-src-net'), [])] : []),
    ...policies.sets(family),
  ]
}

/** The addresses of all devices but pods'. */
function ownAddresses({ cluster, node }: CniContext, family: 4 | 6): readonly Ip[] {
  const all = [
    ...node.addresses,
    ...extraAddresses(cluster, node).map(({ ip }) => ip),
    family === 4 ? 0x7f000001 : 1n,
  ]
  return [...new Set(all.filter((ip) => familyOf(ip) === family))]
}
