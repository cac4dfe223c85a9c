import type { Ip } from '../base/ip.ts'
import { familyOf } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { isIcmp, packetFamily, TCP } from '../base/packet.ts'
import type { Netns } from '../model/network.ts'
import { pathMtu } from './path-mtu.ts'
import { routeMtu } from './size.ts'
import type { DataplaneState } from './state.ts'

/** How much is sent each way, where it is asked how large packets fare. */
export interface Load {
  /** Bytes that the client sends: a datagram's or echo's payload, or what goes over a TCP connection. */
  readonly request: number
  /** Bytes that the server answers with. */
  readonly response: number
  /** Of a datagram or echo: whether it may be cut. A Linux socket's default, if left out: it may not while it fits. */
  readonly dontFragment?: boolean
}

/** IP_MAX_MTU: no packet is longer. */
const largestMtu = 65535

/** dst_mtu: the largest packet that the namespace's sockets send to a destination. */
export function sendingMtu(state: DataplaneState, netns: Netns, dst: Ip, now: number): number {
  const link = Math.min(routeMtu(netns, dst, 0), largestMtu)
  return Math.min(link, pathMtu(state, netns, dst, now) ?? link)
}

function ipHeader(ip: Ip): number {
  return familyOf(ip) === 4 ? 20 : 40
}

/** ipv4_default_advmss: the segment size that a SYN announces, which leaves room for headers without options. */
export function announcedMss(state: DataplaneState, netns: Netns, dst: Ip, now: number): number {
  return sendingMtu(state, netns, dst, now) - ipHeader(dst) - 20
}

/** A TCP header with the timestamps that Linux sends in every segment. */
const segmentHeader = 32

/** What a TCP segment may be long at most: as the peer announced, and as the path takes. */
export function segmentLimit(mtu: number, dst: Ip, peerMss: number | undefined): number {
  return Math.min(mtu, (peerMss ?? mtu) + ipHeader(dst) + 20)
}

/** The length of the first segment of so many bytes, as an IP packet. */
export function segmentLength(limit: number, dst: Ip, bytes: number): number {
  return Math.min(limit, ipHeader(dst) + segmentHeader + bytes)
}

/** How many segments the bytes make. */
export function segmentCount(limit: number, dst: Ip, bytes: number): number {
  return Math.max(1, Math.ceil(bytes / (limit - ipHeader(dst) - segmentHeader)))
}

/** A datagram or echo with so many bytes of payload; one that its sender's socket leaves alone is not cut while it fits. */
export function loaded(packet: Packet, bytes: number, mtu: number, dontFragment?: boolean): Packet {
  const length = ipHeader(packet.dst) + 8 + bytes
  return { ...packet, length, dontFragment: dontFragment ?? length <= mtu }
}

/** Whether the load is in the first packet itself. */
export function carriesLoad({ protocol }: Packet): boolean {
  return protocol !== TCP
}

/** What the server's socket or stack answers: as long as is asked. An echo is as long as its request, and may be cut. */
export function loadedReply(reply: Packet, load: Load, mtu: number): Packet {
  if (isIcmp(reply.protocol))
    return loaded(reply, load.request, mtu, packetFamily(reply) === 6 ? undefined : false)
  return loaded(reply, load.response, mtu)
}
