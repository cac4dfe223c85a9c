import type { ObjectRef } from '../../../base/source.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { Located } from '../../../model/objects.ts'
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../model/policy-objects.ts'
import type { Direction } from '../../../policy/policy.ts'
import { enforcesPolicies } from '../../policy/policy-set.ts'
import type { WrittenLine } from '../parts/written-rules.ts'
import type { RuleEnd } from './policy-peers.ts'
import { peerEnd, podsOf } from './policy-peers.ts'

/** What Weave NPC makes of the policies. */
export interface AnalysedPolicies {
  /** Rules of WEAVE-NPC-INGRESS and WEAVE-NPC-EGRESS-CUSTOM. */
  readonly lines: readonly WrittenLine[]
  /** The ends of rules, and the pods that policies select, which have sets. */
  readonly ends: readonly RuleEnd[]
  readonly accepted: readonly Located<NetworkPolicy>[]
  /** Policies with names of ports, of which nothing is applied. */
  readonly refused: readonly Located<NetworkPolicy>[]
  /** Whether a policy about egress, applied or not, has come: then what is not marked is dropped. */
  readonly dropsEgress: boolean
}

const made = new WeakMap<Cluster, AnalysedPolicies>()

/** Mirrors analysePolicy for every policy. Rules for a direction that the policy does not list are made all the same. */
export function analysedPolicies(cluster: Cluster): AnalysedPolicies {
  const known = made.get(cluster)
  if (known) return known
  const policies = enforcesPolicies(cluster) ? cluster.policies.networkPolicies : []
  const accepted = policies.filter((one) => !hasNamedPorts(one))
  const rules = accepted.flatMap(rulesOf)
  const analysed: AnalysedPolicies = {
    lines: [...new Map(rules.map((rule) => [rule.key, rule])).values()].flatMap(linesOf),
    ends: [
      ...accepted.map(targetOf),
      ...rules.flatMap(({ source, destination }) => [source, destination]).filter((one) => one !== undefined),
    ],
    accepted,
    refused: policies.filter(hasNamedPorts),
    dropsEgress: policies.some(isAboutEgress),
  }
  made.set(cluster, analysed)
  return analysed
}

/** Mirrors checkForNamedPorts. */
function hasNamedPorts({ object: { spec = {} } }: Located<NetworkPolicy>): boolean {
  return [...(spec.ingress ?? []), ...(spec.egress ?? [])].some(({ ports = [] }) =>
    ports.some(({ port }) => typeof port === 'string'),
  )
}

/** Mirrors isEgressNetworkPolicy. */
function isAboutEgress({ object: { spec = {} } }: Located<NetworkPolicy>): boolean {
  return (spec.policyTypes ?? []).includes('Egress') || (spec.egress ?? []).length > 0
}

function targetOf({ ref, object }: Located<NetworkPolicy>): RuleEnd {
  return podsOf(ref.namespace ?? 'default', object.spec?.podSelector ?? {})
}

interface WeaveRule {
  readonly direction: Direction
  /** What tells rules of a namespace apart. */
  readonly key: string
  readonly source?: RuleEnd
  readonly destination?: RuleEnd
  readonly port?: NetworkPolicyPort
  readonly subject: ObjectRef
}

function rulesOf(policy: Located<NetworkPolicy>): readonly WeaveRule[] {
  const { ingress = [], egress = [] } = policy.object.spec ?? {}
  return [
    ...ingress.flatMap(({ from, ports }, index) =>
      expanded(policy, 'ingress', { index, peers: from, ports }),
    ),
    ...egress.flatMap(({ to, ports }, index) => expanded(policy, 'egress', { index, peers: to, ports })),
  ]
}

interface RuleParts {
  readonly index: number
  readonly peers: readonly NetworkPolicyPeer[] | undefined
  readonly ports: readonly NetworkPolicyPort[] | undefined
}

/** A rule for each pair of a peer and a port. */
function expanded(
  policy: Located<NetworkPolicy>,
  direction: Direction,
  { index, peers = [], ports = [] }: RuleParts,
): readonly WeaveRule[] {
  const namespace = policy.ref.namespace ?? 'default'
  const target = targetOf(policy)
  const at = policy.locate(['spec', direction, index])
  const subject = { ...policy.ref, ...(at && { at }) }
  const others = peers.length === 0 ? [undefined] : peers.flatMap((peer) => peerEnd(peer, namespace) ?? [])
  const numbers = ports.length === 0 ? [undefined] : ports
  return others.flatMap((other) =>
    numbers.map((port): WeaveRule => {
      const [source, destination] = direction === 'ingress' ? [other, target] : [target, other]
      const ends = { ...(source && { source }), ...(destination && { destination }) }
      const key = `${namespace} ${direction} ${matchText({ ...ends, ...(port && { port }) })} ${noteOf(direction, ends)}`
      return { direction, key, subject, ...ends, ...(port && { port }) }
    }),
  )
}

type Matched = Pick<WeaveRule, 'source' | 'destination' | 'port'>

/** The rule's matches in the order in which iptables-save prints them. `endPort` does not count. */
function matchText({ source, destination, port }: Matched): string {
  const protocol = (port?.protocol ?? 'TCP').toLowerCase()
  const set = (end: RuleEnd | undefined, side: string) =>
    end?.set ? [`-m set ${end.set.inverted ? '! ' : ''}--match-set ${end.set.name} ${side}`] : []
  const number = port?.port === undefined ? '' : ` --dport ${port.port}`
  return [
    ...(source?.cidr === undefined ? [] : [`-s ${source.cidr}`]),
    ...(destination?.cidr === undefined ? [] : [`-d ${destination.cidr}`]),
    ...(port ? [`-p ${protocol}`] : []),
    ...set(source, 'src'),
    ...set(destination, 'dst'),
    ...(port ? [`-m ${protocol}${number}`] : []),
  ].join(' ')
}

function noteOf(direction: Direction, { source, destination }: Matched): string {
  const [from, to] = [source?.comment ?? 'anywhere', destination?.comment ?? 'anywhere']
  return `-m comment --comment "${from} -> ${to} (${direction})"`
}

/** Mirrors iptRuleSpecs: egress is marked and goes on, as the packet may have to pass the rules for ingress too. */
function linesOf(rule: WeaveRule): readonly WrittenLine[] {
  const { direction, subject } = rule
  const match = [matchText(rule), noteOf(direction, rule)].filter((one) => one !== '').join(' ')
  const texts =
    direction === 'ingress'
      ? [`-A WEAVE-NPC-INGRESS ${match} -j ACCEPT`]
      : [
          `-A WEAVE-NPC-EGRESS-CUSTOM ${match} -j WEAVE-NPC-EGRESS-ACCEPT`,
          `-A WEAVE-NPC-EGRESS-CUSTOM ${match} -j RETURN`,
        ]
  return texts.map((text) => ({ text, subject }))
}
