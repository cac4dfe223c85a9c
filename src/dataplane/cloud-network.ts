import type { Ip } from '../base/ip.ts'
import type { Network, Segment } from '../model/network.ts'
import type { Attachment } from './link.ts'
import { segmentOf, statedOwner } from './segment.ts'

/**
 * Whether the device's segment takes a packet with this source from it. A cloud that checks sources drops what is none of
 * the addresses that it has given to the interface.
 */
export function isTakenFrom(network: Network, { netns, device }: Attachment, source: Ip): boolean {
  if (device.type !== 'ethernet') return true
  const segment = segmentOf(network, device.segment)
  if (!checkedDevices(segment).has(`${netns.id} ${device.name}`)) return true
  const owner = statedOwner(segment, source)
  return owner?.netns === netns.id && owner.device === device.name
}

const indexes = new WeakMap<Segment, ReadonlySet<string>>()

/** The devices on the segment whose sources are checked. */
function checkedDevices(segment: Segment): ReadonlySet<string> {
  const known = indexes.get(segment)
  if (known) return known
  const checked = segment.ports.filter((port) => port.checksSource)
  const made = new Set(checked.map(({ netns, device }) => `${netns} ${device}`))
  indexes.set(segment, made)
  return made
}
