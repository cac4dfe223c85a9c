import { invariant } from '../base/invariant.ts'
import type { Ip } from '../base/ip.ts'
import { contains, familyOf } from '../base/ip.ts'
import type { Device, Netns, NetnsId, Network, Segment, SegmentPort } from '../model/network.ts'
import { isLocal, lookUpRoute } from './routing.ts'
import { deviceSwitch } from './sysctl.ts'

/** A device in its namespace. */
export interface Attachment {
  readonly netns: Netns
  readonly device: Device
}

/** Where frames to one MAC go when they are sent by one device: the device at the other end of the wire. */
export interface FrameTarget {
  /** The device that the frame reaches first: the owner of the MAC, or a bridge port on the way to it. */
  readonly at: Attachment
  readonly mac: string
}

const devicesByName = new WeakMap<Netns, ReadonlyMap<string, Device>>()

/** The namespace's device of this name. */
export function deviceOf(netns: Netns, name: string): Device | undefined {
  const known = devicesByName.get(netns)
  if (known) return known.get(name)
  const made = new Map(netns.devices.map((device) => [device.name, device]))
  devicesByName.set(netns, made)
  return made.get(name)
}

function attachment(network: Network, netnsId: NetnsId, deviceName: string): Attachment | undefined {
  const netns = network.namespaces.get(netnsId)
  const device = netns && deviceOf(netns, deviceName)
  return netns && device && !device.down ? { netns, device } : undefined
}

/** The device at the other end of a veth pair. */
export function wireEnd(network: Network, device: Device): Attachment | undefined {
  return device.type === 'veth' ? attachment(network, device.peer.netns, device.peer.device) : undefined
}

/**
 * ARP or neighbour discovery on a device: which frame address answers for the IP address, and where such frames
 * go. `undefined` if nobody answers.
 */
export function resolveNeighbor(network: Network, from: Attachment, ip: Ip): FrameTarget | undefined {
  const fixed = from.netns.neighbors?.find((one) => one.ip === ip && one.device === from.device.name)
  if (fixed) return frameTarget(network, from, fixed.mac)
  switch (from.device.type) {
    case 'veth': {
      const far = wireEnd(network, from.device)
      const mac = far && answerOf(network, far, ip, undefined)
      return far && mac !== undefined ? { at: far, mac } : undefined
    }
    case 'ethernet':
      return segmentOwner(network, from, ip)
    case 'bridge': {
      const port = bridgePortOf(network, from.netns, from.device.name, ip)
      return port && { at: port.far, mac: port.mac }
    }
    default:
      return undefined
  }
}

/** What a frame that arrives at the far end asks of it: a bridge asks its own ports, a host answers itself. */
function answerOf(network: Network, far: Attachment, ip: Ip, except: string | undefined): string | undefined {
  const { netns, device } = far
  if (device.master === undefined) return answersFor(netns, device, ip) ? device.mac : undefined
  const bridge = deviceOf(netns, device.master)
  invariant(bridge, `bridge ${device.master} of ${netns.id} does not exist`)
  if (answersFor(netns, bridge, ip)) return bridge.mac
  return bridgePortOf(network, netns, bridge.name, ip, except ?? device.name)?.mac
}

/** arp_process: every local address is answered for on any device, and with proxy_arp every routable one. */
function answersFor(netns: Netns, device: Device, ip: Ip): boolean {
  if (isLocal(netns, ip)) return true
  if (familyOf(ip) !== 4 || !deviceSwitch(netns, device.name, 'proxy_arp')) return false
  const route = lookUpRoute(netns, { dst: ip, in: device.name, mark: 0 })
  return route?.type === 'unicast' && route.nextHops[0]?.device !== device.name
}

/** A port of a bridge, with the device at the other end of its wire. */
export interface BridgePort {
  readonly port: Device
  readonly far: Attachment
  readonly mac: string
}

const bridgeIndexes = new WeakMap<Network, Map<string, readonly BridgePort[]>>()

