import type { Style } from '../style.ts'

/** How what a person reads is laid out. */
export interface ReachTextOptions {
  readonly columns: number
  readonly style: Style
}
