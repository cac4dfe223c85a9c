import { familyOf } from '../../../base/ip.ts'
import type { IpSet } from '../../../model/network.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import type { CniContext } from '../cni.ts'
import type { CalicoConfiguration } from './configuration.ts'
import { encapsulations } from './configuration.ts'
import { filterTable } from './filter-chains.ts'
import { mangleTable, natTable, rawTable } from './other-tables.ts'
import type { EndpointPolicies } from './policies.ts'
import { endpointPolicies } from './policy/endpoint-policies.ts'
import type { RuleContext } from './rule-context.ts'
import { ruleContext } from './rule-context.ts'
import { felixSets } from './sets.ts'
import { familyOfTunnel, tunnelAddress, tunnelDevice, tunnelsOf } from './tunnel-address.ts'

/** Felix's tables on one node, of one family. */
export function felixTables(
  configuration: CalicoConfiguration,
  context: CniContext,
  family: 4 | 6,
  policies: EndpointPolicies = endpointPolicies(configuration, context),
): readonly TableContribution[] {
  if (!hasFamily(context, family)) return []
  const rules = contextOf(configuration, context, family, policies)
  return [rawTable(rules), mangleTable(rules), natTable(rules), filterTable(rules)]
}

/** The sets that those ask, of both families. */
export function felixSetsOf(
  configuration: CalicoConfiguration,
  context: CniContext,
  policies: EndpointPolicies = endpointPolicies(configuration, context),
): readonly IpSet[] {
  return ([4, 6] as const).flatMap((family) =>
    hasFamily(context, family) ? felixSets(contextOf(configuration, context, family, policies), context) : [],
  )
}

/** The manifests turn IPv6 support of Felix off unless the cluster has IPv6 (FELIX_IPV6SUPPORT). */
function hasFamily({ cluster, node }: CniContext, family: 4 | 6): boolean {
  if (family === 4) return node.addresses.some((ip) => familyOf(ip) === 4)
  return cluster.settings.podCidrs.some((cidr) => familyOf(cidr.first) === 6)
}

function contextOf(
  configuration: CalicoConfiguration,
  context: CniContext,
  family: 4 | 6,
  policies: EndpointPolicies,
): RuleContext {
  const { cluster, node, pods } = context
  const tunnels = tunnelsOf(configuration, cluster.settings.podCidrs).flatMap((tunnel) => {
    const has =
      familyOfTunnel(tunnel) === family && tunnelAddress(configuration, cluster, node, tunnel) !== undefined
    return has ? [tunnelDevice(configuration, tunnel)] : []
  })
  const on = encapsulations(configuration, cluster.settings.podCidrs)
  return ruleContext({ configuration, on, family, pods, tunnels, policies })
}
