import { parseNumber } from './options.ts'
import { RuleSyntaxError } from './tokens.ts'

/** IANA protocol numbers by the names of Debian's /etc/protocols, which are those that iptables-save prints. */
const numbers: ReadonlyMap<string, number> = new Map(
  (
    'icmp 1,igmp 2,ggp 3,ipencap 4,st 5,tcp 6,egp 8,igp 9,pup 12,udp 17,hmp 20,xns-idp 22,rdp 27,iso-tp4 29,dccp 33,' +
    'xtp 36,ddp 37,idpr-cmtp 38,ipv6 41,ipv6-route 43,ipv6-frag 44,idrp 45,rsvp 46,gre 47,esp 50,ah 51,skip 57,' +
    'ipv6-icmp 58,ipv6-nonxt 59,ipv6-opts 60,rspf 73,vmtp 81,eigrp 88,ospf 89,ax.25 93,ipip 94,etherip 97,encap 98,' +
    'pim 103,ipcomp 108,vrrp 112,l2tp 115,isis 124,sctp 132,fc 133,mobility-header 135,udplite 136,mpls-in-ip 137,' +
    'manet 138,hip 139,shim6 140,wesp 141,rohc 142,ethernet 143'
  )
    .split(',')
    .map((entry): [string, number] => {
      const [name = '', number] = entry.split(' ')
      return [name, Number(number)]
    }),
)

/** Other names that iptables takes and does not print. */
const aliases: Readonly<Record<string, number>> = {
  all: 0,
  icmpv6: 58,
  'ipv6-mh': 135,
  mh: 135,
  ospfigp: 89,
}

const names: ReadonlyMap<number, string> = new Map([...numbers].map(([name, number]) => [number, name]))

/** Reads a protocol's name or number; 0 is "all". */
export function protocolNumber(text: string): number {
  const name = text.toLowerCase()
  const number = numbers.get(name) ?? aliases[name]
  if (number !== undefined) return number
  if (/^\d/.test(text)) return parseNumber(text, 'protocol', 255)
  throw new RuleSyntaxError(`"${text}" is no protocol that has a name here; write its number`)
}

/** The spelling in iptables-save; a number where there is no name. */
export function protocolText(protocol: number): string {
  return names.get(protocol) ?? String(protocol)
}
