import { ICMP, ICMPV6, TCP, UDP } from '../base/packet.ts'
import type { Netns } from '../model/network.ts'
import { sysctl } from './sysctl.ts'
import type { TcpState } from './tcp-state.ts'

/** The settings `net.netfilter.nf_conntrack_*` that hold the lifetime of a TCP connection in each state. */
const tcpSettings: Readonly<Record<TcpState, string>> = {
  NONE: 'tcp_timeout_syn_recv',
  SYN_SENT: 'tcp_timeout_syn_sent',
  SYN_RECV: 'tcp_timeout_syn_recv',
  ESTABLISHED: 'tcp_timeout_established',
  FIN_WAIT: 'tcp_timeout_fin_wait',
  CLOSE_WAIT: 'tcp_timeout_close_wait',
  LAST_ACK: 'tcp_timeout_last_ack',
  TIME_WAIT: 'tcp_timeout_time_wait',
  CLOSE: 'tcp_timeout_close',
  SYN_SENT2: 'tcp_timeout_syn_sent',
}

/**
 * How long an entry is kept after a packet, in milliseconds. `tcp` is the connection's state, for TCP alone;
 * `stream` says that UDP has been answered and goes on.
 */
export function connectionLifetime(
  netns: Pick<Netns, 'sysctls'>,
  protocol: number,
  tcp: TcpState | undefined,
  stream: boolean,
): number {
  return sysctl(netns, `net.netfilter.nf_conntrack_${settingOf(protocol, tcp, stream)}`) * 1000
}

function settingOf(protocol: number, tcp: TcpState | undefined, stream: boolean): string {
  switch (protocol) {
    case TCP:
      return tcpSettings[tcp ?? 'NONE']
    case UDP:
      return stream ? 'udp_timeout_stream' : 'udp_timeout'
    case ICMP:
      return 'icmp_timeout'
    case ICMPV6:
      return 'icmpv6_timeout'
    default:
      return 'generic_timeout'
  }
}
