import type { Device, PacketFilter } from '../model/network.ts'
import type { ConnectionState, DeviceView } from '../netfilter/match/match.ts'
import { track } from './conntrack.ts'
import type { Flight, Next, Outcome, Walk } from './flight.ts'
import { note, stop } from './flight.ts'

/** A filter that is asked, what it may know of the packet's devices, and what conntrack says of its connection. */
interface Asked {
  readonly filter: PacketFilter
  readonly devices: DeviceView
  readonly state: ConnectionState | undefined
}

/** A program that stands beside the rules judges the packet, if no connection that it knows has the packet. */
export function runFilter(
  walk: Walk,
  flight: Flight,
  { filter, devices, state }: Asked,
  next: Next,
): readonly Outcome[] {
  if (state === 'ESTABLISHED' || state === 'RELATED') return next(flight)
  const {
    action,
    judged,
    text = 'no policy allows it',
  } = filter.judge(flight.packet, devices, flight.tracking?.connection?.original)
  if (action === 'accept' && judged.length === 0) return next(flight)
  const { name: program, at } = filter
  const asked = note(flight, { type: 'filtered', program, at, action, judged })
  switch (action) {
    case 'accept':
      return next(asked)
    case 'drop':
      return walk.end(stop(asked, 'filter', `${program}: ${text}`), { type: 'lost' })
    case 'unknown':
      return walk.end(stop(asked, 'not-modelled', `${program}: ${text}`), { type: 'unknown' })
    default:
      return action satisfies never
  }
}

/** Runs the packet through the programs at a device, which see it as it is on the wire there. */
export function passDevice(
  walk: Walk,
  flight: Flight,
  device: Device,
  side: 'received' | 'sent',
  next: Next,
): readonly Outcome[] {
  const { netns, packet, tracking } = flight
  if (!netns.filters) return next(flight)
  const filters = netns.filters.filter(
    ({ at }) => at.type === 'device' && at.device === device.name && at.side === side,
  )
  if (filters.length === 0) return next(flight)
  // Before PREROUTING conntrack has not seen the packet; what it would say of it is what such programs remember.
  const { state } = tracking ?? track(flight.state, netns, packet, walk.now).tracking
  const devices =
    side === 'received'
      ? { in: device.name, bridged: false }
      : { in: flight.in, out: device.name, bridged: false }
  const ask = (at: number, current: Flight): readonly Outcome[] => {
    const filter = filters[at]
    if (!filter) return next(current)
    return runFilter(walk, current, { filter, devices, state }, (after) => ask(at + 1, after))
  }
  return ask(0, flight)
}
