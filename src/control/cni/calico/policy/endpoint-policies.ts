import type { ClusterPod } from '../../../../model/cluster.ts'
import type { Endpoint } from '../../../../policy/endpoint.ts'
import { holds } from '../../../../policy/label-expression.ts'
import type { Direction } from '../../../../policy/policy.ts'
import { podId } from '../../../pod-namespace.ts'
import { endpointsOf } from '../../../policy/endpoints.ts'
import { enforcesPolicies } from '../../../policy/policy-set.ts'
import type { CniContext } from '../../cni.ts'
import type { CalicoConfiguration } from '../configuration.ts'
import type { FelixChain } from '../felix-rule.ts'
import { marksOf } from '../marks.ts'
import type { EndpointPolicies, TierPolicies } from '../policies.ts'
import { noPolicies } from '../policies.ts'
import { labelsOf } from './felix-endpoint.ts'
import type { FelixPolicy, FelixTier } from './felix-policy.ts'
import { felixTiers } from './felix-policy.ts'
import { setsOfRule } from './parsed-rule.ts'
import { policyChain } from './policy-chains.ts'
import type { PolicyGroup } from './policy-groups.ts'
import { groupChain, groupChainName, groupPolicies } from './policy-groups.ts'
import type { SetDefinition } from './set-definition.ts'
import { setId } from './set-definition.ts'
import { namespaceOf, policySet } from './set-members.ts'

const known = new WeakMap<CniContext, EndpointPolicies>()

/** What Felix makes of the cluster's policies on one node; worked out once. */
export function endpointPolicies(configuration: CalicoConfiguration, context: CniContext): EndpointPolicies {
  if (!enforcesPolicies(context.cluster)) return noPolicies
  const made = known.get(context) ?? nodePolicies(configuration, context)
  known.set(context, made)
  return made
}

function nodePolicies(configuration: CalicoConfiguration, { cluster, pods }: CniContext): EndpointPolicies {
  const { release } = configuration
  const tiers = felixTiers(cluster, release)
  const selected = new Map<ClusterPod, readonly SelectedTier[]>()
  const selectedFor = (pod: ClusterPod): readonly SelectedTier[] => {
    const found = selected.get(pod) ?? select(tiers, endpointsOf(cluster).byId(podId(pod)))
    selected.set(pod, found)
    return found
  }
  const groupsOf = (pod: ClusterPod, direction: Direction): readonly TierGroups[] =>
    selectedFor(pod).flatMap(({ tier, policies }): readonly TierGroups[] => {
      const about = policies.filter(({ types }) => types[direction])
      return about.length > 0 ? [{ tier, groups: groupPolicies(about, direction, release) }] : []
    })
  const allGroups = (): readonly PolicyGroup[] => [
    ...new Map(
      pods.flatMap((pod) =>
        directions
          .flatMap((direction) => groupsOf(pod, direction))
          .flatMap(({ groups }) => groups.map((group) => [groupChainName(group, release), group] as const)),
      ),
    ).values(),
  ]
  return {
    tiersOf: (pod, direction) =>
      groupsOf(pod, direction).map(
        ({ tier, groups }): TierPolicies => ({
          tier: tier.name,
          chains: groups.map((group) => groupChainName(group, release)),
          drops: tier.otherwise === 'deny',
        }),
      ),
    chains: (family) => chainsOf(configuration, allGroups(), family),
    sets: (family) =>
      setsOf(pods.flatMap((pod) => selectedFor(pod).flatMap(({ policies }) => policies))).map((definition) =>
        policySet(cluster, definition, family),
      ),
  }
}

const directions = ['ingress', 'egress'] as const

interface SelectedTier {
  readonly tier: FelixTier
  readonly policies: readonly FelixPolicy[]
}

interface TierGroups {
  readonly tier: FelixTier
  readonly groups: readonly PolicyGroup[]
}

/** The policies that are about a pod, whatever directions they are about; some are about interfaces of nodes alone. */
function select(tiers: readonly FelixTier[], endpoint: Endpoint | undefined): readonly SelectedTier[] {
  if (!endpoint) return []
  const labels = labelsOf(endpoint)
  const { namespace } = endpoint
  return tiers.flatMap((tier) => {
    const policies = tier.policies.filter(
      ({ selector, subject, isForPods }) =>
        isForPods && (namespaceOf(selector) ?? namespace) === namespace && holds(subject, labels),
    )
    return policies.length > 0 ? [{ tier, policies }] : []
  })
}

/** The chains of the groups, and of the policies that they ask, each once. */
function chainsOf(
  configuration: CalicoConfiguration,
  groups: readonly PolicyGroup[],
  family: 4 | 6,
): readonly FelixChain[] {
  const context = { configuration, marks: marksOf(configuration), family }
  const chains = groups.flatMap((group) => [
    ...(group.policies.length > 1 ? [groupChain(context, group)] : []),
    ...group.policies.map((policy) => policyChain(context, policy, group.direction)),
  ])
  return [...new Map(chains.map((chain) => [chain.name, chain])).values()]
}

/** The sets that the policies ask, each once, for both directions whether or not a policy is about it. */
function setsOf(policies: readonly FelixPolicy[]): readonly SetDefinition[] {
  const definitions = [...new Set(policies)].flatMap(({ inbound, outbound }) =>
    [...inbound, ...outbound].flatMap(setsOfRule),
  )
  return [...new Map(definitions.map((one) => [setId(one), one])).values()]
}
