import { SCTP, TCP, UDP } from '../../base/packet.ts'
import type { Cluster } from '../../model/cluster.ts'
import type {
  ClusterNetworkPolicy,
  ClusterNetworkPolicyProtocol,
  ClusterNetworkPolicyRule,
  ProtocolMatch,
} from '../../model/cluster-policy-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { Direction, Path, Policy, PortMatch } from '../../policy/policy.ts'
import { clusterRules, clusterSubject } from './cluster-policy.ts'

/**
 * A ClusterNetworkPolicy (policy.networking.k8s.io/v1alpha2) as engines evaluate it. Without rules for a direction it has no
 * effect there.
 */
export function clusterNetworkPolicyOf(
  cluster: Cluster,
  { object, ref, locate }: Located<ClusterNetworkPolicy>,
): Policy {
  const { subject, ingress = [], egress = [] } = object.spec ?? {}
  const rules = (list: readonly ClusterNetworkPolicyRule[], direction: Direction) =>
    list.flatMap((rule, index) => {
      const path = ['spec', direction, index]
      return clusterRules(cluster, { rule, path, ports: portsOf(rule.protocols, [...path, 'protocols']) })
    })
  return {
    api: 'ClusterNetworkPolicy',
    ref,
    subject: clusterSubject(subject),
    ...(ingress.length > 0 && { ingress: rules(ingress, 'ingress') }),
    ...(egress.length > 0 && { egress: rules(egress, 'egress') }),
    locate,
  }
}

function portsOf(
  protocols: readonly ClusterNetworkPolicyProtocol[] | undefined,
  path: Path,
): readonly PortMatch[] | undefined {
  return protocols?.flatMap((one, index) => portOf(one, [...path, index]))
}

/** The name of a port stands for itself with each protocol. */
function portOf(
  { tcp, udp, sctp, destinationNamedPort }: ClusterNetworkPolicyProtocol,
  path: Path,
): readonly PortMatch[] {
  if (destinationNamedPort !== undefined) return [{ path, name: destinationNamedPort }]
  if (tcp) return [{ path, protocol: TCP, ...numbersOf(tcp) }]
  if (udp) return [{ path, protocol: UDP, ...numbersOf(udp) }]
  return sctp ? [{ path, protocol: SCTP, ...numbersOf(sctp) }] : []
}

function numbersOf({ destinationPort }: ProtocolMatch): Pick<PortMatch, 'port' | 'endPort'> {
  const { number, range } = destinationPort ?? {}
  if (number !== undefined) return { port: number }
  return range?.start !== undefined && range.end !== undefined
    ? { port: range.start, endPort: range.end }
    : {}
}
