import { fnv1a } from '../../base/hash.ts'
import type { ClusterNode } from '../../model/cluster.ts'
import type { LabelSelector, PodAffinity, PodSpec, Taint, Toleration } from '../../model/objects.ts'
import type { Completion } from './completion.ts'
import { matchesSelector, matchesTerm } from './selectors.ts'
import type { PodDraft } from './workloads.ts'

/** Where a pod runs, or why it runs nowhere. */
export type Placement =
  | { readonly node: string }
  | { readonly unscheduled: string }
  | { readonly absent: true }

/**
 * Gives every pod a node. Mirrors kube-scheduler's filters (node name, node selector and affinity, taints, pod
 * affinity and anti-affinity); in place of its scores, a workload's replicas go round the nodes that are left.
 * The result does not depend on other workloads unless pod affinity says so.
 */
export function schedulePods(
  completion: Completion,
  drafts: readonly PodDraft[],
  nodes: readonly ClusterNode[],
  namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>,
): ReadonlyMap<PodDraft, Placement> {
  const placed = new Map<PodDraft, Placement>()
  const scheduler: Scheduler = {
    nodes,
    placed,
    namespaces,
    byName: new Map(nodes.map((node) => [node.name, node])),
  }
  const related = drafts.filter((draft) => usesPodAffinity(draft.object.spec))
  for (const draft of drafts) if (!related.includes(draft)) place(completion, draft, scheduler)
  for (const draft of related) place(completion, draft, scheduler)
  return placed
}

interface Scheduler {
  readonly nodes: readonly ClusterNode[]
  readonly byName: ReadonlyMap<string, ClusterNode>
  readonly placed: Map<PodDraft, Placement>
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>
}

function usesPodAffinity({ affinity }: PodSpec): boolean {
  const required = (one: PodAffinity | undefined) =>
    one?.requiredDuringSchedulingIgnoredDuringExecution?.length
  return Boolean(required(affinity?.podAffinity) || required(affinity?.podAntiAffinity))
}

function place(completion: Completion, draft: PodDraft, scheduler: Scheduler): void {
  const { placed, byName } = scheduler
  const { nodeName } = draft.object.spec
  if (nodeName) {
    placed.set(draft, byName.has(nodeName) ? { node: nodeName } : missingNode(completion, draft, nodeName))
    return
  }
  if (draft.pinnedTo !== undefined) {
    const node = byName.get(draft.pinnedTo)
    placed.set(draft, node && daemonFits(draft.object.spec, node) ? { node: node.name } : { absent: true })
    return
  }
  if (isFinishedOrPending(draft)) {
    placed.set(draft, { unscheduled: draft.object.status?.reason ?? 'it is not scheduled' })
    return
  }
  placed.set(draft, choose(completion, draft, scheduler))
}

/** A dump states that the pod has no node. */
function isFinishedOrPending({ object, source }: PodDraft): boolean {
  return source !== undefined && object.metadata.uid !== undefined && object.status?.phase !== undefined
}

function missingNode(completion: Completion, draft: PodDraft, nodeName: string): Placement {
  completion.report(
    'unknown-node',
    `pod ${draft.namespace}/${draft.name} names node ${nodeName}, which does not exist`,
    {
      ...(draft.source ? { at: draft.source.locate(['spec', 'nodeName']) } : {}),
      object: draft.ref,
      fix: `nodes: ${completion.objects.Node.map((one) => one.ref.name).join(', ') || 'control-plane, worker, worker2'}`,
    },
  )
  return { unscheduled: `node ${nodeName} does not exist` }
}

function choose(completion: Completion, draft: PodDraft, scheduler: Scheduler): Placement {
  const { spec } = draft.object
  const fitting = scheduler.nodes.filter((node) => fits(spec, node))
  const candidates = fitting.filter((node) => affinityAllows(draft, node, scheduler))
  const { owner, namespace, name } = draft
  const seed = owner ? `${owner.kind}/${owner.namespace}/${owner.name}` : `${namespace}/${name}`
  const chosen = candidates[(fnv1a(seed) + draft.index) % candidates.length]
  if (chosen) {
    completion.assume(`pod ${namespace}/${name} runs on ${chosen.name}`, draft.ref)
    return { node: chosen.name }
  }
  const why = fitting.length > 0 ? 'its pod affinity fits no node' : whyNot(spec, scheduler.nodes)
  completion.report('unschedulable', `pod ${namespace}/${name} fits no node: ${why}`, { object: draft.ref })
  return { unscheduled: why }
}

function fits(spec: PodSpec, node: ClusterNode): boolean {
  return !node.unschedulable && selectsNode(spec, node) && tolerates(spec, node, ['NoSchedule', 'NoExecute'])
}

