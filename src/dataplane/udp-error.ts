/**
 * ICMP errors that mean nothing to a UDP socket unless it has IP_RECVERR (icmp_err_convert and tab_unreach call them not
 * fatal; udp_err passes them over): type and code, by family. TCP takes all of them while it connects.
 */
const unheard: Readonly<Record<4 | 6, readonly string[]>> = {
  4: ['3/0', '3/1', '3/5', '3/11', '3/12', '11/0', '11/1'],
  6: ['1/0', '1/2', '1/3', '3/0', '3/1'],
}

/** Whether a UDP socket gets an error of an ICMP message. Mirrors udp_err and udpv6_err. */
export function isHeardByUdp(
  family: 4 | 6,
  { type, code }: { readonly type: number; readonly code: number },
): boolean {
  return !unheard[family].includes(`${type}/${code}`)
}
