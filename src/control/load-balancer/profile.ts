import type { Cidr, Ip } from '../../base/ip.ts'
import type { Cluster, ClusterNode, ClusterService, LoadBalancerAddress } from '../../model/cluster.ts'
import type { Environment } from '../../model/environment.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { Netns, Route, SegmentPort } from '../../model/network.ts'
import type { Located, Service } from '../../model/objects.ts'
import type { Underlay } from '../underlay.ts'

/** What a provider is recognised by, beside the Service itself. */
export interface Surroundings {
  readonly nodes: readonly ClusterNode[]
  readonly objects: ObjectsByKind
  readonly environment: Environment
}

/**
 * One kind of load balancer: how to tell that it serves a Service, and what machines, addresses and routes it puts
 * before the nodes. docs/load-balancers.md has a paragraph for each.
 */
export interface BalancerProfile {
  readonly name: string
  /** What `loadBalancerController.type` of the Environment may call it. */
  readonly types: readonly string[]
  /** What in the input says that it serves the Service; `undefined` if nothing does. */
  claims(service: Located<Service>, surroundings: Surroundings): string | undefined
  /** The nodes that may announce the addresses, where objects of the input say which. */
  announcers?(surroundings: Surroundings, ips: readonly Ip[]): readonly string[] | undefined
  /** What there is for one address of the Service. */
  balance(context: BalancerContext): readonly Balancer[]
}

/** What a balancer is made from. */
export interface BalancerContext {
  readonly cluster: Cluster
  readonly underlay: Underlay
  readonly service: ClusterService
  readonly ip: Ip
  readonly mode: LoadBalancerAddress['mode']
  /** The nodes that pass its health checks. */
  readonly nodes: readonly ClusterNode[]
  /** The balancer's own address on the nodes' network. */
  readonly inside: Ip | undefined
}

/** What stands before the nodes for one address: a machine, or the nodes that answer for it themselves. */
export interface Balancer {
  readonly netns?: Netns
  /** Its ports on the segments. */
  readonly ports: readonly { readonly segment: string; readonly port: SegmentPort }[]
  /** This node answers ARP for the address; `held`: the address is on its device as well. */
  readonly announced?: { readonly ip: Ip; readonly node: string; readonly held: boolean }
  /** Routes that the nodes' router has by it. */
  readonly routes?: readonly Route[]
  /** Blocks that the outside delivers to the nodes' router because of it. */
  readonly delivered?: readonly Cidr[]
  /** Answers of the nodes that the provider's network leads back through it. */
  readonly returns?: readonly ReturnPath[]
}

/** Answers from this socket go back through the balancer that translated the request. */
export interface ReturnPath {
  readonly source: Ip
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly port: number
  /** The balancer's address on the nodes' network. */
  readonly via: Ip
}

/** The profile of a Service whose provider nothing tells. */
export const unknownProvider = 'generic'
