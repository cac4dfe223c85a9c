import type { Report } from '../../base/diagnostic.ts'
import type { Cidr, Ip } from '../../base/ip.ts'
import type { ObjectRef, SourceLocation } from '../../base/source.ts'
import type { Cluster, ClusterNode, ClusterPod } from '../../model/cluster.ts'
import type { CniFacts } from '../../model/cni-facts.ts'
import type { CniObjects } from '../../model/cni-objects.ts'
import type { Environment } from '../../model/environment.ts'
import type {
  Device,
  IpSet,
  Neighbor,
  PacketFilter,
  Route,
  RoutingRule,
  SegmentPort,
} from '../../model/network.ts'
import type { Located, Node } from '../../model/objects.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import type { PolicyEnforcement } from '../policy/policy-set.ts'
import type { Underlay } from '../underlay.ts'

/** What a plugin puts on a node beside the node's own devices. */
export interface CniNode {
  readonly devices: readonly Device[]
  readonly routes: readonly Route[]
  /** `ip rule`: those of the plugin, beside the three that every namespace has. */
  readonly rules?: readonly RoutingRule[]
  readonly neighbors?: readonly Neighbor[]
  readonly sets?: readonly IpSet[]
  readonly sysctls: Readonly<Record<string, number>>
}

/** What a plugin gives to a pod: its devices but loopback, and its routes. */
export interface CniPod {
  readonly devices: readonly Device[]
  readonly routes: readonly Route[]
  readonly neighbors?: readonly Neighbor[]
}

/** What a plugin works with on one node. */
export interface CniContext {
  readonly cluster: Cluster
  readonly node: ClusterNode
  /** The pods on this node that have a network of their own; none, when one pod's namespace is made. */
  readonly pods: readonly ClusterPod[]
  /** The node's device on the nodes' network, and its MTU. */
  readonly uplink: string
  readonly mtu: number
  readonly underlay: Underlay
}

/** What a plugin is configured from. */
export interface CniInput {
  readonly objects: CniObjects
  readonly environment: Environment
  /** `--cni NAME:key=value`, and `cni` of the Environment: settings by name, which come before its objects. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly report: Report
  /** Says aloud what the input left open. */
  assume(text: string, object?: ObjectRef): void
}

/** What a plugin with an address management of its own shares addresses out from. */
export interface BlocksContext {
  readonly nodes: readonly BlockNode[]
  /** The pods' network as the cluster states it. */
  readonly podCidrs: readonly Cidr[]
  /** Addresses of pods that the input states, by the name of their node. */
  readonly podIps: ReadonlyMap<string, readonly Ip[]>
}

export interface BlockNode {
  readonly name: string
  readonly addresses: readonly Ip[]
  /** `spec.podCIDRs`, stated or as the node IPAM controller gives them. */
  readonly podCidrs: readonly Cidr[]
  readonly source?: Located<Node>
}

/** A route that the network between the nodes is given: a cloud's route table, a router that speaks BGP or OSPF. */
export interface FabricRoute {
  readonly destination: Cidr
  readonly via: Ip
  readonly origin: { readonly component: string; readonly subject?: ObjectRef }
}

/** What a cloud's network, or routers that the plugin speaks to, do for pods. */
export interface Fabric {
  readonly routes: readonly FabricRoute[]
  /** A provider's virtual network, which forwards without counting down the time to live. */
  readonly transparent: boolean
}

/** A plugin as one cluster has configured it: what it makes of the cluster, node by node. */
export interface Cni {
  readonly name: string
  /** The configuration with its defaults filled in, as plain data to be printed. */
  readonly configuration: Readonly<Record<string, unknown>>
  /** The pods' network that it is configured for; where the cluster states one, that comes first. */
  readonly podNetwork?: readonly Cidr[]
  /** Pods have addresses of the nodes' own network: there is no pod network, no `spec.podCIDR`, and no clusterCIDR. */
  readonly podsOnNodeNetwork?: boolean
  /** Every address of a block is a pod's; else the first two and the last are left out, as host-local does. */
  readonly wholeBlocks?: boolean
  /** The MTU that it gives to the node's uplink. */
  readonly uplinkMtu?: number
  /** Blocks by the node's name, if it does not take `spec.podCIDR`. */
  blocks?(context: BlocksContext): ReadonlyMap<string, readonly Cidr[]>
  node(context: CniContext): CniNode
  pod(context: CniContext, pod: ClusterPod): CniPod
  /** Whether a pod's host ports on this node are brought to it. */
  mapsHostPorts(node: string): boolean
  /** Its own iptables rules: appended after kube-proxy's, or prepended before all others. */
  rules(context: CniContext, family: 4 | 6): readonly TableContribution[]
  /** What stands for a translation within a pod's own namespace: a load balancer at its sockets. */
  podRules?(context: CniContext, pod: ClusterPod, family: 4 | 6): readonly TableContribution[]
  /** Whether it answers for Services itself on this node, so that no kube-proxy runs there. */
  replacesKubeProxy?(node: string): boolean
  /** Devices and addresses of the node on its network beside the uplink's own (secondary interfaces of a cloud). */
  ports?(context: CniContext): readonly SegmentPort[]
  /** What enforces policies. Where nothing does, they are accepted and have no effect. */
  readonly policy?: PolicyEnforcement
  /** Programs that judge packets on the node beside the rules. */
  filters?(context: CniContext): readonly PacketFilter[]
  /** What the network between the nodes knows of pods. */
  fabric?(cluster: Cluster, underlay: Underlay): Fabric
}

/** How a plugin was recognised. */
export interface CniEvidence {
  readonly object: ObjectRef
  readonly at?: SourceLocation
}

/** One network plugin. */
export interface CniPlugin {
  readonly name: string
  /** Other names that people write. */
  readonly aliases?: readonly string[]
  readonly facts: CniFacts
  /** Fields of the Environment that it reads, beside `cni.plugin`. */
  readonly environmentFields?: readonly string[]
  /** The object that shows that the cluster runs it. */
  find(objects: CniObjects): CniEvidence | undefined
  configure(input: CniInput): Cni
}
