import { parseCidrSloppy } from '../../../../base/ip.ts'
import type { Cluster } from '../../../../model/cluster.ts'
import type {
  AdminNetworkPolicy,
  AdminNetworkPolicyPort,
  BaselineAdminNetworkPolicy,
  ClusterNetworkPolicy,
  ClusterNetworkPolicyProtocol,
  ClusterNetworkPolicyRule,
  ClusterPolicyPeer,
  ClusterPolicyRule,
  ClusterPolicySubject,
} from '../../../../model/cluster-policy-objects.ts'
import type { Located } from '../../../../model/objects.ts'
import type { Direction, Path, Policy, RuleAction } from '../../../../policy/policy.ts'
import { adminNetworkPolicyOf } from '../../../policy/admin-network-policy.ts'
import { baselineAdminNetworkPolicyOf } from '../../../policy/baseline-admin-network-policy.ts'
import { clusterNetworkPolicyOf } from '../../../policy/cluster-network-policy.ts'
import { both } from '../selector.ts'
import type { ApiPolicy, ApiPort, ApiRule, EntityRule } from './api-policy.ts'
import { anybody } from './api-policy.ts'
import { namespaceSelector } from './entity-selector.ts'
import { namespaceCondition, podCondition } from './label-selector.ts'
import type { ListedPort } from './port-groups.ts'
import { groupPorts } from './port-groups.ts'

/** The releases that turn the cluster-wide policies of Kubernetes into Calico's. */
const admin = { since: 29, before: 32 }
const baselineSince = 30
const clusterPoliciesSince = 32

/** The cluster-wide policies of Kubernetes as Calico of this release takes them. */
export function fromClusterPolicies(cluster: Cluster, release: number): readonly ApiPolicy[] {
  const { adminNetworkPolicies, baselineAdminNetworkPolicies, clusterNetworkPolicies } = cluster.policies
  const takesAdmin = release >= admin.since && release < admin.before
  return [
    ...(takesAdmin ? adminNetworkPolicies.map((one) => fromAdmin(cluster, one)) : []),
    ...(takesAdmin && release >= baselineSince
      ? baselineAdminNetworkPolicies.map((one) => fromBaseline(cluster, one))
      : []),
    ...(release >= clusterPoliciesSince
      ? clusterNetworkPolicies.map((one) => fromCluster(cluster, one))
      : []),
  ]
}

/** Mirrors K8sClusterNetworkPolicyToCalico of libcalico-go/lib/backend/k8s/conversion. */
function fromCluster(cluster: Cluster, located: Located<ClusterNetworkPolicy>): ApiPolicy {
  const { tier, priority = 0, ...spec } = located.object.spec ?? {}
  const list = (rules: readonly ClusterNetworkPolicyRule[] = []) =>
    rules.map((rule) => ({ ...rule, listed: (rule.protocols ?? []).map(listedProtocol) }))
  return {
    kind: 'KubernetesClusterNetworkPolicy',
    tier: tier === 'Baseline' ? 'kube-baseline' : 'kube-admin',
    order: priority,
    storedName: located.ref.name,
    ...parts(located, spec.subject, list(spec.ingress), list(spec.egress)),
    ...canonicalOf(located.object.spec, () => clusterNetworkPolicyOf(cluster, located)),
  }
}

/** Mirrors K8sAdminNetworkPolicyToCalico, of releases before ClusterNetworkPolicy. */
function fromAdmin(cluster: Cluster, located: Located<AdminNetworkPolicy>): ApiPolicy {
  const { priority = 0, ...spec } = located.object.spec ?? {}
  return {
    kind: 'GlobalNetworkPolicy',
    tier: 'adminnetworkpolicy',
    order: priority,
    storedName: `kanp.adminnetworkpolicy.${located.ref.name}`,
    ...parts(located, spec.subject, adminRules(spec.ingress), adminRules(spec.egress)),
    ...canonicalOf(spec, () => adminNetworkPolicyOf(cluster, located)),
  }
}

/** Mirrors K8sBaselineAdminNetworkPolicyToCalico. */
function fromBaseline(cluster: Cluster, located: Located<BaselineAdminNetworkPolicy>): ApiPolicy {
  const spec = located.object.spec ?? {}
  return {
    kind: 'GlobalNetworkPolicy',
    tier: 'baselineadminnetworkpolicy',
    order: 1000,
    storedName: `kbanp.baselineadminnetworkpolicy.${located.ref.name}`,
    ...parts(located, spec.subject, adminRules(spec.ingress), adminRules(spec.egress)),
    ...canonicalOf(spec, () => baselineAdminNetworkPolicyOf(cluster, located)),
  }
}

interface ListedRule extends ClusterPolicyRule {
  readonly listed: readonly ListedPort[]
}

function adminRules(
  rules: readonly (ClusterPolicyRule & { readonly ports?: readonly AdminNetworkPolicyPort[] })[] = [],
): readonly ListedRule[] {
  return rules.map((rule) => ({ ...rule, listed: (rule.ports ?? []).map(listedPort) }))
}

