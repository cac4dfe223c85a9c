import { invariant } from '../base/invariant.ts'
import type { Ip } from '../base/ip.ts'
import { familyOf } from '../base/ip.ts'
import type { Device, Netns, Network, SegmentPort } from '../model/network.ts'
import { bridgeKey, bridgePorts, frameWay, remoteEnd, remotesOf } from './frame-way.ts'
import type { Attachment, FrameTarget, FrameWay } from './link.ts'
import { attachment, deviceOf, wireEnd } from './link.ts'
import { isLocal, lookUpRoute } from './routing.ts'
import { isPortOf, longestPrefix, otherPorts, segmentOf, statedOwner } from './segment.ts'
import { deviceSwitch, reversePathFilter } from './sysctl.ts'

/**
 * ARP or neighbour discovery on a device: which frame address answers for the IP address, and where such frames
 * go. `undefined` if nobody answers. That rules on the way may drop the question is not modelled: the answer is
 * taken as known, and the packet itself meets the rules.
 */
export function resolveNeighbor(network: Network, from: Attachment, ip: Ip): FrameWay | undefined {
  const fixed = from.netns.neighbors?.find((one) => one.ip === ip && one.device === from.device.name)
  return fixed ? frameWay(network, from, fixed.mac) : askOut(network, from, ip, [])
}

/** The question leaves by a device. `passed` are the bridges that it has been through. */
function askOut(network: Network, from: Attachment, ip: Ip, passed: readonly string[]): FrameWay | undefined {
  const { device, netns } = from
  switch (device.type) {
    case 'veth': {
      const far = wireEnd(network, device)
      const mac = far && askIn(network, far, ip, passed)
      return far && mac !== undefined ? { at: far, mac } : undefined
    }
    case 'ethernet':
      return askSegment(network, from, ip, passed)
    case 'bridge':
      return askPorts(network, netns, device, ip, passed)
    case 'vxlan':
    case 'geneve': {
      for (const remote of remotesOf(device)) {
        const end = remoteEnd(network, device, remote)
        const mac = end && askIn(network, end, ip, passed)
        if (mac !== undefined) return { tunnel: device, mac }
      }
      return undefined
    }
    default:
      return undefined
  }
}

/** The question goes out of the ports of a bridge, but the one that it came in by. */
function askPorts(
  network: Network,
  netns: Netns,
  bridge: Device,
  ip: Ip,
  passed: readonly string[],
  except?: string,
): FrameWay | undefined {
  for (const { port, host } of bridgePorts(network, netns, bridge.name)) {
    if (port.name === except) continue
    if (host) {
      if (answersFor(host.netns, host.device, ip)) return { at: host, mac: host.device.mac }
      continue
    }
    const beyond = [...passed, bridgeKey(netns, bridge.name)]
    const way = askOut(network, { netns, device: port }, ip, beyond)
    if (way) return way
  }
  return undefined
}

/** The question arrives at a device: a host answers itself, a port's bridge answers or asks its other ports. */
function askIn(
  network: Network,
  { netns, device }: Attachment,
  ip: Ip,
  passed: readonly string[],
): string | undefined {
  if (device.master === undefined) return answersFor(netns, device, ip) ? device.mac : undefined
  const bridge = deviceOf(netns, device.master)
  invariant(bridge, `bridge ${device.master} of ${netns.id} does not exist`)
  if (passed.length > 0 && passed.includes(bridgeKey(netns, bridge.name))) return undefined
  if (speaksFor(netns, bridge) && answersFor(netns, bridge, ip)) return bridge.mac
  return askPorts(network, netns, bridge, ip, passed, device.name)?.mac
}

/**
 * Whether a bridge answers for addresses of the namespace's other devices: not a switch's datapath, nor, with rp_filter,
 * one without an address, from which no way back to any asker leads (fib_validate_source).
 */
function speaksFor(netns: Netns, bridge: Device): boolean {
  if (bridge.addresses.length > 0) return true
  const isSwitch = bridge.type === 'bridge' && bridge.openVswitch === true
  return !isSwitch && reversePathFilter(netns, bridge.name) === 0
}

/** arp_process: every local address is answered for on any device, and with proxy_arp every routable one. */
function answersFor(netns: Netns, device: Device, ip: Ip): boolean {
  if (isLocal(netns, ip)) return true
  if (familyOf(ip) !== 4 || !deviceSwitch(netns, device.name, 'proxy_arp')) return false
  const route = lookUpRoute(netns, { dst: ip, in: device.name, mark: 0 })
  return route?.type === 'unicast' && route.nextHops[0]?.device !== device.name
}

/** Who on a segment answers: the port that states the address or its block, or the first whose namespace does. */
function askSegment(
  network: Network,
  from: Attachment,
  ip: Ip,
  passed: readonly string[],
): FrameTarget | undefined {
  invariant(from.device.type === 'ethernet', 'only ethernet devices are on segments')
  const segment = segmentOf(network, from.device.segment)
  if (segment.type === 'routed') {
    const port = longestPrefix(otherPorts(segment, from), ip)
    return port && statedTarget(network, port, ip, passed)
  }
  const port = statedOwner(segment, ip)
  if (port) return isPortOf(port, from) ? undefined : statedTarget(network, port, ip, passed)
  for (const one of segment.ports) {
    if (one.addresses || isPortOf(one, from)) continue
    const at = attachment(network, one.netns, one.device)
    const mac = at && askIn(network, at, ip, passed)
    if (at && mac !== undefined) return { at, mac }
  }
  return undefined
}

/** A port answers for its device, or for the one behind the bridge that its device is a port of. */
function statedTarget(
  network: Network,
  { netns, device }: SegmentPort,
  ip: Ip,
  passed: readonly string[],
): FrameTarget | undefined {
  const at = attachment(network, netns, device)
  if (at?.device.master === undefined) return at && { at, mac: at.device.mac }
  return { at, mac: askIn(network, at, ip, passed) ?? at.device.mac }
}
