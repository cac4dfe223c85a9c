import { invariant } from '../base/invariant.ts'
import { formatCidr, isLoopback } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { packetFamily } from '../base/packet.ts'
import { bridgeReceive } from './bridge.ts'
import { deliver } from './deliver.ts'
import { passDevice } from './filter-program.ts'
import type { Flight, Outcome, Walk } from './flight.ts'
import { lose, note, stop } from './flight.ts'
import { forward } from './forward.ts'
import { stackError } from './icmp-error.ts'
import type { FrameTarget } from './link.ts'
import { deviceOf } from './link.ts'
import { takeRoute } from './output-route.ts'
import { sourceFault } from './reverse-path.ts'
import { lookUpRoute } from './routing.ts'
import { runHook } from './run-hook.ts'
import { dropFrame, takesFrame } from './size.ts'
import { deviceSwitch, forwards } from './sysctl.ts'
import type { OuterPacket, Tunnel } from './tunnel/kind.ts'
import { isOuter, tunnelEnd } from './tunnel/tunnel.ts'

/** More namespaces than this on one packet's way: something goes round without losing TTL. */
const passLimit = 512

/** A frame reaches a device: a bridge port hands it to its bridge, any other to the namespace's IP layer. */
export function arrive(walk: Walk, flight: Flight, { at, mac }: FrameTarget): readonly Outcome[] {
  const { netns, device } = at
  const onBridge = device.master !== undefined
  const passed = flight.passed + 1
  const came: Flight = { ...flight, netns, passed, in: onBridge ? undefined : device.name }
  if (!takesFrame(device, flight.packet)) return dropFrame(walk, came, device)
  if (passed > passLimit) return lose(walk, came, 'ttl', 'it goes round for ever')
  const received = onBridge
    ? came
    : note(came, { type: 'received', packet: came.packet, device: device.name })
  return passDevice(walk, received, device, 'received', (seen) => {
    if (onBridge) return bridgeReceive(walk, seen, device, mac, routeUp)
    // ip_rcv: PACKET_OTHERHOST.
    if (mac !== device.mac) return lose(walk, seen, 'device', `the frame is for ${mac}, another device`)
    return ipReceive(walk, seen)
  })
}

/** The bridge hands a frame up to be routed; with br_netfilter PREROUTING has run already. */
function routeUp(walk: Walk, flight: Flight, prerouted: boolean): readonly Outcome[] {
  return prerouted ? routeInput(walk, flight) : ipReceive(walk, flight)
}

/** Mirrors ip_rcv and ip_rcv_finish: PREROUTING, then the routing decision. */
function ipReceive(walk: Walk, flight: Flight): readonly Outcome[] {
  return runHook(walk, flight, 'PREROUTING', (passed) => routeInput(walk, passed))
}

/** Mirrors ip_route_input_slow: martians, the route, the source's plausibility, and whether to forward at all. */
function routeInput(walk: Walk, flight: Flight): readonly Outcome[] {
  const { netns, packet, in: inDevice } = flight
  invariant(inDevice !== undefined, 'a received packet has a device')
  const isLo = deviceOf(netns, inDevice)?.type === 'loopback'
  if (!isLo) {
    const martian = martianOf(flight, packet, inDevice)
    if (martian) return lose(walk, flight, martian.reason, martian.text)
  }
  const { dst, src, mark } = packet
  const route = lookUpRoute(netns, { dst, src, in: inDevice, mark })
  if (route?.type === 'local' || route?.type === 'broadcast') {
    const fault = isLo ? undefined : sourceFault(netns, packet, inDevice)
    if (fault) return lose(walk, flight, fault, faultText(fault))
    return localInput(walk, note(flight, { type: 'local', device: inDevice }))
  }
  if (!forwards(netns, inDevice, packetFamily(packet))) {
    return lose(walk, flight, 'forwarding-off', `forwarding is off (net.ipv4.ip_forward=0)`)
  }
  if (!route) return unreachable(walk, flight, 'netUnreachable', 'no route to the destination')
  if (route.type === 'blackhole') {
    return lose(walk, flight, 'blackhole', `blackhole route ${formatCidr(route.destination)}`)
  }
  if (route.type === 'unreachable') return unreachable(walk, flight, 'hostUnreachable', 'unreachable route')
  if (route.type === 'prohibit') return unreachable(walk, flight, 'prohibited', 'prohibit route')
  const fault = sourceFault(netns, packet, inDevice)
  if (fault) return lose(walk, flight, fault, faultText(fault))
  return takeRoute(walk, flight, route, false, (routed) => forward(walk, routed))
}

function martianOf(flight: Flight, { src, dst }: Packet, inDevice: string) {
  if (typeof dst !== 'number') {
    return isLoopback(src) || isLoopback(dst)
      ? { reason: 'martian-source' as const, text: '::1 never comes from outside' }
      : undefined
  }
  const localnet = deviceSwitch(flight.netns, inDevice, 'route_localnet')
  if (isLoopback(src) && !localnet) {
    return { reason: 'martian-source' as const, text: 'source 127.0.0.0/8 from outside' }
  }
  return isLoopback(dst) && !localnet
    ? { reason: 'martian-destination' as const, text: '127.0.0.0/8 from outside (route_localnet=0)' }
    : undefined
}

function faultText(fault: 'martian-source' | 'reverse-path'): string {
  return fault === 'martian-source'
    ? 'the source address is one of its own'
    : 'rp_filter: the way back to the source is another device'
}

function unreachable(
  walk: Walk,
  flight: Flight,
  name: 'netUnreachable' | 'hostUnreachable' | 'prohibited',
  text: string,
): readonly Outcome[] {
  const stopped = stop(flight, 'no-route', text)
  const answer = stackError(flight.packet, name)
  return walk.end(stopped, answer ? { type: 'answered', answer } : { type: 'lost' })
}

/** Mirrors ip_local_deliver: INPUT, then a tunnel device or the sockets. */
function localInput(walk: Walk, flight: Flight): readonly Outcome[] {
  return runHook(walk, flight, 'INPUT', (passed) => {
    const { netns, packet } = passed
    if (!isOuter(packet)) return deliver(walk, passed)
    const tunnel = tunnelEnd(netns, packet)
    return tunnel ? decapsulate(walk, passed, packet, tunnel) : deliver(walk, passed)
  })
}

/** What is inside comes in by the tunnel device: a packet of its own, or a frame if it is addressed to the device. */
function decapsulate(
  walk: Walk,
  flight: Flight,
  outer: OuterPacket,
  { device, unwrap }: Tunnel,
): readonly Outcome[] {
  const opened = note(flight, { type: 'decapsulated', device: device.name, inner: outer.tunnel.inner })
  const unwrapped = unwrap(outer)
  if (unwrapped.type === 'lost') return lose(walk, opened, unwrapped.reason, unwrapped.text)
  const { inner: packet, mac, frameSource } = unwrapped
  const fresh = { tracking: undefined, way: undefined, physicalIn: undefined, frameSource }
  if (mac !== undefined && device.master !== undefined) {
    return bridgeReceive(walk, { ...opened, ...fresh, packet, in: undefined }, device, mac, routeUp)
  }
  if (mac !== undefined && mac !== device.mac)
    return lose(walk, opened, 'no-neighbor', `frame for ${mac}, which ${device.name} is not`)
  return ipReceive(walk, { ...opened, ...fresh, packet, in: device.name })
}
