import type { ObjectRef } from '../../../base/source.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { PolicyEngine } from '../../../policy/engine.ts'
import { anyLabels } from '../../../policy/label-expression.ts'
import type { Policy, PolicyApi, Tier } from '../../../policy/policy.ts'
import type { PolicyEnforcement } from '../policy-set.ts'
import { upstreamTiers } from '../upstream-tiers.ts'
import { ciliumNetworkPolicyOf } from './network-policies.ts'
import type { CiliumPolicyOptions } from './policies.ts'
import { ciliumPoliciesOf } from './policies.ts'

/** What cilium-config says of policies. */
export interface CiliumPolicyConfig extends CiliumPolicyOptions {
  /** `enable-policy`: endpoints that policies select, all of them, or none. */
  readonly mode: 'default' | 'always' | 'never'
  /** `policy-cidr-match-mode: nodes`. */
  readonly cidrsMatchNodes: boolean
  /** `allow-localhost: policy` is no. */
  readonly ownNodePasses: boolean
  /** `enable-k8s-networkpolicy`. */
  readonly networkPolicies: boolean
  /** `enable-k8s-cluster-network-policy`. */
  readonly clusterNetworkPolicies: boolean
  /** The ConfigMap that it is read from. */
  readonly source: ObjectRef
}

/**
 * Cilium as an engine: NetworkPolicies and its own are one union in which rules that deny come first, around it the tiers of
 * ClusterNetworkPolicies where it is told to read those. Mirrors computePolicyEnforcementAndRules of pkg/policy.
 */
export function ciliumEnforcement(config: CiliumPolicyConfig): PolicyEnforcement {
  const apis: readonly PolicyApi[] = [
    ...(config.networkPolicies ? ['NetworkPolicy' as const] : []),
    ...(config.clusterNetworkPolicies ? ['ClusterNetworkPolicy' as const] : []),
    'CiliumNetworkPolicy',
    'CiliumClusterwideNetworkPolicy',
  ]
  const engine: PolicyEngine = {
    name: 'Cilium',
    apis: config.mode === 'never' ? [] : apis,
    refusal: 'drop',
    blocksMatchEndpoints: config.cidrsMatchNodes ? 'nodes' : false,
    namedPorts: true,
    endPorts: true,
    ...(config.ownNodePasses && { ownNodePasses: true }),
  }
  return { engine, tiers: (cluster) => (config.mode === 'never' ? [] : tiersOf(cluster, config, engine)) }
}

function tiersOf(cluster: Cluster, config: CiliumPolicyConfig, engine: PolicyEngine): readonly Tier[] {
  const [admin, , baseline] = upstreamTiers(cluster, engine)
  const union: Tier = {
    name: 'Cilium',
    policies: policiesOf(cluster, config),
    otherwise: 'deny',
    denyFirst: true,
  }
  return [...(admin ? [admin] : []), union, ...(baseline ? [baseline] : [])]
}

function policiesOf(cluster: Cluster, config: CiliumPolicyConfig): readonly Policy[] {
  const { networkPolicies, ciliumNetworkPolicies, ciliumClusterwideNetworkPolicies } = cluster.policies
  const own = [...ciliumNetworkPolicies, ...ciliumClusterwideNetworkPolicies].flatMap((one) =>
    ciliumPoliciesOf(cluster, one, config),
  )
  return [
    ...(config.networkPolicies ? networkPolicies.map(ciliumNetworkPolicyOf) : []),
    ...own.filter(({ subject }) => !subject.types?.includes('node')),
    ...(config.mode === 'always' ? [everybody(config.source)] : []),
  ]
}

/** `enable-policy: always`: every pod is isolated, whether a policy selects it or not. */
function everybody(ref: ObjectRef): Policy {
  return {
    api: 'CiliumClusterwideNetworkPolicy',
    ref,
    subject: { labels: anyLabels },
    ingress: [],
    egress: [],
    locate: () => ref.at,
  }
}
