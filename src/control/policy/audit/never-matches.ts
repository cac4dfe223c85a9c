import { covers, familyOf, formatCidr } from '../../../base/ip.ts'
import { selects } from '../../../policy/match.ts'
import type { EndpointSelector, IpBlock, Peer } from '../../../policy/policy.ts'
import { endpointsOf } from '../endpoints.ts'
import { endpointsFor } from './endpoints-for.ts'
import { nearestEndpoint } from './nearest-endpoint.ts'
import type { Audit, PlacedRule } from './rules.ts'
import { allRules, placeIn, policyName, ruleName } from './rules.ts'

/** Rules, or peers of them, that match no packet in this cluster. */
export function auditMatches(audit: Audit): void {
  const taken = new Map<string, boolean>()
  for (const placed of allRules(audit.policies)) {
    for (const peer of placed.rule.peers ?? []) {
      auditPeer(audit, placed, peer, taken)
      for (const block of peer.blocks ?? []) auditBlock(audit, placed, block)
    }
    auditNamedPorts(audit, placed)
  }
}

function auditPeer(audit: Audit, placed: PlacedRule, peer: Peer, taken: Map<string, boolean>): void {
  const { endpoints } = peer
  if (!endpoints || takesAny(audit, endpoints, taken)) return
  const { policy, direction } = placed
  const nearest = nearestEndpoint(endpoints, endpointsOf(audit.cluster).all)
  const hint = nearest ? `; nearest is ${nearest.endpoint.id}: ${nearest.text}` : ''
  const side = direction === 'ingress' ? 'from' : 'to'
  audit.report(
    'policy-rule-never-matches',
    `${policyName(policy)}: a peer of ${ruleName(placed)}.${side} is no pod of this cluster${hint}`,
    {
      ...placeIn(policy, endpoints.namespacePath ?? endpoints.labelsPath ?? peer.path),
      ...(nearest && { fix: 'make the selector and the labels agree' }),
    },
  )
}

function takesAny({ cluster }: Audit, selector: EndpointSelector, taken: Map<string, boolean>): boolean {
  const key = JSON.stringify([selector.types, selector.namespace, selector.labels, selector.serviceAccounts])
  const known = taken.get(key)
  if (known !== undefined) return known
  const found = endpointsFor(cluster, selector).some((one) => selects(selector, one))
  taken.set(key, found)
  return found
}

/** Policies are asked after a Service's address has become a pod's: no packet has a Service's address then. */
function auditBlock({ cluster, report }: Audit, placed: PlacedRule, { cidr, path }: IpBlock): void {
  const range = cluster.settings.serviceCidrs.find(
    (one) => familyOf(one.first) === familyOf(cidr.first) && covers(one, cidr),
  )
  if (!range || placed.direction !== 'egress') return
  report(
    'policy-rule-never-matches',
    `${policyName(placed.policy)}: ${ruleName(placed)}.to names ${formatCidr(cidr)}, addresses of Services; policies see the pod that a Service's address was translated to`,
    {
      ...placeIn(placed.policy, [...path, 'cidr']),
      fix: 'select the pods behind the Service, and their port',
    },
  )
}

/** A named port that no pod has which the rule may be about. */
function auditNamedPorts({ cluster, report }: Audit, placed: PlacedRule): void {
  const { rule, policy, direction } = placed
  for (const { name, protocol, path } of rule.ports ?? []) {
    if (name === undefined) continue
    const destinations =
      direction === 'ingress' ? endpointsFor(cluster, policy.subject) : endpointsOf(cluster).all
    const has = destinations.some(
      (one) =>
        (direction === 'egress' || selects(policy.subject, one)) &&
        one.ports.some(
          (port) => port.name === name && (protocol === undefined || port.protocol === protocol),
        ),
    )
    if (has) continue
    const whose = direction === 'ingress' ? 'no pod that it selects has' : 'no pod has'
    report(
      'policy-rule-never-matches',
      `${policyName(policy)}: ${ruleName(placed)} allows the port ${name}, and ${whose} one of that name and protocol`,
      { ...placeIn(policy, path), fix: "write the port's number, or name the container's port" },
    )
  }
}
