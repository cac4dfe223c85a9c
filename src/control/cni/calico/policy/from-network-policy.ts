import { parseCidrSloppy } from '../../../../base/ip.ts'
import type { Located } from '../../../../model/objects.ts'
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../../model/policy-objects.ts'
import type { Path } from '../../../../policy/policy.ts'
import { networkPolicyOf, policyTypes } from '../../../policy/network-policy.ts'
import { both } from '../selector.ts'
import type { ApiPolicy, ApiPort, ApiRule, EntityRule } from './api-policy.ts'
import { anybody } from './api-policy.ts'
import { inNamespace, namespaceSelector } from './entity-selector.ts'
import { namespaceCondition, podCondition } from './label-selector.ts'
import type { ProtocolPorts } from './port-groups.ts'
import { groupPorts } from './port-groups.ts'

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

function portsByProtocol(ports: readonly NetworkPolicyPort[]): readonly ProtocolPorts[] {
  if (ports.length === 0) return [{ ports: [] }]
  return groupPorts(ports.map((port) => ({ protocol: port.protocol ?? 'TCP', port: portOf(port) })))
}

function portOf({ port, endPort }: NetworkPolicyPort): ApiPort | undefined {
  if (port === undefined) return undefined
  if (typeof port === 'string') return { name: port }
  return { first: port, last: endPort ?? port }
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
