import type { Cidr, Ip } from '../../../base/ip.ts'
import { contains, parseCidr } from '../../../base/ip.ts'
import type { Branch } from '../../branch.ts'
import { certain } from '../../branch.ts'
import type { DnsQuery } from '../../message.ts'
import { isType } from '../../mnemonics.ts'
import { matchZone } from '../../name.ts'
import { respond } from '../../response.ts'
import { quote } from '../go-text.ts'
import type { Directive } from './directive.ts'
import { zonesOrBlock } from './directive.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** One `acl` of a server block: the first policy that matches decides. */
export interface AccessRule {
  readonly zones: readonly string[]
  readonly policies: readonly Policy[]
}

interface Policy {
  readonly action: 'allow' | 'block' | 'filter' | 'drop'
  /** All types and all senders, where these are absent. */
  readonly types?: readonly string[]
  readonly nets?: readonly Cidr[]
}

/** Mirrors plugin/acl: refuses, empties or drops queries by their sender, as the server sees it. */
export const acl: PluginModule<readonly AccessRule[]> = { parse: parseAcl, serve }

function parseAcl(directive: Directive): readonly AccessRule[] {
  const { c } = directive
  const rules: AccessRule[] = []
  while (c.next()) {
    const zones = zonesOrBlock(c.remainingArgs(), directive)
    const policies: Policy[] = []
    while (c.nextBlock()) policies.push(parsePolicy(directive))
    rules.push({ zones, policies })
  }
  return rules
}

function parsePolicy({ c }: Directive): Policy {
  const action = c.val.toLowerCase()
  if (action !== 'allow' && action !== 'block' && action !== 'filter' && action !== 'drop') {
    throw c.err(`unexpected token ${quote(c.val)}; expect 'allow', 'block', 'filter' or 'drop'`)
  }
  let policy: Policy = { action }
  let rest: readonly string[] = c.remainingArgs()
  while (rest.length > 0) {
    const [section = '', ...others] = rest
    if (!isSection(section)) throw c.err(`unexpected token ${quote(section)}; expect 'type | net'`)
    const end = others.findIndex(isSection)
    const tokens = end < 0 ? others : others.slice(0, end)
    rest = others.slice(tokens.length)
    if (tokens.length === 0) {
      throw c.err(`no token specified in ${quote(section.toLowerCase())} section`)
    }
    policy = section.toLowerCase() === 'type' ? withTypes(policy, tokens, c) : withNets(policy, tokens, c)
  }
  return policy
}

function isSection(token: string): boolean {
  return ['type', 'net'].includes(token.toLowerCase())
}

function withTypes(policy: Policy, tokens: readonly string[], c: Directive['c']): Policy {
  const { types: _, ...rest } = policy
  const before = tokens.slice(0, tokens.includes('*') ? tokens.indexOf('*') : tokens.length)
  const wrong = before.find((token) => !isType(token))
  if (wrong !== undefined) throw c.err(`unexpected token ${quote(wrong)}; expect legal QTYPE`)
  return tokens.includes('*') ? rest : { ...policy, types: [...(policy.types ?? []), ...tokens] }
}

function withNets(policy: Policy, tokens: readonly string[], c: Directive['c']): Policy {
  const { nets: _, ...rest } = policy
  const before = tokens.slice(0, tokens.includes('*') ? tokens.indexOf('*') : tokens.length)
  const nets = before.map((token) => {
    const text = token.includes('/') ? token : `${token}/${token.includes(':') ? 128 : 32}`
    const net = parseCidr(text)
    if (net === undefined) throw c.err(`illegal CIDR notation ${quote(text)}`)
    return net
  })
  return tokens.includes('*') ? rest : { ...policy, nets: [...(policy.nets ?? []), ...nets] }
}

function matches({ types, nets }: Policy, type: string, client: Ip): boolean {
  if (types !== undefined && !types.includes(type)) return false
  return nets === undefined || nets.some((net) => contains(net, client))
}

function serve(
  rules: readonly AccessRule[],
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  for (const rule of rules) {
    if (matchZone(rule.zones, query.name) === undefined) continue
    const policy = rule.policies.find((one) => matches(one, query.type, query.client))
    if (policy === undefined) continue
    if (policy.action === 'allow') break
    const step = context.step(`${policy.action}s the query by its sender`)
    if (policy.action === 'drop') return certain({}, step)
    const rcode = policy.action === 'block' ? 'REFUSED' : 'NOERROR'
    return certain({ response: respond(query, { rcode }) }, step)
  }
  return next(query)
}
