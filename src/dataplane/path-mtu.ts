import type { Ip } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { ICMP } from '../base/packet.ts'
import type { Netns } from '../model/network.ts'
import type { DataplaneState } from './state.ts'

/** `net.ipv4.route.mtu_expires`: how long a smaller MTU is believed, in milliseconds. */
const believedFor = 600_000

interface PathMtu {
  readonly mtu: number
  readonly expires: number
}

function keyOf(netns: Netns, dst: Ip): string {
  return `path-mtu ${netns.id} ${dst}`
}

/** Mirrors ip_rt_update_pmtu: what a "fragmentation needed" teaches the sender about the way to that destination. */
export function learnPathMtu(
  state: DataplaneState,
  netns: Netns,
  { protocol, icmp }: Packet,
  now: number,
): DataplaneState {
  const tooBig = icmp && (protocol === ICMP ? icmp.type === 3 && icmp.code === 4 : icmp.type === 2)
  if (!tooBig || !icmp.quoted || icmp.mtu === undefined) return state
  return storePathMtu(state, netns, icmp.quoted.dst, icmp.mtu, now)
}

/** From now on the namespace takes the way to the destination to have this MTU, if it did not know of a smaller. */
export function storePathMtu(
  state: DataplaneState,
  netns: Netns,
  dst: Ip,
  mtu: number,
  now: number,
): DataplaneState {
  const known = pathMtu(state, netns, dst, now)
  const learnt: PathMtu = { mtu: Math.min(mtu, known ?? mtu), expires: now + believedFor }
  return state.set(keyOf(netns, dst), learnt)
}

/** The MTU that the namespace has learnt for a destination, if it still believes it. */
export function pathMtu(state: DataplaneState, netns: Netns, dst: Ip, now: number): number | undefined {
  const learnt = state.get(keyOf(netns, dst)) as PathMtu | undefined
  return learnt && learnt.expires > now ? learnt.mtu : undefined
}
