import { hostCidr, parseCidrSloppy } from '../../base/ip.ts'
import type { Cluster } from '../../model/cluster.ts'
import type {
  ClusterPolicyPeer,
  ClusterPolicyRule,
  ClusterPolicySubject,
} from '../../model/cluster-policy-objects.ts'
import type { LabelExpression } from '../../policy/label-expression.ts'
import { anyLabels } from '../../policy/label-expression.ts'
import type {
  EndpointSelector,
  IpBlock,
  Path,
  Peer,
  PolicyRule,
  PortMatch,
  RuleAction,
} from '../../policy/policy.ts'
import { addressesOfDomain } from './domain-addresses.ts'
import { readSelector } from './read-selector.ts'

/** The condition that no labels fulfil. */
const noLabels: LabelExpression = { type: 'any', of: [] }

/** Whom a cluster-wide policy is about. One that says it wrongly is refused before; it is about nobody. */
export function clusterSubject(subject: ClusterPolicySubject | undefined): EndpointSelector {
  const path = ['spec', 'subject']
  return podsOf(subject ?? {}, path) ?? { labels: noLabels, labelsPath: path }
}

/** The pods that a subject or a peer means by them or by their namespaces. */
function podsOf({ namespaces, pods }: ClusterPolicySubject, path: Path): EndpointSelector | undefined {
  if (namespaces) {
    return {
      namespace: readSelector(namespaces),
      labels: anyLabels,
      namespacePath: [...path, 'namespaces'],
    }
  }
  if (!pods) return undefined
  const { namespaceSelector = {}, podSelector = {} } = pods
  return {
    namespace: readSelector(namespaceSelector),
    labels: readSelector(podSelector),
    namespacePath: [...path, 'pods', 'namespaceSelector'],
    labelsPath: [...path, 'pods', 'podSelector'],
  }
}

/** A rule of a cluster-wide policy as its object states it, with what its kind makes of the ports. */
export interface ClusterRuleInput {
  readonly rule: ClusterPolicyRule
  readonly path: Path
  readonly ports: readonly PortMatch[] | undefined
}

const actions: Readonly<Record<string, RuleAction>> = {
  Accept: 'allow',
  Allow: 'allow',
  Deny: 'deny',
  Pass: 'pass',
}

/**
 * The rules that one rule of a cluster-wide policy comes to. One with a peer of which no field is known fails closed, as the
 * API has it: it accepts nothing, and in the place of Deny or Pass it denies everything. Domain names whose addresses are not all
 * known are a rule of their own, which may match or not.
 */
export function clusterRules(
  cluster: Cluster,
  { rule, path, ports }: ClusterRuleInput,
): readonly PolicyRule[] {
  const side = path[1] === 'ingress' ? 'from' : 'to'
  const peers = (rule[side] ?? []).map((peer, index) => ({ peer, path: [...path, side, index] }))
  const action = actions[rule.action ?? ''] ?? 'deny'
  const head = { action, path, ...(rule.name !== undefined && { name: rule.name }) }
  const stated = { ...head, ...(ports && { ports }) }
  if (peers.some(({ peer }) => !isKnown(peer))) {
    return [action === 'allow' ? { ...stated, peers: [] } : { ...head, action: 'deny' }]
  }
  const open = peers.flatMap(({ peer, path: at }) => openDomains(cluster, peer, at))
  const modelled = { ...stated, peers: peers.flatMap(({ peer, path: at }) => peerOf(cluster, peer, at)) }
  return open.length === 0 ? [modelled] : [modelled, ...open.map((one) => ({ ...stated, ...one }))]
}

function isKnown(peer: ClusterPolicyPeer): boolean {
  const { namespaces, pods, networks, nodes, domainNames } = peer
  return [namespaces, pods, networks, nodes, domainNames].some((field) => field !== undefined)
}

function peerOf(cluster: Cluster, peer: ClusterPolicyPeer, path: Path): readonly Peer[] {
  const { networks, nodes, domainNames } = peer
  if (networks)
    return [{ path, blocks: networks.flatMap((text, index) => blockOf(text, [...path, 'networks', index])) }]
  if (nodes) {
    const endpoints: EndpointSelector = {
      types: ['node'],
      labels: readSelector(nodes),
      labelsPath: [...path, 'nodes'],
    }
    return [{ path, endpoints }]
  }
  if (domainNames) {
    const blocks = domainNames.flatMap((domain, index) =>
      domainBlocks(cluster, domain, [...path, 'domainNames', index]),
    )
    return blocks.length > 0 ? [{ path, blocks }] : []
  }
  const endpoints = podsOf(peer, path)
  return endpoints ? [{ path, endpoints }] : []
}

function blockOf(text: string, path: Path): readonly IpBlock[] {
  const cidr = parseCidrSloppy(text)
  return cidr ? [{ cidr, except: [], path }] : []
}

function domainBlocks(cluster: Cluster, domain: string, path: Path): readonly IpBlock[] {
  return addressesOfDomain(cluster, domain).ips.map((ip) => ({ cidr: hostCidr(ip), except: [], path }))
}

/** Domain names that may stand for addresses outside that nothing tells. */
function openDomains(
  cluster: Cluster,
  { domainNames = [] }: ClusterPolicyPeer,
  path: Path,
): readonly Pick<PolicyRule, 'peers' | 'unmodelled'>[] {
  const open = domainNames.filter((domain) => !addressesOfDomain(cluster, domain).complete)
  if (open.length === 0) return []
  const unmodelled = open.map(
    (domain) => `${domain} stands for addresses that the Environment does not state`,
  )
  return [{ peers: [{ path, entities: ['world'] }], unmodelled }]
}
