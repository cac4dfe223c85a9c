import type { LabelMiss } from './label-expression.ts'
import type { Path } from './policy.ts'

/**
 * What a rule wants otherwise: labels of the other end or of its namespace; the namespace itself; the other end is no
 * endpoint that selectors know; its address is outside a block or in one of its exceptions; it is one that the rule
 * leaves out; its group; its service account; the port, by number or by name; anything else of the header; there is no
 * rule at all; a condition that is not modelled.
 */
export type MissType =
  | 'label'
  | 'namespace-label'
  | 'namespace'
  | 'no-endpoint'
  | 'block'
  | 'except'
  | 'left-out'
  | 'entity'
  | 'service-account'
  | 'port'
  | 'port-name'
  | 'header'
  | 'no-rule'
  | 'not-modelled'

/** One thing about a packet that a rule wants otherwise. */
export interface Miss {
  readonly type: MissType
  /** In words, without a full stop: "namespace bank lacks label `team=finance` (it has `team=financ`)". */
  readonly text: string
  /** Where the policy says what it wants. */
  readonly path: Path
  /** Of labels: which, and what it should be. */
  readonly label?: LabelMiss
}
