import { covers, familyOf } from '../../../base/ip.ts'
import type { Cluster } from '../../../model/cluster.ts'
import { matchesPeer, selects } from '../../../policy/match.ts'
import type { IpBlock, Peer, Policy, PolicyRule, PortMatch } from '../../../policy/policy.ts'
import { endpointsOf } from '../endpoints.ts'
import type { Audit, PlacedRule } from './rules.ts'
import { allRules, placeIn, policyName, ruleName } from './rules.ts'

/**
 * Rules of two cluster-wide policies of one tier and one priority that can match the same connection and say different things
 * of it: which of them counts, the API leaves open.
 */
export function auditSamePriority(audit: Audit): void {
  const groups = new Map<string, PlacedRule[]>()
  const priorities = prioritiesOf(audit.cluster)
  for (const placed of allRules(audit.policies)) {
    const priority = priorities.get(placed.policy.ref)
    if (priority === undefined) continue
    const key = `${placed.tier.name} ${placed.direction} ${priority}`
    const group = groups.get(key)
    if (group) group.push(placed)
    else groups.set(key, [placed])
  }
  for (const group of groups.values()) auditGroup(audit, group)
}

function prioritiesOf({ policies }: Cluster): ReadonlyMap<Policy['ref'], number> {
  const { clusterNetworkPolicies, adminNetworkPolicies } = policies
  return new Map(
    [...clusterNetworkPolicies, ...adminNetworkPolicies].flatMap(({ ref, object }) =>
      object.spec?.priority === undefined ? [] : [[ref, object.spec.priority] as const],
    ),
  )
}

/** Each rule is told of once, with the first of another policy that it contradicts. */
function auditGroup(audit: Audit, group: readonly PlacedRule[]): void {
  for (const [index, placed] of group.entries()) {
    const other = group.slice(0, index).find((one) => contradicts(audit, one, placed))
    if (!other) continue
    const at = other.policy.locate(other.rule.path)
    const where = at ? ` (${at.file}:${at.line})` : ''
    const message = `${policyName(placed.policy)}: ${ruleName(placed)} and ${ruleName(other)} of ${policyName(other.policy)}${where} have one priority and can match the same connection: which counts is not defined`
    audit.report('policy-order-undefined', message, {
      ...placeIn(placed.policy, placed.rule.path),
      fix: 'give one of the policies another priority',
    })
  }
}

function contradicts(audit: Audit, one: PlacedRule, other: PlacedRule): boolean {
  if (one.policy === other.policy || one.rule.action === other.rule.action) return false
  const { all } = endpointsOf(audit.cluster)
  const shareSubject = all.some(
    (endpoint) => selects(one.policy.subject, endpoint) && selects(other.policy.subject, endpoint),
  )
  return shareSubject && sharePorts(one.rule, other.rule) && sharePeers(audit, one.rule, other.rule)
}

function sharePeers({ cluster, policies }: Audit, one: PolicyRule, other: PolicyRule): boolean {
  if (!one.peers || !other.peers) return true
  const blocksOf = (peers: readonly Peer[]) => peers.flatMap(({ blocks = [] }) => blocks)
  if (blocksOf(one.peers).some((a) => blocksOf(other.peers ?? []).some((b) => overlap(a, b)))) return true
  return endpointsOf(cluster).all.some((endpoint) =>
    endpoint.ips.some((ip) => {
      const party = { ip, endpoint }
      const isIn = (peers: readonly Peer[]) =>
        peers.some((peer) => matchesPeer(peer, party, party, policies.engine))
      return isIn(one.peers ?? []) && isIn(other.peers ?? [])
    }),
  )
}

function overlap({ cidr: a }: IpBlock, { cidr: b }: IpBlock): boolean {
  return familyOf(a.first) === familyOf(b.first) && (covers(a, b) || covers(b, a))
}

function sharePorts(one: PolicyRule, other: PolicyRule): boolean {
  return (
    !one.ports || !other.ports || one.ports.some((a) => other.ports?.some((b) => samePort(a, b)) ?? false)
  )
}

/** A port by its name may be any number, but not that of another name. */
function samePort(a: PortMatch, b: PortMatch): boolean {
  if (a.name !== undefined || b.name !== undefined) {
    return a.name === undefined || b.name === undefined || a.name === b.name
  }
  if (a.protocol !== b.protocol) return false
  const last = ({ port = 0, endPort }: PortMatch) => endPort ?? (port === 0 ? 65535 : port)
  return (a.port ?? 0) <= last(b) && (b.port ?? 0) <= last(a)
}
