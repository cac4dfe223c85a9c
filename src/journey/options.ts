import type { Load } from '../dataplane/load.ts'
import type { DataplaneState } from '../dataplane/state.ts'
import type { Choose } from './sampling.ts'

/** How a trace is made, beside what is asked. */
export interface TraceOptions {
  readonly state: DataplaneState
  /** The clock, in milliseconds. */
  readonly now: number
  /** Record every rule that was looked at. */
  readonly recordMisses?: boolean
  /** Takes one side of each fork. */
  readonly choose?: Choose
  /** How much is sent each way; small packets alone, if left out. */
  readonly load?: Load
  /** Close TCP connections when they have been answered. */
  readonly close?: boolean
}

/** The first ephemeral port; so that a request without one gives the same answer each time. */
export const defaultSourcePort = 40000
