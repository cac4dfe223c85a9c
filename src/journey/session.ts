import type { DataplaneState } from '../dataplane/state.ts'
import type { Journey, JourneyRequest } from '../model/journey.ts'
import { defaultSourcePort } from './options.ts'
import { seededChoice } from './sampling.ts'
import { trace } from './trace.ts'
import type { World } from './world.ts'

/** How often a request is made, one after the other. */
export interface SessionOptions {
  readonly count: number
  /** Decides the random choices; 1, if left out. */
  readonly seed?: number
  /** Milliseconds from one connection to the next; one second, if left out. */
  readonly interval?: number
  /** What the network remembers at the start. */
  readonly state: DataplaneState
  readonly recordMisses?: boolean
}

/** The last ephemeral port (net.ipv4.ip_local_port_range); then the kernel begins again at the first. */
const ephemeral = { first: 32768, last: 60999 }

/**
 * The same request again and again, each time from a new source port unless it states one: what one connection
 * leaves behind (conntrack entries, affinity, the counters of `nth`) the next one finds. TCP connections are
 * closed before the next begins.
 */
export function traceSession(
  world: World,
  request: JourneyRequest,
  { count, seed = 1, interval = 1000, state, recordMisses = false }: SessionOptions,
): readonly Journey[] {
  const choose = seededChoice(seed)
  let current = state
  return Array.from({ length: count }, (_, index) => {
    const sport = request.sport ?? ephemeralPort(index)
    const { journey, states } = trace(
      world,
      { ...request, sport },
      { state: current, now: index * interval, choose, recordMisses, close: true },
    )
    current = states[0] ?? current
    return journey
  })
}

function ephemeralPort(index: number): number {
  const size = ephemeral.last - ephemeral.first + 1
  return ephemeral.first + ((defaultSourcePort - ephemeral.first + index) % size)
}
