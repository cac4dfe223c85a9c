import type { CalicoSelector } from '../../../../base/calico-selector.ts'
import { parseCidrSloppy } from '../../../../base/ip.ts'
import type { LabelSelector, Located, Requirement } from '../../../../model/objects.ts'
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../../model/policy-objects.ts'
import type { Path } from '../../../../policy/policy.ts'
import { networkPolicyOf, policyTypes } from '../../../policy/network-policy.ts'
import { both } from '../selector.ts'
import type { ApiPolicy, ApiPort, ApiRule, EntityRule } from './api-policy.ts'
import { anybody } from './api-policy.ts'
import { inNamespace, namespaceSelector } from './entity-selector.ts'
import { orchestratorLabel } from './label-names.ts'

/** All NetworkPolicies stand at this order. */
const order = 1000

/** A NetworkPolicy in Calico's data model. Mirrors K8sNetworkPolicyToCalico of libcalico-go/lib/backend/k8s/conversion. */
export function fromNetworkPolicy(located: Located<NetworkPolicy>): ApiPolicy {
  const { object, ref, locate } = located
  const { podSelector = {}, ingress = [], egress = [] } = object.spec ?? {}
  const namespace = ref.namespace ?? 'default'
  const types = policyTypes(object)
  return {
    kind: 'KubernetesNetworkPolicy',
    ref,
    namespace,
    name: ref.name,
    storedName: `knp.default.${ref.name}`,
    tier: 'default',
    order,
    selector: both(podCondition(podSelector), inNamespace(namespace)),
    types: { ingress: types.includes('Ingress'), egress: types.includes('Egress') },
    ingress: ingress.flatMap(({ from, ports }, index) =>
      rulesOf({ peers: from, ports, path: ['spec', 'ingress', index], side: 'from', namespace }),
    ),
    egress: egress.flatMap(({ to, ports }, index) =>
      rulesOf({ peers: to, ports, path: ['spec', 'egress', index], side: 'to', namespace }),
    ),
    canonical: networkPolicyOf(located),
    locate,
  }
}

interface RuleInput {
  readonly peers: readonly NetworkPolicyPeer[] | undefined
  readonly ports: readonly NetworkPolicyPort[] | undefined
  readonly path: Path
  readonly side: 'from' | 'to'
  readonly namespace: string
}

/** One rule for each protocol and peer. Mirrors k8sRuleToCalico. */
function rulesOf({ peers = [], ports = [], path, side, namespace }: RuleInput): readonly ApiRule[] {
  const entities =
    peers.length === 0
      ? [{ entity: anybody, path }]
      : peers.map((peer, index) => ({
          entity: entityOf(peer, namespace),
          path: [...path, side, index],
        }))
  return portsByProtocol(ports).flatMap(({ protocol, ports: numbers }) =>
    entities.map(({ entity, path: at }): ApiRule => {
      const to = numbers.length > 0 ? { ports: numbers } : {}
      return {
        action: 'allow',
        path: at,
        ...(protocol !== undefined && { protocol }),
        ...(side === 'from'
          ? { source: entity, destination: to }
          : { source: anybody, destination: { ...to, ...entity } }),
      }
    }),
  )
}

interface ProtocolPorts {
  readonly protocol?: string
  /** Empty for all ports. */
  readonly ports: readonly ApiPort[]
}

/** The ports of each protocol, protocols in the order of their names; a port without a number or a name is all of them. */
function portsByProtocol(ports: readonly NetworkPolicyPort[]): readonly ProtocolPorts[] {
  if (ports.length === 0) return [{ ports: [] }]
  const protocols = new Map<string, 'all' | ApiPort[]>()
  for (const port of ports) {
    const protocol = port.protocol ?? 'TCP'
    const known = protocols.get(protocol)
    const read = portOf(port)
    if (read === undefined) protocols.set(protocol, 'all')
    else if (known !== 'all') protocols.set(protocol, [...(known ?? []), read])
  }
  return [...protocols]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([protocol, list]) => ({
      protocol: protocol.toLowerCase(),
      ports: list === 'all' ? [] : simplifyPorts(list),
    }))
}

function portOf({ port, endPort }: NetworkPolicyPort): ApiPort | undefined {
  if (port === undefined) return undefined
  if (typeof port === 'string') return { name: port }
  return { first: port, last: endPort ?? port }
}

/** Names first, then numbers as the fewest ranges that hold them; untouched with fewer than two numbers. Mirrors SimplifyPorts. */
export function simplifyPorts(ports: readonly ApiPort[]): readonly ApiPort[] {
  const names = ports.filter((port) => 'name' in port)
  const ranges = ports.flatMap((port) => ('name' in port ? [] : [port]))
  const isOne = ranges.length === 1 && ranges[0]?.first === ranges[0]?.last
  if (ports.length <= 1 || ranges.length === 0 || isOne) return ports
  const merged: { first: number; last: number }[] = []
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1)
    if (before && first <= before.last + 1) before.last = Math.max(before.last, last)
    else merged.push({ first, last })
  }
  return [...names, ...merged]
}

/** Mirrors k8sPeerToCalicoFields, and what getEndpointSelector then makes of both selectors. */
function entityOf(peer: NetworkPolicyPeer, namespace: string): EntityRule {
  const { ipBlock, podSelector, namespaceSelector: stated } = peer
  if (ipBlock) {
    const { cidr = '', except = [] } = ipBlock
    const nets = [cidr].flatMap((text) => parseCidrSloppy(text) ?? [])
    const notNets = except.flatMap((text) => parseCidrSloppy(text) ?? [])
    return { nets, ...(notNets.length > 0 && { notNets }) }
  }
  const pods = podCondition(podSelector ?? {})
  const where = stated ? namespaceSelector(namespaceCondition(stated)) : inNamespace(namespace)
  return { selector: both(where, pods) }
}

function namespaceCondition(selector: LabelSelector): CalicoSelector {
  const conditions = conditionsOf(selector)
  return conditions.length === 0 ? { type: 'all' } : both(...conditions)
}

/** Only pods are meant. */
function podCondition(selector: LabelSelector): CalicoSelector {
  return both({ type: '==', label: orchestratorLabel, value: 'k8s' }, ...conditionsOf(selector))
}

/** Mirrors k8sSelectorToCalico. */
function conditionsOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly CalicoSelector[] {
  const equal = Object.entries(matchLabels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]): CalicoSelector => ({ type: '==', label, value }))
  return [...equal, ...matchExpressions.flatMap(requirementOf)]
}

function requirementOf({ key: label = '', operator, values = [] }: Requirement): readonly CalicoSelector[] {
  const unique = [...new Set(values)].toSorted()
  switch (operator) {
    case 'In':
      return [{ type: 'in', label, values: unique }]
    case 'NotIn':
      return [{ type: 'not in', label, values: unique }]
    case 'Exists':
      return [{ type: 'has', label }]
    case 'DoesNotExist':
      return [{ type: 'not', of: { type: 'has', label } }]
    default:
      return []
  }
}
