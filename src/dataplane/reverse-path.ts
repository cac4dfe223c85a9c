import type { Packet } from '../base/packet.ts'
import { packetFamily } from '../base/packet.ts'
import type { Netns } from '../model/network.ts'
import type { ReversePathOptions } from '../netfilter/match/match.ts'
import { deviceOf } from './link.ts'
import { isLocal, lookUpRoute } from './routing.ts'
import { deviceSwitch, reversePathFilter } from './sysctl.ts'

/** Why the source of a packet from outside is not believed. */
export type SourceFault = 'martian-source' | 'reverse-path'

/**
 * Mirrors fib_validate_source: a source that is one of the namespace's own is a martian; with rp_filter=1 the
 * way back must be the device that the packet came in by, with 2 there must be any way back.
 */
export function sourceFault(netns: Netns, packet: Packet, inDevice: string): SourceFault | undefined {
  if (packetFamily(packet) !== 4) return undefined
  const filter = reversePathFilter(netns, inDevice)
  if (isLocal(netns, packet.src) && !acceptsOwn(netns, packet, inDevice)) return 'martian-source'
  if (filter === 0) return undefined
  const mark = deviceSwitch(netns, inDevice, 'src_valid_mark') ? packet.mark : 0
  const route = lookUpRoute(netns, { dst: packet.src, src: packet.dst, mark })
  if (!route || (route.type !== 'unicast' && route.type !== 'local')) return 'reverse-path'
  if (route.nextHops.some((hop) => hop.device === inDevice)) return undefined
  const hasAddress = deviceOf(netns, inDevice)?.addresses.some(({ ip }) => typeof ip === 'number') ?? false
  return filter === 1 || !hasAddress ? 'reverse-path' : undefined
}

/** Own addresses are believed on the loopback device, and where accept_local says so. */
function acceptsOwn(netns: Netns, packet: Packet, inDevice: string): boolean {
  if (deviceOf(netns, inDevice)?.type === 'loopback' || deviceSwitch(netns, inDevice, 'accept_local'))
    return true
  // A source that only a catch-all local route covers (AnyIP) is not one of the namespace's addresses.
  return !netns.devices.some(
    (one) => one.addresses.some(({ ip }) => ip === packet.src) || holdsLoopback(one, packet),
  )
}

function holdsLoopback(device: Netns['devices'][number], packet: Packet): boolean {
  return device.type === 'loopback' && typeof packet.src === 'number' && packet.src >>> 24 === 127
}

/** Mirrors rpfilter_mt of xt_rpfilter, whose route look-up asks for the way back. */
export function reversePathValid(
  netns: Netns,
  packet: Packet,
  device: string | undefined,
  options: ReversePathOptions,
): boolean {
  if (device === undefined || device === 'lo') return true
  const mark = options.validMark ? packet.mark : 0
  const route = lookUpRoute(netns, { dst: packet.src, src: packet.dst, mark })
  if (!route) return false
  if (route.type === 'local') return options.acceptLocal
  if (route.type !== 'unicast') return false
  return options.loose || route.nextHops.some((hop) => hop.device === device)
}
