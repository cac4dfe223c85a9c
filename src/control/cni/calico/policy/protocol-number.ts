import { ICMP, ICMPV6, SCTP, TCP, UDP } from '../../../../base/packet.ts'
import type { Protocol } from './api-policy.ts'

const numbers: Readonly<Record<string, number>> = {
  tcp: TCP,
  udp: UDP,
  icmp: ICMP,
  icmpv6: ICMPV6,
  sctp: SCTP,
  udplite: 136,
}

/** IANA's number of a protocol. */
export function protocolNumber(protocol: Protocol): number {
  return typeof protocol === 'number' ? protocol : (numbers[protocol] ?? Number(protocol))
}
