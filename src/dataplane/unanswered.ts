import type { Ip } from '../base/ip.ts'
import type { Flight, Outcome, Walk } from './flight.ts'
import { note, stop } from './flight.ts'
import { stackError } from './icmp-error.ts'

/** arp_error_report: nobody answered for three seconds, and the sender is told. */
export function unanswered(walk: Walk, flight: Flight, device: string, ip: Ip): readonly Outcome[] {
  const asked = note(flight, { type: 'neighbor', ip, device, found: false })
  const stopped = stop(asked, 'no-neighbor', 'nobody answers for the next hop')
  if (flight.in === undefined) return walk.end(stopped, { type: 'failed', errno: 'EHOSTUNREACH' })
  const answer = stackError(flight.packet, 'hostUnreachable')
  return walk.end(stopped, answer ? { type: 'answered', answer } : { type: 'lost' })
}
