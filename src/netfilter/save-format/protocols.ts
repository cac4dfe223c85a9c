import type { Family } from '../../base/ip.ts'
import { parseNumber } from './options.ts'

/** Names that iptables-save prints, from its own list and from /etc/protocols. */
const names: readonly (readonly [string, number])[] = [
  ['icmp', 1],
  ['igmp', 2],
  ['ipencap', 4],
  ['tcp', 6],
  ['egp', 8],
  ['udp', 17],
  ['dccp', 33],
  ['ipv6', 41],
  ['rsvp', 46],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['ipv6-icmp', 58],
  ['eigrp', 88],
  ['ospf', 89],
  ['ipip', 94],
  ['pim', 103],
  ['ipcomp', 108],
  ['vrrp', 112],
  ['l2tp', 115],
  ['sctp', 132],
  ['ipv6-mh', 135],
  ['udplite', 136],
]

const aliases: Readonly<Record<string, number>> = {
  icmpv6: 58,
  icmp6: 58,
  'mobility-header': 135,
  mh: 135,
  all: 0,
}
const byName = new Map(names)
const byNumber = new Map(names.map(([name, number]) => [number, name]))

/** Reads a protocol's name or number; 0 is "all". */
export function protocolNumber(text: string): number {
  const name = text.toLowerCase()
  return byName.get(name) ?? aliases[name] ?? parseNumber(text, 'protocol', 255)
}

/** The spelling in iptables-save; a number where there is no name. */
export function protocolText(protocol: number, _family: Family): string {
  return byNumber.get(protocol) ?? String(protocol)
}
