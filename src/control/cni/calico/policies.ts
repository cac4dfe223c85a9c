import type { ClusterPod } from '../../../model/cluster.ts'
import type { IpSet } from '../../../model/network.ts'
import type { FelixChain } from './felix-rule.ts'

/** The policies of one tier that apply to an endpoint in one direction. */
export interface TierPolicies {
  readonly tier: string
  /** The chains that are asked in turn: of one policy each, or of a group. */
  readonly chains: readonly string[]
  /** Whether a packet that none of them decides is dropped, and not passed on to the next tier. */
  readonly drops: boolean
}

/**
 * What policies put between an endpoint and its profiles. Whoever compiles policies gives one of these; where there are
 * none, every packet falls through to the profile of the pod's namespace, which lets it pass.
 */
export interface EndpointPolicies {
  tiersOf(pod: ClusterPod, direction: 'ingress' | 'egress'): readonly TierPolicies[]
  /** The chains of the policies themselves (`cali-pi-…`, `cali-po-…`, `cali-gi-…`, `cali-go-…`). */
  chains(family: 4 | 6): readonly FelixChain[]
  /** The sets that they ask (`cali40s:…`). */
  sets(family: 4 | 6): readonly IpSet[]
}

export const noPolicies: EndpointPolicies = { tiersOf: () => [], chains: () => [], sets: () => [] }
