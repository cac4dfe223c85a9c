import type { BitSet } from '../base/bit-set.ts'
import { both, either, emptyBits, fullBits, hasBit, members, setBit, without } from '../base/bit-set.ts'
import { invariant } from '../base/invariant.ts'
import { familyOf } from '../base/ip.ts'
import { conditionsOf } from './conditions.ts'
import type { Decision, SelectedTier } from './decide.ts'
import { decide, isolates, rulesOf } from './decide.ts'
import type { Endpoint, Party } from './endpoint.ts'
import type { PolicyEngine } from './engine.ts'
import type { PolicyFlow } from './match.ts'
import { matchesHeader, matchesPeer, matchesPorts } from './match.ts'
import type { PartyClasses } from './party-classes.ts'
import { classifyParties } from './party-classes.ts'
import type { Direction, Policy, PolicyRule, PolicySet } from './policy.ts'
import type { PortIntervals } from './port-intervals.ts'
import { portIntervals } from './port-intervals.ts'

/** What is sent, whoever sends it to whom. */
export type Traffic = Pick<PolicyFlow, 'protocol' | 'sport' | 'dport' | 'icmp'>

/** What the policies of one class say of traffic with each other class. What is in neither set is denied. */
export interface MatrixRow {
  readonly allowed: BitSet
  /** It depends on a condition that is not modelled. */
  readonly unknown: BitSet
}

/** What the policies of a set say of all pairs of parties: for each pair what `decide` says. */
export interface PolicyMatrix {
  readonly classes: PartyClasses
  readonly intervals: PortIntervals
  /** Some rule tells nodes apart by whether they are the other end's own. */
  readonly asksOwnNode: boolean
  /** The policies of `self` about traffic with every class. `together`: nodes are asked about as its own. */
  row(direction: Direction, self: number, traffic: Traffic, together: boolean): MatrixRow
  /** One cell of it. */
  verdict(
    direction: Direction,
    self: number,
    peer: number,
    traffic: Traffic,
    together: boolean,
  ): Decision['verdict']
}

/**
 * Puts parties into classes that no policy can tell apart, and decides for a class with all others at once: tier by tier,
 * as `decide` does for one pair, with sets of those of whom nothing has been decided yet.
 */
export function policyMatrix(set: PolicySet, engine: PolicyEngine, parties: readonly Party[]): PolicyMatrix {
  const conditions = conditionsOf(set, engine)
  const classes = classifyParties(parties, conditions, engine)
  const work: Work = {
    engine,
    classes,
    size: classes.representatives.length,
    peers: { together: new WeakMap(), apart: new WeakMap() },
    named: new WeakMap(),
    selections: {
      ingress: selectionsOf(set, classes, 'ingress'),
      egress: selectionsOf(set, classes, 'egress'),
    },
  }
  const rows = new Map<string, MatrixRow>()
  const row: PolicyMatrix['row'] = (direction, self, traffic, together) => {
    const near = together && conditions.usesEntities
    const selection = work.selections[direction][self]
    invariant(selection, `class ${self} of policies does not exist`)
    const { protocol, sport, dport, icmp } = traffic
    const who = selection.dependsOnSelf ? self : ''
    const what = `${protocol} ${sport} ${dport} ${icmp?.type} ${icmp?.code}`
    const key = `${direction} ${selection.id} ${who} ${near} ${what}`
    const known = rows.get(key) ?? decideRow(work, { direction, self, traffic, together: near })
    rows.set(key, known)
    return known
  }
  const endpoints = parties.flatMap(({ endpoint }) => endpoint ?? [])
  return {
    classes,
    intervals: portIntervals(set, endpoints, engine),
    asksOwnNode: conditions.usesEntities,
    row,
    verdict: (direction, self, peer, traffic, together) => {
      const { allowed, unknown } = row(direction, self, traffic, together)
      if (hasBit(allowed, peer)) return 'allowed'
      return hasBit(unknown, peer) ? 'unknown' : 'denied'
    },
  }
}

/** The policies that are about a class in one direction. */
interface Selection {
  /** Equal for classes that the same policies select. */
  readonly id: string
  readonly tiers: readonly SelectedTier[]
  /** What is decided may differ between classes that these policies select. */
  readonly dependsOnSelf: boolean
}

