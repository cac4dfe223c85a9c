import { invariant } from '../base/invariant.ts'
import type { Flight, Outcome, Walk } from './flight.ts'
import { stop, stopTooBig } from './flight.ts'
import { stackError } from './icmp-error.ts'
import { deviceOf } from './link.ts'
import { redirectThen } from './redirect.ts'
import { runHook } from './run-hook.ts'
import { frameLength, linkMtu, mayNotBeCut } from './size.ts'
import { transmit } from './transmit.ts'

/** Mirrors ip_forward: the TTL, the MTU, a redirect, then FORWARD and POSTROUTING. A provider's network leaves the TTL alone. */
export function forward(walk: Walk, flight: Flight): readonly Outcome[] {
  const { packet, way, netns } = flight
  invariant(way, 'a packet is forwarded after it is routed')
  if (packet.ttl <= 1 && !netns.keepsTtl) {
    const answer = stackError(packet, 'timeExceeded')
    return walk.end(
      stop(flight, 'ttl', 'its time to live is over'),
      answer ? { type: 'answered', answer } : { type: 'lost' },
    )
  }
  // What it has learnt of the path does not count for what it forwards (net.ipv4.ip_forward_use_pmtu=0).
  const mtu = linkMtu(way.route, deviceOf(netns, way.device))
  if (frameLength(packet) > mtu && mayNotBeCut(packet)) {
    const answer = stackError(packet, 'tooBig', mtu)
    const text = `${packet.length} bytes do not fit ${way.device} (${mtu}), and it may not be fragmented`
    const stopped = stopTooBig(flight, { device: way.device, length: packet.length, mtu }, text)
    return walk.end(stopped, answer ? { type: 'answered', answer } : { type: 'lost' })
  }
  const counted: Flight = netns.keepsTtl ? flight : { ...flight, packet: { ...packet, ttl: packet.ttl - 1 } }
  return way.device === flight.in
    ? redirectThen(walk, counted, (told) => onward(walk, told))
    : onward(walk, counted)
}

function onward(walk: Walk, flight: Flight): readonly Outcome[] {
  return runHook(walk, flight, 'FORWARD', (passed) =>
    runHook(walk, passed, 'POSTROUTING', (leaving) => transmit(walk, leaving)),
  )
}
