import type { Cluster, ClusterPod } from '../model/cluster.ts'
import type { Listener } from '../model/network.ts'
import type { KnownName } from './outside-dns.ts'

/** The cluster's HTTP proxies: which pods they are, and under which names the outside knows them. */
export interface HttpProxies {
  readonly names: readonly KnownName[]
  listenersOf(pod: ClusterPod, listeners: readonly Listener[]): readonly Listener[]
}

/** Works out every Ingress controller and Gateway of the cluster. */
export function httpProxies(_cluster: Cluster): HttpProxies {
  return { names: [], listenersOf: (_pod, listeners) => listeners }
}
