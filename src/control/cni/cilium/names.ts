import { sha256Hex } from '../../../base/hash.ts'
import type { ClusterPod } from '../../../model/cluster.ts'

/** The node's device of a pod: `lxc` and twelve digits of a hash. Mirrors Endpoint2IfName in its form. */
export function lxcName({ namespace, name }: Pick<ClusterPod, 'namespace' | 'name'>): string {
  return `lxc${sha256Hex(`lxc ${namespace}/${name}`).slice(0, 12)}`
}
