import type { Family, Ip } from './ip.ts'
import { familyOf, formatEndpoint, formatIp } from './ip.ts'

/** IANA protocol numbers of the transports that kubewalk knows by name. */
export const ICMP = 1
export const IPIP = 4
export const TCP = 6
export const UDP = 17
export const IPV6_IN_IP = 41
export const GRE = 47
export const ICMPV6 = 58
export const SCTP = 132
export const UDPLITE = 136

/** TCP header flags, as in the header's 14th byte. */
export const TCP_FIN = 0x01
export const TCP_SYN = 0x02
export const TCP_RST = 0x04
export const TCP_PSH = 0x08
export const TCP_ACK = 0x10

/** The part of an ICMP or ICMPv6 message that decides anything. */
export interface IcmpHeader {
  readonly type: number
  readonly code: number
  /** Echo identifier; 0 for errors. */
  readonly id: number
  /** Next-hop MTU in bytes of a "fragmentation needed" or "packet too big". */
  readonly mtu?: number
  /** The start of the packet that an error is about, as the sender of the error saw it. */
  readonly quoted?: Packet
}

/**
 * Headers as they are at one point of the walk, and the packet mark, which is kernel metadata and never on
 * the wire. `sport` and `dport` are 0 where the protocol has none.
 */
export interface Packet {
  readonly src: Ip
  readonly dst: Ip
  readonly protocol: number
  readonly sport: number
  readonly dport: number
  readonly tcpFlags: number
  readonly icmp?: IcmpHeader
  readonly ttl: number
  /** Length of the whole IP packet in bytes. */
  readonly length: number
  /** It travels in fragments: the length of the largest. */
  readonly fragments?: number
  readonly dontFragment: boolean
  /** The largest segment that a SYN or SYN-ACK says its sender takes; only where sizes are asked for. */
  readonly mss?: number
  readonly mark: number
  /** The DS field or traffic class, where a rule has set it; see `trafficClass`. */
  readonly tos?: number
  /** A TCP segment whose numbers lie outside the receiver's window: too new for it, or too old. */
  readonly outsideWindow?: 'ahead' | 'behind'
  /** The packet inside, when this one is a tunnel's. */
  readonly tunnel?: TunnelHeader
}

/** What a tunnel puts between its own packet's headers and the packet that it carries. */
export interface TunnelHeader {
  /** Frames in UDP (`vxlan`, `geneve`), IP in IP with or without GRE (`ip`), IP in UDP (`udp`, `wireguard`). */
  readonly kind: 'vxlan' | 'geneve' | 'ip' | 'udp' | 'wireguard'
  /** The network that a frame belongs to. */
  readonly vni?: number
  /** The destination address of a frame. */
  readonly mac?: string
  /** The source address of a frame. */
  readonly sourceMac?: string
  /** Who made it: stands for WireGuard's key, by which a receiver knows its peer whatever the outer source is. */
  readonly sender?: Ip
  /** The UDP checksum of the outer packet is wrong. */
  readonly wrongChecksum?: boolean
  readonly inner: Packet
}

const protocolNames = new Map<number, string>([
  [ICMP, 'icmp'],
  [TCP, 'tcp'],
  [UDP, 'udp'],
  [ICMPV6, 'icmpv6'],
  [SCTP, 'sctp'],
  [IPIP, 'ipip'],
  [GRE, 'gre'],
  [50, 'esp'],
])

/** The name that people and iptables use; the number itself where there is none. */
export function protocolName(protocol: number): string {
  return protocolNames.get(protocol) ?? String(protocol)
}

/** Whether the protocol has ports: TCP, UDP, UDP-Lite and SCTP. */
export function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === UDP || protocol === SCTP || protocol === UDPLITE
}

export function isIcmp(protocol: number): boolean {
  return protocol === ICMP || protocol === ICMPV6
}

/** The ICMP protocol of an address family. */
export function icmpOf(family: Family): number {
  return family === 4 ? ICMP : ICMPV6
}

/** `10.244.1.5:40000 → 10.96.0.10:53`, without ports where there are none. */
export function formatFlow(packet: Packet): string {
  return hasPorts(packet.protocol)
    ? `${formatEndpoint(packet.src, packet.sport)} → ${formatEndpoint(packet.dst, packet.dport)}`
    : `${formatIp(packet.src)} → ${formatIp(packet.dst)}`
}

export function packetFamily(packet: Packet): Family {
  return familyOf(packet.dst)
}

/**
 * The DS field (IPv4) or traffic class (IPv6). Sockets send 0 unless they are told otherwise; an IPv4 ICMP error has
 * the precedence "internetwork control" and the TOS bits of what it is about (icmp_send).
 */
export function trafficClass(packet: Packet): number {
  if (packet.tos !== undefined) return packet.tos
  const quoted = packet.icmp?.quoted
  if (packet.protocol !== ICMP || !quoted) return 0
  return 0xc0 | (trafficClass(quoted) & 0x1e)
}