function listedPort({ portNumber, portRange, namedPort }: AdminNetworkPolicyPort): ListedPort {
  if (portNumber) {
    const { protocol = 'TCP', port = 0 } = portNumber
    return { protocol, port: { first: port, last: port } }
  }
  if (portRange) {
    const { protocol = 'TCP', start = 0, end = start } = portRange
    return { protocol, port: { first: start, last: end } }
  }
  return namedPort === undefined ? {} : { port: { name: namedPort } }
}

function listedProtocol({ tcp, udp, sctp, destinationNamedPort }: ClusterNetworkPolicyProtocol): ListedPort {
  if (destinationNamedPort !== undefined) return { port: { name: destinationNamedPort } }
  const [protocol, match] = tcp ? ['TCP', tcp] : udp ? ['UDP', udp] : ['SCTP', sctp]
  const { number, range } = match?.destinationPort ?? {}
  const first = number ?? range?.start
  const port: ApiPort | undefined =
    first === undefined ? undefined : { first, last: number ?? range?.end ?? first }
  return { protocol: String(protocol), port }
}

function parts(
  { ref, locate }: Located<unknown>,
  subject: ClusterPolicySubject | undefined,
  ingress: readonly ListedRule[],
  egress: readonly ListedRule[],
) {
  const rulesOf = (rules: readonly ListedRule[], direction: Direction) =>
    rules.flatMap((rule, index) => rulesFrom(rule, ['spec', direction, index], direction))
  const [inbound, outbound] = [rulesOf(ingress, 'ingress'), rulesOf(egress, 'egress')]
  return {
    ref,
    name: ref.name,
    selector: subjectOf(subject),
    types: { ingress: inbound.length > 0, egress: outbound.length > 0 },
    ingress: inbound,
    egress: outbound,
    locate,
  }
}

function subjectOf(subject: ClusterPolicySubject = {}) {
  const { namespaces, pods } = subject
  const where = namespaceCondition(namespaces ?? pods?.namespaceSelector ?? {})
  return both(podCondition(pods?.podSelector ?? {}), namespaceSelector(where))
}

const actions: Readonly<Record<string, RuleAction>> = {
  Accept: 'allow',
  Allow: 'allow',
  Deny: 'deny',
  Pass: 'pass',
}

/** One rule for each protocol and peer; where a peer is none that Calico knows, one that denies everything, or none. */
function rulesFrom(rule: ListedRule, path: Path, direction: Direction): readonly ApiRule[] {
  const { name = '', action: stated = '', listed } = rule
  const side = direction === 'ingress' ? 'from' : 'to'
  const action = actions[stated] ?? 'deny'
  const annotations = name === '' ? {} : { annotations: { name } }
  const peers = (rule[side] ?? []).map((peer, index) => ({ peer, path: [...path, side, index] }))
  if (peers.some(({ peer }) => !isKnown(peer))) {
    return action === 'allow' ? [] : [{ action: 'deny', path, source: anybody, destination: anybody }]
  }
  const protocols = listed.length === 0 ? [{ ports: [] }] : groupPorts(listed)
  return protocols.flatMap(({ ports, ...protocol }) =>
    peers.map(({ peer, path: at }): ApiRule => {
      const entity = entityOf(peer)
      const to = ports.length > 0 ? { ports } : {}
      return direction === 'ingress'
        ? { action, path: at, ...protocol, ...annotations, source: entity, destination: to }
        : {
            action,
            path: at,
            ...protocol,
            ...annotations,
            source: anybody,
            destination: { ...to, ...entity },
          }
    }),
  )
}

function isKnown({ namespaces, pods, networks }: ClusterPolicyPeer): boolean {
  return namespaces !== undefined || pods !== undefined || networks !== undefined
}

function entityOf({ namespaces, pods, networks }: ClusterPolicyPeer): EntityRule {
  if (pods) {
    const where = namespaceSelector(namespaceCondition(pods.namespaceSelector ?? {}))
    return { selector: both(where, podCondition(pods.podSelector ?? {})) }
  }
  if (namespaces) return { selector: namespaceSelector(namespaceCondition(namespaces)) }
  return { nets: (networks ?? []).flatMap((text) => parseCidrSloppy(text) ?? []) }
}

/** What the policy means, unless Calico takes a rule of it for another. */
function canonicalOf(
  spec: {
    readonly ingress?: readonly ClusterPolicyRule[]
    readonly egress?: readonly ClusterPolicyRule[]
  } = {},
  canonical: () => Policy,
): Pick<ApiPolicy, 'canonical'> {
  const peers = [...(spec.ingress ?? []), ...(spec.egress ?? [])].flatMap(({ from = [], to = [] }) => [
    ...from,
    ...to,
  ])
  return peers.every(isKnown) ? { canonical: canonical() } : {}
}
