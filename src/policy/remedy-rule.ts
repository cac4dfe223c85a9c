import { hostCidr } from '../base/ip.ts'
import { hasPorts } from '../base/packet.ts'
import type { LabelExpression } from './label-expression.ts'
import type { PolicyFlow } from './match.ts'
import { matchesEndpoints } from './match.ts'
import type { NearMiss } from './near-miss.ts'
import type { Path, Peer, Policy, PolicyRule, PortMatch } from './policy.ts'
import type { Candidate, Denied } from './remedy-candidate.ts'
import { withPolicy, withRules } from './remedy-candidate.ts'
import type { PeerForm } from './remedy-value.ts'
import { ownLabels, peerValue, portValue, ruleValue } from './remedy-value.ts'

/** The packet's port, in a rule of a NetworkPolicy whose peers match. */
export function portCandidate(
  { flow, tiers }: Denied,
  { policy, rule, misses }: NearMiss,
): readonly Candidate[] {
  if (policy.api !== 'NetworkPolicy' || !rule?.ports || !hasPorts(flow.protocol)) return []
  if (!misses.every(({ type }) => type === 'port' || type === 'port-name')) return []
  const path = [...rule.path, 'ports', '-']
  const port: PortMatch = { path, protocol: flow.protocol, port: flow.dport }
  const changed = withRule(policy, flow, rule, { ...rule, ports: [...rule.ports, port] })
  return [
    {
      remedy: { type: 'port', object: policy.ref, path, value: portValue(flow) },
      tiers: withPolicy(tiers, policy, changed),
      flow,
    },
  ]
}

/** The packet's other end, in a rule of a NetworkPolicy whose ports match; where it names none, that would allow them all. */
export function peerCandidate(denied: Denied, { policy, rule, misses }: NearMiss): readonly Candidate[] {
  const { flow, tiers } = denied
  const ofPorts = misses.some(({ type }) => ['port', 'port-name', 'header', 'not-modelled'].includes(type))
  if (policy.api !== 'NetworkPolicy' || !rule?.peers || ofPorts) return []
  if (!rule.ports && hasPorts(flow.protocol)) return []
  const path = [...rule.path, flow.direction === 'ingress' ? 'from' : 'to', '-']
  const peers = rule.peers
  return formsOf(denied)
    .filter((form) => form !== 'anybody')
    .map((form): Candidate => {
      const changed = withRule(policy, flow, rule, {
        ...rule,
        peers: [...peers, peerOf(form, flow, policy, path)],
      })
      return {
        remedy: { type: 'peer', object: policy.ref, path, value: peerValue(form, flow, policy) },
        tiers: withPolicy(tiers, policy, changed),
        flow,
      }
    })
}

/**
 * A rule of its own for these two ends and this port: where nothing allows the packet, at the end of the first policy that
 * isolates; where a rule denies it, right before that rule.
 */
export function ruleCandidates(denied: Denied): readonly Candidate[] {
  const { decision, flow } = denied
  if (decision.by === 'rule') {
    const { policy, rule } = decision
    return policy && rule && !policy.api.startsWith('Cilium') ? rulesIn(denied, policy, rule) : []
  }
  const isolating = decision.selected.find(({ tier }) => tier === decision.tier)?.policies ?? []
  const first = isolating.find((one) => allows(one, flow)) ?? isolating[0]
  return first ? rulesIn(denied, first, undefined) : []
}

/** One that has rules for the direction already is more likely to be the place than a bare default deny. */
function allows(policy: Policy, { direction }: PolicyFlow): boolean {
  return ((direction === 'ingress' ? policy.ingress : policy.egress) ?? []).some(
    ({ action }) => action === 'allow',
  )
}

function rulesIn(denied: Denied, policy: Policy, before: PolicyRule | undefined): readonly Candidate[] {
  const { flow, tiers } = denied
  return formsOf(denied).flatMap((form): readonly Candidate[] => {
    const value = ruleValue(form, flow, policy)
    if (value === undefined) return []
    const path = placeOfRule(policy, before, flow)
    const rule = plainRule(form, flow, policy, path)
    const changed = withRules(policy, flow, (rules) => {
      const at = before ? rules.indexOf(before) : rules.length
      return rules.toSpliced(at, 0, rule)
    })
    return [
      {
        remedy: { type: 'rule', object: policy.ref, path, value },
        tiers: withPolicy(tiers, policy, changed),
        flow,
      },
    ]
  })
}

function placeOfRule(
  { api, subject }: Policy,
  before: PolicyRule | undefined,
  { direction }: PolicyFlow,
): Path {
  if (before) return before.path
  // One object of Cilium's may hold several policies, each with a selector of its own beside its rules.
  const isCilium = api === 'CiliumNetworkPolicy' || api === 'CiliumClusterwideNetworkPolicy'
  const parent = isCilium ? (subject.labelsPath?.slice(0, -1) ?? ['spec']) : ['spec']
  return [...parent, direction, '-']
}

function plainRule(form: PeerForm, flow: PolicyFlow, policy: Policy, path: Path): PolicyRule {
  const { protocol, dport } = flow
  return {
    action: 'allow',
    path,
    ...(form !== 'anybody' && { peers: [peerOf(form, flow, policy, path)] }),
    ...(hasPorts(protocol) && { ports: [{ path, protocol, port: dport }] }),
  }
}

/** How the other end can be named, the narrowest way first. */
function formsOf({ flow, engine }: Denied): readonly PeerForm[] {
  const { endpoint } = flow.peer
  const pod = endpoint?.type === 'pod' && Object.hasOwn(endpoint, 'namespace')
  return [
    ...(pod ? (['pod'] as const) : []),
    ...(endpoint && !matchesEndpoints(engine, endpoint) ? [] : (['address'] as const)),
    'anybody',
  ]
}

function peerOf(form: Exclude<PeerForm, 'anybody'>, { peer }: PolicyFlow, { ref }: Policy, path: Path): Peer {
  const { endpoint, ip } = peer
  if (form === 'address' || !endpoint) {
    return { path, blocks: [{ cidr: hostCidr(ip), except: [], path: [...path, 'ipBlock'] }] }
  }
  return {
    path,
    endpoints: {
      ...(endpoint.namespace !== undefined && {
        namespace: endpoint.namespace === ref.namespace ? endpoint.namespace : namedSo(endpoint.namespace),
      }),
      labels: {
        type: 'all',
        of: Object.entries(ownLabels(endpoint)).map(([key, value]) => ({ type: 'in', key, values: [value] })),
      },
    },
  }
}

/** The API server gives every namespace a label with its name. */
function namedSo(name: string): LabelExpression {
  return { type: 'in', key: 'kubernetes.io/metadata.name', values: [name] }
}

function withRule(policy: Policy, flow: PolicyFlow, old: PolicyRule, changed: PolicyRule): Policy {
  return withRules(policy, flow, (rules) => rules.map((one) => (one === old ? changed : one)))
}
