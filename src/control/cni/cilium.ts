import { bitsOf, familyOf } from '../../base/ip.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import { ciliumEnforcement } from '../policy/cilium/enforcement.ts'
import type { CiliumConfig } from './cilium/config.ts'
import { printedCilium, readCiliumConfig } from './cilium/config.ts'
import { ciliumFacts } from './cilium/facts.ts'
import { lxcName } from './cilium/names.ts'
import { ciliumNode, ciliumPods } from './cilium/node.ts'
import { ciliumFilters } from './cilium/policy-filters.ts'
import { ciliumRules, nodeSets, socketTables } from './cilium/rules.ts'
import type { Cni, CniContext, CniInput, CniPlugin } from './cni.ts'
import { foundByAny, foundByConfigMap, foundByDaemonSet } from './find.ts'
import { approximated } from './parts/approximated.ts'
import { blocksOfPools } from './parts/pool-blocks.ts'
import { routedPod } from './parts/routed-pod.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'

/**
 * Cilium, by what happens to packets: pods with an address each behind a routed device, a tunnel or routes between
 * nodes, its masquerading, and Services translated at the sender's socket. What eBPF does stands as rules and routes
 * that do the same.
 */
export const cilium: CniPlugin = {
  name: 'cilium',
  facts: ciliumFacts,
  environmentFields: (ciliumFacts.settings ?? []).map(({ name }) => `cni.${name}`),
  find: foundByAny(foundByDaemonSet(/^cilium$/), foundByConfigMap(/^cilium-config$/)),
  configure: configureCilium,
}

function configureCilium(input: CniInput): Cni {
  approximated(input, ciliumFacts)
  return ciliumOf(readCiliumConfig(input), input)
}

/** Cilium as it is configured; GKE's Dataplane V2 is one as well. */
export function ciliumOf(config: CiliumConfig, { environment }: Pick<CniInput, 'environment'>): Cni {
  const tables = new WeakMap<CniContext['node'], Map<4 | 6, readonly TableContribution[]>>()
  const hostPorts = (node: string) => hasPortmap(environment, node, config.kubeProxyReplacement)
  const pool = config.ipam === 'cluster-pool'
  const policy = ciliumEnforcement(config.policy)
  return {
    name: 'cilium',
    configuration: printedCilium(config),
    ...(pool && { podNetwork: config.pools }),
    ...(pool && {
      blocks: (context) =>
        blocksOfPools(context, { pools: config.pools, bitsOf: (family) => config.maskSizes[family] }),
    }),
    policy,
    filters: (context) => ciliumFilters(config, policy, context),
    mapsHostPorts: hostPorts,
    replacesKubeProxy: () => config.kubeProxyReplacement,
    node: (context) => {
      const made = ciliumNode(config, context, context.pods)
      const sets = nodeSets(config, context)
      const sysctls = hostPorts(context.node.name)
        ? { ...made.sysctls, ...portmapSysctls({ deviceOf: lxcName }, context.pods) }
        : made.sysctls
      return { ...made, sysctls, ...(sets.length > 0 && { sets }) }
    },
    pod: (context, pod) => routedPod(context.node, pod, ciliumPods(config, context)),
    podRules: (context, _pod, family) => {
      if (!config.socketLb || config.hostOnly) return []
      const known = tables.get(context.node) ?? new Map<4 | 6, readonly TableContribution[]>()
      tables.set(context.node, known)
      const found = known.get(family)
      const made = found ?? socketTables(context, family)
      known.set(family, made)
      return made
    },
    rules: (context, family) => [
      ...ciliumRules(config, context, family),
      ...(hostPorts(context.node.name) ? portmapRules(portmapOf(), context.pods, family) : []),
    ],
  }
}

function portmapOf() {
  return {
    network: 'cilium',
    deviceOf: (pod: ClusterPod) => lxcName(pod),
    bitsOf: (ip: ClusterPod['ips'][number]) => bitsOf(familyOf(ip)),
  }
}
