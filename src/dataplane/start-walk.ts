import { invariant } from '../base/invariant.ts'
import type { Packet } from '../base/packet.ts'
import type { Netns, NetnsId, Network } from '../model/network.ts'
import type { Flight, Walk } from './flight.ts'
import { arrive } from './receive.ts'
import { send } from './send.ts'
import type { DataplaneState } from './state.ts'

/** What packets are walked against, beside the network. */
export interface WalkOptions {
  readonly state: DataplaneState
  /** The clock, in milliseconds. */
  readonly now: number
  /** Record every rule that was looked at. */
  readonly recordMisses?: boolean
  /** Takes one side of each fork; gets the probability that a rule matches. */
  readonly choose?: (probability: number) => boolean
}

/** A walk that ends in the given way. */
export function startWalk(network: Network, options: WalkOptions, end: Walk['end']): Walk {
  const { now, recordMisses, choose } = options
  return { network, now, recordMisses: recordMisses ?? false, ...(choose && { choose }), end, arrive, send }
}

/** What no packet has when it is sent. */
const atStart = {
  tracking: undefined,
  in: undefined,
  physicalIn: undefined,
  frameSource: undefined,
  way: undefined,
  trail: undefined,
  quiet: false,
  passed: 0,
} as const

/** A packet at its sender, before anything has happened. */
export function firstFlight(netns: Netns, packet: Packet, state: DataplaneState): Flight {
  return { packet, state, netns, weight: 1, ...atStart, assumptions: [] }
}

/** A new packet from where the last one ended, with the same state and the same share. */
export function nextFlight(flight: Flight, packet: Packet): Flight {
  const { state, netns, weight, assumptions } = flight
  return { packet, state, netns, weight, ...atStart, assumptions }
}

/** A namespace that has to be there. */
export function namespaceOf(network: Network, id: NetnsId): Netns {
  const netns = network.namespaces.get(id)
  invariant(netns, `namespace ${id} does not exist`)
  return netns
}
