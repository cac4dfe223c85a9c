import type { Ip } from '../base/ip.ts'
import type { Network, Segment, SegmentPort } from '../model/network.ts'
import type { Attachment } from './link.ts'
import { segmentOf, statedOwner } from './segment.ts'

/**
 * Whether the device's segment takes a packet with this source from it. A cloud that checks sources drops what is none of
 * the addresses that it has given to the interface.
 */
export function isTakenFrom(network: Network, from: Attachment, source: Ip): boolean {
  const [port, segment] = cloudPort(network, from) ?? []
  if (!port?.checksSource || !segment) return true
  const owner = statedOwner(segment, source)
  return owner?.netns === port.netns && owner.device === port.device
}

/** The address that is asked for on the wire: the next hop's, or the destination's where the network does without a router. */
export function askedFor(network: Network, from: Attachment, destination: Ip, nextHop: Ip): Ip {
  const [port, segment] = cloudPort(network, from) ?? []
  return port?.skipsRouter && segment && statedOwner(segment, destination) ? destination : nextHop
}

/** The port of a device that a cloud's network treats in its own way. */
function cloudPort(
  network: Network,
  { netns, device }: Attachment,
): readonly [SegmentPort, Segment] | undefined {
  if (device.type !== 'ethernet') return undefined
  const segment = segmentOf(network, device.segment)
  const port = cloudPorts(segment).get(`${netns.id} ${device.name}`)
  return port && [port, segment]
}

const cloudIndexes = new WeakMap<Segment, ReadonlyMap<string, SegmentPort>>()

function cloudPorts(segment: Segment): ReadonlyMap<string, SegmentPort> {
  const known = cloudIndexes.get(segment)
  if (known) return known
  const made = new Map(
    segment.ports
      .filter((port) => port.checksSource || port.skipsRouter)
      .map((port) => [`${port.netns} ${port.device}`, port]),
  )
  cloudIndexes.set(segment, made)
  return made
}
