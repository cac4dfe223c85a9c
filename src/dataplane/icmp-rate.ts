import type { Packet } from '../base/packet.ts'
import { ICMP, isIcmp } from '../base/packet.ts'
import type { Netns } from '../model/network.ts'
import { isLocal, lookUpRoute } from './routing.ts'
import type { DataplaneState } from './state.ts'
import { sysctl } from './sysctl.ts'

/** XRLIM_BURST_FACTOR: so many errors may go to one peer at once. */
const burst = 6

/** What a namespace remembers of one peer to which it sends ICMP; mirrors struct inet_peer. Milliseconds. */
export interface Peer {
  readonly tokens: number
  /** When the last error or redirect was sent. */
  readonly last: number
  readonly redirects: number
}

function peerKey(netns: Netns, { dst }: Packet): string {
  return `peer ${netns.id} ${dst}`
}

/** A peer that has never been sent an error counts as one that was sent its last a minute ago. */
export function peerOf(state: DataplaneState, netns: Netns, packet: Packet, now: number): Peer {
  const known = state.get(peerKey(netns, packet)) as Peer | undefined
  return known ?? { tokens: 0, last: now - 60_000, redirects: 0 }
}

export function storePeer(state: DataplaneState, netns: Netns, packet: Packet, peer: Peer): DataplaneState {
  return state.set(peerKey(netns, packet), peer)
}

/**
 * Mirrors icmpv4_xrlim_allow and inet_peer_xrlim_allow: ICMP errors to one peer are rationed, RSTs are not. The
 * limit over all peers (icmp_msgs_per_sec) is left out: one walk never comes near it.
 */
export function mayAnswer(
  state: DataplaneState,
  netns: Netns,
  answer: Packet,
  now: number,
): { readonly state: DataplaneState; readonly allowed: boolean } {
  const timeout = isRationed(netns, answer) ? timeoutFor(netns, answer) : 0
  if (timeout === 0) return { state, allowed: true }
  const peer = peerOf(state, netns, answer, now)
  const tokens = Math.min(peer.tokens + now - peer.last, burst * timeout)
  const allowed = tokens >= timeout
  const left: Peer = { ...peer, tokens: allowed ? tokens - timeout : tokens, last: now }
  return { state: storePeer(state, netns, answer, left), allowed }
}

/** icmpv4_mask_allow, icmpv6_mask_allow: path MTU discovery is never held up, nor what stays at home. */
function isRationed(netns: Netns, { protocol, icmp, dst }: Packet): boolean {
  if (!isIcmp(protocol) || !icmp || isLocal(netns, dst)) return false
  if (protocol !== ICMP) return icmp.type !== 2
  if (icmp.type === 3 && icmp.code === 4) return false
  return ((1 << icmp.type) & sysctl(netns, 'net.ipv4.icmp_ratemask')) !== 0
}

/** Milliseconds for one error. IPv6 grants more to peers behind short prefixes. */
function timeoutFor(netns: Netns, { dst }: Packet): number {
  if (typeof dst === 'number') return sysctl(netns, 'net.ipv4.icmp_ratelimit')
  const bits = lookUpRoute(netns, { dst, mark: 0 })?.destination.bits ?? 128
  return sysctl(netns, 'net.ipv6.icmp.ratelimit') >> ((128 - bits) >> 5)
}
