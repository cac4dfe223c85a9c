import type { ObjectRef } from '../base/source.ts'
import type { Disposition } from './trace.ts'

/** What becomes different for packets between two states of a cluster, and nothing else. */
export interface ClusterDiff {
  readonly apiVersion: 'kubewalk.dev/v1alpha1'
  readonly kind: 'Diff'
  readonly connections: readonly ConnectionChange[]
  readonly names: readonly NameChange[]
  /** Objects of which the two differ, whether or not any connection does. */
  readonly objects: readonly ObjectChange[]
}

/** One object that is in one of the two alone, or says another thing there. */
export interface ObjectChange {
  readonly change: 'added' | 'removed' | 'changed'
  /** As it is afterwards; for one that was removed, as it was. */
  readonly object: ObjectRef
}

/** `appears`: it is reached afterwards alone. `disappears`: it was reached before alone. */
export type ConnectionChangeKind = 'appears' | 'disappears' | 'changes'

/** One connection that is not as it was. */
export interface ConnectionChange {
  readonly change: ConnectionChangeKind
  /** As FROM and TO of a trace name them. */
  readonly from: string
  readonly to: string
  readonly protocol: string
  /** How many pairs of endpoints it stands for, with these as their example. */
  readonly pairs: number
  /** Absent where an end of it was not there. */
  readonly before?: ConnectionState
  readonly after?: ConnectionState
  /** What of it is different. */
  readonly what: readonly ('disposition' | 'backends' | 'source' | 'path')[]
  /** The changed objects that decide it, as far as they are known. */
  readonly because: readonly ObjectRef[]
}

/** How a connection goes. */
export interface ConnectionState {
  readonly disposition: Disposition
  /** How its ways end, each once. */
  readonly ways: readonly Disposition[]
  /** Who answers, by `namespace/name` of pods or by address. */
  readonly backends: readonly string[]
  /** The sources that are seen there: `its own address`, or another. */
  readonly sources: readonly string[]
  /** The machines between the two ends, one line a way: `node/worker node/worker2`. */
  readonly paths: readonly string[]
}

/** A name of which the cluster's DNS gives another answer. */
export interface NameChange {
  readonly name: string
  /** The addresses, or what came instead of an answer: `NXDOMAIN`. */
  readonly before: string
  readonly after: string
}
