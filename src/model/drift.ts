import type { ObjectRef } from '../base/source.ts'

/**
 * How the node is off what it should have. `missing` is not there, `extra` has no reason to be, `stale` had one once,
 * `differs` is there in another form.
 */
export type DriftType = 'missing' | 'extra' | 'stale' | 'differs'

/** The part of the node that an entry is about. */
export type DriftArea =
  | 'rules'
  | 'routes'
  | 'routing-rules'
  | 'devices'
  | 'addresses'
  | 'neighbors'
  | 'forwarding'
  | 'sets'
  | 'sysctls'

/** One thing by which the node is off, however many lines of a dump show it. */
export interface DriftEntry {
  readonly type: DriftType
  readonly area: DriftArea
  /** The program that should have written it, or that seems to have: `kube-proxy`, `kindnet`. */
  readonly component?: string
  /** The object that it belongs to; what is not in the input has a name and no place. */
  readonly subject?: ObjectRef
  /** What is off, in a sentence that names the things themselves. */
  readonly message: string
  /** Which traffic it changes, where that can be said. */
  readonly consequence?: string
  /** Lines that should be there, as the node's own tools print them. */
  readonly expected: readonly string[]
  /** Lines that are there instead, or that should not be. */
  readonly actual: readonly string[]
}

/** Chains of a table that no component modelled here writes, and that were not judged. */
export interface ForeignChains {
  readonly family: 4 | 6
  readonly table: string
  /** Where packets come to them. */
  readonly from: string
  readonly chains: readonly string[]
  readonly rules: number
}

/** What a node has against what it should have. */
export interface Drift {
  readonly apiVersion: 'kubewalk.dev/v1alpha1'
  readonly kind: 'Drift'
  readonly node: string
  readonly entries: readonly DriftEntry[]
  readonly foreign: readonly ForeignChains[]
  /** What was not compared, and why. */
  readonly notes: readonly string[]
}
