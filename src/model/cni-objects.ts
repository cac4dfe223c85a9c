import type {
  BGPConfiguration,
  BGPPeer,
  BlockAffinity,
  CalicoInstallation,
  FelixConfiguration,
  IPAMBlock,
  IPPool,
} from './calico-objects.ts'
import type { ConfigMap, DaemonSet, Located, Node } from './objects.ts'

/** The objects by which network plugins are found and configured. */
export interface CniObjects {
  readonly daemonSets: readonly Located<DaemonSet>[]
  readonly configMaps: readonly Located<ConfigMap>[]
  readonly nodes: readonly Located<Node>[]
  readonly calico: CalicoObjects
}

/** Calico's own. */
export interface CalicoObjects {
  readonly installations: readonly Located<CalicoInstallation>[]
  readonly ipPools: readonly Located<IPPool>[]
  readonly felixConfigurations: readonly Located<FelixConfiguration>[]
  readonly bgpConfigurations: readonly Located<BGPConfiguration>[]
  readonly bgpPeers: readonly Located<BGPPeer>[]
  readonly blockAffinities: readonly Located<BlockAffinity>[]
  readonly ipamBlocks: readonly Located<IPAMBlock>[]
}
