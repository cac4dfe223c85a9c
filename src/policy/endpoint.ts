import type { Ip } from '../base/ip.ts'
import type { ObjectRef } from '../base/source.ts'
import type { Labels } from './label-expression.ts'

/** A port of an endpoint that policies may name. */
export interface NamedPort {
  readonly name: string
  /** IANA number. */
  readonly protocol: number
  readonly port: number
}

/**
 * What policies select, as subjects and as peers: a pod with a network of its own, a node, an interface of a host that
 * policies guard (Calico's HostEndpoint). Pods on their node's network are none: the node stands for them.
 */
export interface Endpoint {
  readonly type: 'pod' | 'node' | 'host-interface'
  /** The namespace id of the network where it is, as in Netns: `pod/shop/web-0`, `node/worker`. */
  readonly id: string
  readonly ref: ObjectRef
  readonly namespace?: string
  readonly labels: Labels
  /** Labels of its Kubernetes namespace. */
  readonly namespaceLabels: Labels
  readonly serviceAccount?: string
  readonly serviceAccountLabels?: Labels
  readonly ips: readonly Ip[]
  readonly ports: readonly NamedPort[]
  /** The node that it is on. */
  readonly node?: string
}

/** One end of a packet, as the place that judges it sees it: an address, and who has it, if that is anybody known. */
export interface Party {
  readonly ip: Ip
  readonly endpoint?: Endpoint
  /** The API server answers there. */
  readonly apiServer?: true
  /** It is known to be outside, and from where is not: the address was given to it on the way. */
  readonly disguised?: true
}
