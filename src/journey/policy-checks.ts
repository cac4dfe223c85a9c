import { formatIp } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { protocolName } from '../base/packet.ts'
import type { Judged } from '../base/source.ts'
import { decideFor } from '../control/policy/judge.ts'
import type { PolicyCheck } from '../model/journey.ts'
import type { Hop, Leg, Step } from '../model/trace.ts'
import type { Decision } from '../policy/decide.ts'
import { packetAfter } from './packet-after.ts'
import type { World } from './world.ts'

/** Every place of the legs at which an endpoint's policies were asked, in order, with what they say and by what. */
export function policyChecks(world: World, legs: readonly Leg[]): readonly PolicyCheck[] {
  return legs.flatMap(({ forward, reply }) =>
    [...forward, ...reply].flatMap((hop) => checksOfHop(world, hop)),
  )
}

function checksOfHop(world: World, hop: Hop): readonly PolicyCheck[] {
  const checks = new Map<string, PolicyCheck>()
  let packet: Packet | undefined
  for (const step of hop.steps) {
    packet = packetAfter(packet, step)
    for (const judged of judgedBy(step)) {
      const check = packet && checkOf(world, hop, packet, judged)
      if (check) checks.set(`${judged.direction} ${judged.endpoint}`, check)
    }
  }
  return [...checks.values()]
}

/** Whose policies a step asks: those that a program asked, or those whose chain a rule sends the packet to. */
function judgedBy(step: Step): readonly Judged[] {
  if (step.type === 'filtered') return step.judged
  const judges = step.type === 'rule' && step.matched ? step.rule?.origin?.judges : undefined
  return judges ? [judges] : []
}

function checkOf(
  { cluster, policies }: World,
  { netns }: Hop,
  packet: Packet,
  judged: Judged,
): PolicyCheck | undefined {
  const decision = policies && decideFor(cluster, policies, packet, judged)
  if (!policies || !decision || decision.selected.length === 0) return undefined
  return {
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
    ...deciding(decision),
  }
}

/** The rule that decided, as a place in its policy. */
function deciding({ policy, rule }: Decision): Pick<PolicyCheck, 'rule'> {
  if (!policy || !rule) return {}
  const at = policy.locate(rule.path)
  return { rule: { policy: { ...policy.ref, ...(at && { at }) }, action: rule.action, path: rule.path } }
}
