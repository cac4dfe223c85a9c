import type { Packet } from '../base/packet.ts'
import { isIcmp } from '../base/packet.ts'
import type { Listener, Netns } from '../model/network.ts'
import type { ListenerRef } from '../model/trace.ts'
import type { End, Flight, Outcome, Walk } from './flight.ts'
import { note } from './flight.ts'

/** The packet has passed INPUT: which socket takes it? Replies and ICMP find theirs by the walk that awaits them. */
export function deliver(walk: Walk, flight: Flight): readonly Outcome[] {
  const { netns, packet } = flight
  const listener = isIcmp(packet.protocol) ? undefined : listenerFor(netns, packet)
  const end: End = listener ? { type: 'delivered', listener } : { type: 'delivered' }
  if (flight.quiet) return walk.end(flight, end)
  const step = {
    type: 'delivered' as const,
    packet,
    ...(listener && { listener: listenerRef(listener) }),
  }
  return walk.end(note(flight, step), end)
}

/** Mirrors inet_lookup_listener: an exact address beats any, a stated socket an assumed one. */
export function listenerFor(netns: Netns, packet: Packet): Listener | undefined {
  let best: Listener | undefined
  for (const listener of netns.listeners) {
    if (takes(listener, packet) && (!best || exactness(listener) > exactness(best))) best = listener
  }
  return best
}

function takes(listener: Listener, { protocol, dst, dport }: Packet): boolean {
  const { port } = listener
  return listener.protocol === protocol && (port === 'any' || port === dport) && listensOn(listener, dst)
}

function exactness({ port, address, assumed }: Listener): number {
  return (port === 'any' ? 0 : 4) + (typeof address === 'string' ? 0 : 2) + (assumed ? 0 : 1)
}

function listensOn({ address }: Listener, dst: Packet['dst']): boolean {
  if (address === 'any') return true
  if (address === 'any4') return typeof dst === 'number'
  if (address === 'any6') return typeof dst === 'bigint'
  return address === dst
}

const references = new WeakMap<Listener, ListenerRef>()

/** What outcomes say of a listener; made once for each. */
export function listenerRef(listener: Listener): ListenerRef {
  const known = references.get(listener)
  if (known) return known
  const { owner, assumed, label, application } = listener
  const made = {
    ...(owner && { owner }),
    assumed: assumed ?? false,
    ...(label !== undefined && { label }),
    ...(application && { application }),
  }
  references.set(listener, made)
  return made
}
