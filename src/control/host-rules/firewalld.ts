import { composeRuleSet } from '../../netfilter/table.ts'
import { iptablesLines } from './firewalld-iptables.ts'
import type { Zone, ZoneTarget } from './firewalld-zones.ts'
import { defaultZoneOf, zonesOf } from './firewalld-zones.ts'
import { rejectTarget } from './hand-written.ts'
import type { HostContext, HostFirewall } from './host-firewall.ts'
import type { HostLine } from './rule-text.ts'
import { readTableLines } from './rule-text.ts'

/**
 * firewalld 1.x. With its own backend it fills a table of native nftables whose chains stand at priority filter + 10,
 * after those of iptables: what iptables dropped stays dropped, and what firewalld rejects is rejected, whatever iptables
 * accepted. Packets that DNAT translated pass (`ct status dnat`), so that Services are let through. As recorded from 1.3.3
 * (test/recorded/host-rules); of a zone's chains those that would be empty are left out, and `_allow` is written out in place.
 * With FirewallBackend=iptables it is a part of the node's iptables.
 */
export const firewalld: HostFirewall = (context) => {
  const settings = context.stated.firewalld
  if (!settings || settings.running === false) return { shares: [] }
  const zones = zonesOf(context)
  const usesIptables = backendOf(context) === 'iptables'
  const lines = usesIptables
    ? iptablesLines(context, zones)
    : { filter: nativeLines(context, zones, defaultZoneOf(context)) }
  const { contributions, faults } = readTableLines(lines, context.family)
  for (const { diagnostic } of faults) context.refuse(['firewalld'], diagnostic.message, diagnostic.fix)
  if (usesIptables)
    return { shares: contributions.map((contribution) => ({ backend: context.backend, contribution })) }
  const ruleSet = composeRuleSet(context.family, contributions, 'firewalld')
  return { shares: [], native: [{ ...ruleSet, conntrack: true }] }
}

function backendOf(context: HostContext): 'nftables' | 'iptables' {
  const backend = context.stated.firewalld?.backend ?? 'nftables'
  if (backend === 'nftables' || backend === 'iptables') return backend
  context.refuse(
    ['firewalld', 'backend'],
    `"${backend}" is no backend of firewalld`,
    'write nftables or iptables',
  )
  return 'nftables'
}

const bases = ['INPUT', 'FORWARD', 'OUTPUT'] as const
const known = '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
const invalid = '-m conntrack --ctstate INVALID -j DROP'

/** Destinations that must not be reached by 6to4 and its kin (RFC3964_IPv4). */
const notIn6to4: readonly string[] = [
  ...['::/96', '::ffff:0.0.0.0/96', '2002::/24', '2002:a00::/24', '2002:7f00::/24', '2002:a9fe::/32'],
  ...['2002:ac10::/28', '2002:c0a8::/32', '2002:e000::/19'],
]

function nativeLines(context: HostContext, zones: readonly Zone[], byDefault: string): readonly HostLine[] {
  const { family } = context
  const fixed = (text: string): HostLine => ({ text, origin: context.origin('firewalld', ['firewalld']) })
  const prohibited = rejectTarget('icmp-admin-prohibited', family)
  const rfc3964 = (chain: string) =>
    family === 6
      ? notIn6to4.map((to) => `-A ${chain} -d ${to} -j REJECT --reject-with icmp6-addr-unreachable`)
      : []
  const common = (chain: string) => [
    `-A ${chain} ${known}`,
    `-A ${chain} -m conntrack --ctstate DNAT -j ACCEPT`,
    `-A ${chain} -i lo -j ACCEPT`,
    `-A ${chain} ${invalid}`,
  ]
  return [
    ...[
      ...bases.map((base) => `-A ${base} -j filter_${base}`),
      ...common('filter_INPUT'),
      '-A filter_INPUT -j filter_INPUT_ZONES',
      `-A filter_INPUT -j ${prohibited}`,
      ...common('filter_FORWARD'),
      ...rfc3964('filter_FORWARD'),
      '-A filter_FORWARD -j filter_FORWARD_ZONES',
      `-A filter_FORWARD -j ${prohibited}`,
      `-A filter_OUTPUT ${known}`,
      '-A filter_OUTPUT -o lo -j ACCEPT',
      ...rfc3964('filter_OUTPUT'),
      ...dispatch('filter_INPUT_ZONES', 'filter_IN', zones, byDefault),
      ...dispatch('filter_FORWARD_ZONES', 'filter_FWD', zones, byDefault),
    ].map(fixed),
    ...zones.flatMap((zone) => zoneLines(context, zone)),
  ]
}

/** Which zone a packet belongs to: by its source first, then by the device that it came in by. */
function dispatch(
  chain: string,
  prefix: string,
  zones: readonly Zone[],
  byDefault: string,
): readonly string[] {
  return [
    ...zones.flatMap(({ name, sources }) =>
      sources.map((one) => `-A ${chain} -s ${one} -g ${prefix}_${name}`),
    ),
    ...zones.flatMap(({ name, interfaces }) =>
      interfaces.map((one) => `-A ${chain} -i ${one} -g ${prefix}_${name}`),
    ),
    `-A ${chain} -g ${prefix}_${byDefault}`,
  ]
}

function zoneLines(context: HostContext, zone: Zone): readonly HostLine[] {
  const { family } = context
  const { name, lets, between, interfaces, sources, input, forward } = zone
  const fixed = (text: string): HostLine => ({ text, origin: context.origin('firewalld', ['firewalld']) })
  const into = `filter_IN_${name}`
  const through = `filter_FWD_${name}`
  const answers = input.type === 'default' || input.type === 'reject'
  return [
    ...lets.map(({ text, path }) => ({
      text: `-A ${into} ${text} -j ACCEPT`,
      origin: context.origin('firewalld', path),
    })),
    ...(answers ? [fixed(`-A ${into} -p ${family === 4 ? 'icmp' : 'ipv6-icmp'} -j ACCEPT`)] : []),
    fixed(`-A ${into} -j ${targetText(input, family)}`),
    ...(between ? interfaces.map((one) => fixed(`-A ${through} -o ${one} -j ACCEPT`)) : []),
    ...(between ? sources.map((one) => fixed(`-A ${through} -d ${one} -j ACCEPT`)) : []),
    fixed(`-A ${through} -j ${targetText(forward, family)}`),
  ]
}

/** `icmpx admin-prohibited` is the answer of both the default target and REJECT. */
function targetText(target: ZoneTarget, family: 4 | 6): string {
  switch (target.type) {
    case 'accept':
      return 'ACCEPT'
    case 'drop':
      return 'DROP'
    case 'default':
      return rejectTarget('icmp-admin-prohibited', family)
    case 'reject':
      return rejectTarget(target.answer === '' ? 'icmp-admin-prohibited' : target.answer, family)
    default:
      return target satisfies never
  }
}
