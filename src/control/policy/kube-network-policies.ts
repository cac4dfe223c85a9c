import type { Packet } from '../../base/packet.ts'
import type { Judged } from '../../base/source.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { FilterPlace, PacketFilter } from '../../model/network.ts'
import type { Endpoint } from '../../policy/endpoint.ts'
import type { PolicyEngine } from '../../policy/engine.ts'
import { endpointsOf } from './endpoints.ts'
import { judge } from './judge.ts'
import type { PolicyEnforcement } from './policy-set.ts'
import { policiesUnder } from './policy-set.ts'

const engine: PolicyEngine = {
  name: 'kube-network-policies',
  apis: ['NetworkPolicy', 'ClusterNetworkPolicy', 'AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'],
  refusal: 'drop',
  blocksMatchEndpoints: true,
  namedPorts: true,
  endPorts: true,
}

/** sigs.k8s.io/kube-network-policies, which kindnet has within itself. */
export const kubeNetworkPolicies: PolicyEnforcement = { engine }

/** NF_IP_PRI_NAT_SRC - 5 and + 1: before source translation for what leaves the node, after it for what enters its sockets. */
const places: readonly FilterPlace[] = [
  { type: 'hook', hook: 'POSTROUTING', priority: 95 },
  { type: 'hook', hook: 'INPUT', priority: 101 },
]

/**
 * Its places on a node. The first packet of a connection goes to the daemon by NFQUEUE, after its destination was translated
 * and before its source is; both ends are judged where one of them is a pod of this node. Mirrors syncNFTablesRules of
 * pkg/dataplane.
 */
export function kubeNetworkPolicyFilters(cluster: Cluster, node: string): readonly PacketFilter[] {
  const policies = policiesUnder(cluster, kubeNetworkPolicies)
  return places.map(
    (at): PacketFilter => ({
      name: engine.name,
      at,
      judge: (packet, devices) => {
        // Processes of the node run as root, whose packets are exempt (meta skuid 0 accept).
        if (
          at.type === 'hook' &&
          at.hook === 'POSTROUTING' &&
          devices.in === undefined &&
          isFrom(cluster, packet, node)
        )
          return { action: 'accept', judged: [] }
        return judge(cluster, policies, packet, endsOn(cluster, packet, node))
      },
    }),
  )
}

function isFrom(cluster: Cluster, { src }: Packet, node: string): boolean {
  return endpointsOf(cluster).party(src).endpoint?.id === `node/${node}`
}

/** Both ends of the packet, if one of them is a pod on this node. */
function endsOn(cluster: Cluster, { src, dst }: Packet, node: string): readonly Judged[] {
  const { party } = endpointsOf(cluster)
  const [from, to] = [party(src).endpoint, party(dst).endpoint]
  const isOwn = (one: Endpoint | undefined) => one?.type === 'pod' && one.node === node
  if (!isOwn(from) && !isOwn(to)) return []
  return [
    ...(from?.type === 'pod' ? [{ endpoint: from.id, direction: 'egress' as const }] : []),
    ...(to?.type === 'pod' ? [{ endpoint: to.id, direction: 'ingress' as const }] : []),
  ]
}
