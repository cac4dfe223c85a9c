import type { FilterChains, FilterHook, HandWrittenChain, NatHook } from '../../model/host-firewall.ts'
import type { Backend } from '../../netfilter/rule.ts'
import { RuleSyntaxError } from '../../netfilter/save-format/tokens.ts'
import { entryText } from './entry-map.ts'
import type { HostContext, HostFirewall, HostFirewallRules, NodePath } from './host-firewall.ts'
import type { HostLine, ReadLines } from './rule-text.ts'
import { readTableLines } from './rule-text.ts'
import { readShortForm } from './short-form.ts'

/** A line, and the place at which it is stated. */
interface StatedLine {
  readonly text: string
  readonly path: NodePath
  /** Stands before all others of its chain, as `-I` puts it. */
  readonly first?: true
}

/**
 * The chains that somebody wrote by hand: `filter`, `firewall` and `nat` of a node. Each rule stands in its base
 * chain where the host's own rules stand, after the jumps that kube-proxy and kubelet put in front.
 */
export const handWritten: HostFirewall = (context) => {
  const { filter, firewall, nat } = context.stated
  const { nft, legacy, ...plain } = filter ?? {}
  const of = (chains: FilterChains | undefined, path: NodePath, backend: Backend) =>
    chains ? read(context, 'filter', filterLines(context, chains, path), backend) : []
  const natLines = Object.entries(nat ?? {}).flatMap(([hook, chain]) =>
    (chain?.rules ?? []).flatMap((text, index) =>
      commandLine(context, text, hook as NatHook, ['nat', hook, 'rules', index]),
    ),
  )
  return {
    shares: [
      ...of(plain, ['filter'], context.backend),
      ...of(nft, ['filter', 'nft'], 'nft'),
      ...of(legacy, ['filter', 'legacy'], 'legacy'),
      ...of(firewall, ['firewall'], context.backend),
      ...read(context, 'nat', natLines, context.backend),
    ],
  }
}

function read(
  context: HostContext,
  table: 'filter' | 'nat',
  stated: readonly StatedLine[],
  backend: Backend,
): HostFirewallRules['shares'] {
  if (stated.length === 0) return []
  const ordered = [...stated.filter((one) => one.first).toReversed(), ...stated.filter((one) => !one.first)]
  const lines = ordered.map(
    ({ text, path }): HostLine => ({ text, origin: context.origin('host rules', path) }),
  )
  const { contributions, faults } = readTableLines({ [table]: lines }, context.family, (name) =>
    context.hasChain(name),
  )
  tellFaults(context, ordered, lines, faults)
  return contributions.map((contribution) => ({ backend, contribution }))
}

/** Faults of IPv4 alone: a line that IPv6 has no use for, such as one with addresses of IPv4, does not stand there. */
function tellFaults(
  context: HostContext,
  stated: readonly StatedLine[],
  lines: readonly HostLine[],
  faults: ReadLines['faults'],
): void {
  if (context.family === 6) return
  for (const { diagnostic, text } of faults) {
    const found = lines.findIndex((line) => line.text === text)
    const path = stated[found]?.path
    if (path && !isOfIpv6(text)) context.refuse(path, diagnostic.message, diagnostic.fix)
  }
}

function isOfIpv6(text: string): boolean {
  return /\s-[sd] [0-9a-f]*:|ipv6-icmp|icmpv6|icmp6/.test(text)
}

function filterLines(context: HostContext, chains: FilterChains, path: NodePath): readonly StatedLine[] {
  return Object.entries(chains).flatMap(([hook, chain]) =>
    chain ? chainLines(context, hook as FilterHook, chain, [...path, hook]) : [],
  )
}

/** The lists of a chain in the order in which they stand, between its policy and what stands for a policy of REJECT. */
function chainLines(
  context: HostContext,
  hook: FilterHook,
  chain: HandWrittenChain,
  path: NodePath,
): readonly StatedLine[] {
  const policy = policyLines(context, hook, chain.policy, [...path, 'policy'])
  const lists = Object.entries(chain).flatMap(([list, entries]): readonly StatedLine[] => {
    if (!Array.isArray(entries)) return []
    return entries.flatMap((entry: unknown, index) => {
      const at = [...path, list, index]
      if (list === 'rules') return commandLine(context, String(entry), hook, at)
      return entryLines(context, { hook, entry, action: actions[list] ?? 'ACCEPT', path: at })
    })
  })
  return [...policy.before, ...lists, ...policy.after]
}

const actions: Readonly<Record<string, string>> = { accept: 'ACCEPT', drop: 'DROP', reject: 'REJECT' }

