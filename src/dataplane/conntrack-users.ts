import type { Netns } from '../model/network.ts'
import type { Rule, RuleSet } from '../netfilter/rule.ts'

const users = new WeakMap<RuleSet, boolean>()

/**
 * Whether any rule needs connection tracking: without one the kernel does not register its hooks
 * (nf_ct_netns_get is called by nat targets, conntrack matches, CT and CONNMARK). Programs beside the rules follow
 * connections too.
 */
export function needsConntrack(netns: Netns): boolean {
  return netns.ruleSets.some(usesConntrack) || (netns.filters?.length ?? 0) > 0
}

function usesConntrack(ruleSet: RuleSet): boolean {
  const known = users.get(ruleSet)
  if (known !== undefined) return known
  const found =
    ruleSet.conntrack ?? ruleSet.tables.some((table) => table.chains().some((one) => one.rules.some(asks)))
  users.set(ruleSet, found)
  return found
}

const asking = new Set([
  'conntrack',
  'state',
  'connmark',
  'connlimit',
  'connbytes',
  'helper',
  'socket',
  'cluster',
])
const acting = new Set([
  'DNAT',
  'SNAT',
  'MASQUERADE',
  'REDIRECT',
  'NETMAP',
  'CONNMARK',
  'CT',
  'NOTRACK',
  'SYNPROXY',
])

function asks(rule: Rule): boolean {
  const target = rule.target?.type === 'unknown' ? rule.target.name : rule.target?.type
  return (
    (target !== undefined && acting.has(target)) ||
    rule.matches.some((match) => asking.has(match.type === 'unknown' ? match.name : match.type))
  )
}
