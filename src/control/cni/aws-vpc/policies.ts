import type { Cluster } from '../../../model/cluster.ts'
import type { Endpoint } from '../../../policy/endpoint.ts'
import type { PolicyEngine } from '../../../policy/engine.ts'
import { plainEngine } from '../../../policy/engine.ts'
import { selects } from '../../../policy/match.ts'
import type { Policy, PolicyRule, PortMatch } from '../../../policy/policy.ts'
import { endpointsOf } from '../../policy/endpoints.ts'
import type { PolicyEnforcement } from '../../policy/policy-set.ts'
import { upstreamTiers } from '../../policy/upstream-tiers.ts'
import type { ServicesByNamespace } from './service-peers.ts'
import { serviceRules, servicesByNamespace } from './service-peers.ts'

/** What policies are resolved with. */
interface Resolving {
  readonly cluster: Cluster
  readonly services: ServicesByNamespace
  /** Whether names of ports are resolved at all: a broken release of the controller does not. */
  readonly namedPorts: boolean
}

/**
 * Policies as amazon-network-policy-controller-k8s resolves them for the agents on the nodes (pkg/resolvers/endpoints.go):
 * the agents compare addresses and numbers alone.
 */
export function awsPolicies(namedPorts: boolean): PolicyEnforcement {
  const engine: PolicyEngine = {
    ...plainEngine,
    name: 'aws-network-policy-agent',
    apis: ['NetworkPolicy'],
    namedPorts,
  }
  return {
    engine,
    tiers: (cluster, own) => {
      const resolving: Resolving = { cluster, services: servicesByNamespace(cluster), namedPorts }
      return upstreamTiers(cluster, own).map((tier) => ({
        ...tier,
        policies: tier.policies.map((policy) => resolved(policy, resolving)),
      }))
    },
  }
}

function resolved(policy: Policy, resolving: Resolving): Policy {
  const { ingress, egress } = policy
  return {
    ...policy,
    ...(ingress && { ingress: ingress.flatMap((rule) => ingressRules(policy, rule, resolving)) }),
    ...(egress && { egress: egress.flatMap((rule) => egressRules(policy, rule, resolving)) }),
  }
}

/**
 * resolveIngressPorts: a name stands for every number that it has at any pod of the policy, at each of these pods. A rule
 * none of whose names is resolved stays as it is, and matches nothing.
 */
function ingressRules(policy: Policy, rule: PolicyRule, resolving: Resolving): readonly PolicyRule[] {
  const { ports } = rule
  if (!ports?.some(isNamed)) return [rule]
  const pods = resolving.namedPorts ? subjectsOf(policy, resolving.cluster) : []
  const numbers = ports.flatMap((port) =>
    isNamed(port) ? pods.flatMap((pod) => numberAt(pod, port)) : [port],
  )
  return [numbers.length > 0 ? { ...rule, ports: numbers } : rule]
}

function subjectsOf({ subject }: Policy, cluster: Cluster): readonly Endpoint[] {
  return endpointsOf(cluster).all.filter((one) => selects(subject, one))
}

function numberAt({ ports }: Endpoint, { name, protocol, path }: PortMatch): readonly PortMatch[] {
  const found = ports.find((one) => one.name === name && one.protocol === protocol)
  return found ? [{ path, protocol: found.protocol, port: found.port }] : []
}

function isNamed({ name }: PortMatch): boolean {
  return name !== undefined
}

/**
 * computeEgressEndpoints: names of ports are resolved at each destination pod, and nowhere else; to what selectors select
 * belong the cluster IPs of Services, since the agent sees packets before their destination is translated.
 */
function egressRules(policy: Policy, rule: PolicyRule, resolving: Resolving): readonly PolicyRule[] {
  const { peers, ports } = rule
  const numbers = ports?.filter((port) => !isNamed(port))
  const byAddress = numbers?.length === 0 ? [] : [{ ...rule, ...(numbers && { ports: numbers }) }]
  if (!peers) return byAddress
  const pods = peers.filter((peer) => peer.endpoints)
  const blocks = peers.filter((peer) => peer.blocks)
  return [
    ...(pods.length > 0 ? [{ ...rule, peers: pods }] : []),
    ...(blocks.length > 0 ? byAddress.map((one) => ({ ...one, peers: blocks })) : []),
    ...pods.flatMap((peer) =>
      serviceRules(resolving.services, rule, peer, policy.ref.namespace ?? 'default', resolving.namedPorts),
    ),
  ]
}