function policyLines(
  context: HostContext,
  hook: FilterHook,
  policy: string | undefined,
  path: NodePath,
): { readonly before: readonly StatedLine[]; readonly after: readonly StatedLine[] } {
  if (policy === undefined) return { before: [], after: [] }
  const [word = '', ...rest] = policy.trim().split(/\s+/)
  const answer = rest.filter((one) => one !== 'with').join(' ')
  switch (word.toUpperCase()) {
    case 'ACCEPT':
    case 'DROP':
      return { before: [{ text: `:${hook} ${word.toUpperCase()}`, path }], after: [] }
    case 'REJECT':
      return { before: [], after: [{ text: `-A ${hook} -j ${rejectTarget(answer, context.family)}`, path }] }
    default:
      context.refuse(path, `"${policy}" is no policy of a chain`, 'write ACCEPT, DROP or REJECT')
      return { before: [], after: [] }
  }
}

/** `REJECT --reject-with …`; an answer of IPv4 has its counterpart in IPv6. */
export function rejectTarget(answer: string, family: 4 | 6): string {
  const name = answer.replace(/^--reject-with\s+/, '')
  if (name === '') return 'REJECT'
  return `REJECT --reject-with ${family === 4 ? name : (inIpv6[name.replace(/^icmp-/, '')] ?? name)}`
}

const inIpv6: Readonly<Record<string, string>> = {
  'net-unreachable': 'icmp6-no-route',
  'host-unreachable': 'icmp6-addr-unreachable',
  'port-unreachable': 'icmp6-port-unreachable',
  'proto-unreachable': 'icmp6-port-unreachable',
  'net-prohibited': 'icmp6-adm-prohibited',
  'host-prohibited': 'icmp6-adm-prohibited',
  'admin-prohibited': 'icmp6-adm-prohibited',
}

interface Entry {
  readonly hook: FilterHook
  readonly entry: unknown
  readonly action: string
  readonly path: NodePath
}

function entryLines(context: HostContext, { hook, entry, action, path }: Entry): readonly StatedLine[] {
  try {
    const { chain, alternatives } = readShortForm(entryText(entry), { hook })
    const target = `-j ${action}`
    if (chain === undefined)
      return alternatives.map((one) => ({ text: ruleText(hook, one, target, context.family), path }))
    // What a component is said to have in its own chain, it has: its own rules count.
    if (alternatives.length === 0 || context.hasChain(chain)) return []
    return [
      ...alternatives.map((one) => ({ text: ruleText(chain, one, target, context.family), path })),
      { text: `-A ${hook} -j ${chain}`, path },
    ]
  } catch (error) {
    if (!(error instanceof RuleSyntaxError)) throw error
    context.refuse(path, error.message)
    return []
  }
}

function ruleText(chain: string, matches: string, target: string, family: 4 | 6): string {
  const own = family === 4 ? matches : matches.replace(/-p icmp(?= |$)/, '-p ipv6-icmp')
  const jump = /(?:^|\s)-[jg]\s/.test(own) ? '' : target
  return ['-A', chain, own, jump].filter((part) => part !== '').join(' ')
}

/** A line in iptables' words: `-A INPUT …`, `-I INPUT …`, `-P INPUT DROP`, or the matches and target alone. */
function commandLine(
  context: HostContext,
  text: string,
  hook: FilterHook | NatHook,
  path: NodePath,
): readonly StatedLine[] {
  const line = text
    .trim()
    .replace(/^(?:sudo\s+)?ip6?tables(?:-nft|-legacy)?\s+/, '')
    .replace(/^(?:-w|--wait)\s+/, '')
  const own = line.replace(/^-t\s+(?:filter|nat)\s+/, '')
  const verb = /^(-[AIPN]|--(?:append|insert|policy|new-chain))\s+(\S+)\s*(.*)$/.exec(own)
  if (!verb) return [{ text: `-A ${hook} ${own}`, path }]
  const [, command = '', chain = '', rest = ''] = verb
  switch (command) {
    case '-A':
    case '--append':
      return [{ text: `-A ${chain} ${rest}`.trim(), path }]
    case '-I':
    case '--insert':
      return [{ text: `-A ${chain} ${rest.replace(/^\d+\s+/, '')}`.trim(), path, first: true }]
    case '-P':
    case '--policy':
      return [{ text: `:${chain} ${rest}`, path, first: true }]
    case '-N':
    case '--new-chain':
      return [{ text: `:${chain} -`, path, first: true }]
    default:
      context.refuse(path, `"${command}" is no command that adds a rule`)
      return []
  }
}
