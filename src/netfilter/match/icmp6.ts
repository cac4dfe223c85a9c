import { ICMPV6 } from '../../base/packet.ts'
import type { IcmpNames, IcmpTypeMatch } from './icmp-type.ts'
import { formatIcmpType, isIcmpType, parseIcmpType } from './icmp-type.ts'
import type { MatchModule } from './match.ts'

const names: IcmpNames = {
  'destination-unreachable': '1',
  'no-route': '1/0',
  'communication-prohibited': '1/1',
  'beyond-scope': '1/2',
  'address-unreachable': '1/3',
  'port-unreachable': '1/4',
  'failed-policy': '1/5',
  'reject-route': '1/6',
  'packet-too-big': '2',
  'time-exceeded': '3',
  'ttl-exceeded': '3',
  'ttl-zero-during-transit': '3/0',
  'ttl-zero-during-reassembly': '3/1',
  'parameter-problem': '4',
  'bad-header': '4/0',
  'unknown-header-type': '4/1',
  'unknown-option': '4/2',
  'echo-request': '128',
  ping: '128',
  'echo-reply': '129',
  pong: '129',
  'router-solicitation': '133',
  'router-advertisement': '134',
  'neighbour-solicitation': '135',
  'neighbor-solicitation': '135',
  'neighbour-advertisement': '136',
  'neighbor-advertisement': '136',
  redirect: '137',
}

/** Mirrors icmp6_match of ip6_tables, which has no type for "any". */
export const icmp6: MatchModule<IcmpTypeMatch> = {
  options: { 'icmpv6-type': 1 },
  negatable: ['icmpv6-type'],
  family: 6,
  protocols: [ICMPV6],
  parse: (options) => parseIcmpType(options, 'icmpv6-type', names),
  format: (match) => formatIcmpType('icmpv6-type', match),
  test: (match, { packet }) => {
    const { icmp: header } = packet
    if (!header) return { unknown: 'the ICMPv6 header of the simulated packet is not known' }
    return isIcmpType(match, header.type, header.code) !== match.inverted
  },
}
