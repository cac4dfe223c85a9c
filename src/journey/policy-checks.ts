import { formatIp } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { protocolName } from '../base/packet.ts'
import type { Judged } from '../base/source.ts'
import { endpointsOf } from '../control/policy/endpoints.ts'
import { decideFor, flowOf } from '../control/policy/judge.ts'
import type { EnforcedPolicies } from '../control/policy/policy-set.ts'
import type { PolicyCheck, PolicyNearMiss, PolicyPlace } from '../model/journey.ts'
import type { Hop, Leg, Step } from '../model/trace.ts'
import type { Decision } from '../policy/decide.ts'
import type { Explanation } from '../policy/explain.ts'
import { explain } from '../policy/explain.ts'
import type { PolicyFlow } from '../policy/match.ts'
import type { Miss } from '../policy/miss.ts'
import type { NearMiss } from '../policy/near-miss.ts'
import type { Path, Policy } from '../policy/policy.ts'
import { packetAfter } from './packet-after.ts'
import { presentRemedy } from './policy-remedy.ts'
import type { World } from './world.ts'

/** A place on the way at which the policies of an endpoint were asked, with all that they were asked about. */
export interface JudgedPlace {
  /** Which of the legs, from 0. */
  readonly leg: number
  readonly netns: string
  readonly judged: Judged
  /** The packet there, and as its sender sent it. */
  readonly packet: Packet
  readonly sent?: Packet
  readonly policies: EnforcedPolicies
  readonly flow: PolicyFlow
  readonly decision: Decision
}

/** Every place of the legs at which an endpoint's policies were asked, in order, with what they say and by what. */
export function policyChecks(world: World, legs: readonly Leg[]): readonly PolicyCheck[] {
  return judgedPlaces(world, legs).map((place) => checkOf(world, place))
}

/** Every place of the legs at which policies were asked that are about an endpoint, each endpoint once a hop. */
export function judgedPlaces(world: World, legs: readonly Leg[]): readonly JudgedPlace[] {
  return legs.flatMap(({ forward, reply }, leg) => {
    const sent = sentPacket(forward)
    return [...forward, ...reply].flatMap((hop) =>
      placesOfHop(world, hop).map((place) => ({ ...place, leg, ...(sent && { sent }) })),
    )
  })
}

function sentPacket([first]: readonly Hop[]): Packet | undefined {
  const step = first?.steps.find((one) => one.type === 'sent')
  return step?.type === 'sent' ? step.packet : undefined
}

function placesOfHop(world: World, hop: Hop): readonly Omit<JudgedPlace, 'leg'>[] {
  const places = new Map<string, Omit<JudgedPlace, 'leg'>>()
  let packet: Packet | undefined
  for (const step of hop.steps) {
    packet = packetAfter(packet, step)
    for (const judged of judgedBy(world, step, packet)) {
      const place = packet && placeOf(world, hop, packet, judged)
      if (place) places.set(`${judged.direction} ${judged.endpoint}`, place)
    }
  }
  return [...places.values()]
}

/** Whose policies a step asks: those that a program asked, or those whose chain a rule sends the packet to. */
function judgedBy(world: World, step: Step, packet: Packet | undefined): readonly Judged[] {
  if (step.type === 'filtered') return step.judged
  const judges = step.type === 'rule' && step.matched ? step.rule?.origin?.judges : undefined
  return judges && packet ? judgedByRule(world, judges, packet) : []
}

const directions = ['egress', 'ingress'] as const

/** The ends of the packet that are meant, where the rule names an endpoint without a direction, or the other way round. */
function judgedByRule({ cluster }: World, judges: Partial<Judged>, packet: Packet): readonly Judged[] {
  const { endpoint, direction } = judges
  if (endpoint !== undefined && direction !== undefined) return [{ endpoint, direction }]
  return directions.flatMap((one): readonly Judged[] => {
    if (direction !== undefined && direction !== one) return []
    const ip = one === 'egress' ? packet.src : packet.dst
    const end = endpointsOf(cluster).party(ip).endpoint?.id
    if (end === undefined || (endpoint !== undefined && endpoint !== end)) return []
    return [{ endpoint: end, direction: one }]
  })
}

function placeOf(
  { cluster, policies }: World,
  { netns }: Hop,
  packet: Packet,
  judged: Judged,
): Omit<JudgedPlace, 'leg'> | undefined {
  const endpoint = endpointsOf(cluster).byId(judged.endpoint)
  const decision = policies && decideFor(cluster, policies, packet, judged)
  if (!policies || !endpoint || !decision || decision.selected.length === 0) return undefined
  const flow = flowOf(cluster, packet, endpoint, judged.direction, judged.peer)
  return { netns, judged, packet, policies, flow, decision }
}

/** Why the policies at a place decided as they did. */
export function explainPlace({ decision, flow, policies }: JudgedPlace): Explanation {
  return explain(decision, flow, policies.engine, policies.set.tiers)
}

function checkOf(world: World, place: JudgedPlace): PolicyCheck {
  const { leg, netns, judged, packet, policies, decision } = place
  const { matched, misses, remedy } = explainPlace(place)
  return {
    leg,
    netns,
    engine: policies.engine.name,
    ...judged,
    packet: {
      protocol: protocolName(packet.protocol),
      src: formatIp(packet.src),
      dst: formatIp(packet.dst),
      dport: packet.dport,
    },
    verdict: decision.verdict,
    by: decision.by,
    policies: decision.selected.flatMap((one) => one.policies.map(({ ref }) => ref)),
    ...deciding(decision, matched),
    ...(misses.length > 0 && { misses: misses.map((one) => presentMiss(world, place, one)) }),
    ...(remedy && { remedy: presentRemedy(world, remedy, policies.set.tiers) }),
  }
}

/** The rule that decided, as a place in its policy, and by which of its parts it matched. */
function deciding(
  { policy, rule }: Decision,
  { peer, port }: Explanation['matched'],
): Pick<PolicyCheck, 'rule'> {
  if (!policy || !rule) return {}
  const at = policy.locate(rule.path)
  return {
    rule: {
      policy: { ...policy.ref, ...(at && { at }) },
      action: rule.action,
      path: rule.path,
      ...(peer && { peer: placeIn(policy, peer) }),
      ...(port && { port: placeIn(policy, port) }),
    },
  }
}

function placeIn(policy: Policy, path: Path): PolicyPlace {
  const at = policy.locate(path)
  return { path, ...(at && { at }) }
}

/** A near miss, with what only the way of the packet can tell: that a port is the Service's. */
export function presentMiss(
  world: World,
  place: JudgedPlace,
  { policy, rule, misses }: NearMiss,
): PolicyNearMiss {
  return {
    policy: policy.ref,
    ...(rule && { rule: placeIn(policy, rule.path) }),
    misses: misses.map((miss) => ({
      type: miss.type,
      text: `${miss.text}${servicePortNote(world, place, miss)}`,
      ...placeIn(policy, miss.path),
    })),
  }
}

/** What the sender asked for before it was translated, where the packet's port is not that. */
function servicePortNote(
  { servicesByIp }: World,
  { packet, sent, judged }: JudgedPlace,
  { type }: Miss,
): string {
  if (type !== 'port' || !sent || sent.dport === packet.dport || sent.dst === packet.dst) return ''
  const who = servicesByIp.has(sent.dst) ? "the Service's" : 'the node port'
  const whose = judged.direction === 'egress' || servicesByIp.has(sent.dst) ? who : 'what was asked for'
  return ` (the pod's port; ${sent.dport} is ${whose})`
}
