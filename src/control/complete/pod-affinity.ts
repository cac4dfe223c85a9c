import type { ClusterNode } from '../../model/cluster.ts'
import type { PodAffinity, PodSpec } from '../../model/objects.ts'
import { matchesSelector } from './selectors.ts'
import type { PodDraft } from './workloads.ts'

/** A pod and the node that it runs on. */
export interface PlacedPod {
  readonly draft: PodDraft
  readonly home: ClusterNode
}

type Labels = Readonly<Record<string, string>>
type Term = NonNullable<PodAffinity['requiredDuringSchedulingIgnoredDuringExecution']>[number]

function termsOf(affinity: PodAffinity | undefined): readonly Term[] {
  return affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
}

export function usesPodAffinity(spec: PodSpec): boolean {
  return termsOf(spec.affinity?.podAffinity).length > 0 || keepsAway(spec)
}

/** Whether the pod keeps others from where it is. */
export function keepsAway({ affinity }: PodSpec): boolean {
  return termsOf(affinity?.podAntiAffinity).length > 0
}

/**
 * Mirrors the filter of InterPodAffinity: the pod's required affinity and anti-affinity, and the anti-affinity of
 * the pods that are there already. `placed` holds all pods that have a node, `repelling` those that keep others away.
 */
export function podAffinityFilter(
  draft: PodDraft,
  placed: readonly PlacedPod[],
  repelling: readonly PlacedPod[],
  namespaces: ReadonlyMap<string, Labels>,
): (node: ClusterNode) => boolean {
  const { affinity } = draft.object.spec
  const matches = (term: Term, owner: PodDraft, peer: PodDraft) =>
    selectsPod(term, owner.namespace, peer, namespaces)
  const together = termsOf(affinity?.podAffinity)
  const peers =
    together.length === 0
      ? []
      : placed.filter((one) => together.every((term) => matches(term, draft, one.draft)))
  const wanted = together.map((term) => ({ term, domains: domainsOf(term, peers) }))
  const first = peers.length === 0 && together.every((term) => matches(term, draft, draft))
  const forbidden = [
    ...termsOf(affinity?.podAntiAffinity).map((term) => ({
      term,
      domains: domainsOf(
        term,
        placed.filter((one) => matches(term, draft, one.draft)),
      ),
    })),
    ...repelling.flatMap((one) =>
      termsOf(one.draft.object.spec.affinity?.podAntiAffinity)
        .filter((term) => matches(term, one.draft, draft))
        .map((term) => ({ term, domains: domainsOf(term, [one]) })),
    ),
  ]
  const has = ({ term, domains }: (typeof wanted)[number], node: ClusterNode) =>
    domains.has(domainOf(term, node))
  return (node) => {
    if (forbidden.some((one) => has(one, node))) return false
    if (wanted.every((one) => has(one, node))) return true
    // The first of a group whose pods want to be together may go wherever there is such a domain.
    return first && together.every((term) => domainOf(term, node) !== undefined)
  }
}

/** A term without a selector selects no pod; one without namespaces selects in the namespace of its own pod. */
function selectsPod(
  { labelSelector, namespaces: names = [], namespaceSelector }: Term,
  own: string,
  { namespace, object }: PodDraft,
  namespaces: ReadonlyMap<string, Labels>,
): boolean {
  if (!labelSelector || !matchesSelector(labelSelector, object.metadata.labels ?? {})) return false
  if (names.includes(namespace)) return true
  if (namespaceSelector) return matchesSelector(namespaceSelector, namespaces.get(namespace) ?? {})
  return names.length === 0 && namespace === own
}

function domainsOf(term: Term, pods: readonly PlacedPod[]): ReadonlySet<string | undefined> {
  return new Set(pods.map(({ home }) => domainOf(term, home)).filter((domain) => domain !== undefined))
}

/** The value of the topology key on a node; a node without the label is in no domain. */
function domainOf({ topologyKey = '' }: Term, node: ClusterNode): string | undefined {
  return node.labels[topologyKey] ?? (topologyKey === 'kubernetes.io/hostname' ? node.name : undefined)
}
