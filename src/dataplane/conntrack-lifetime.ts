import { ICMP, ICMPV6, TCP, UDP } from '../base/packet.ts'
import type { Netns } from '../model/network.ts'
import { sysctl } from './sysctl.ts'
import type { TcpState } from './tcp-state.ts'

/** The settings that hold the lifetime of a TCP connection in each state. */
const tcpSettings: Readonly<Record<TcpState, string>> = {
  NONE: 'net.netfilter.nf_conntrack_tcp_timeout_syn_recv',
  SYN_SENT: 'net.netfilter.nf_conntrack_tcp_timeout_syn_sent',
  SYN_RECV: 'net.netfilter.nf_conntrack_tcp_timeout_syn_recv',
  ESTABLISHED: 'net.netfilter.nf_conntrack_tcp_timeout_established',
  FIN_WAIT: 'net.netfilter.nf_conntrack_tcp_timeout_fin_wait',
  CLOSE_WAIT: 'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
  LAST_ACK: 'net.netfilter.nf_conntrack_tcp_timeout_last_ack',
  TIME_WAIT: 'net.netfilter.nf_conntrack_tcp_timeout_time_wait',
  CLOSE: 'net.netfilter.nf_conntrack_tcp_timeout_close',
  SYN_SENT2: 'net.netfilter.nf_conntrack_tcp_timeout_syn_sent',
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
  return sysctl(netns, settingOf(protocol, tcp, stream)) * 1000
}

function settingOf(protocol: number, tcp: TcpState | undefined, stream: boolean): string {
  switch (protocol) {
    case TCP:
      return tcpSettings[tcp ?? 'NONE']
    case UDP:
      return stream
        ? 'net.netfilter.nf_conntrack_udp_timeout_stream'
        : 'net.netfilter.nf_conntrack_udp_timeout'
    case ICMP:
      return 'net.netfilter.nf_conntrack_icmp_timeout'
    case ICMPV6:
      return 'net.netfilter.nf_conntrack_icmpv6_timeout'
    default:
      return 'net.netfilter.nf_conntrack_generic_timeout'
  }
}
