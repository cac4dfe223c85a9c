import type { Cluster, ClusterNode, ClusterPod } from '../../model/cluster.ts'
import type { Device, Route } from '../../model/network.ts'
import type { TableContribution } from '../../netfilter/table.ts'

/** What a plugin puts on a node beside the node's own devices. */
export interface CniNode {
  readonly devices: readonly Device[]
  readonly routes: readonly Route[]
  readonly sysctls: Readonly<Record<string, number>>
}

/** What a plugin gives to a pod: its devices but loopback, and its routes. */
export interface CniPod {
  readonly devices: readonly Device[]
  readonly routes: readonly Route[]
}

/** What a plugin works with on one node. */
export interface CniContext {
  readonly cluster: Cluster
  readonly node: ClusterNode
  /** The pods on this node that have a network of their own. */
  readonly pods: readonly ClusterPod[]
  /** The node's device on the nodes' network, and its MTU. */
  readonly uplink: string
  readonly mtu: number
}

/** One network plugin: what it makes of a cluster, node by node. */
export interface Cni {
  readonly name: string
  node(context: CniContext): CniNode
  pod(context: CniContext, pod: ClusterPod): CniPod
  /** Its own iptables rules, which stand after kube-proxy's where both append. */
  rules(context: CniContext, family: 4 | 6): readonly TableContribution[]
}
