import type { CalicoSelector } from '../../../../base/calico-selector.ts'
import { formatCidr } from '../../../../base/ip.ts'
import type { ApiPort, ApiRule, EntityRule, IcmpMatch, Protocol } from './api-policy.ts'
import type { SetDefinition } from './set-definition.ts'

/** A rule with its selectors and named ports as sets, as Felix hands it to its dataplane (ParsedRule of felix/calc). */
export interface ParsedRule {
  readonly rule: ApiRule
  readonly family?: 4 | 6
  readonly protocol?: Protocol
  readonly notProtocol?: Protocol
  readonly icmp?: IcmpMatch
  readonly notIcmp?: IcmpMatch
  readonly src: ParsedEnd
  readonly dst: ParsedEnd
}

/** What is asked of one end. */
export interface ParsedEnd {
  readonly nets: readonly string[]
  readonly ports: readonly PortRange[]
  readonly namedPorts: readonly SetDefinition[]
  readonly sets: readonly SetDefinition[]
  /** Sets of pairs of address and port. */
  readonly portSets: readonly SetDefinition[]
  readonly notNets: readonly string[]
  readonly notPorts: readonly PortRange[]
  readonly notNamedPorts: readonly SetDefinition[]
  readonly notSets: readonly SetDefinition[]
}

export interface PortRange {
  readonly first: number
  readonly last: number
}

/** Since this release a rule without a protocol means the ports of that name of every protocol, and not of TCP alone. */
const portsOfAnyProtocol = 32

/** Mirrors ruleToParsedRule and parsedRuleToProtoRule of felix/calc. */
export function parseRule(rule: ApiRule, release: number): ParsedRule {
  const { protocol, notProtocol, icmp, notIcmp, source, destination } = rule
  const family = rule.family ?? familyOfProtocol(protocol)
  const named = namedProtocol(protocol, release)
  return {
    rule,
    ...(family !== undefined && { family }),
    ...(protocol !== undefined && { protocol }),
    ...(notProtocol !== undefined && { notProtocol }),
    ...(icmp && { icmp }),
    ...(notIcmp && { notIcmp }),
    src: endOf(source, named, false),
    dst: endOf(destination, named, true),
  }
}

function familyOfProtocol(protocol: Protocol | undefined): 4 | 6 | undefined {
  if (protocol === 'icmp') return 4
  return protocol === 'icmpv6' ? 6 : undefined
}

const withPorts: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '132': 'sctp' }

function namedProtocol(protocol: Protocol | undefined, release: number): string {
  if (protocol === undefined) return release >= portsOfAnyProtocol ? 'any' : 'tcp'
  const name = withPorts[String(protocol)] ?? String(protocol)
  return ['tcp', 'udp', 'sctp'].includes(name) ? name : 'tcp'
}

/**
 * Where a rule names ports, the sets of these hold what the selector selects alone, and the selector needs no set of its own
 * unless numbers stand beside the names. What is not to be selected is taken from what is, if anything is.
 */
function endOf(entity: EntityRule, protocol: string, isDestination: boolean): ParsedEnd {
  const { nets = [], notNets = [], ports = [], notPorts = [], service } = entity
  const { selector, notSelector } = combined(entity)
  const names = namesOf(ports)
  const ofName = (name: string): SetDefinition => ({
    type: 'named-port',
    selector: selector ?? { type: 'all' },
    name,
    protocol,
  })
  const needsSelector = rangesOf(ports).length > 0 || names.length === 0
  return {
    nets: nets.map(formatCidr),
    ports: rangesOf(ports),
    namedPorts: names.map(ofName),
    sets: [
      ...(selector && needsSelector ? [selectorSet(selector)] : []),
      ...(service && !isDestination ? [serviceSet(service, false)] : []),
    ],
    portSets: service && isDestination ? [serviceSet(service, true)] : [],
    notNets: notNets.map(formatCidr),
    notPorts: rangesOf(notPorts),
    notNamedPorts: namesOf(notPorts).map(ofName),
    notSets: notSelector ? [selectorSet(notSelector)] : [],
  }
}

function selectorSet(selector: CalicoSelector): SetDefinition {
  return { type: 'selector', selector }
}

function serviceSet(service: NonNullable<EntityRule['service']>, ports: boolean): SetDefinition {
  return { type: 'service', ...service, withPorts: ports }
}

function namesOf(ports: readonly ApiPort[]): readonly string[] {
  return ports.flatMap((port) => ('name' in port ? [port.name] : []))
}

function rangesOf(ports: readonly ApiPort[]): readonly PortRange[] {
  return ports.flatMap((port) => ('name' in port ? [] : [port]))
}

/** Mirrors combineMatchesIfPossible. */
function combined({ selector, notSelector }: EntityRule): Pick<EntityRule, 'selector' | 'notSelector'> {
  if (!selector) return notSelector ? { notSelector } : {}
  if (!notSelector) return { selector }
  const without: CalicoSelector =
    notSelector.type === 'not' ? notSelector.of : { type: 'not', of: notSelector }
  return { selector: { type: 'and', of: [selector, without] } }
}

/** All sets that the rule asks. */
export function setsOfRule({ src, dst }: ParsedRule): readonly SetDefinition[] {
  return [src, dst].flatMap((end) => [
    ...end.namedPorts,
    ...end.notNamedPorts,
    ...end.sets,
    ...end.portSets,
    ...end.notSets,
  ])
}

/** The rule as far as it is about addresses of one family; nothing, if it is not. Mirrors FilterRuleToIPVersion. */
export function ruleForFamily(rule: ParsedRule, family: 4 | 6, release: number): ParsedRule | undefined {
  if (rule.family !== undefined && rule.family !== family) return undefined
  const src = endForFamily(rule.src, family, release)
  const dst = endForFamily(rule.dst, family, release)
  return src && dst && { ...rule, src, dst }
}

/** Since this release a rule that excludes every address is left out, since iptables could not say it. */
const leavesOutNobody = 29

function endForFamily(end: ParsedEnd, family: 4 | 6, release: number): ParsedEnd | undefined {
  const ofFamily = (texts: readonly string[]) => texts.filter((text) => text.includes(':') === (family === 6))
  const nets = ofFamily(end.nets)
  const notNets = ofFamily(end.notNets)
  if ((end.nets.length > 0 && nets.length === 0) || (end.notNets.length > 0 && notNets.length === 0))
    return undefined
  if (release >= leavesOutNobody && notNets.some((text) => text.endsWith('/0'))) return undefined
  return { ...end, nets, notNets }
}
