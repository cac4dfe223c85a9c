import { ICMP } from '../../base/packet.ts'
import { option } from '../save-format/options.ts'
import type { IcmpNames, IcmpTypeMatch } from './icmp-type.ts'
import { formatIcmpType, isIcmpType, parseIcmpType } from './icmp-type.ts'
import type { MatchModule } from './match.ts'

/** The type that stands for every type (`--icmp-type any`). */
const any = 255

const names: IcmpNames = {
  any: '255',
  'echo-reply': '0',
  pong: '0',
  'destination-unreachable': '3',
  'network-unreachable': '3/0',
  'host-unreachable': '3/1',
  'protocol-unreachable': '3/2',
  'port-unreachable': '3/3',
  'fragmentation-needed': '3/4',
  'source-route-failed': '3/5',
  'network-unknown': '3/6',
  'host-unknown': '3/7',
  'network-prohibited': '3/9',
  'host-prohibited': '3/10',
  'tos-network-unreachable': '3/11',
  'tos-host-unreachable': '3/12',
  'communication-prohibited': '3/13',
  'host-precedence-violation': '3/14',
  'precedence-cutoff': '3/15',
  'source-quench': '4',
  redirect: '5',
  'network-redirect': '5/0',
  'host-redirect': '5/1',
  'tos-network-redirect': '5/2',
  'tos-host-redirect': '5/3',
  'echo-request': '8',
  ping: '8',
  'router-advertisement': '9',
  'router-solicitation': '10',
  'time-exceeded': '11',
  'ttl-exceeded': '11',
  'ttl-zero-during-transit': '11/0',
  'ttl-zero-during-reassembly': '11/1',
  'parameter-problem': '12',
  'ip-header-bad': '12/0',
  'required-option-missing': '12/1',
  'timestamp-request': '13',
  'timestamp-reply': '14',
  'address-mask-request': '17',
  'address-mask-reply': '18',
}

/** Mirrors icmp_match of ip_tables: type 255 is every type. */
export const icmp: MatchModule<IcmpTypeMatch> = {
  options: { 'icmp-type': 1 },
  negatable: ['icmp-type'],
  family: 4,
  protocols: [ICMP],
  parse: (options) => parseIcmpType(options, 'icmp-type', names),
  format: (match) =>
    match.icmpType === any ? option('icmp-type', 'any', match.inverted) : formatIcmpType('icmp-type', match),
  test: (match, { packet }) => {
    const { icmp: header } = packet
    if (!header) return { unknown: 'the ICMP header of the simulated packet is not known' }
    return (match.icmpType === any || isIcmpType(match, header.type, header.code)) !== match.inverted
  },
}
