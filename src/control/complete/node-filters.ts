import type { ClusterNode } from '../../model/cluster.ts'
import type { PodSpec, Taint, Toleration } from '../../model/objects.ts'
import { matchesTerm } from './selectors.ts'

/** kube-scheduler's filters that ask the node alone: NodeUnschedulable, NodeAffinity and TaintToleration. */
export function nodeFits(spec: PodSpec, node: ClusterNode): boolean {
  return toleratesCordon(spec, node) && selectsNode(spec, node) && toleratesTaints(spec, node)
}

/** Mirrors NodeUnschedulable: a cordoned node takes pods that tolerate the taint that goes with it. */
function toleratesCordon({ tolerations = [] }: PodSpec, node: ClusterNode): boolean {
  const taint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
  return !node.unschedulable || tolerations.some((toleration) => toleratesTaint(toleration, taint))
}

/** Mirrors GetRequiredNodeAffinity: the node selector's labels, and one of the required terms. */
export function selectsNode({ nodeSelector = {}, affinity }: PodSpec, node: ClusterNode): boolean {
  if (!Object.entries(nodeSelector).every(([key, value]) => node.labels[key] === value)) return false
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (!required) return true
  const fields = { 'metadata.name': node.name }
  return (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node.labels, fields))
}

/** Mirrors TaintToleration: every taint but PreferNoSchedule must be tolerated. */
export function toleratesTaints({ tolerations = [] }: PodSpec, node: ClusterNode): boolean {
  return node.taints
    .filter((taint) => taint.effect === 'NoSchedule' || taint.effect === 'NoExecute')
    .every((taint) => tolerations.some((toleration) => toleratesTaint(toleration, taint)))
}

/** Mirrors Toleration.ToleratesTaint; a key or effect that is left out stands for all. */
function toleratesTaint({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  if (operator === 'Exists') return true
  return (!operator || operator === 'Equal') && (value ?? '') === (taint.value ?? '')
}

/**
 * Whether a DaemonSet has a pod on the node. Mirrors NodeShouldRunDaemonPod with the tolerations that
 * AddOrUpdateDaemonPodTolerations adds for the states of a node that is in trouble.
 */
export function daemonFits(spec: PodSpec, node: ClusterNode): boolean {
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
  return selectsNode(spec, node) && toleratesTaints(widened, node)
}

/** Why no node fits, counted by reason. */
export function whyNot(spec: PodSpec, nodes: readonly ClusterNode[]): string {
  const selected = nodes.filter((node) => selectsNode(spec, node))
  const tainted = selected.filter((node) => !toleratesTaints(spec, node))
  const cordoned = selected.filter((node) => !toleratesCordon(spec, node))
  const parts = [
    [nodes.length - selected.length, 'do not match its node selector or affinity'],
    [tainted.length, 'have a taint that it does not tolerate'],
    [cordoned.length, 'are cordoned'],
  ] as const
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  return `of ${nodes.length} nodes, ${said.join(', ') || 'none is there'}`
}
