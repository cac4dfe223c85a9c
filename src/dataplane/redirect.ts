import type { Ip } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { packetFamily } from '../base/packet.ts'
import { attachedTo } from './conntrack.ts'
import type { Flight, Next, Outcome, Walk } from './flight.ts'
import { note } from './flight.ts'
import { icmpError } from './icmp-error.ts'
import type { Peer } from './icmp-rate.ts'
import { peerOf, storePeer } from './icmp-rate.ts'
import { lookUpRoute } from './routing.ts'
import { deviceSwitch } from './sysctl.ts'

/** ip_rt_redirect_load, _number and _silence: the times in milliseconds. */
const load = 20
const most = 9
const silence = load << 10

/**
 * Mirrors ip_rt_send_redirect: a packet that leaves by the device that it came in by tells its sender, if that is a
 * neighbour there, of the shorter way. The redirect is a packet of its own; the packet goes on after it. That the
 * sender would follow it is not modelled.
 */
export function redirectThen(walk: Walk, flight: Flight, next: Next): readonly Outcome[] {
  const via = shorterWay(flight)
  if (via === undefined) return next(flight)
  const about = icmpError(flight.packet, { type: 5, code: 1 })
  if (!about) return next(flight)
  const { state, allowed } = mayRedirect(flight, about, walk.now)
  const rationed: Flight = { ...flight, state }
  if (!allowed) return next(rationed)
  const end: Walk['end'] = (ended, { type }) => {
    const arrived = type === 'delivered'
    const after: Flight = { ...rationed, state: ended.state, weight: ended.weight }
    return next(note(after, { type: 'redirect', to: flight.packet.dst, via, arrived }))
  }
  return walk.send({ ...walk, end }, redirectFlight(rationed, about))
}

function redirectFlight(flight: Flight, packet: Packet): Flight {
  const { tracking } = flight
  const bare = {
    in: undefined,
    physicalIn: undefined,
    frameSource: undefined,
    way: undefined,
    trail: undefined,
    quiet: true,
  }
  return { ...flight, ...bare, packet, tracking: attachedTo(tracking), passed: 0 }
}

/** The gateway or neighbour that the sender could have used itself (__mkroute_input, IPSKB_DOREDIRECT). */
function shorterWay({ netns, packet, way, in: inDevice }: Flight): Ip | undefined {
  if (!way || way.device !== inDevice || packetFamily(packet) !== 4) return undefined
  if (!deviceSwitch(netns, inDevice, 'send_redirects')) return undefined
  const back = lookUpRoute(netns, { dst: packet.src, src: packet.dst, mark: 0 })
  const isNeighbor = back?.nextHops.some((hop) => hop.device === inDevice && hop.via === undefined)
  return isNeighbor ? (way.via ?? packet.dst) : undefined
}

/** Redirects share their clock with the ration of errors, so that one uses up what an error would need. */
function mayRedirect({ state, netns }: Flight, about: Packet, now: number) {
  const known = peerOf(state, netns, about, now)
  const peer: Peer = now > known.last + silence ? { ...known, tokens: 0, redirects: 0 } : known
  const { redirects, last } = peer
  const allowed = redirects < most && (redirects === 0 || now > last + (load << redirects))
  const changed: Peer = allowed
    ? { ...peer, last: now, redirects: redirects + 1 }
    : redirects < most
      ? peer
      : { ...peer, last: now }
  return { state: storePeer(state, netns, about, changed), allowed }
}
