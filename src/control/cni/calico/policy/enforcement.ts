import type { PolicyEnforcement } from '../../../policy/policy-set.ts'
import type { CalicoConfiguration } from '../configuration.ts'

/** Felix, Calico's agent on each node, which enforces policies by iptables and ipsets. */
export function felixEnforcement({ felix }: CalicoConfiguration): PolicyEnforcement {
  return {
    engine: {
      name: 'Felix',
      apis: ['NetworkPolicy'],
      refusal: felix.deny === 'REJECT' ? 'reject' : 'drop',
      blocksMatchEndpoints: true,
      namedPorts: true,
      endPorts: true,
    },
  }
}
