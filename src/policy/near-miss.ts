import type { Decision } from './decide.ts'
import { rulesOf } from './decide.ts'
import type { PolicyEngine } from './engine.ts'
import type { PolicyFlow } from './match.ts'
import { matchesRule } from './match.ts'
import type { Miss } from './miss.ts'
import type { PeerQuestion } from './peer-miss.ts'
import { missesOfPeer } from './peer-miss.ts'
import type { Path, Peer, Policy, PolicyRule } from './policy.ts'
import { missesOfPorts } from './port-miss.ts'

/** What a policy would have to say, or a packet to be, for one rule to match: the rule for which that is least. */
export interface NearMiss {
  readonly policy: Policy
  /** Absent where the policy allows nothing in this direction. */
  readonly rule?: PolicyRule
  /** The peer that comes nearest, if no peer of the rule matches. */
  readonly peer?: Peer
  readonly misses: readonly Miss[]
}

/** The nearest miss of each policy that could have let the packet pass before the decision was made, in their order. */
export function nearMissesOf(
  decision: Decision,
  flow: PolicyFlow,
  engine: PolicyEngine,
): readonly NearMiss[] {
  const asked: NearMiss[] = []
  for (const { tier, policies } of decision.selected) {
    for (const policy of policies) {
      const ends = policy === decision.policy
      const rules = rulesBefore(policy, ends ? decision.rule : undefined, flow)
      // Only a tier that isolates is decided by what is not there.
      if (rules.length > 0 || tier.otherwise === 'deny') asked.push(nearest(policy, rules, flow, engine))
      if (ends) return asked.filter(({ rule }) => rule)
    }
    if (tier === decision.tier) break
  }
  return asked
}

/** The rules that let packets pass, up to the one that decided. */
function rulesBefore(
  policy: Policy,
  deciding: PolicyRule | undefined,
  { direction }: PolicyFlow,
): readonly PolicyRule[] {
  const rules = rulesOf(policy, direction) ?? []
  const end = deciding ? rules.indexOf(deciding) : rules.length
  return rules.slice(0, end).filter(({ action }) => action === 'allow')
}

function nearest(
  policy: Policy,
  rules: readonly PolicyRule[],
  flow: PolicyFlow,
  engine: PolicyEngine,
): NearMiss {
  const [best] = rules
    .map((rule) => missOfRule(policy, rule, flow, engine))
    .toSorted((a, b) => a.misses.length - b.misses.length)
  return best ?? { policy, misses: [noRule(policy, flow)] }
}

function noRule({ ref }: Policy, { direction }: PolicyFlow): Miss {
  return {
    type: 'no-rule',
    text: `${ref.kind} ${ref.name} has no ${direction} rule that allows anything`,
    path: ['spec', direction],
  }
}

function missOfRule(policy: Policy, rule: PolicyRule, flow: PolicyFlow, engine: PolicyEngine): NearMiss {
  const { peer, misses } = nearestPeer(rule, flow, engine)
  const own = rule.self ? missesOfPeer(rule.self, { party: flow.self, other: flow.peer, engine }) : []
  const all = [...misses, ...own, ...missesOfPorts(rule, flow, engine)]
  const unmodelled =
    all.length === 0 && matchesRule(rule, flow, engine) === 'maybe' ? (rule.unmodelled ?? []) : []
  return {
    policy,
    rule,
    ...(peer && { peer }),
    misses: [...all, ...unmodelled.map((text): Miss => ({ type: 'not-modelled', text, path: rule.path }))],
  }
}

/** The one of the rule's peers in which least is off; none, if one matches. */
function nearestPeer(
  { peers, path, action }: PolicyRule,
  { self, peer: party }: PolicyFlow,
  engine: PolicyEngine,
): { readonly peer?: Peer; readonly misses: readonly Miss[] } {
  if (!peers) return { misses: [] }
  const question: PeerQuestion = { party, other: self, engine }
  const [best] = peers
    .map((peer) => ({ peer, misses: missesOfPeer(peer, question) }))
    .toSorted((a, b) => a.misses.length - b.misses.length)
  if (!best) return { misses: [{ type: 'left-out', text: `${action}s nobody`, path }] }
  return best.misses.length === 0 ? { misses: [] } : best
}

/** Which of its peers and ports a rule matched by; `undefined` where it asks for none. */
export function matchedBy(
  { peers, ports }: PolicyRule,
  flow: PolicyFlow,
  engine: PolicyEngine,
): { readonly peer?: Path; readonly port?: Path } {
  const question: PeerQuestion = { party: flow.peer, other: flow.self, engine }
  const peer = peers?.find((one) => missesOfPeer(one, question).length === 0)
  const port = ports?.find(
    (one) => missesOfPorts({ action: 'allow', path: one.path, ports: [one] }, flow, engine).length === 0,
  )
  return { ...(peer && { peer: peer.path }), ...(port && { port: port.path }) }
}
