import type { Cluster } from '../../model/cluster.ts'

/**
 * Whether the network plugin's rule that masquerades what leaves the pods' network is in place on a node: it is, unless
 * the Environment says that it is missing (`nodes.NAME.nat.POSTROUTING.podMasquerade: false`).
 */
export function masqueradesPods({ environment }: Pick<Cluster, 'environment'>, node: string): boolean {
  return environment.nodes?.[node]?.nat?.POSTROUTING?.podMasquerade !== false
}
