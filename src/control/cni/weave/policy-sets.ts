import { familyOf, formatIp } from '../../../base/ip.ts'
import type { Cluster, ClusterPod } from '../../../model/cluster.ts'
import type { IpSet } from '../../../model/network.ts'
import type { LabelExpression } from '../../../policy/label-expression.ts'
import { holds } from '../../../policy/label-expression.ts'
import { hasNamespace } from '../../pod-namespace.ts'
import { policyTypes } from '../../policy/network-policy.ts'
import { readSelector } from '../../policy/read-selector.ts'
import type { NeededSet } from './policy-peers.ts'
import { analysedPolicies } from './policy-rules.ts'
import { setName } from './set-names.ts'

/** They are the same on every node. */
const made = new WeakMap<Cluster, readonly IpSet[]>()

/**
 * All pods of each namespace and those that no policy isolates, then what rules name: pods, lists of namespaces' sets,
 * exceptions of blocks. Mirrors newNS, onNewPodSelector, onNewTargetPodSelector and onNewNsSelector in the state that they
 * end in.
 */
export function policySets(cluster: Cluster): readonly IpSet[] {
  const known = made.get(cluster)
  if (known) return known
  const pods = cluster.pods.filter(hasNamespace)
  const fixed = cluster.namespaces.flatMap(({ name }) => namespaceSets(cluster, name, pods))
  const needed = analysedPolicies(cluster).ends.flatMap(({ needs }) => needs ?? [])
  const sets = new Map(fixed.map((set) => [set.name, set]))
  for (const one of needed) {
    if (!sets.has(one.name)) sets.set(one.name, neededSet(cluster, one, pods))
  }
  made.set(cluster, [...sets.values()])
  return [...sets.values()]
}

function hashOf(name: string, pods: readonly ClusterPod[]): IpSet {
  return { name, type: 'hash:ip', options: 'comment', entries: pods.flatMap(entriesOf) }
}

function entriesOf({ ips, namespace, name }: ClusterPod): readonly string[] {
  return ips
    .filter((ip) => familyOf(ip) === 4)
    .map((ip) => `${formatIp(ip)} comment "namespace: ${namespace}, pod: ${name}"`)
}

/** Pods that a policy selects for a direction are not in the set of those that may do everything in it. */
function namespaceSets(cluster: Cluster, namespace: string, all: readonly ClusterPod[]): readonly IpSet[] {
  const pods = all.filter((pod) => pod.namespace === namespace)
  const policies = analysedPolicies(cluster).accepted.filter(({ ref }) => ref.namespace === namespace)
  const isolating = (type: string): readonly LabelExpression[] =>
    policies
      .filter(({ object }) => policyTypes(object).includes(type))
      .map(({ object }) => readSelector(object.spec?.podSelector ?? {}))
  const free = (type: string) => {
    const selectors = isolating(type)
    return pods.filter(({ labels }) => !selectors.some((one) => holds(one, labels)))
  }
  return [
    hashOf(setName(`${namespace}:`), pods),
    hashOf(setName(`ingress-default-allow:${namespace}`), free('Ingress')),
    hashOf(setName(`egress-default-allow:${namespace}`), free('Egress')),
  ]
}

function neededSet(cluster: Cluster, needed: NeededSet, pods: readonly ClusterPod[]): IpSet {
  const { name } = needed
  switch (needed.type) {
    case 'pods': {
      const inside = namespacesOf(cluster, needed.namespace)
      return hashOf(
        name,
        pods.filter(({ namespace, labels }) => inside.has(namespace) && holds(needed.labels, labels)),
      )
    }
    case 'namespaces':
      return {
        ...{ name, type: 'list:set', options: 'size 1024 comment' },
        entries: [...namespacesOf(cluster, needed.labels)].map(
          (one) => `${setName(`${one}:`)} comment "namespace: ${one}"`,
        ),
      }
    case 'blocks':
      return {
        ...{ name, type: 'hash:net', options: 'comment' },
        entries: needed.blocks.map((block) => `${block} comment "excepted from ${needed.of}"`),
      }
    default:
      return needed satisfies never
  }
}

function namespacesOf({ namespaces }: Cluster, wanted: string | LabelExpression): ReadonlySet<string> {
  const isWanted = ({ name, labels }: Cluster['namespaces'][number]) =>
    typeof wanted === 'string' ? name === wanted : holds(wanted, labels)
  return new Set(namespaces.filter(isWanted).map(({ name }) => name))
}
