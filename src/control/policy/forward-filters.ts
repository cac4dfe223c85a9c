import type { Packet } from '../../base/packet.ts'
import type { Judged } from '../../base/source.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { FilterPlace, PacketFilter } from '../../model/network.ts'
import type { Endpoint } from '../../policy/endpoint.ts'
import type { Direction } from '../../policy/policy.ts'
import { endpointsOf } from './endpoints.ts'
import { judge } from './judge.ts'
import type { PolicyEnforcement } from './policy-set.ts'
import { policiesUnder } from './policy-set.ts'

/** What an engine at the hooks of the table filter judges. */
export interface ForwardFilters {
  readonly cluster: Cluster
  readonly node: string
  readonly enforcement: PolicyEnforcement
  /** Whether what pods send to their own node is judged. */
  readonly judgesInput: boolean
}

const places = {
  forward: { type: 'hook', hook: 'FORWARD', priority: 0 },
  input: { type: 'hook', hook: 'INPUT', priority: 0 },
} as const satisfies Readonly<Record<string, FilterPlace>>

/**
 * An engine whose own rules are not modelled, at the hooks where it has them: FORWARD, and INPUT for what pods send to
 * their node. It sees packets after their destination was translated and before their source is. Each node judges for its
 * own pods; what the node itself sends to them meets neither hook.
 */
export function forwardFilters({
  cluster,
  node,
  enforcement,
  judgesInput,
}: ForwardFilters): readonly PacketFilter[] {
  const policies = policiesUnder(cluster, enforcement)
  const filter = (at: FilterPlace, ends: (packet: Packet) => readonly Judged[]): PacketFilter => ({
    name: enforcement.engine.name,
    at,
    judge: (packet) => judge(cluster, policies, packet, ends(packet)),
  })
  const egress = ({ src }: Packet) => podOn(cluster, node, src, 'egress')
  const ingress = ({ dst }: Packet) => podOn(cluster, node, dst, 'ingress')
  return [
    filter(places.forward, (packet) => [...egress(packet), ...ingress(packet)]),
    ...(judgesInput ? [filter(places.input, egress)] : []),
  ]
}

/** The pod with this address, if it is on the node. */
export function podOn(
  cluster: Cluster,
  node: string,
  ip: Packet['src'],
  direction: Direction,
): readonly Judged[] {
  const endpoint: Endpoint | undefined = endpointsOf(cluster).party(ip).endpoint
  return endpoint?.type === 'pod' && endpoint.node === node ? [{ endpoint: endpoint.id, direction }] : []
}
