import { invariant } from '../base/invariant.ts'
import { formatIp } from '../base/ip.ts'
import type { Device } from '../model/network.ts'
import { isTakenFrom } from './cloud-network.ts'
import { passDevice } from './filter-program.ts'
import type { Flight, Outcome, Walk } from './flight.ts'
import { lose, stop, stopTooBig } from './flight.ts'
import { stackError } from './icmp-error.ts'
import type { FrameWay } from './link.ts'
import { deviceOf } from './link.ts'
import { resolveNeighbor } from './neighbor.ts'
import { pathMtu } from './path-mtu.ts'
import { segmentOf } from './segment.ts'
import { dropFrame, fragment, frameLength, linkMtu } from './size.ts'
import { sendFrameInside } from './tunnel/frame-tunnel.ts'
import { tunnelOf } from './tunnel/tunnel.ts'
import { unanswered } from './unanswered.ts'

/** The packet leaves by its way's device: over loopback, into a tunnel, or as a frame to a neighbour. */
export function transmit(walk: Walk, flight: Flight): readonly Outcome[] {
  const { netns, way, packet } = flight
  invariant(way, 'a packet is transmitted after it is routed')
  const device = deviceOf(netns, way.device)
  if (!device || device.down) return lose(walk, flight, 'device', `device ${way.device} is down or missing`)
  if (device.type === 'loopback') return loopBack(walk, flight, device)
  if (device.type === 'dummy') return lose(walk, flight, 'device', `dummy device ${device.name} swallows it`)
  if (device.type === 'other') {
    const text = `device ${device.name} is of a kind that is not modelled: ${device.kind}`
    return walk.end(stop(flight, 'not-modelled', text), { type: 'unknown' })
  }
  const mtu = mtuOf(walk, flight, linkMtu(way.route, device))
  if (frameLength(packet) > mtu) {
    if (packet.dontFragment) return tooBig(walk, flight, device.name, mtu)
    return sendFrame(walk, fragment(flight, mtu), device)
  }
  return sendFrame(walk, flight, device)
}

/** ip_skb_dst_mtu: the namespace's own packets also keep to what it has learnt about the way. */
function mtuOf(walk: Walk, { in: cameIn, state, netns, packet }: Flight, link: number): number {
  if (cameIn !== undefined) return link
  return Math.min(link, pathMtu(state, netns, packet.dst, walk.now) ?? link)
}

/** loopback_xmit: the packet comes back in at once and keeps its mark and its conntrack entry. */
function loopBack(walk: Walk, flight: Flight, device: Device): readonly Outcome[] {
  const looped: Flight = { ...flight, way: undefined, physicalIn: undefined }
  return walk.arrive(walk, looped, { at: { netns: flight.netns, device }, mac: device.mac })
}

/** A packet that may not be fragmented: an error to its sender, who may be this namespace itself. */
function tooBig(walk: Walk, flight: Flight, device: string, mtu: number): readonly Outcome[] {
  const { length } = flight.packet
  const text = `${length} bytes do not fit ${mtu}, and it may not be fragmented`
  const stopped = stopTooBig(flight, { device, length, mtu }, text)
  if (flight.in === undefined) return walk.end(stopped, { type: 'failed', errno: 'EMSGSIZE' })
  const answer = stackError(flight.packet, 'tooBig', mtu)
  return walk.end(stopped, answer ? { type: 'answered', answer } : { type: 'lost' })
}

function sendFrame(walk: Walk, flight: Flight, device: Device): readonly Outcome[] {
  const { netns, way, packet } = flight
  const ip = way?.via ?? packet.dst
  const tunnel = tunnelOf(device)
  if (tunnel) return tunnel.encapsulate(walk, flight, ip)
  if (!isTakenFrom(walk.network, { netns, device }, packet.src)) {
    const text = `the network drops what leaves ${device.name} with the source ${formatIp(packet.src)}: it is none of that interface's addresses`
    return lose(walk, flight, 'source-check', text)
  }
  const mtu = device.type === 'ethernet' ? segmentOf(walk.network, device.segment).mtu : undefined
  if (mtu !== undefined && frameLength(packet) > mtu) {
    return dropFrame(walk, flight, { name: `the network of ${device.name}`, mtu })
  }
  const target = resolveNeighbor(walk.network, { netns, device }, ip)
  if (!target) return unanswered(walk, flight, device.name, ip)
  return passDevice(walk, flight, device, 'sent', (passed) => cross(walk, passed, target, device.mac))
}

/**
 * The frame leaves the device, onto a wire or into a tunnel. Conntrack's entry stays behind; the mark only stays with
 * a packet that comes out of a veth pair in the same namespace (skb_scrub_packet).
 */
export function cross(
  walk: Walk,
  flight: Flight,
  way: FrameWay,
  frameSource: string | undefined,
): readonly Outcome[] {
  if ('tunnel' in way) return sendFrameInside(walk, flight, way.tunnel, { to: way.mac, from: frameSource })
  const { state, netns, weight, trail, quiet, passed, assumptions } = flight
  const keepsMark = flight.packet.mark === 0 || way.at.netns.id === netns.id
  const packet = keepsMark ? flight.packet : { ...flight.packet, mark: 0 }
  const left = { tracking: undefined, in: undefined, physicalIn: undefined, frameSource, way: undefined }
  return walk.arrive(walk, { packet, state, netns, weight, ...left, trail, quiet, passed, assumptions }, way)
}
