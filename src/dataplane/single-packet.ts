import { invariant } from '../base/invariant.ts'
import type { Packet } from '../base/packet.ts'
import type { NetnsId, Network } from '../model/network.ts'
import type { Exchange } from './exchange.ts'
import { afterFirst } from './exchange.ts'
import type { Outcome } from './flight.ts'
import { note } from './flight.ts'
import { frameWay } from './frame-way.ts'
import { deviceOf } from './link.ts'
import { send } from './send.ts'
import type { WalkOptions } from './start-walk.ts'
import { firstFlight, namespaceOf, startWalk } from './start-walk.ts'
import { cross } from './transmit.ts'

/**
 * One packet on its own, as a raw socket would send it: a lone ACK or RST, a datagram that nobody answers. It is
 * `reached` when it comes to the sockets of a namespace, whether or not one takes it; errors are walked back.
 */
export function sendPacket(
  network: Network,
  from: NetnsId,
  packet: Packet,
  options: WalkOptions,
): readonly Outcome[] {
  const work: Exchange = { network, from, options, answers: false }
  const walk = startWalk(network, options, (flight, end) => afterFirst(work, flight, end))
  return send(walk, firstFlight(namespaceOf(network, from), packet, options.state))
}

/** Where a frame is put on a wire: the device that it leaves by, and the address on it. */
export interface WireEnd {
  readonly netns: NetnsId
  readonly device: string
  /** The destination address of the frame. */
  readonly mac: string
}

/** Puts a packet on a wire past all of the sender's own checks, as a packet socket does. */
export function putOnWire(
  network: Network,
  { netns: from, device: name, mac }: WireEnd,
  packet: Packet,
  options: WalkOptions,
): readonly Outcome[] {
  const netns = namespaceOf(network, from)
  const device = deviceOf(netns, name)
  invariant(device, `device ${name} of ${from} does not exist`)
  const target = frameWay(network, { netns, device }, mac)
  invariant(target, `no wire leads from ${name} of ${from} to ${mac}`)
  const work: Exchange = { network, from, options, answers: false }
  const walk = startWalk(network, options, (flight, end) => afterFirst(work, flight, end))
  const start = firstFlight(netns, packet, options.state)
  return cross(walk, note(start, { type: 'sent', packet, device: name }), target, device.mac)
}
