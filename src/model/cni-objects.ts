import type { ConfigMap, DaemonSet, Located } from './objects.ts'

/** The objects by which network plugins are found and configured. */
export interface CniObjects {
  readonly daemonSets: readonly Located<DaemonSet>[]
  readonly configMaps: readonly Located<ConfigMap>[]
}
