import type { ObjectRef } from '../base/source.ts'
import type { Disposition } from './trace.ts'

/** Those who send or are asked together: neither policies nor the network can tell them apart, but by their nodes. */
export interface ReachGroup {
  /** `deploy/shop/web`; a second part of a workload is `deploy/shop/web#2`. */
  readonly id: string
  readonly workload: ObjectRef
  /** As requests name them: `pod/shop/web-0`. */
  readonly members: readonly string[]
}

/** What is asked: a port of a group's members, or of a Service. */
export interface ReachTarget {
  /** `svc/shop/web:80/tcp`, `deploy/shop/web:8080/tcp`. */
  readonly id: string
  readonly object: ObjectRef
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly port: number
  /** The last port of which the same holds, where nothing declares which there are. */
  readonly lastPort?: number
  readonly name?: string
  /** Nothing states that somebody listens there. */
  readonly assumed?: true
}

/** One end that connections have. The shares of a cell add up to 1. */
export interface ReachShare {
  readonly disposition: Disposition
  readonly share: number
  /** The direction whose policies do not let it pass. */
  readonly denied?: 'ingress' | 'egress'
}

/** How connections from some groups to one target end. */
export interface ReachCell {
  /** Groups by their ids. */
  readonly from: readonly string[]
  readonly shares: readonly ReachShare[]
}

/** A target with what becomes of connections to it; each group that sends is in one cell. */
export interface ReachRow {
  readonly to: ReachTarget
  readonly cells: readonly ReachCell[]
}

/** Who can reach what: the answer of `kubewalk reach`. */
export interface Reach {
  readonly apiVersion: 'kubewalk.dev/v1alpha1'
  readonly kind: 'Reach'
  readonly request: ReachRequest
  readonly groups: readonly ReachGroup[]
  readonly rows: readonly ReachRow[]
  /** How many connections were walked, and how many pairs that answers. */
  readonly walks: { readonly made: number; readonly pairs: number }
}

/** What is asked for; everybody and everything, in what is left out. */
export interface ReachRequest {
  /** `pod/[ns/]name`, `deploy/[ns/]name`, `ns/name`, `node/name`, `internet`, `external/name`. */
  readonly from?: string
  /** The same, and `svc/[ns/]name`, with or without `:port`. */
  readonly to?: string
  /** Two namespaces, `ns/a`, in both directions. */
  readonly between?: readonly [string, string]
  readonly protocol?: 'tcp' | 'udp' | 'sctp'
  readonly port?: number
  /** The namespace of names that do not say theirs. */
  readonly namespace?: string
}
