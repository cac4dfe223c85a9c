import type { PolicyApi } from '../../../../policy/policy.ts'
import type { PolicyEnforcement } from '../../../policy/policy-set.ts'
import type { CalicoConfiguration } from '../configuration.ts'
import { canonicalPolicy } from './canonical.ts'
import { felixTiers } from './felix-policy.ts'

/** Felix, Calico's agent on each node, which enforces policies by iptables and ipsets. */
export function felixEnforcement({ felix, release }: CalicoConfiguration): PolicyEnforcement {
  return {
    engine: {
      name: 'Felix',
      apis: ['NetworkPolicy', 'CalicoNetworkPolicy', 'GlobalNetworkPolicy', ...clusterWide(release)],
      refusal: felix.deny === 'REJECT' ? 'reject' : 'drop',
      blocksMatchEndpoints: true,
      namedPorts: true,
      endPorts: true,
    },
    tiers: (cluster) =>
      felixTiers(cluster, release).map(({ name, otherwise, policies }) => ({
        name,
        otherwise,
        policies: policies.filter(({ isForPods }) => isForPods).map((one) => canonicalPolicy(cluster, one)),
      })),
  }
}

/** The cluster-wide kinds of Kubernetes that this release takes. */
function clusterWide(release: number): readonly PolicyApi[] {
  if (release >= 32) return ['ClusterNetworkPolicy']
  if (release >= 30) return ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy']
  return release >= 29 ? ['AdminNetworkPolicy'] : []
}
