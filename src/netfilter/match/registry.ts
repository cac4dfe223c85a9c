import type { AddrtypeMatch } from './addrtype.ts'
import { addrtype } from './addrtype.ts'
import type { CommentMatch } from './comment.ts'
import { comment } from './comment.ts'
import type { ConnlimitMatch } from './connlimit.ts'
import { connlimit } from './connlimit.ts'
import { connmark } from './connmark.ts'
import type { ConntrackMatch } from './conntrack.ts'
import { conntrack } from './conntrack.ts'
import type { DscpMatch } from './dscp.ts'
import { dscp } from './dscp.ts'
import type { HashlimitMatch } from './hashlimit.ts'
import { hashlimit } from './hashlimit.ts'
import type { HelperMatch } from './helper.ts'
import { helper } from './helper.ts'
import type { HopLimitMatch } from './hop-limit.ts'
import { hl, ttl } from './hop-limit.ts'
import { icmp } from './icmp.ts'
import type { IcmpTypeMatch } from './icmp-type.ts'
import { icmp6 } from './icmp6.ts'
import type { IprangeMatch } from './iprange.ts'
import { iprange } from './iprange.ts'
import type { LengthMatch } from './length.ts'
import { length } from './length.ts'
import type { LimitMatch } from './limit.ts'
import { limit } from './limit.ts'
import type { MacMatch } from './mac.ts'
import { mac } from './mac.ts'
import type { MarkMatch } from './mark.ts'
import { mark } from './mark.ts'
import type { MatchContext, MatchModule, MatchResult, UnknownMatch } from './match.ts'
import type { MultiportMatch } from './multiport.ts'
import { multiport } from './multiport.ts'
import type { NfacctMatch } from './nfacct.ts'
import { nfacct } from './nfacct.ts'
import type { OwnerMatch } from './owner.ts'
import { owner } from './owner.ts'
import type { PhysdevMatch } from './physdev.ts'
import { physdev } from './physdev.ts'
import type { PkttypeMatch } from './pkttype.ts'
import { pkttype } from './pkttype.ts'
import type { PolicyMatch } from './policy.ts'
import { policy } from './policy.ts'
import type { PortsMatch } from './ports.ts'
import type { RecentMatch } from './recent.ts'
import { recent } from './recent.ts'
import type { RpfilterMatch } from './rpfilter.ts'
import { rpfilter } from './rpfilter.ts'
import type { RoutingHeaderMatch } from './rt.ts'
import { rt } from './rt.ts'
import type { SctpMatch } from './sctp.ts'
import { sctp } from './sctp.ts'
import type { SetMatch } from './set.ts'
import { set } from './set.ts'
import type { SpiMatch } from './spi.ts'
import { ah, esp } from './spi.ts'
import type { StateMatch } from './state.ts'
import { state } from './state.ts'
import type { StatisticMatch } from './statistic.ts'
import { statistic } from './statistic.ts'
import type { StringMatch } from './string.ts'
import { string } from './string.ts'
import type { TcpMatch } from './tcp.ts'
import { tcp } from './tcp.ts'
import type { TosMatch } from './tos.ts'
import { tos } from './tos.ts'
import { udp } from './udp.ts'

/** Every match extension by the name after `-m`, and the type of its options. */
export interface MatchFields {
  addrtype: AddrtypeMatch
  ah: SpiMatch
  comment: CommentMatch
  connlimit: ConnlimitMatch
  connmark: MarkMatch
  conntrack: ConntrackMatch
  dscp: DscpMatch
  esp: SpiMatch
  hashlimit: HashlimitMatch
  helper: HelperMatch
  hl: HopLimitMatch
  icmp: IcmpTypeMatch
  icmp6: IcmpTypeMatch
  iprange: IprangeMatch
  length: LengthMatch
  limit: LimitMatch
  mac: MacMatch
  mark: MarkMatch
  multiport: MultiportMatch
  nfacct: NfacctMatch
  owner: OwnerMatch
  physdev: PhysdevMatch
  pkttype: PkttypeMatch
  policy: PolicyMatch
  recent: RecentMatch
  rpfilter: RpfilterMatch
  rt: RoutingHeaderMatch
  sctp: SctpMatch
  set: SetMatch
  state: StateMatch
  statistic: StatisticMatch
  string: StringMatch
  tcp: TcpMatch
  tos: TosMatch
  ttl: HopLimitMatch
  udp: PortsMatch
}

export type MatchName = keyof MatchFields

/** A match of an extension: known, with typed options, or unknown, with its text. */
export type Match = KnownMatch | UnknownMatch
export type KnownMatch<K extends MatchName = MatchName> = {
  [P in K]: { readonly type: P } & MatchFields[P]
}[K]

/** The modules, one for each entry of MatchFields; leaving one out does not compile. */
export const matchModules: { readonly [K in MatchName]: MatchModule<MatchFields[K]> } = {
  addrtype,
  ah,
  comment,
  connlimit,
  connmark,
  conntrack,
  dscp,
  esp,
  hashlimit,
  helper,
  hl,
  icmp,
  icmp6,
  iprange,
  length,
  limit,
  mac,
  mark,
  multiport,
  nfacct,
  owner,
  physdev,
  pkttype,
  policy,
  recent,
  rpfilter,
  rt,
  sctp,
  set,
  state,
  statistic,
  string,
  tcp,
  tos,
  ttl,
  udp,
}

export function isMatchName(name: string): name is MatchName {
  return Object.hasOwn(matchModules, name)
}

/** Asks one match about the packet. */
export function testMatch<K extends MatchName>(match: KnownMatch<K>, context: MatchContext): MatchResult {
  return matchModules[match.type].test(match, context)
}

/** Whether the match keeps a count or a list of the packets that came to it. */
export function remembers(match: Match): boolean {
  return match.type !== 'unknown' && matchModules[match.type].remembers === true
}

/** The match's options as iptables-save prints them. */
export function formatMatch<K extends MatchName>(match: KnownMatch<K>, family: 4 | 6): string {
  return matchModules[match.type].format(match, family)
}