interface Work {
  readonly engine: PolicyEngine
  readonly classes: PartyClasses
  readonly size: number
  readonly peers: Readonly<Record<'together' | 'apart', WeakMap<PolicyRule, BitSet>>>
  /** Of egress rules with named ports, the classes that have them, by the traffic. */
  readonly named: WeakMap<PolicyRule, Map<string, BitSet>>
  readonly selections: Readonly<Record<Direction, readonly Selection[]>>
}

/** For each class the policies that select it, tier by tier, in their order. */
function selectionsOf(
  { tiers }: PolicySet,
  { representatives, selectedBy }: PartyClasses,
  direction: Direction,
): readonly Selection[] {
  const found = representatives.map(() => ({ ids: [] as string[], tiers: [] as SelectedTier[] }))
  for (const [tierAt, tier] of tiers.entries()) {
    const own = new Map<number, Policy[]>()
    for (const [at, policy] of tier.policies.entries()) {
      if (rulesOf(policy, direction) === undefined) continue
      for (const one of members(selectedBy(policy.subject))) {
        const list = own.get(one)
        if (list) list.push(policy)
        else own.set(one, [policy])
        found[one]?.ids.push(`${tierAt}.${at}`)
      }
    }
    for (const [one, policies] of own) found[one]?.tiers.push({ tier, policies })
  }
  return found.map(({ ids, tiers: selected }) => ({
    id: ids.join(' '),
    tiers: selected,
    dependsOnSelf: selected.some(({ policies }) =>
      policies.some((policy) => (rulesOf(policy, direction) ?? []).some(asksSelf)),
    ),
  }))
}

function asksSelf({ self, ports = [], notPorts = [], unmodelled = [] }: PolicyRule): boolean {
  return self !== undefined || unmodelled.length > 0 || [...ports, ...notPorts].some(({ name }) => name)
}

interface Asked {
  readonly direction: Direction
  readonly self: number
  readonly traffic: Traffic
  readonly together: boolean
}

function decideRow(work: Work, asked: Asked): MatrixRow {
  const { selections, size } = work
  const selected = selections[asked.direction][asked.self]?.tiers ?? []
  let allowed = exempt(work, asked)
  let open = without(fullBits(size), allowed)
  let uncertain = emptyBits(size)
  for (const { tier, policies } of selected) {
    const rules = policies.flatMap((policy) => rulesOf(policy, asked.direction) ?? [])
    const found = decideTier(work, tier.denyFirst ? deniesFirst(rules) : rules, asked, open)
    allowed = either(allowed, found.allow)
    uncertain = either(uncertain, found.uncertain)
    const isolated = isolates(tier, policies, asked.direction)
    if (isolated) allowed = either(allowed, both(found.open, ownNode(work, asked)))
    open = isolated ? found.pass : either(found.open, found.pass)
  }
  return decideUncertain(work, asked, selected, { allowed: either(allowed, open), uncertain })
}

/** Those whom the engine lets pass before it asks any policy. */
function exempt(work: Work, asked: Asked): BitSet {
  const rules = work.engine.exempt?.[asked.direction] ?? []
  return rules.map((rule) => matchedBy(work, rule, asked)).reduce(either, emptyBits(work.size))
}

function deniesFirst(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  return [...rules.filter(({ action }) => action === 'deny'), ...rules]
}

/** The endpoint's own node, where the engine lets what it sends pass though no rule does. */
function ownNode({ classes, engine, size }: Work, { direction, together }: Asked): BitSet {
  const bits = emptyBits(size)
  if (!engine.ownNodePasses || direction === 'egress' || !together) return bits
  for (const [at, { endpoint }] of classes.representatives.entries())
    if (endpoint?.type === 'node') setBit(bits, at)
  return bits
}

