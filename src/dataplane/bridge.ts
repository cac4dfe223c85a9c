import { invariant } from '../base/invariant.ts'
import { packetFamily } from '../base/packet.ts'
import type { Device } from '../model/network.ts'
import type { DeviceView } from '../netfilter/match/match.ts'
import type { Flight, Outcome, Walk } from './flight.ts'
import { lose, note } from './flight.ts'
import type { BridgePort } from './frame-way.ts'
import { bridgePorts, frameWay, portOfMac } from './frame-way.ts'
import { deviceOf } from './link.ts'
import { resolveNeighbor } from './neighbor.ts'
import { lookUpRoute } from './routing.ts'
import { runHook } from './run-hook.ts'
import { fitPort } from './size.ts'
import { bridgeCallsIptables, forwards } from './sysctl.ts'
import { cross } from './transmit.ts'
import { unanswered } from './unanswered.ts'

/** What happens to a frame for the bridge itself; `prerouted` says whether PREROUTING has run. */
export type HandUp = (walk: Walk, flight: Flight, prerouted: boolean) => readonly Outcome[]

/**
 * A frame reaches a bridge port. Mirrors br_handle_frame with br_netfilter: PREROUTING runs first, seen from the
 * bridge; a frame whose destination was translated is routed, and stays on the bridge if the route leads there
 * (br_nf_pre_routing_finish).
 */
export function bridgeReceive(
  walk: Walk,
  flight: Flight,
  port: Device,
  mac: string,
  handUp: HandUp,
): readonly Outcome[] {
  const bridge = deviceOf(flight.netns, port.master ?? '')
  invariant(bridge, `bridge ${port.master} of ${flight.netns.id} does not exist`)
  const received = note(flight, {
    type: 'received',
    packet: flight.packet,
    device: bridge.name,
    port: port.name,
  })
  const isSwitch = bridge.type === 'bridge' && bridge.openVswitch
  if (isSwitch || !bridgeCallsIptables(flight.netns, packetFamily(flight.packet))) {
    if (mac === bridge.mac) return handUp(walk, { ...received, in: bridge.name }, false)
    return switchFrame(walk, received, { bridge, port, mac, filtered: false })
  }
  const seen: Flight = { ...received, in: bridge.name, physicalIn: port.name }
  return runHook(walk, seen, 'PREROUTING', (passed) => {
    if (passed.packet.dst !== seen.packet.dst) return afterTranslation(walk, passed, bridge, port, handUp)
    if (mac === bridge.mac) return handUp(walk, passed, true)
    return switchFrame(walk, passed, { bridge, port, mac, filtered: true })
  })
}

/** A translated frame: routed up, unless its new destination is on this very bridge. */
function afterTranslation(
  walk: Walk,
  flight: Flight,
  bridge: Device,
  port: Device,
  handUp: HandUp,
): readonly Outcome[] {
  const { netns, packet } = flight
  const { dst, src, mark } = packet
  const route = lookUpRoute(netns, { dst, src, in: bridge.name, mark })
  const leaves = route?.type === 'unicast' && forwards(netns, bridge.name, packetFamily(packet))
  if (!leaves || route.nextHops[0]?.device !== bridge.name) return handUp(walk, flight, true)
  const neighbor = resolveNeighbor(walk.network, { netns, device: bridge }, route.nextHops[0].via ?? dst)
  if (!neighbor) return unanswered(walk, flight, bridge.name, route.nextHops[0].via ?? dst)
  return switchFrame(walk, flight, { bridge, port, mac: neighbor.mac, filtered: true })
}

interface Frame {
  readonly bridge: Device
  /** The port that it came in by. */
  readonly port: Device
  readonly mac: string
  /** Whether br_netfilter runs FORWARD and POSTROUTING for it. */
  readonly filtered: boolean
}

/** Mirrors br_forward: out of the port behind which the frame's address is, TTL untouched. */
function switchFrame(walk: Walk, flight: Flight, frame: Frame): readonly Outcome[] {
  const { bridge, port, mac } = frame
  const out = portOfMac(walk.network, flight.netns, bridge.name, mac)
  if (!out) return flood(walk, flight, frame)
  if (out.port.name === port.name && !port.hairpin) {
    return lose(walk, flight, 'bridge-port', `out of ${port.name} again: hairpin mode is off`)
  }
  return leaveBy(walk, flight, frame, out)
}

function leaveBy(walk: Walk, flight: Flight, frame: Frame, out: BridgePort): readonly Outcome[] {
  const { bridge, port, mac, filtered } = frame
  const bridged = note(flight, { type: 'bridged', bridge: bridge.name, from: port.name, to: out.port.name })
  const leave = (passed: Flight) =>
    fitPort(walk, passed, { bridge, port: out.port, filtered }, (fits) => leavePort(walk, fits, out, mac))
  if (!filtered) return leave(bridged)
  const devices: DeviceView = {
    in: bridge.name,
    out: bridge.name,
    physicalIn: port.name,
    physicalOut: out.port.name,
    bridged: true,
  }
  const way = bridgedWay(bridged, bridge)
  return runHook(walk, way, 'FORWARD', (passed) => runHook(walk, passed, 'POSTROUTING', leave, { devices }), {
    devices,
  })
}

/** br_dev_queue_push_xmit: the frame keeps its source; what floods out to nobody is lost. */
function leavePort(walk: Walk, flight: Flight, { port, far }: BridgePort, mac: string): readonly Outcome[] {
  const way = far ? { at: far, mac } : frameWay(walk.network, { netns: flight.netns, device: port }, mac)
  if (way) return cross(walk, flight, way, flight.frameSource)
  return lose(walk, flight, 'no-neighbor', `${mac} is nowhere behind ${port.name}`)
}

/**
 * Mirrors br_flood: a frame to an address that the bridge has not learnt goes out of every port, and with hairpin
 * mode of its own too. Each copy meets the rules, and nobody takes any.
 */
function flood(walk: Walk, flight: Flight, frame: Frame): readonly Outcome[] {
  const { bridge, port, mac } = frame
  const ports = bridgePorts(walk.network, flight.netns, bridge.name).filter(
    (out) => out.port.name !== port.name || port.hairpin,
  )
  const copyTo = (at: number, soFar: Flight): readonly Outcome[] => {
    const out = ports[at]
    if (!out) return lose(walk, soFar, 'no-neighbor', `${mac} is behind no port of ${bridge.name}`)
    const next: Walk['end'] = ({ state, weight, trail }) =>
      copyTo(at + 1, { ...flight, state, weight, trail })
    return leaveBy({ ...walk, end: next }, soFar, frame, out)
  }
  return copyTo(0, flight)
}

/** MASQUERADE asks for the device that the packet leaves by: here the bridge. */
function bridgedWay(flight: Flight, bridge: Device): Flight {
  const { dst, mark } = flight.packet
  const route = lookUpRoute(flight.netns, { dst, mark, out: bridge.name })
  return route ? { ...flight, way: { route, device: bridge.name, via: undefined, local: false } } : flight
}