/** The far ends of a bridge's ports. */
export function bridgePorts(network: Network, netns: Netns, bridge: string): readonly BridgePort[] {
  const known = bridgeIndexes.get(network) ?? new Map<string, readonly BridgePort[]>()
  bridgeIndexes.set(network, known)
  const ports = known.get(`${netns.id} ${bridge}`)
  if (ports) return ports
  const made = netns.devices.flatMap((port): BridgePort[] => {
    if (port.master !== bridge || port.down) return []
    const far = wireEnd(network, port)
    return far ? [{ port, far, mac: far.device.mac }] : []
  })
  known.set(`${netns.id} ${bridge}`, made)
  return made
}

function bridgePortOf(
  network: Network,
  netns: Netns,
  bridge: string,
  ip: Ip,
  except?: string,
): BridgePort | undefined {
  return bridgePorts(network, netns, bridge).find(
    ({ port, far }) => port.name !== except && answersFor(far.netns, far.device, ip),
  )
}

/** The bridge port behind which a MAC is, with the device there. */
export function portOfMac(
  network: Network,
  netns: Netns,
  bridge: string,
  mac: string,
): BridgePort | undefined {
  return bridgePorts(network, netns, bridge).find((one) => one.mac === mac)
}

/** Where a frame to this MAC goes from the device, if the MAC is known already. */
export function frameTarget(network: Network, from: Attachment, mac: string): FrameTarget | undefined {
  const { device } = from
  if (device.type === 'veth') {
    const far = wireEnd(network, device)
    return far && { at: far, mac }
  }
  if (device.type === 'bridge') {
    const port = portOfMac(network, from.netns, device.name, mac)
    return port && { at: port.far, mac }
  }
  if (device.type !== 'ethernet') return undefined
  for (const port of segmentOf(network, device.segment).ports) {
    const at = attachment(network, port.netns, port.device)
    if (at?.device.mac === mac) return { at, mac }
  }
  return undefined
}

function segmentOf(network: Network, id: string): Segment {
  const segment = network.segments.get(id)
  invariant(segment, `segment ${id} does not exist`)
  return segment
}

const segmentIndexes = new WeakMap<Segment, ReadonlyMap<Ip, SegmentPort>>()

function segmentOwner(network: Network, from: Attachment, ip: Ip): FrameTarget | undefined {
  invariant(from.device.type === 'ethernet', 'only ethernet devices are on segments')
  const segment = segmentOf(network, from.device.segment)
  const isSelf = (port: SegmentPort) => port.netns === from.netns.id && port.device === from.device.name
  const port =
    segment.type === 'routed'
      ? longestPrefix(
          segment.ports.filter((one) => !isSelf(one)),
          ip,
        )
      : (indexSegment(segment).get(ip) ??
        segment.ports.find((one) => !isSelf(one) && answersOn(network, one, ip)))
  if (!port || isSelf(port)) return undefined
  const at = attachment(network, port.netns, port.device)
  return at && { at, mac: at.device.mac }
}

/** Addresses that ports state themselves, so that no namespace has to be made to ask it. */
function indexSegment(segment: Segment): ReadonlyMap<Ip, SegmentPort> {
  const known = segmentIndexes.get(segment)
  if (known) return known
  const made = new Map(
    segment.ports.flatMap((port) => (port.addresses ?? []).map((ip) => [ip, port] as const)),
  )
  segmentIndexes.set(segment, made)
  return made
}

function answersOn(network: Network, port: SegmentPort, ip: Ip): boolean {
  if (port.addresses) return false
  const at = attachment(network, port.netns, port.device)
  return at !== undefined && answersFor(at.netns, at.device, ip)
}

function longestPrefix(ports: readonly SegmentPort[], ip: Ip): SegmentPort | undefined {
  let best: { readonly port: SegmentPort; readonly bits: number } | undefined
  for (const port of ports) {
    for (const prefix of port.prefixes ?? []) {
      if (contains(prefix, ip) && prefix.bits > (best?.bits ?? -1)) best = { port, bits: prefix.bits }
    }
  }
  return best?.port
}