/** What the rules of a tier do with those of whom nothing has been decided. */
function decideTier(
  work: Work,
  rules: readonly PolicyRule[],
  asked: Asked,
  before: BitSet,
): Readonly<Record<'open' | 'allow' | 'pass' | 'uncertain', BitSet>> {
  const { size } = work
  const found = { allow: emptyBits(size), pass: emptyBits(size), deny: emptyBits(size) }
  let [open, uncertain] = [before, emptyBits(size)]
  for (const rule of rules) {
    if (rule.action === 'log') continue
    const hit = both(open, matchedBy(work, rule, asked))
    open = without(open, hit)
    if (rule.unmodelled && rule.unmodelled.length > 0) uncertain = either(uncertain, hit)
    else found[rule.action] = either(found[rule.action], hit)
  }
  return { ...found, open, uncertain }
}

/** Where a rule may match, `decide` says whether that makes a difference. */
function decideUncertain(
  { classes, engine, size }: Work,
  asked: Asked,
  selected: readonly SelectedTier[],
  { allowed: certain, uncertain }: { readonly allowed: BitSet; readonly uncertain: BitSet },
): MatrixRow {
  const allowed = certain.slice()
  const unknown = emptyBits(size)
  for (const peer of members(uncertain)) {
    const flow = flowBetween(classes, asked, peer)
    const { verdict } = decide(selected, flow, engine)
    if (verdict === 'allowed') setBit(allowed, peer)
    else if (verdict === 'unknown') setBit(unknown, peer)
  }
  return { allowed, unknown }
}

/** The classes with which the traffic matches the rule. */
function matchedBy(work: Work, rule: PolicyRule, asked: Asked): BitSet {
  const { classes, engine, size } = work
  const flow = flowBetween(classes, asked, asked.self)
  const { family, ...header } = rule
  const nobody = emptyBits(size)
  if (!matchesHeader(header, flow)) return nobody
  if (rule.self && !matchesPeer(rule.self, flow.self, flow.peer, engine)) return nobody
  let bits = peersOf(work, rule, asked.together)
  if (family !== undefined) bits = both(bits, ofFamily(work, family))
  if (
    asked.direction === 'egress' &&
    [...(rule.ports ?? []), ...(rule.notPorts ?? [])].some(({ name }) => name)
  )
    return both(bits, withNamedPorts(work, rule, asked))
  return matchesPorts(rule, flow, engine) ? bits : nobody
}

function peersOf({ classes, peers, size }: Work, rule: PolicyRule, together: boolean): BitSet {
  if (!rule.peers) return fullBits(size)
  const memory = together ? peers.together : peers.apart
  const known =
    memory.get(rule) ??
    rule.peers.map((peer) => classes.matchedBy(peer, together)).reduce(either, emptyBits(size))
  memory.set(rule, known)
  return known
}

function ofFamily({ classes, size }: Work, family: 4 | 6): BitSet {
  const bits = emptyBits(size)
  for (const [at, { ip }] of classes.representatives.entries()) if (familyOf(ip) === family) setBit(bits, at)
  return bits
}

/** Destinations whose ports of these names the traffic goes to. */
function withNamedPorts({ classes, engine, named, size }: Work, rule: PolicyRule, asked: Asked): BitSet {
  const { protocol, dport, sport } = asked.traffic
  const memory = named.get(rule) ?? new Map<string, BitSet>()
  named.set(rule, memory)
  const key = `${protocol} ${dport} ${sport}`
  const known = memory.get(key)
  if (known) return known
  const bits = emptyBits(size)
  for (const at of classes.representatives.keys()) {
    if (matchesPorts(rule, flowBetween(classes, asked, at), engine)) setBit(bits, at)
  }
  memory.set(key, bits)
  return bits
}

function flowBetween(
  { representatives }: PartyClasses,
  { direction, self, traffic, together }: Asked,
  peer: number,
): PolicyFlow {
  const [own, other] = [representatives[self], representatives[peer]]
  invariant(own?.endpoint && other, 'policies are those of endpoints')
  const endpoint: Endpoint = { ...own.endpoint, node: nodeBeside(other, together) }
  return { direction, self: { ...own, endpoint }, peer: other, ...traffic }
}

/** A node for an endpoint that is on the same one as the other end, or on another. */
function nodeBeside({ endpoint }: Party, together: boolean): string {
  return together ? (endpoint?.node ?? '') : ''
}
