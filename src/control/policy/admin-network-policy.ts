import { TCP } from '../../base/packet.ts'
import type { Cluster } from '../../model/cluster.ts'
import type {
  AdminNetworkPolicy,
  AdminNetworkPolicyPort,
  AdminNetworkPolicyRule,
} from '../../model/cluster-policy-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { Direction, Path, Policy, PolicyRule, PortMatch } from '../../policy/policy.ts'
import { clusterRules, clusterSubject } from './cluster-policy.ts'
import { protocolOf } from './network-policy.ts'

/** An AdminNetworkPolicy (policy.networking.k8s.io/v1alpha1) as engines evaluate it. */
export function adminNetworkPolicyOf(
  cluster: Cluster,
  { object, ref, locate }: Located<AdminNetworkPolicy>,
): Policy {
  const { subject, ...rules } = object.spec ?? {}
  return {
    api: 'AdminNetworkPolicy',
    ref,
    subject: clusterSubject(subject),
    ...adminRules(cluster, rules),
    locate,
  }
}

/** Their rules, and those of a BaselineAdminNetworkPolicy. Without rules for a direction a policy has no effect there. */
export function adminRules(
  cluster: Cluster,
  {
    ingress = [],
    egress = [],
  }: {
    readonly ingress?: readonly AdminNetworkPolicyRule[]
    readonly egress?: readonly AdminNetworkPolicyRule[]
  },
): Pick<Policy, 'ingress' | 'egress'> {
  const rules = (list: readonly AdminNetworkPolicyRule[], direction: Direction): readonly PolicyRule[] =>
    list.flatMap((rule, index) => {
      const path = ['spec', direction, index]
      const ports = rule.ports?.flatMap((port, at) => portOf(port, [...path, 'ports', at]))
      return clusterRules(cluster, { rule, path, ports })
    })
  return {
    ...(ingress.length > 0 && { ingress: rules(ingress, 'ingress') }),
    ...(egress.length > 0 && { egress: rules(egress, 'egress') }),
  }
}

/** A port by its name is one of any protocol; a number without a protocol is one of TCP. */
function portOf(
  { portNumber, portRange, namedPort }: AdminNetworkPolicyPort,
  path: Path,
): readonly PortMatch[] {
  if (namedPort !== undefined) return [{ path, name: namedPort }]
  if (portNumber?.port !== undefined) {
    return [{ path, protocol: numberOf(portNumber.protocol), port: portNumber.port }]
  }
  const { start, end, protocol } = portRange ?? {}
  if (start === undefined || end === undefined) return []
  return [{ path, protocol: numberOf(protocol), port: start, endPort: end }]
}

function numberOf(protocol = 'TCP'): number {
  return protocolOf(protocol) ?? TCP
}
