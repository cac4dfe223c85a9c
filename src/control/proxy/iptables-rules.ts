import type { Cidr, Ip } from '../../base/ip.ts'
import { bitsOf, familyOf } from '../../base/ip.ts'
import { SCTP, TCP, UDP } from '../../base/packet.ts'
import type { Origin } from '../../base/source.ts'
import type { Match } from '../../netfilter/match/registry.ts'
import type { AddressMatch, HeaderMatch, Rule, Target } from '../../netfilter/rule.ts'
import { maskOf } from '../../netfilter/save-format/options.ts'
import type { ServicePortInfo } from './service-ports.ts'

/** Words in which kube-proxy's rules are written down; each gives one part of a rule. */

export function jump(chain: string): Target {
  return { type: 'jump', chain }
}

/** What is to be masqueraded is marked here and translated in KUBE-POSTROUTING. */
export const markForMasquerade = jump('KUBE-MARK-MASQ')
export const drop: Target = { type: 'drop' }
export const accept: Target = { type: 'accept' }

/** REJECT as it is without options: port unreachable. */
export function rejectTarget(family: 4 | 6): Target {
  return family === 4
    ? { type: 'REJECT', name: 'icmp-port-unreachable', icmp: { type: 3, code: 3 } }
    : { type: 'REJECT', name: 'icmp6-port-unreachable', icmp: { type: 1, code: 4 } }
}

export function comment(text: string): Match {
  return { type: 'comment', comment: text }
}

export function host(ip: Ip): AddressMatch {
  const family = familyOf(ip)
  return { address: ip, mask: maskOf(family, bitsOf(family)), inverted: false }
}

/** A block; none for all addresses, which iptables leaves out. */
export function block(cidr: Cidr, inverted = false): AddressMatch | undefined {
  const family = familyOf(cidr.first)
  if (cidr.bits === 0 && !inverted) return undefined
  return { address: cidr.first, mask: maskOf(family, cidr.bits), inverted }
}

/** `-m tcp`, with `--dport` if a port is given. */
export function transport(protocol: ServicePortInfo['protocol'], dport?: number): Match {
  return dport === undefined
    ? bareTransports[protocol]
    : { type: protocol, dport: { first: dport, last: dport, inverted: false } }
}

const bareTransports = { tcp: { type: 'tcp' }, udp: { type: 'udp' }, sctp: { type: 'sctp' } } as const

/** `-p tcp`. */
export function onProtocol(protocol: ServicePortInfo['protocol']): Pick<HeaderMatch, 'protocol'> {
  return protocols[protocol]
}

const protocols = {
  tcp: { protocol: { protocol: TCP, inverted: false } },
  udp: { protocol: { protocol: UDP, inverted: false } },
  sctp: { protocol: { protocol: SCTP, inverted: false } },
} as const

export function states(...names: readonly ('NEW' | 'INVALID' | 'RELATED' | 'ESTABLISHED' | 'DNAT')[]): Match {
  return { type: 'conntrack', states: { value: names, inverted: false }, addresses: {}, ports: {} }
}

export function addressType(side: 'source' | 'destination'): Match {
  const list = { types: ['LOCAL'] as const, inverted: false }
  return side === 'source' ? { type: 'addrtype', source: list } : { type: 'addrtype', destination: list }
}

/** Makes a rule; parts that are left out do not stand in it. */
export function rule(
  origin: Origin,
  header: HeaderMatch,
  matches: readonly (Match | undefined)[],
  target: Target | undefined,
): Rule {
  const present = matches.every(isPresent) ? matches : matches.filter(isPresent)
  return target ? { header, matches: present, target, origin } : { header, matches: present, origin }
}

function isPresent(match: Match | undefined): match is Match {
  return match !== undefined
}
