import type { Family, Ip } from '../../base/ip.ts'
import { compareIp, familyOf, formatIp, parseIp } from '../../base/ip.ts'
import { ICMP, ICMPV6, SCTP, TCP, UDP, UDPLITE } from '../../base/packet.ts'
import type { NumberRange, RuleSite } from '../save-format/options.ts'
import { formatPortRange, parseNumber, parsePortRange } from '../save-format/options.ts'
import { RuleSyntaxError } from '../save-format/tokens.ts'

/** `ipaddr[-ipaddr][:port[-port[/base]]]`, the value of `--to-source` and `--to-destination`. */
export interface NatRange {
  readonly addresses?: { readonly first: Ip; readonly last: Ip }
  readonly ports?: NumberRange
  readonly basePort?: number
}

export function parseNatRange(text: string, family: Family): NatRange {
  const { hosts, ports } = splitPorts(text, family)
  return { ...parseHosts(hosts, family), ...(ports === undefined ? {} : parsePorts(ports)) }
}

function splitPorts(text: string, family: Family): { readonly hosts: string; readonly ports?: string } {
  const bracket = family === 6 ? /^\[([^\]]*)\](?::(.*))?$/.exec(text) : null
  if (bracket) return { hosts: bracket[1] ?? '', ...(bracket[2] === undefined ? {} : { ports: bracket[2] }) }
  const colon = family === 4 || text.startsWith(':') ? text.indexOf(':') : -1
  return colon < 0 ? { hosts: text } : { hosts: text.slice(0, colon), ports: text.slice(colon + 1) }
}

function parseHosts(text: string, family: Family): Pick<NatRange, 'addresses'> {
  if (text === '') return {}
  const [low = '', high = low] = text.split('-')
  const [first, last] = [parseIp(low), parseIp(high)]
  if (first === undefined || last === undefined || familyOf(first) !== family || familyOf(last) !== family) {
    throw new RuleSyntaxError(`"${text}" is not an IPv${family} address or range`)
  }
  if (compareIp(last, first) < 0) throw new RuleSyntaxError(`address range "${text}" ends before it begins`)
  return { addresses: { first, last } }
}

function parsePorts(text: string): Pick<NatRange, 'ports' | 'basePort'> {
  const [range = '', base] = text.split('/')
  return {
    ports: parsePortRange(range, '-'),
    ...(base === undefined ? {} : { basePort: parseNumber(base, 'base port', 65535) }),
  }
}

export function formatNatRange(range: NatRange): string {
  const { addresses, ports, basePort } = range
  let hosts = ''
  if (addresses) {
    const { first, last } = addresses
    hosts = first === last ? formatIp(first) : `${formatIp(first)}-${formatIp(last)}`
    if (ports && typeof first === 'bigint') hosts = `[${hosts}]`
  }
  const base = basePort === undefined ? '' : `/${basePort}`
  return ports ? `${hosts}:${formatPortRange(ports, '-')}${base}` : hosts
}

/** Ports of these can be translated: DCCP (33) is the one that the walk does not name. */
const withPorts: readonly number[] = [TCP, UDP, UDPLITE, SCTP, 33, ICMP, ICMPV6]

/** What the nat extensions of iptables say of ports in a rule whose protocol has none. */
export function refusePorts(
  target: { readonly ports?: NumberRange },
  { header }: RuleSite,
): string | undefined {
  if (!target.ports) return undefined
  const { protocol } = header
  const fits = protocol && !protocol.inverted && withPorts.includes(protocol.protocol)
  return fits ? undefined : 'ports can be translated only where -p says tcp, udp, sctp or dccp'
}
