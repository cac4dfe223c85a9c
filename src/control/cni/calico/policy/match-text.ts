import type { IcmpMatch, Protocol } from './api-policy.ts'
import type { ParsedEnd, ParsedRule, PortRange } from './parsed-rule.ts'
import type { SetDefinition } from './set-definition.ts'
import { policySetName } from './set-definition.ts'

/** One end of packets, as iptables names it. */
export type Side = 'src' | 'dst'

const addressOption = { src: '--source', dst: '--destination' } as const
const portOption = { src: '--source-ports', dst: '--destination-ports' } as const

/** As many ports may stand in one match of xt_multiport; a range counts for two. */
const mostPorts = 15

/** The ports in parts that one match holds. Mirrors SplitPortList. */
export function splitPorts(ports: readonly PortRange[]): readonly (readonly PortRange[])[] {
  const splits: PortRange[][] = []
  let free = 0
  for (const port of ports) {
    const needed = port.first === port.last ? 1 : 2
    if (free < needed) {
      splits.push([])
      free = mostPorts
    }
    splits.at(-1)?.push(port)
    free -= needed
  }
  return splits
}

export function protocolMatch(protocol: Protocol | undefined): readonly string[] {
  return protocol === undefined ? [] : [`-p ${protocol}`]
}

export function netMatch(side: Side, net: string): string {
  return `${addressOption[side]} ${net}`
}

export function portsMatch(side: Side, ports: readonly PortRange[], not = ''): string {
  const texts = ports.map(({ first, last }) => (first === last ? String(first) : `${first}:${last}`))
  return `-m multiport ${not}${portOption[side]} ${texts.join(',')}`
}

export function setMatch(family: 4 | 6, side: Side, set: SetDefinition, not = ''): string {
  const pairs = set.type === 'named-port' || (set.type === 'service' && set.withPorts)
  return `-m set ${not}--match-set ${policySetName(family, set)} ${pairs ? `${side},${side}` : side}`
}

/** Everything that one rule of iptables can ask at once. Mirrors CalculateRuleMatch, whose order iptables keeps. */
export function ruleMatch(rule: ParsedRule, family: 4 | 6): readonly string[] {
  const { protocol, notProtocol, icmp, notIcmp, src, dst } = rule
  return [
    ...protocolMatch(protocol),
    ...wantedOf('src', src, family),
    ...wantedOf('dst', dst, family),
    ...icmpMatch(icmp, family, ''),
    ...protocolMatch(notProtocol).map((text) => `! ${text}`),
    ...unwantedOf('src', src, family),
    ...unwantedOf('dst', dst, family),
    ...icmpMatch(notIcmp, family, '! '),
  ]
}

function wantedOf(side: Side, end: ParsedEnd, family: 4 | 6): readonly string[] {
  const asks = (set: SetDefinition) => setMatch(family, side, set)
  return [
    ...end.nets.map((net) => netMatch(side, net)),
    ...end.sets.map(asks),
    ...end.portSets.map(asks),
    ...(end.ports.length > 0 ? [portsMatch(side, end.ports)] : []),
    ...end.namedPorts.map(asks),
  ]
}

function unwantedOf(side: Side, end: ParsedEnd, family: 4 | 6): readonly string[] {
  const asks = (set: SetDefinition) => setMatch(family, side, set, '! ')
  return [
    ...end.notNets.map((net) => `! ${netMatch(side, net)}`),
    ...end.notSets.map(asks),
    ...splitPorts(end.notPorts).map((ports) => portsMatch(side, ports, '! ')),
    ...end.notNamedPorts.map(asks),
  ]
}

function icmpMatch(icmp: IcmpMatch | undefined, family: 4 | 6, not: string): readonly string[] {
  if (icmp?.type === undefined) return []
  const type = icmp.code === undefined ? String(icmp.type) : `${icmp.type}/${icmp.code}`
  return family === 4 ? [`-m icmp ${not}--icmp-type ${type}`] : [`-m icmp6 ${not}--icmpv6-type ${type}`]
}
