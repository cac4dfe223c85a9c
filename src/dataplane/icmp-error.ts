import type { Ip } from '../base/ip.ts'
import { isMulticast } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { ICMP, icmpOf, isIcmp, packetFamily } from '../base/packet.ts'

/** The types and codes of the errors that the stack itself sends, by family. */
export const icmpErrors = {
  netUnreachable: { 4: { type: 3, code: 0 }, 6: { type: 1, code: 0 } },
  hostUnreachable: { 4: { type: 3, code: 1 }, 6: { type: 1, code: 3 } },
  portUnreachable: { 4: { type: 3, code: 3 }, 6: { type: 1, code: 4 } },
  prohibited: { 4: { type: 3, code: 13 }, 6: { type: 1, code: 1 } },
  timeExceeded: { 4: { type: 11, code: 0 }, 6: { type: 3, code: 0 } },
  tooBig: { 4: { type: 3, code: 4 }, 6: { type: 2, code: 0 } },
} as const

export type IcmpErrorName = keyof typeof icmpErrors

/** An ICMP error of the stack's own about a packet. */
export function stackError(packet: Packet, name: IcmpErrorName, mtu?: number): Packet | undefined {
  return icmpError(packet, icmpErrors[name][packetFamily(packet)], mtu)
}

/**
 * Mirrors icmp_send: no error about an error, a multicast or an address-less packet. The source is left open
 * (0) for routing to fill in, unless the packet was for the namespace itself.
 */
export function icmpError(
  about: Packet,
  { type, code }: { readonly type: number; readonly code: number },
  mtu?: number,
  source?: Ip,
): Packet | undefined {
  const family = packetFamily(about)
  if (isErrorMessage(about) || isMulticast(about.dst) || about.src === 0 || about.src === 0n) return undefined
  return {
    src: source ?? unspecified(family),
    dst: about.src,
    protocol: icmpOf(family),
    sport: 0,
    dport: 0,
    tcpFlags: 0,
    icmp: { type, code, id: 0, ...(mtu !== undefined && { mtu }), quoted: { ...about, mark: 0 } },
    ttl: 64,
    length: Math.min(about.length + 28, family === 4 ? 576 : 1280),
    dontFragment: false,
    mark: 0,
  }
}

/** The address that stands for "not yet chosen": 0.0.0.0 or ::. */
export function unspecified(family: 4 | 6): Ip {
  return family === 4 ? 0 : 0n
}

/** An ICMP redirect: the router's word that there is a shorter way. */
export function isRedirect({ protocol, icmp }: Packet): boolean {
  return protocol === ICMP && icmp?.type === 5
}

function isErrorMessage(packet: Packet): boolean {
  if (!isIcmp(packet.protocol) || !packet.icmp) return false
  const { type } = packet.icmp
  return packetFamily(packet) === 4 ? [3, 4, 5, 11, 12].includes(type) : type < 128
}
