import { ICMP, ICMPV6 } from '../../../base/packet.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { PolicyEngine } from '../../../policy/engine.ts'
import type { Direction, Peer, Policy, PolicyRule, PortMatch } from '../../../policy/policy.ts'
import type { PolicyEnforcement } from '../../policy/policy-set.ts'
import { blocksOfEntries } from './block-entries.ts'
import type { PolicyInfo, RuleInfo } from './policy-info.ts'
import { policyInfos } from './policy-info.ts'

const ofEngine = { action: 'allow', path: [] } as const

/** Mirrors CommonICMPRules. */
const icmp: readonly PolicyRule[] = [
  ...[8, 3, 11].map((type) => icmpRule(ICMP, type)),
  ...[128, 1, 3, 135, 136, 129].map((type) => icmpRule(ICMPV6, type)),
]

function icmpRule(protocol: number, type: number): PolicyRule {
  return { ...ofEngine, protocol: { number: protocol, inverted: false }, icmp: { type, inverted: false } }
}

const engine: PolicyEngine = {
  name: 'kube-router',
  asksEndsTogether: true,
  apis: ['NetworkPolicy'],
  refusal: 'reject',
  blocksMatchEndpoints: true,
  namedPorts: true,
  endPorts: true,
  exempt: {
    ingress: [...icmp, { ...ofEngine, name: 'from local node', peers: [{ path: [], entities: ['host'] }] }],
    egress: icmp,
  },
  toItself: 'either',
}

/** kube-router's network policy controller (pkg/controllers/netpol), by itself and within k3s. */
export const kubeRouterPolicies: PolicyEnforcement = {
  engine,
  tiers: (cluster) => [{ name: 'NetworkPolicy', policies: understood(cluster), otherwise: 'deny' }],
}

/** The policies as their chains have it, which is not in everything what they say. */
function understood(cluster: Cluster): readonly Policy[] {
  return policyInfos(cluster).map((info) => {
    const { policy, ingress, egress } = info
    const incoming = ingress?.flatMap((rule) => rulesOf(rule, 'ingress'))
    const outgoing = egress?.flatMap((rule) => rulesOf(rule, 'egress'))
    if (!incoming || !outgoing) {
      return { ...policy, ...(incoming && { ingress: incoming }), ...(outgoing && { egress: outgoing }) }
    }
    return {
      ...policy,
      ingress: [...incoming, ...crossed(info, outgoing)],
      egress: [...outgoing, ...crossed(info, incoming)],
    }
  })
}

/**
 * The chain of a policy for both directions is asked about packets of either, and does not tell them apart: a rule for
 * ingress lets pass what one of the policy's pods sends to another of them, even if no egress rule does.
 */
function crossed({ policy }: PolicyInfo, rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const peers = [{ path: ['spec', 'podSelector'], endpoints: policy.subject }]
  return rules.flatMap(({ peers: own, ...rule }): readonly PolicyRule[] =>
    own ? own.map((self) => ({ ...rule, self, peers })) : [{ ...rule, peers }],
  )
}

/** One rule as up to two: for pods, and for blocks, which one set holds with all their exceptions. */
function rulesOf(info: RuleInfo, direction: Direction): readonly PolicyRule[] {
  const { rule, anyPeer } = info
  const ports = info.anyPort ? {} : { ports: portsOf(info, direction) }
  if (anyPeer) return [{ ...rule, ...ports }]
  const pods = (rule.peers ?? []).filter((one) => one.endpoints !== undefined)
  const blocks = blockPeers(info)
  return [
    ...(pods.length > 0 ? [{ ...withPorts(rule, portsToPods(info)), peers: pods }] : []),
    ...(blocks.length > 0 ? [{ ...withPorts(rule, portsToBlocks(info, direction)), peers: blocks }] : []),
  ]
}

function withPorts({ ports: _, ...rule }: PolicyRule, ports: readonly PortMatch[] | undefined): PolicyRule {
  return { ...rule, ...(ports && { ports }) }
}

/** A rule for anybody: the numbers behind names are those of pods of the policy's namespace, whoever is asked. */
function portsOf({ rule, named }: RuleInfo, direction: Direction): readonly PortMatch[] {
  const { ports = [] } = rule
  if (direction === 'ingress') return ports
  const [first] = ports.filter(({ name }) => name !== undefined)
  const numbers = named.map(({ protocol, port }) => ({
    path: first?.path ?? rule.path,
    protocol: protocolNumbers[protocol] ?? 6,
    port,
  }))
  return [...ports.filter(({ name }) => name === undefined), ...numbers]
}

const protocolNumbers: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132 }

/** Names that no pod has, and no number beside them, leave a rule without ports: it is then about all of them. */
function portsToPods({ rule, anyPort, ports, named }: RuleInfo): readonly PortMatch[] | undefined {
  return anyPort || ports.length + named.length === 0 ? undefined : rule.ports
}

/** In egress names are left out. */
function portsToBlocks({ rule, anyPort }: RuleInfo, direction: Direction): readonly PortMatch[] | undefined {
  if (anyPort) return undefined
  return direction === 'ingress' ? rule.ports : rule.ports?.filter(({ name }) => name === undefined)
}

function blockPeers({ blocks }: RuleInfo): readonly Peer[] {
  return blocksOfEntries(blocks).map((block) => ({ path: block.path.slice(0, -1), blocks: [block] }))
}
