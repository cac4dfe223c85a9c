import type { Journey } from '../src/index.ts'
import { isServed } from '../src/index.ts'
import type { ClusterOptions } from './cluster-options.ts'
import type { ExitCode } from './exit-code.ts'
import { exitCode } from './exit-code.ts'

/** The options of `kubewalk trace`. */
export interface TraceCommandOptions extends ClusterOptions {
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'icmp'
  readonly sport?: number
  readonly size?: number
  readonly responseSize?: number
  readonly df?: boolean
  readonly namespace?: string
  readonly output?: 'json' | 'jsonl'
  readonly verbose: number
  readonly ipv4?: boolean
  readonly ipv6?: boolean
  readonly seed?: number
  readonly count?: number
  readonly interval?: number
  readonly group?: boolean
  readonly requests?: string
  readonly resolver?: 'glibc' | 'musl' | 'as-is'
  readonly resolve?: readonly (readonly [name: string, address: string])[]
  readonly method?: string
  readonly header?: readonly string[]
  readonly insecure?: boolean
  /** The device of a dumped node by which the sender's packets reach it. */
  readonly in?: string
}

/** 0 if every way of every journey is served. */
export function codeOf(journeys: readonly Journey[]): ExitCode {
  return journeys.every(({ outcomes }) => outcomes.every(isServed)) ? exitCode.yes : exitCode.no
}
