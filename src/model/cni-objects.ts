import type { ConfigMap, DaemonSet, Located, Node } from './objects.ts'

/** The objects by which network plugins are found and configured. */
export interface CniObjects {
  readonly daemonSets: readonly Located<DaemonSet>[]
  readonly configMaps: readonly Located<ConfigMap>[]
  readonly nodes: readonly Located<Node>[]
}
