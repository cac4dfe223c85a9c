import { fnv1a } from '../../base/hash.ts'
import { byText } from '../../base/ordering.ts'
import type { ClusterNode } from '../../model/cluster.ts'
import type { Completion } from './completion.ts'
import type { HostPort } from './host-ports.ts'
import { hostPortsOf, portsConflict } from './host-ports.ts'
import { daemonFits, nodeFits, whyNot } from './node-filters.ts'
import type { PlacedPod } from './pod-affinity.ts'
import { keepsAway, podAffinityFilter, usesPodAffinity } from './pod-affinity.ts'
import type { PodDraft } from './workloads.ts'

/** Where a pod runs, or why it runs nowhere. */
export type Placement =
  | { readonly node: string; readonly assumed?: true }
  | { readonly unscheduled: string }
  | { readonly absent: true }

/**
 * Gives every pod a node. Mirrors kube-scheduler's filters (node name, node selector and affinity, taints, host
 * ports, pod affinity and anti-affinity); in place of its scores, a workload's replicas go round the nodes that are
 * left. A pod's place depends on other pods only where its host ports or pod affinity say so: such pods come last,
 * in the order of their names, so that the order of the input does not matter.
 */
export function schedulePods(
  completion: Completion,
  drafts: readonly PodDraft[],
  nodes: readonly ClusterNode[],
  namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>,
): ReadonlyMap<PodDraft, Placement> {
  const scheduler = new Scheduler(completion, nodes, namespaces)
  const byPhase: readonly PodDraft[][] = [[], [], [], []]
  for (const draft of drafts) byPhase[phaseOf(draft)]?.push(draft)
  for (const list of byPhase) {
    for (const draft of list.toSorted(byTurn)) scheduler.place(draft)
  }
  return new Map(
    drafts.flatMap((draft) => {
      const placement = scheduler.placements.get(draft)
      return placement ? [[draft, placement] as const] : []
    }),
  )
}

/** Pods that have their node already, DaemonSets' pods, pods that depend on no other, and those that do. */
function phaseOf(draft: PodDraft): 0 | 1 | 2 | 3 {
  const { spec } = draft.object
  if (spec.nodeName || isStated(draft)) return 0
  if (draft.pinnedTo !== undefined) return 1
  return usesPodAffinity(spec) || hostPortsOf(spec).length > 0 ? 3 : 2
}

/** First replicas first, then by name. */
export function byTurn(a: PodDraft, b: PodDraft): number {
  return a.index - b.index || byText(a.namespace, b.namespace) || byText(a.name, b.name)
}

/** A dump states that the pod has no node. */
function isStated({ object, source }: PodDraft): boolean {
  return source !== undefined && object.metadata.uid !== undefined && object.status?.phase !== undefined
}

class Scheduler {
  readonly placements = new Map<PodDraft, Placement>()
  readonly #completion: Completion
  readonly #nodes: readonly ClusterNode[]
  readonly #byName: ReadonlyMap<string, ClusterNode>
  readonly #namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly #placed: PlacedPod[] = []
  readonly #repelling: PlacedPod[] = []
  readonly #hostPorts = new Map<string, HostPort[]>()

  constructor(
    completion: Completion,
    nodes: readonly ClusterNode[],
    namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>,
  ) {
    this.#completion = completion
    this.#nodes = nodes
    this.#byName = new Map(nodes.map((node) => [node.name, node]))
    this.#namespaces = namespaces
  }

  place(draft: PodDraft): void {
    const placement = this.#choose(draft)
    this.placements.set(draft, placement)
    const home = 'node' in placement ? this.#byName.get(placement.node) : undefined
    const phase = draft.object.status?.phase
    if (!home || phase === 'Succeeded' || phase === 'Failed') return
    const pod = { draft, home }
    this.#placed.push(pod)
    if (keepsAway(draft.object.spec)) this.#repelling.push(pod)
    const ports = hostPortsOf(draft.object.spec)
    if (ports.length > 0)
      this.#hostPorts.set(home.name, [...(this.#hostPorts.get(home.name) ?? []), ...ports])
  }

  #choose(draft: PodDraft): Placement {
    const { spec } = draft.object
    if (spec.nodeName) {
      return this.#byName.has(spec.nodeName) ? { node: spec.nodeName } : this.#missing(draft, spec.nodeName)
    }
    if (isStated(draft)) return { unscheduled: draft.object.status?.reason ?? 'it is not scheduled' }
    if (draft.pinnedTo !== undefined) return this.#pin(draft, draft.pinnedTo)
    const fitting = this.#nodes.filter((node) => nodeFits(spec, node))
    const open = fitting.filter((node) => this.#hasPorts(draft, node))
    const allows = podAffinityFilter(draft, this.#placed, this.#repelling, this.#namespaces)
    const candidates = open.filter(allows)
    const chosen = candidates[(fnv1a(seedOf(draft)) + draft.index) % candidates.length]
    if (chosen) return { node: chosen.name, assumed: true }
    if (open.length > 0) return this.#nowhere(draft, 'its pod affinity fits no node')
    if (fitting.length > 0) return this.#nowhere(draft, 'its host ports are taken on every node that it fits')
    return this.#nowhere(draft, whyNot(spec, this.#nodes))
  }

  /** A DaemonSet's pod has one node that it can go to; where the DaemonSet does not fit it has none. */
  #pin(draft: PodDraft, name: string): Placement {
    const node = this.#byName.get(name)
    if (!node || !daemonFits(draft.object.spec, node)) return { absent: true }
    return this.#hasPorts(draft, node)
      ? { node: name }
      : this.#nowhere(draft, `its host ports are taken on ${name}`)
  }

  #hasPorts(draft: PodDraft, node: ClusterNode): boolean {
    return !portsConflict(hostPortsOf(draft.object.spec), this.#hostPorts.get(node.name) ?? [])
  }

  #nowhere(draft: PodDraft, why: string): Placement {
    const { namespace, name, ref } = draft
    this.#completion.report('unschedulable', `pod ${namespace}/${name} fits no node: ${why}`, { object: ref })
    return { unscheduled: why }
  }

  #missing(draft: PodDraft, nodeName: string): Placement {
    this.#completion.report(
      'unknown-node',
      `pod ${draft.namespace}/${draft.name} names node ${nodeName}, which does not exist`,
      {
        ...(draft.source ? { at: draft.source.locate(['spec', 'nodeName']) } : {}),
        object: draft.ref,
        fix: `nodes: ${this.#nodes.map((node) => node.name).join(', ')}`,
      },
    )
    return { unscheduled: `node ${nodeName} does not exist` }
  }
}

/** Replicas of one workload begin at one node. */
function seedOf({ owner, namespace, name }: PodDraft): string {
  return owner ? `${owner.kind}/${owner.namespace}/${owner.name}` : `${namespace}/${name}`
}
