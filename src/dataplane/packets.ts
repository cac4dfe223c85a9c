import type { Ip } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import {
  ICMP,
  ICMPV6,
  isIcmp,
  packetFamily,
  SCTP,
  TCP,
  TCP_ACK,
  TCP_FIN,
  TCP_RST,
  TCP_SYN,
} from '../base/packet.ts'
import type { NetnsId } from '../model/network.ts'
import { unspecified } from './icmp-error.ts'
import type { Load } from './load.ts'

/** One connection attempt, datagram or echo request, as a socket would be asked for it. */
export interface Connect {
  readonly from: NetnsId
  readonly protocol: number
  readonly dst: Ip
  readonly dport: number
  /** The bound source address; routing chooses it, if left out. */
  readonly src?: Ip
  /** The source port; of an echo request its identifier. */
  readonly sport: number
  readonly ttl?: number
  /** Bytes of payload of the first packet. */
  readonly payload?: number
  readonly dontFragment?: boolean
  /** How much is sent each way; small packets alone, if left out. */
  readonly load?: Load
}

/** A SYN, a datagram, an INIT or an echo request. */
export function firstPacket(connect: Connect): Packet {
  const { protocol, dst, dport, sport, payload } = connect
  const family = typeof dst === 'number' ? 4 : 6
  const header = family === 4 ? 20 : 40
  const isEcho = isIcmp(protocol)
  const transport = protocol === TCP ? 40 : protocol === SCTP ? 32 : 8
  return {
    src: connect.src ?? unspecified(family),
    dst,
    protocol,
    sport: isEcho ? 0 : sport,
    dport: isEcho ? 0 : dport,
    tcpFlags: protocol === TCP ? TCP_SYN : 0,
    ...(isEcho && { icmp: { type: protocol === ICMP ? 8 : 128, code: 0, id: sport } }),
    ttl: connect.ttl ?? 64,
    length: header + transport + (payload ?? defaultPayload(protocol)),
    dontFragment: connect.dontFragment ?? protocol === TCP,
    mark: 0,
  }
}

function defaultPayload(protocol: number): number {
  return protocol === TCP ? 0 : isIcmp(protocol) ? 56 : 32
}

/** A SYN+ACK, a datagram or an echo reply: the packet turned round. */
export function replyTo(packet: Packet): Packet {
  const { src, dst, sport, dport, icmp, protocol, fragments, mss } = packet
  const sized = fragments !== undefined || mss !== undefined
  return {
    ...(sized ? withoutSizes(packet) : packet),
    src: dst,
    dst: src,
    sport: dport,
    dport: sport,
    tcpFlags: protocol === TCP ? TCP_SYN | TCP_ACK : 0,
    ...(icmp && { icmp: { ...icmp, type: protocol === ICMPV6 ? 129 : 0 } }),
    ttl: 64,
    mark: 0,
  }
}

/** What a packet says of its own size is not its answer's. */
function withoutSizes({ fragments: _, mss: __, ...whole }: Packet): Packet {
  return whole
}

/** A RST in answer to a TCP segment; none to a RST (tcp_v4_send_reset, nf_send_reset). */
export function reset(packet: Packet): Packet | undefined {
  if (packet.protocol !== TCP || packet.tcpFlags & TCP_RST) return undefined
  const opening = (packet.tcpFlags & (TCP_SYN | TCP_ACK | TCP_FIN)) === TCP_SYN
  return {
    src: packet.dst,
    dst: packet.src,
    protocol: TCP,
    sport: packet.dport,
    dport: packet.sport,
    tcpFlags: opening ? TCP_RST | TCP_ACK : TCP_RST,
    ttl: 64,
    length: packetFamily(packet) === 4 ? 40 : 60,
    dontFragment: true,
    mark: 0,
  }
}

/** Whether a packet that arrives belongs to the socket that sent this one. */
export function isReplyFor(sent: Packet, reply: Packet): boolean {
  const sameAddresses = reply.src === sent.dst && reply.dst === sent.src && reply.protocol === sent.protocol
  if (isIcmp(sent.protocol)) return sameAddresses && reply.icmp?.id === sent.icmp?.id
  return sameAddresses && reply.sport === sent.dport && reply.dport === sent.sport
}

/** Whether an ICMP error quotes the packet that this socket sent. */
export function quotes(sent: Packet, quoted: Packet): boolean {
  const samePorts = isIcmp(sent.protocol)
    ? quoted.icmp?.id === sent.icmp?.id
    : quoted.sport === sent.sport && quoted.dport === sent.dport
  return quoted.src === sent.src && quoted.dst === sent.dst && quoted.protocol === sent.protocol && samePorts
}
