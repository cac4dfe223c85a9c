import type { Ip } from '../../base/ip.ts'
import { formatIp } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import { packetFamily } from '../../base/packet.ts'
import type { Route } from '../../model/network.ts'
import type { Flight, Outcome, Walk } from '../flight.ts'
import { lose, note } from '../flight.ts'
import { unspecified } from '../icmp-error.ts'
import { deviceOf } from '../link.ts'
import { routeOutput } from '../output-route.ts'
import { pathMtu } from '../path-mtu.ts'
import { frameLength, linkMtu } from '../size.ts'
import type { OuterPacket } from './kind.ts'
import type { NoRoom } from './room.ts'

/** IP_TUNNEL_RECURSION_LIMIT: more tunnels than this within each other are a loop. */
const nestingLimit = 5

/** How a tunnel's packet is sent. */
export interface OuterOptions {
  /** What to do if the path to the tunnel's end has no room for it; it is cut or lost like any packet, if left out. */
  readonly noRoom?: NoRoom
  /** The mark that the route look-up sees, if it is not the packet's. */
  readonly routeMark?: number
}

/**
 * The tunnel's packet leaves as the namespace's own. Mirrors iptunnel_xmit and udp_tunnel_xmit_skb: conntrack forgets
 * the inner packet (skb_scrub_packet), routing chooses the source if the tunnel states none, and what goes wrong
 * from here on is counted at the device and told to nobody.
 */
export function sendOuter(
  walk: Walk,
  flight: Flight,
  device: string,
  outer: OuterPacket,
  { noRoom, routeMark = outer.mark }: OuterOptions = {},
): readonly Outcome[] {
  if (nesting(outer) > nestingLimit)
    return lose(walk, flight, 'device', `${device}: too many tunnels in tunnels`)
  const bound = outer.src !== unspecified(packetFamily(outer))
  const key = { dst: outer.dst, mark: routeMark, ...(bound && { src: outer.src }) }
  const found = routeOutput(flight, key)
  const end = `the tunnel's end ${formatIp(outer.dst)}`
  if (found.type === 'error') return lose(walk, flight, 'no-route', `${device}: ${found.text} to ${end}`)
  if (found.route.nextHops[0]?.device === device) {
    return lose(walk, flight, 'device', `the way to ${end} leads into ${device} itself`)
  }
  const sourced: OuterPacket = { ...outer, src: found.source }
  const over = sourced.length - mtuTo(walk, flight, found.route, outer.dst)
  const room = over > 0 && noRoom?.(walk, flight, sourced, frameLength(outer.tunnel.inner) - over)
  if (!room) return launch(walk, flight, device, sourced, routeMark)
  return room.type === 'ended' ? room.outcomes : launch(walk, room.flight, device, room.outer, routeMark)
}

/** dst_mtu of the way to the tunnel's end, with what has been learnt of it. */
function mtuTo(walk: Walk, { netns, state }: Flight, route: Route, dst: Ip): number {
  const link = linkMtu(route, deviceOf(netns, route.nextHops[0]?.device ?? 'lo'))
  return Math.min(link, pathMtu(state, netns, dst, walk.now) ?? link)
}

function launch(
  walk: Walk,
  flight: Flight,
  device: string,
  packet: OuterPacket,
  routeMark: number,
): readonly Outcome[] {
  const wrapped = note(flight, { type: 'encapsulated', device, outer: packet })
  const own = { way: undefined, tracking: undefined, in: undefined, physicalIn: undefined }
  return walk.send(deaf(walk), { ...wrapped, ...own, frameSource: undefined, packet }, routeMark)
}

/** A walk whose sender does not hear that its own stack refused to send. */
function deaf(walk: Walk): Walk {
  return {
    ...walk,
    end: (flight, end) => walk.end(flight, end.type === 'failed' ? { type: 'lost' } : end),
  }
}

function nesting({ tunnel }: Packet): number {
  return tunnel ? 1 + nesting(tunnel.inner) : 0
}
