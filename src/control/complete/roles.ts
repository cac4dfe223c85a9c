import type { ClusterNode } from '../../model/cluster.ts'

/** Whether the node's labels give it the role of a control plane. */
export function isControlPlaneNode(node: ClusterNode): boolean {
  return Object.keys(node.labels).some((label) =>
    /^node-role\.kubernetes\.io\/(control-plane|master)$/.test(label),
  )
}
