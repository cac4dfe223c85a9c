import { nearest } from '../../base/nearest.ts'

/** Kernel settings that the walk reads. */
const readSettings: readonly RegExp[] = [
  /^net\.ipv4\.(ip_forward|ip_default_ttl|icmp_ratelimit|icmp_ratemask)$/,
  /^net\.ipv4\.conf\..+\.(rp_filter|route_localnet|proxy_arp|accept_local|src_valid_mark|send_redirects|forwarding)$/,
  /^net\.ipv6\.(icmp\.ratelimit|conf\..+\.(forwarding|hop_limit))$/,
  /^net\.bridge\.bridge-nf-call-ip6?tables$/,
  /^net\.netfilter\.nf_conntrack_(tcp_loose|tcp_be_liberal)$/,
  /^net\.netfilter\.nf_conntrack_(tcp|udp|icmp|icmpv6|generic)_timeout/,
]

/** Whether any walk reads a kernel setting. */
export function isReadSetting(key: string): boolean {
  return readSettings.some((pattern) => pattern.test(key))
}

const perDevice = [
  'rp_filter',
  'route_localnet',
  'proxy_arp',
  'accept_local',
  'src_valid_mark',
  'send_redirects',
  'forwarding',
]

/** A setting that is read and is spelt much like this one. */
export function nearSetting(key: string): string | undefined {
  const device = /^net\.ipv4\.conf\.([^.]+)\./.exec(key)?.[1] ?? 'all'
  return nearest(key, [
    'net.ipv4.ip_forward',
    'net.ipv4.ip_default_ttl',
    'net.ipv6.conf.all.forwarding',
    'net.bridge.bridge-nf-call-iptables',
    'net.bridge.bridge-nf-call-ip6tables',
    'net.netfilter.nf_conntrack_tcp_be_liberal',
    'net.netfilter.nf_conntrack_tcp_loose',
    ...perDevice.map((name) => `net.ipv4.conf.${device}.${name}`),
  ])
}
