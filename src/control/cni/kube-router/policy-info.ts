import type { Ip } from '../../../base/ip.ts'
import { familyOf } from '../../../base/ip.ts'
import type { Cluster, ClusterPod } from '../../../model/cluster.ts'
import type { Endpoint } from '../../../policy/endpoint.ts'
import { inNamespace, selects } from '../../../policy/match.ts'
import type { Direction, EndpointSelector, Path, Policy, PolicyRule } from '../../../policy/policy.ts'
import { podId } from '../../pod-namespace.ts'
import { endpointsOf } from '../../policy/endpoints.ts'
import { networkPolicyOf } from '../../policy/network-policy.ts'
import { enforcesPolicies } from '../../policy/policy-set.ts'
import type { BlockEntry } from './block-entries.ts'
import { blockEntries } from './block-entries.ts'

/** A NetworkPolicy with the pods that its selectors take now (networkPolicyInfo). */
export interface PolicyInfo {
  readonly policy: Policy
  readonly namespace: string
  readonly name: string
  /** The pods that it selects. */
  readonly targets: readonly PodInfo[]
  /** Absent if it is not about the direction. */
  readonly ingress?: readonly RuleInfo[]
  readonly egress?: readonly RuleInfo[]
}

/** A pod as the controller knows it. */
export interface PodInfo {
  readonly endpoint: Endpoint
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[]
}

/** One rule with its selectors and names resolved (ingressRule, egressRule). */
export interface RuleInfo {
  readonly rule: PolicyRule
  readonly path: Path
  /** It is about everybody. */
  readonly anyPeer: boolean
  readonly anyPort: boolean
  readonly pods: readonly PodInfo[]
  readonly blocks: readonly BlockEntry[]
  readonly ports: readonly NumericPort[]
  readonly named: readonly NamedPorts[]
}

/** A port or several as the policy writes them; every port of the protocol if none is there. */
export interface NumericPort {
  readonly protocol: string
  readonly port?: number
  readonly endPort?: number
}

/** The pods that have one number under a name (endPoints). */
export interface NamedPorts {
  readonly protocol: string
  readonly port: number
  readonly pods: readonly PodInfo[]
}

const made = new WeakMap<Cluster, readonly PolicyInfo[]>()

/**
 * Mirrors buildNetworkPoliciesInfo: every policy with the pods that it selects, the pods and blocks that its rules name,
 * and the numbers behind names of ports. The same on every node.
 */
export function policyInfos(cluster: Cluster): readonly PolicyInfo[] {
  const known = made.get(cluster)
  if (known) return known
  const pods = podsByNamespace(cluster)
  const policies = enforcesPolicies(cluster) ? cluster.policies.networkPolicies : []
  const infos = policies.map((one) => infoOf(networkPolicyOf(one), pods))
  made.set(cluster, infos)
  return infos
}

/** The first address of a family, which is the one that kube-router works with. */
export function addressOf({ endpoint }: PodInfo, family: 4 | 6): Ip | undefined {
  return endpoint.ips.find((ip) => familyOf(ip) === family)
}

type PodsByNamespace = ReadonlyMap<string, readonly PodInfo[]>

/** Pods that policies are about (isNetPolActionable), by namespace. */
function podsByNamespace(cluster: Cluster): PodsByNamespace {
  const { byId } = endpointsOf(cluster)
  const grouped = new Map<string, PodInfo[]>()
  for (const pod of cluster.pods) {
    const endpoint = byId(podId(pod))
    if (!endpoint) continue
    const list = grouped.get(pod.namespace) ?? []
    grouped.set(pod.namespace, list)
    list.push({ endpoint, ports: containerPorts(pod) })
  }
  return grouped
}

/** Mirrors grabNamedPortFromPod, which looks at containers alone: ports of sidecars have no names for it. */
function containerPorts({ object }: ClusterPod): PodInfo['ports'] {
  return (object.spec.containers ?? []).flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, protocol = 'TCP', containerPort }) =>
      name === undefined || containerPort === undefined ? [] : [{ name, protocol, port: containerPort }],
    ),
  )
}

function infoOf(policy: Policy, pods: PodsByNamespace): PolicyInfo {
  const { name, namespace = 'default' } = policy.ref
  const targets = selected(policy.subject, pods)
  const own = pods.get(namespace) ?? []
  const rules = (direction: Direction, list: readonly PolicyRule[]) =>
    list.map((rule) => ruleInfo(rule, pods, direction === 'ingress' ? targets : undefined, own))
  return {
    policy,
    ...{ namespace, name, targets },
    ...(policy.ingress && { ingress: rules('ingress', policy.ingress) }),
    ...(policy.egress && { egress: rules('egress', policy.egress) }),
  }
}

/** The pods that a selector takes, each namespace asked once. */
function selected(selector: EndpointSelector, pods: PodsByNamespace): readonly PodInfo[] {
  const { namespace } = selector
  const groups = typeof namespace === 'string' ? [pods.get(namespace) ?? []] : [...pods.values()]
  return groups
    .filter(([first]) => first && inNamespace(namespace, first.endpoint))
    .flatMap((group) => group.filter(({ endpoint }) => selects(selector, endpoint)))
}

/**
 * One rule. Names of ports are those of the policy's own pods for ingress, and for egress those of the pods that the rule
 * names, or of all in the policy's namespace where it names nobody.
 */
function ruleInfo(
  rule: PolicyRule,
  pods: PodsByNamespace,
  targets: readonly PodInfo[] | undefined,
  own: readonly PodInfo[],
): RuleInfo {
  const { peers, ports = [], path } = rule
  const peerPods = (peers ?? []).flatMap(({ endpoints }) => (endpoints ? selected(endpoints, pods) : []))
  const pool = targets ?? (peers ? peerPods : own)
  return {
    ...{ rule, path, anyPeer: peers === undefined, anyPort: rule.ports === undefined, pods: peerPods },
    blocks: blockEntries((peers ?? []).flatMap(({ blocks = [] }) => blocks)),
    ports: ports.flatMap(({ name, protocol, port, endPort }) =>
      name === undefined
        ? [
            {
              protocol: protocolNames[protocol ?? 6] ?? 'tcp',
              ...(port !== undefined && { port }),
              ...(endPort !== undefined && { endPort }),
            },
          ]
        : [],
    ),
    named: ports.flatMap(({ name, protocol }) =>
      name === undefined ? [] : numbersOf(name, protocolNames[protocol ?? 6] ?? 'tcp', pool),
    ),
  }
}

/** As iptables names what policies can name. */
const protocolNames: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

/**
 * The numbers that pods have under a name, each with its pods. Mirrors grabNamedPortFromPod, but for its one list of
 * addresses that all numbers of a pod share: with it a pod may be let in on a name that only another one has, depending on
 * the order of the controller's cache.
 */
function numbersOf(name: string, protocol: string, pods: readonly PodInfo[]): readonly NamedPorts[] {
  const byNumber = new Map<number, PodInfo[]>()
  for (const pod of pods) {
    for (const one of pod.ports) {
      if (one.name !== name || one.protocol.toLowerCase() !== protocol) continue
      byNumber.set(one.port, [...(byNumber.get(one.port) ?? []), pod])
    }
  }
  return [...byNumber].map(([port, having]) => ({ protocol, port, pods: having }))
}
