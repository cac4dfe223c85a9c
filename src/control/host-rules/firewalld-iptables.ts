import type { Zone, ZoneTarget } from './firewalld-zones.ts'
import { defaultZoneOf } from './firewalld-zones.ts'
import { rejectTarget } from './hand-written.ts'
import type { HostContext } from './host-firewall.ts'
import type { HostLine, TableLines } from './rule-text.ts'

/** Where zones are told apart in a base chain, and how: chains `PRE_public`, … by the side of the packet that counts. */
interface Stage {
  readonly base: 'PREROUTING' | 'POSTROUTING' | 'INPUT' | 'FORWARD'
  readonly prefix: 'PRE' | 'POST' | 'IN' | 'FWD'
  readonly address: '-s' | '-d'
  readonly device: '-i' | '-o'
}

const pre: Stage = { base: 'PREROUTING', prefix: 'PRE', address: '-s', device: '-i' }
const post: Stage = { base: 'POSTROUTING', prefix: 'POST', address: '-d', device: '-o' }
const input: Stage = { base: 'INPUT', prefix: 'IN', address: '-s', device: '-i' }
const forward: Stage = { base: 'FORWARD', prefix: 'FWD', address: '-s', device: '-i' }

/** The one policy that is released: neighbour discovery, which IPv4 has no use for. */
const policy = 'allow-host-ipv6'

const steps = ['pre', 'log', 'deny', 'allow', 'post'] as const

/**
 * What firewalld 1.x writes with FirewallBackend=iptables, as recorded from 1.3.3 (test/recorded/host-rules): every
 * zone and policy has chains in every table, most of them empty.
 */
export function iptablesLines(context: HostContext, zones: readonly Zone[]): TableLines {
  const byDefault = defaultZoneOf(context)
  const fixed = (text: string): HostLine => ({ text, origin: context.origin('firewalld', ['firewalld']) })
  const direct = (...names: readonly string[]) =>
    names.flatMap((base) => [`:${base}_direct -`, `-A ${base} -j ${base}_direct`])
  const staged = (stage: Stage, withPolicy: boolean) => [
    `-A ${stage.base} -j ${stage.base}_ZONES`,
    ...stageLines(stage, zones, byDefault, withPolicy),
  ]
  const output = [
    ':OUTPUT_POLICIES_pre -',
    ':OUTPUT_POLICIES_post -',
    '-A OUTPUT -j OUTPUT_POLICIES_pre',
    '-A OUTPUT -j OUTPUT_POLICIES_post',
  ]
  return {
    mangle: [
      ...direct('PREROUTING'),
      ...staged(pre, true),
      ...direct('INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'),
    ].map(fixed),
    security: direct('INPUT', 'FORWARD', 'OUTPUT').map(fixed),
    raw: [...direct('PREROUTING'), ...staged(pre, true), ...direct('OUTPUT')].map(fixed),
    filter: filterLines(context, zones, { direct, staged, output }),
    nat: [
      ...direct('PREROUTING'),
      ...staged(pre, true),
      ...direct('OUTPUT'),
      ...output,
      ...direct('POSTROUTING'),
      ...staged(post, false),
    ].map(fixed),
  }
}

interface Pieces {
  direct(...names: readonly string[]): readonly string[]
  staged(stage: Stage, withPolicy: boolean): readonly string[]
  readonly output: readonly string[]
}

function filterLines(context: HostContext, zones: readonly Zone[], pieces: Pieces): readonly HostLine[] {
  const { family } = context
  const fixed = (text: string): HostLine => ({ text, origin: context.origin('firewalld', ['firewalld']) })
  const prohibited = rejectTarget('icmp-host-prohibited', family)
  const guarded = (base: 'INPUT' | 'FORWARD', stage: Stage) => [
    `-A ${base} -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT`,
    `-A ${base} -i lo -j ACCEPT`,
    `-A ${base} -m conntrack --ctstate INVALID -j DROP`,
    ...pieces.direct(base),
    ...pieces.staged(stage, base === 'INPUT'),
    `-A ${base} -j ${prohibited}`,
  ]
  return [
    ...[
      ...guarded('INPUT', input),
      ...guarded('FORWARD', forward),
      '-A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-A OUTPUT -o lo -j ACCEPT',
      ...pieces.direct('OUTPUT'),
      ...pieces.output,
    ].map(fixed),
    ...zones.flatMap((zone) => zoneLines(context, zone)),
  ]
}

/** What a zone lets in and forwards, and its targets at the ends of its chains. */
function zoneLines(context: HostContext, zone: Zone): readonly HostLine[] {
  const { family } = context
  const { name, lets, between, interfaces, sources } = zone
  const fixed = (text: string): HostLine => ({ text, origin: context.origin('firewalld', ['firewalld']) })
  const answers = zone.input.type === 'default' || zone.input.type === 'reject'
  const through = between
    ? [...interfaces.map((one) => `-o ${one}`), ...sources.map((one) => `-d ${one}`)]
    : []
  return [
    ...lets.map(({ text, path }) => ({
      text: `-A IN_${name}_allow ${text} -j ACCEPT`,
      origin: context.origin('firewalld', path),
    })),
    ...(answers ? [fixed(`-A IN_${name} -p ${family === 4 ? 'icmp' : 'ipv6-icmp'} -j ACCEPT`)] : []),
    fixed(`-A IN_${name} -j ${targetText(zone.input, family)}`),
    ...through.map((to) => fixed(`-A FWD_${name}_allow ${to} -j ACCEPT`)),
    fixed(`-A FWD_${name} -j ${targetText(zone.forward, family)}`),
  ]
}

/** Which zone, and the chains of each: those of policies before and after its own. */
function stageLines(
  { base, prefix, address, device }: Stage,
  zones: readonly Zone[],
  byDefault: string,
  withPolicy: boolean,
): readonly string[] {
  const chainsOf = (name: string) => steps.map((step) => `${prefix}_${name}_${step}`)
  return [
    ...[`${base}_POLICIES_pre`, `${base}_POLICIES_post`].map((name) => `:${name} -`),
    ...zones.flatMap(({ name, sources }) =>
      sources.map((one) => `-A ${base}_ZONES ${address} ${one} -g ${prefix}_${name}`),
    ),
    ...zones.flatMap(({ name, interfaces }) =>
      interfaces.map((one) => `-A ${base}_ZONES ${device} ${one} -g ${prefix}_${name}`),
    ),
    `-A ${base}_ZONES -g ${prefix}_${byDefault}`,
    ...zones.flatMap(({ name }) => [
      ...chainsOf(name).map((chain) => `:${chain} -`),
      `-A ${prefix}_${name} -j ${base}_POLICIES_pre`,
      ...chainsOf(name).map((chain) => `-A ${prefix}_${name} -j ${chain}`),
      `-A ${prefix}_${name} -j ${base}_POLICIES_post`,
    ]),
    ...(withPolicy
      ? [
          `-A ${base}_POLICIES_pre -j ${prefix}_${policy}`,
          ...chainsOf(policy).flatMap((chain) => [`:${chain} -`, `-A ${prefix}_${policy} -j ${chain}`]),
        ]
      : []),
  ]
}

/** Zones answer with REJECT's own default here, and not with what the base chains answer. */
function targetText(target: ZoneTarget, family: 4 | 6): string {
  switch (target.type) {
    case 'accept':
      return 'ACCEPT'
    case 'drop':
      return 'DROP'
    case 'default':
      return 'REJECT'
    case 'reject':
      return rejectTarget(target.answer, family)
    default:
      return target satisfies never
  }
}
