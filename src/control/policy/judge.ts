import type { Ip } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import type { Judged } from '../../base/source.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { FilterVerdict } from '../../model/network.ts'
import type { Decision } from '../../policy/decide.ts'
import { decide } from '../../policy/decide.ts'
import type { Endpoint, Party } from '../../policy/endpoint.ts'
import type { PolicyFlow } from '../../policy/match.ts'
import type { Direction } from '../../policy/policy.ts'
import { endpointsOf } from './endpoints.ts'
import type { EnforcedPolicies } from './policy-set.ts'

/** A packet as the policies of one of its ends see it. */
export function flowOf(
  cluster: Cluster,
  packet: Packet,
  self: Endpoint,
  direction: Direction,
  taken?: Judged['peer'],
): PolicyFlow {
  const { src, dst, protocol, sport, dport, icmp } = packet
  const [own, other] = direction === 'ingress' ? [dst, src] : [src, dst]
  return {
    direction,
    self: { ip: own, endpoint: self },
    peer: partyOf(cluster, other, taken),
    ...{ protocol, sport, dport },
    ...(icmp && { icmp: { type: icmp.type, code: icmp.code } }),
  }
}

/** Who has the address; whom it was taken for comes before. */
function partyOf(cluster: Cluster, ip: Ip, taken: Judged['peer']): Party {
  const { party, byId } = endpointsOf(cluster)
  if (taken === undefined) return party(ip)
  const [own = ip] = byId(taken)?.ips ?? []
  return taken === 'world' ? { ip, disguised: true } : { ...party(own), ip }
}

/** What the policies of one end say of a packet. */
export function decideFor(
  cluster: Cluster,
  policies: EnforcedPolicies,
  packet: Packet,
  { endpoint, direction, peer }: Judged,
): Decision | undefined {
  const self = endpointsOf(cluster).byId(endpoint)
  if (!self) return undefined
  const flow = flowOf(cluster, packet, self, direction, peer)
  const decision = decide(policies.selected(self, direction), flow, policies.engine)
  const isToItself = flow.peer.endpoint === self && policies.engine.toItself === 'either'
  return isToItself && decision.verdict === 'denied' ? orReversed(policies, flow, decision) : decision
}

/** What an endpoint sends to itself may pass by its policies for the other direction. */
function orReversed({ selected, engine }: EnforcedPolicies, flow: PolicyFlow, denied: Decision): Decision {
  const direction = flow.direction === 'ingress' ? 'egress' : 'ingress'
  const other = decide(selected(flow.self.endpoint, direction), { ...flow, direction }, engine)
  return other.verdict === 'denied' ? denied : { ...other, selected: denied.selected }
}

/**
 * What a program says of a packet that asks the policies of these endpoints: all of them must let it pass. An endpoint
 * that no policy is about is not asked.
 */
export function judge(
  cluster: Cluster,
  policies: EnforcedPolicies,
  packet: Packet,
  asked: readonly Judged[],
): FilterVerdict {
  const judged: Judged[] = []
  for (const one of asked) {
    const decision = decideFor(cluster, policies, packet, one)
    if (!decision || decision.selected.length === 0) continue
    judged.push(one)
    if (decision.verdict === 'allowed') continue
    const action = decision.verdict === 'denied' ? 'drop' : 'unknown'
    return { action, judged, text: textOf(decision, one) }
  }
  return { action: 'accept', judged }
}

function textOf({ by, policy }: Decision, { endpoint, direction }: Judged): string {
  const side = `${direction} of ${endpoint}`
  const name = policy && `${policy.ref.kind} ${policy.ref.name}`
  if (by === 'rule') return `${name} denies ${side}`
  return `no policy allows it: ${side}`
}
