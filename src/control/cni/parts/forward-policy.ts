import { plainEngine } from '../../../policy/engine.ts'
import { forwardFilters } from '../../policy/forward-filters.ts'
import type { PolicyEnforcement } from '../../policy/policy-set.ts'
import { readConfiguration } from '../calico/configuration.ts'
import { felixEnforcement } from '../calico/policy/enforcement.ts'
import type { Cni, CniInput } from '../cni.ts'

/** What enforces policies for a plugin. */
export type PolicyParts = Pick<Cni, 'policy' | 'filters'>

/** An engine whose own rules are not modelled, at the hooks where it has them. */
export function forwardPolicy(policy: PolicyEnforcement, judgesInput: boolean): PolicyParts {
  return {
    policy,
    filters: ({ cluster, node }) =>
      forwardFilters({ cluster, node: node.name, enforcement: policy, judgesInput }),
  }
}

/** Azure's network policy manager: its chain AZURE-NPM is asked at FORWARD alone. */
export const azureNpm: PolicyParts = forwardPolicy(
  { engine: { ...plainEngine, name: 'Azure NPM', apis: ['NetworkPolicy'] } },
  false,
)

/** Calico for policies alone, beside a plugin that connects pods: cali-FORWARD, and cali-INPUT for what pods send to their node. */
export function calicoAlone(input: CniInput): PolicyParts {
  return forwardPolicy(felixEnforcement(readConfiguration(input)), true)
}
