import type { Ip } from '../../base/ip.ts'
import type { Packet, TunnelHeader } from '../../base/packet.ts'
import type { Device } from '../../model/network.ts'
import type { StopReason } from '../../model/trace.ts'
import type { Flight, Outcome, Walk } from '../flight.ts'

/** A tunnel's packet as its receiver sees it: the outer headers, and what is inside. */
export type OuterPacket = Packet & { readonly tunnel: TunnelHeader }

/** What comes out of a tunnel, `mac` and `frameSource` with a frame, or why nothing does. */
export type Unwrapped =
  | { readonly type: 'packet'; readonly inner: Packet; readonly mac?: string; readonly frameSource?: string }
  | { readonly type: 'lost'; readonly reason: StopReason; readonly text: string }

/** A tunnel device: how it wraps a packet, which outer packets it takes, what comes out. */
export interface Tunnel {
  readonly device: Device
  /** A packet leaves by the device; `nextHop` is the route's gateway, or its own destination. */
  readonly encapsulate: (walk: Walk, flight: Flight, nextHop: Ip) => readonly Outcome[]
  /** How exactly the device fits an outer packet that has arrived; of several the highest takes it. */
  readonly claim: (outer: OuterPacket) => number | undefined
  readonly unwrap: (outer: OuterPacket) => Unwrapped
}