/** The DaemonSet controller adds tolerations for the states of a node that is in trouble. */
function daemonFits(spec: PodSpec, node: ClusterNode): boolean {
  const added: readonly (readonly [string, string])[] = [
    ['node.kubernetes.io/not-ready', 'NoExecute'],
    ['node.kubernetes.io/unreachable', 'NoExecute'],
    ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
    ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
    ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
    ['node.kubernetes.io/unschedulable', 'NoSchedule'],
    ...(spec.hostNetwork ? [['node.kubernetes.io/network-unavailable', 'NoSchedule'] as const] : []),
  ]
  const tolerations = added.map(([key, effect]): Toleration => ({ key, operator: 'Exists', effect }))
  const widened: PodSpec = { ...spec, tolerations: [...(spec.tolerations ?? []), ...tolerations] }
  return selectsNode(spec, node) && tolerates(widened, node, ['NoSchedule', 'NoExecute'])
}

function selectsNode(spec: PodSpec, node: ClusterNode): boolean {
  const { nodeSelector = {}, affinity } = spec
  if (!Object.entries(nodeSelector).every(([key, value]) => node.labels[key] === value)) return false
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (!required) return true
  const fields = { 'metadata.name': node.name }
  return (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node.labels, fields))
}

function tolerates(spec: PodSpec, node: ClusterNode, effects: readonly string[]): boolean {
  const { tolerations = [] } = spec
  return node.taints
    .filter((taint) => effects.includes(taint.effect ?? ''))
    .every((taint) => tolerations.some((toleration) => toleratesTaint(toleration, taint)))
}

/** Mirrors Toleration.ToleratesTaint. */
function toleratesTaint({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  if (operator === 'Exists') return true
  return Boolean(key) && (value ?? '') === (taint.value ?? '')
}

function whyNot(spec: PodSpec, nodes: readonly ClusterNode[]): string {
  const unselected = nodes.filter((node) => !selectsNode(spec, node)).length
  const tainted = nodes.filter(
    (node) => selectsNode(spec, node) && !tolerates(spec, node, ['NoSchedule', 'NoExecute']),
  )
  const parts = [
    unselected > 0 ? `${unselected} do not match its node selector or affinity` : '',
    tainted.length > 0 ? `${tainted.length} have a taint that it does not tolerate` : '',
    nodes.some((node) => node.unschedulable) ? 'some are cordoned' : '',
  ]
  return `of ${nodes.length} nodes, ${parts.filter((part) => part !== '').join(', ') || 'none is there'}`
}

/** Required pod affinity and anti-affinity, against the pods placed so far. */
function affinityAllows(draft: PodDraft, node: ClusterNode, scheduler: Scheduler): boolean {
  const { affinity } = draft.object.spec
  const terms = (one: PodAffinity | undefined) => one?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  const together = terms(affinity?.podAffinity).every(
    (term) => term.labelSelector && hasPeer(draft, term, node, scheduler, true),
  )
  const apart = terms(affinity?.podAntiAffinity).every(
    (term) => !(term.labelSelector && hasPeer(draft, term, node, scheduler, false)),
  )
  return together && apart
}

interface AffinityTerm {
  readonly labelSelector?: LabelSelector
  readonly topologyKey?: string
  readonly namespaces?: readonly string[]
  readonly namespaceSelector?: LabelSelector
}

function hasPeer(
  draft: PodDraft,
  term: AffinityTerm,
  node: ClusterNode,
  { placed, byName, namespaces }: Scheduler,
  selfCounts: boolean,
): boolean {
  const { labelSelector = {} } = term
  const domain = domainOf(term, node)
  if (domain === undefined) return false
  const peers = [...placed].flatMap(([peer, placement]) => {
    const home = 'node' in placement ? byName.get(placement.node) : undefined
    const chosen = home && inNamespaces(peer.namespace, draft.namespace, term, namespaces)
    return chosen && matchesSelector(labelSelector, peer.object.metadata.labels ?? {}) ? [home] : []
  })
  if (peers.some((home) => domainOf(term, home) === domain)) return true
  // The first pod of a group that wants to be with its own kind may go anywhere.
  return (
    selfCounts && peers.length === 0 && matchesSelector(labelSelector, draft.object.metadata.labels ?? {})
  )
}

/** The value of the topology key on a node; a node without the label is no domain. */
function domainOf({ topologyKey = '' }: AffinityTerm, node: ClusterNode): string | undefined {
  return node.labels[topologyKey] ?? (topologyKey === 'kubernetes.io/hostname' ? node.name : undefined)
}

function inNamespaces(
  namespace: string,
  own: string,
  term: AffinityTerm,
  namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>,
): boolean {
  if (term.namespaces?.includes(namespace)) return true
  if (term.namespaceSelector) return matchesSelector(term.namespaceSelector, namespaces.get(namespace) ?? {})
  return !term.namespaces?.length && namespace === own
}
