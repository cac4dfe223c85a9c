import type { TopologyView } from '../../model/topology-view.ts'

/** The topology for programs: `{ apiVersion, kind: "Topology", nodes, edges }`; edges name the ids of nodes. */
export function topologyJson({ vertices, edges }: TopologyView): string {
  const value = { apiVersion: 'kubewalk.dev/v1alpha1', kind: 'Topology', nodes: vertices, edges }
  return `${JSON.stringify(value, undefined, 2)}\n`
}
