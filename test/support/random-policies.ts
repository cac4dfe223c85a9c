import { createHash } from 'node:crypto'
import { drawAdminNetworkPolicies } from './random-policies/admin-network-policy.ts'
import type { Manifest } from './random-policies/cluster.ts'
import { drawCluster } from './random-policies/cluster.ts'
import { drawClusterNetworkPolicies } from './random-policies/cluster-network-policy.ts'
import { drawFrom } from './random-policies/draw.ts'
import type { PolicyFlow } from './random-policies/flows.ts'
import { drawFlows } from './random-policies/flows.ts'
import { overIpv6 } from './random-policies/ipv6.ts'
import { drawNetworkPolicy } from './random-policies/network-policy.ts'

/** Which policies a set has; those of the last two stand beside NetworkPolicies. */
export type PolicyFamily =
  | 'network-policies'
  | 'network-policies-over-ipv6'
  | 'cluster-network-policies'
  | 'admin-network-policies'

/** A random cluster with policies, and the connections that are to be judged. */
export interface PolicySet {
  readonly seed: number
  readonly objects: readonly Manifest[]
  readonly flows: readonly PolicyFlow[]
}

/** The same seed gives the same set, on every machine. */
export function drawPolicySet(family: PolicyFamily, seed: number): PolicySet {
  const draw = drawFrom(seed)
  const cluster = drawCluster(draw)
  const alone = family.startsWith('network-policies')
  const networkPolicies = draw
    .list(alone ? draw.between(1, 6) : draw.of([0, 1, 1, 2, 3]), () => undefined)
    .map((_, index) => drawNetworkPolicy(draw, cluster, index))
  const policies = [
    ...networkPolicies,
    ...(family === 'cluster-network-policies'
      ? drawClusterNetworkPolicies(draw, cluster, draw.between(1, 5))
      : []),
    ...(family === 'admin-network-policies'
      ? drawAdminNetworkPolicies(draw, cluster, draw.between(0, 3))
      : []),
  ]
  const set = { seed, objects: [...cluster.objects, ...policies], flows: drawFlows(draw, cluster, policies) }
  return family === 'network-policies-over-ipv6' ? overIpv6(set) : set
}

/** What tells that a set is still the one that was judged. */
export function fingerprint(set: PolicySet): string {
  return createHash('sha256').update(JSON.stringify(set)).digest('hex').slice(0, 16)
}
