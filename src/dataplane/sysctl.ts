import type { Netns } from '../model/network.ts'

/** The kernel's defaults of the settings that the walk reads; all others are 0. */
const defaults: Readonly<Record<string, number>> = {
  'net.ipv4.ip_default_ttl': 64,
  'net.ipv6.conf.all.hop_limit': 64,
  'net.ipv4.conf.all.send_redirects': 1,
  'net.ipv4.conf.default.send_redirects': 1,
  'net.ipv4.icmp_ratelimit': 1000,
  'net.ipv4.icmp_ratemask': 6168,
  'net.ipv6.icmp.ratelimit': 1000,
  'net.bridge.bridge-nf-call-iptables': 1,
  'net.bridge.bridge-nf-call-ip6tables': 1,
  'net.netfilter.nf_conntrack_tcp_loose': 1,
  'net.netfilter.nf_conntrack_tcp_timeout_syn_sent': 120,
  'net.netfilter.nf_conntrack_tcp_timeout_syn_recv': 60,
  'net.netfilter.nf_conntrack_tcp_timeout_established': 432_000,
  'net.netfilter.nf_conntrack_tcp_timeout_fin_wait': 120,
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait': 60,
  'net.netfilter.nf_conntrack_tcp_timeout_last_ack': 30,
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait': 120,
  'net.netfilter.nf_conntrack_tcp_timeout_close': 10,
  'net.netfilter.nf_conntrack_udp_timeout': 30,
  'net.netfilter.nf_conntrack_udp_timeout_stream': 120,
  'net.netfilter.nf_conntrack_icmp_timeout': 30,
  'net.netfilter.nf_conntrack_icmpv6_timeout': 30,
  'net.netfilter.nf_conntrack_generic_timeout': 600,
}

/** One setting of a namespace. */
export function sysctl(netns: Pick<Netns, 'sysctls'>, key: string): number {
  return netns.sysctls[key] ?? defaults[key] ?? 0
}

/** A setting of one device: its own, else what `conf.default` gave it when it was made, else the kernel's. */
function deviceSysctl(netns: Netns, device: string, name: string): number {
  const key = (scope: string) => netns.sysctls[`net.ipv4.conf.${scope}.${name}`]
  const own = key(device.replaceAll('.', '/')) ?? key(device) ?? key('default')
  return own ?? defaults[`net.ipv4.conf.default.${name}`] ?? 0
}

type Switch = 'route_localnet' | 'proxy_arp' | 'accept_local' | 'src_valid_mark' | 'send_redirects'

/** The settings of one device, worked out once. */
interface DeviceSettings {
  readonly reversePathFilter: number
  readonly switches: Readonly<Record<Switch, boolean>>
  readonly forwards: Readonly<Record<4 | 6, boolean>>
}

const settings = new WeakMap<Netns, Map<string, DeviceSettings>>()

function settingsOf(netns: Netns, device: string): DeviceSettings {
  const known = settings.get(netns) ?? new Map<string, DeviceSettings>()
  settings.set(netns, known)
  const found = known.get(device)
  if (found) return found
  const either = (name: Switch) =>
    sysctl(netns, `net.ipv4.conf.all.${name}`) !== 0 || deviceSysctl(netns, device, name) !== 0
  const filters = [sysctl(netns, 'net.ipv4.conf.all.rp_filter'), deviceSysctl(netns, device, 'rp_filter')]
  const made: DeviceSettings = {
    reversePathFilter: Math.max(...filters),
    switches: {
      route_localnet: either('route_localnet'),
      proxy_arp: either('proxy_arp'),
      accept_local: either('accept_local'),
      src_valid_mark: either('src_valid_mark'),
      send_redirects: either('send_redirects'),
    },
    forwards: { 4: forwardsFamily(netns, device, 4), 6: forwardsFamily(netns, device, 6) },
  }
  known.set(device, made)
  return made
}

function forwardsFamily(netns: Netns, device: string, family: 4 | 6): boolean {
  const own = netns.sysctls[`net.ipv${family}.conf.${device}.forwarding`]
  if (own !== undefined) return own !== 0
  const all = family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
  return sysctl(netns, all) !== 0 || sysctl(netns, `net.ipv${family}.conf.all.forwarding`) !== 0
}

/** IN_DEV_MAXCONF: rp_filter is the greater of `all` and the device. */
export function reversePathFilter(netns: Netns, device: string): number {
  return settingsOf(netns, device).reversePathFilter
}

/** IN_DEV_ORCONF: on if `all` or the device has it. */
export function deviceSwitch(netns: Netns, device: string, name: Switch): boolean {
  return settingsOf(netns, device).switches[name]
}

/** Whether packets that came in by the device may be forwarded. `ip_forward` sets every device's switch. */
export function forwards(netns: Netns, device: string, family: 4 | 6): boolean {
  return settingsOf(netns, device).forwards[family]
}

/** Whether bridged packets of this family meet iptables. */
export function bridgeCallsIptables(netns: Netns, family: 4 | 6): boolean {
  return sysctl(netns, `net.bridge.bridge-nf-call-ip${family === 4 ? '' : '6'}tables`) !== 0
}
