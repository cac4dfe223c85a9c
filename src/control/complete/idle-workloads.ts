import type { ClusterPod, IdleWorkload } from '../../model/cluster.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import { matchesLabels } from './selectors.ts'

/** The Deployments, StatefulSets, ReplicaSets and DaemonSets of the input of which there is no pod. */
export function idleWorkloads(objects: ObjectsByKind, pods: readonly ClusterPod[]): readonly IdleWorkload[] {
  const scaled = [...objects.Deployment, ...objects.StatefulSet, ...objects.ReplicaSet].map(
    ({ ref, object, locate }) => ({
      ref,
      labels: object.spec?.template?.metadata?.labels ?? {},
      replicas: object.spec?.replicas ?? 1,
      at: locate(['spec', 'replicas']),
    }),
  )
  const daemons = objects.DaemonSet.map(({ ref, object }) => ({
    ref,
    labels: object.spec?.template?.metadata?.labels ?? {},
  }))
  return [...scaled, ...daemons].filter(
    ({ ref, labels }) =>
      Object.keys(labels).length > 0 &&
      !pods.some((pod) => pod.namespace === ref.namespace && matchesLabels(labels, pod.labels)),
  )
}
