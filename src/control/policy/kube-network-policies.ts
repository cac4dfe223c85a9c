import type { Packet } from '../../base/packet.ts'
import { UDP } from '../../base/packet.ts'
import type { Judged } from '../../base/source.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { FilterPlace, PacketFilter } from '../../model/network.ts'
import type { Endpoint } from '../../policy/endpoint.ts'
import type { PolicyEngine } from '../../policy/engine.ts'
import { plainEngine } from '../../policy/engine.ts'
import type { Direction, Policy, PolicyApi, PolicyRule, Tier } from '../../policy/policy.ts'
import { endpointsOf } from './endpoints.ts'
import { judge } from './judge.ts'
import type { EnforcedPolicies, PolicyEnforcement } from './policy-set.ts'
import { policiesUnder } from './policy-set.ts'
import { upstreamTiers } from './upstream-tiers.ts'

/** Which build of sigs.k8s.io/kube-network-policies runs, and how. */
export interface KubeNetworkPolicies {
  /**
   * The cluster-wide policies that it enforces: each of its images has those of one API or none. `any` is no image of its
   * own: the one that the cluster's policies need.
   */
  readonly clusterPolicies: 'none' | 'v1alpha1' | 'v1alpha2' | 'any'
  /** Whether what pods send to their own node is judged; since 1.1.0. */
  readonly judgesInput: boolean
  /** `--netfilter-bug-1766-fix`: DNS over UDP is judged before routing, and not after. */
  readonly dnsFirst: boolean
}

/** What a daemon of today does when nothing is set. */
export const currentKubeNetworkPolicies: KubeNetworkPolicies = {
  clusterPolicies: 'any',
  judgesInput: true,
  dnsFirst: true,
}

const apisOf: Readonly<Record<KubeNetworkPolicies['clusterPolicies'], readonly PolicyApi[]>> = {
  none: ['NetworkPolicy'],
  v1alpha1: ['NetworkPolicy', 'AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'],
  v1alpha2: ['NetworkPolicy', 'ClusterNetworkPolicy'],
  any: plainEngine.apis,
}

/** How that build evaluates policies. */
export function kubeNetworkPolicies({ clusterPolicies }: KubeNetworkPolicies): PolicyEnforcement {
  const engine: PolicyEngine = {
    ...plainEngine,
    name: 'kube-network-policies',
    apis: apisOf[clusterPolicies],
  }
  if (clusterPolicies === 'none' || clusterPolicies === 'any') return { engine }
  return { engine, tiers: (cluster, own) => upstreamTiers(cluster, own).flatMap(withOtherDirection) }
}

/**
 * A pod that a NetworkPolicy selects is accepted in the direction that no policy isolates it for, before the Baseline tier
 * is asked (StandardNetworkPolicy.EvaluateIngress and EvaluateEgress of 1.1.1, which KEP-2091 does not want).
 */
function withOtherDirection(tier: Tier): readonly Tier[] {
  if (tier.name !== 'NetworkPolicy') return [tier]
  const policies = tier.policies.map(acceptingOtherDirection)
  return [tier, { name: 'NetworkPolicy of the other direction', otherwise: 'pass', policies }]
}

const everything: PolicyRule = { action: 'allow', path: ['spec', 'policyTypes'] }

function acceptingOtherDirection({ ingress, egress, ...policy }: Policy): Policy {
  return {
    ...policy,
    ...(!ingress && { ingress: [everything] }),
    ...(!egress && { egress: [everything] }),
  }
}

/** After the destination was translated, and for what leaves the node before its source is: NF_IP_PRI_NAT_SRC - 5 and + 1, NF_IP_PRI_NAT_DST + 5. */
const places = {
  prerouting: { type: 'hook', hook: 'PREROUTING', priority: -95 },
  postrouting: { type: 'hook', hook: 'POSTROUTING', priority: 95 },
  input: { type: 'hook', hook: 'INPUT', priority: 101 },
} as const satisfies Readonly<Record<string, FilterPlace>>

/**
 * Its places on a node: the chains of syncNFTablesRules (pkg/dataplane), each with what it lets pass unasked. A packet of a
 * new connection goes to the daemon by NFQUEUE if one end is a pod of this node that any policy selects; where cluster-wide
 * policies are enforced, whoever the ends are. There both ends are judged, wherever their pods are.
 */
export function kubeNetworkPolicyFilters(
  cluster: Cluster,
  node: string,
  enforcement: PolicyEnforcement,
  build: KubeNetworkPolicies,
): readonly PacketFilter[] {
  const policies = policiesUnder(cluster, enforcement)
  const all = queuesEverything(build, policies)
  const queued = (packet: Packet, ends: readonly ('src' | 'dst')[]) =>
    all || ends.some((end) => isManaged(cluster, policies, node, packet[end]))
  const filter = (at: FilterPlace, isAsked: PlaceCondition): PacketFilter => ({
    name: enforcement.engine.name,
    at,
    judge: (packet, devices) =>
      isAsked(packet, devices)
        ? judge(cluster, policies, packet, endsOf(cluster, packet))
        : { action: 'accept', judged: [] },
  })
  return [
    ...(build.dnsFirst
      ? [filter(places.prerouting, (packet) => isDns(packet) && queued(packet, ['src', 'dst']))]
      : []),
    // Processes of the node run as root, whose packets are exempt (meta skuid 0 accept).
    filter(
      places.postrouting,
      (packet, devices) =>
        devices.in !== undefined &&
        !isDiscovery(packet) &&
        !(build.dnsFirst && isDns(packet)) &&
        queued(packet, ['src', 'dst']),
    ),
    ...(build.judgesInput
      ? [filter(places.input, (packet, devices) => devices.in !== 'lo' && queued(packet, ['src']))]
      : []),
  ]
}

type PlaceCondition = (packet: Packet, devices: Parameters<PacketFilter['judge']>[1]) => boolean

/** GetManagedIPs: evaluators of cluster-wide policies want every packet. */
function queuesEverything({ clusterPolicies }: KubeNetworkPolicies, { set }: EnforcedPolicies): boolean {
  if (clusterPolicies === 'none') return false
  return clusterPolicies !== 'any' || set.tiers.some((tier) => tier.policies.some(isClusterWide))
}

function isClusterWide({ api }: Policy): boolean {
  return api !== 'NetworkPolicy'
}

/** Whether the address is in the sets podips-v4 and podips-v6 of the node. */
function isManaged(cluster: Cluster, policies: EnforcedPolicies, node: string, ip: Packet['src']): boolean {
  const { endpoint } = endpointsOf(cluster).party(ip)
  if (endpoint?.type !== 'pod' || endpoint.node !== node) return false
  const isSelected = (direction: Direction) => policies.selected(endpoint, direction).length > 0
  return isSelected('ingress') || isSelected('egress')
}

function isDns({ protocol, dport }: Packet): boolean {
  return protocol === UDP && dport === 53
}

/** ICMPv6 of neighbour discovery, 133 to 137. */
function isDiscovery({ icmp, src }: Packet): boolean {
  return typeof src === 'bigint' && icmp !== undefined && icmp.type >= 133 && icmp.type <= 137
}

/** Both ends of the packet that are pods; the sender is asked first. */
function endsOf(cluster: Cluster, { src, dst }: Packet): readonly Judged[] {
  const { party } = endpointsOf(cluster)
  const judged = (endpoint: Endpoint | undefined, direction: Direction): readonly Judged[] =>
    endpoint?.type === 'pod' ? [{ endpoint: endpoint.id, direction }] : []
  return [...judged(party(src).endpoint, 'egress'), ...judged(party(dst).endpoint, 'ingress')]
}
