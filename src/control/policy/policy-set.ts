import type { ObjectRef, SourceLocation } from '../../base/source.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { SelectedTier } from '../../policy/decide.ts'
import { rulesOf } from '../../policy/decide.ts'
import type { Endpoint } from '../../policy/endpoint.ts'
import type { PolicyEngine } from '../../policy/engine.ts'
import { selects } from '../../policy/match.ts'
import type { Direction, Policy, PolicySet, Tier } from '../../policy/policy.ts'
import { upstreamTiers } from './upstream-tiers.ts'

/** What a network plugin enforces policies with. */
export interface PolicyEnforcement {
  readonly engine: PolicyEngine
  /** The order in which it asks the policies of a cluster; that of upstream Kubernetes, if left out. */
  tiers?(cluster: Cluster, engine: PolicyEngine): readonly Tier[]
  /** Policies that it leaves out as a whole, though it enforces others of their kind. */
  leavesOut?(cluster: Cluster): readonly LeftOut[]
}

/** A policy of which an engine applies nothing at all. */
export interface LeftOut {
  readonly ref: ObjectRef
  /** As the end of a sentence that begins with the engine's name. */
  readonly why: string
  readonly at?: SourceLocation
  readonly fix: string
}

/** The policies of a cluster as its engine evaluates them. */
export interface EnforcedPolicies {
  readonly engine: PolicyEngine
  readonly set: PolicySet
  /** Those that are about the endpoint in this direction, tier by tier; worked out once for each endpoint. */
  selected(endpoint: Endpoint, direction: Direction): readonly SelectedTier[]
}

/** Whether the cluster's engine is switched on: an Environment may say that it is not (`cni.enforcesNetworkPolicy`). */
export function enforcesPolicies({ environment }: Cluster): boolean {
  return environment.cni?.enforcesNetworkPolicy !== false
}

/** The engine as this cluster has it: an Environment may say that its version resolves no names of ports. */
function asStated({ environment }: Cluster, engine: PolicyEngine): PolicyEngine {
  return environment.cni?.['namedPortsResolved'] === false ? { ...engine, namedPorts: false } : engine
}

const enforced = new WeakMap<Cluster, Map<PolicyEnforcement, EnforcedPolicies>>()

/** The policies of the cluster as they are enforced; made once for a cluster and an engine. */
export function policiesUnder(cluster: Cluster, enforcement: PolicyEnforcement): EnforcedPolicies {
  const ofCluster = enforced.get(cluster) ?? new Map<PolicyEnforcement, EnforcedPolicies>()
  enforced.set(cluster, ofCluster)
  const known = ofCluster.get(enforcement)
  if (known) return known
  const { tiers = upstreamTiers } = enforcement
  const engine = asStated(cluster, enforcement.engine)
  const made = enforcedPolicies(engine, enforcesPolicies(cluster) ? tiers(cluster, engine) : [])
  ofCluster.set(enforcement, made)
  return made
}

/** Puts an engine's policies together so that those of one endpoint are found without asking all. */
export function enforcedPolicies(engine: PolicyEngine, tiers: readonly Tier[]): EnforcedPolicies {
  const indexes = tiers.map((tier) => ({ tier, policiesFor: byNamespace(tier.policies) }))
  const known = new Map<string, readonly SelectedTier[]>()
  return {
    engine,
    set: { tiers },
    selected: (endpoint, direction) => {
      const key = `${direction} ${endpoint.id}`
      const found =
        known.get(key) ??
        indexes.flatMap(({ tier, policiesFor }) => {
          const policies = policiesFor(endpoint).filter(
            (one) => rulesOf(one, direction) !== undefined && selects(one.subject, endpoint),
          )
          return policies.length > 0 ? [{ tier, policies }] : []
        })
      known.set(key, found)
      return found
    },
  }
}

/** Those that can be about an endpoint: of its namespace by name, or of any; in their order. */
function byNamespace(policies: readonly Policy[]): (endpoint: Endpoint) => readonly Policy[] {
  const everywhere: number[] = []
  const inOne = new Map<string, number[]>()
  for (const [index, { subject }] of policies.entries()) {
    if (typeof subject.namespace !== 'string') everywhere.push(index)
    else {
      const list = inOne.get(subject.namespace)
      if (list) list.push(index)
      else inOne.set(subject.namespace, [index])
    }
  }
  return ({ namespace }) => {
    const own = namespace === undefined ? [] : (inOne.get(namespace) ?? [])
    return [...own, ...everywhere].toSorted((a, b) => a - b).flatMap((index) => policies[index] ?? [])
  }
}
