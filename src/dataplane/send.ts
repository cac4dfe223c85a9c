import type { Packet } from '../base/packet.ts'
import { packetFamily } from '../base/packet.ts'
import type { Flight, Outcome, Walk } from './flight.ts'
import { note, stop } from './flight.ts'
import { unspecified } from './icmp-error.ts'
import { routeOutput, takeRoute } from './output-route.ts'
import { runHook } from './run-hook.ts'
import { transmit } from './transmit.ts'

/**
 * The namespace sends a packet of its own. Mirrors ip_queue_xmit and ip_local_out: routed first, which also
 * chooses the source address if none is bound, then OUTPUT, then POSTROUTING. `routeMark` is the mark that routing
 * sees first, if it is not the packet's.
 */
export function send(walk: Walk, flight: Flight, routeMark = flight.packet.mark): readonly Outcome[] {
  const { packet } = flight
  const bound = packet.src !== unspecified(packetFamily(packet))
  const key = { dst: packet.dst, mark: routeMark, ...(bound && { src: packet.src }) }
  const found = routeOutput(flight, key)
  if (found.type === 'error') {
    const { errno, text } = found
    const sent = note(flight, { type: 'sent', packet, device: '' })
    return walk.end(stop(sent, errno === 'EINVAL' ? 'blackhole' : 'no-route', text), {
      type: 'failed',
      errno,
    })
  }
  const sourced: Packet = { ...packet, src: found.source }
  const device = found.route.type === 'local' ? 'lo' : (found.route.nextHops[0]?.device ?? 'lo')
  const sent = note({ ...flight, packet: sourced }, { type: 'sent', packet: sourced, device })
  const source = bound ? undefined : found.source
  return takeRoute(walk, sent, found.route, false, (routed) => output(walk, routed), source)
}

/** OUTPUT and POSTROUTING; the way may change in between. */
function output(walk: Walk, flight: Flight): readonly Outcome[] {
  return runHook(walk, flight, 'OUTPUT', (passed) =>
    runHook(walk, passed, 'POSTROUTING', (leaving) => transmit(walk, leaving)),
  )
}
