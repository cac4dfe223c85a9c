import { formatCidr } from '../../src/base/ip.ts'
import type { Netns, RoutingRule } from '../../src/model/network.ts'

/** The three rules that every namespace has from the start. */
const isDefaultRule = ({ priority }: RoutingRule) => [0, 32766, 32767].includes(priority)

/** The namespace's `ip rule`s of one family as `ip` commands. */
export function ruleCommands({ rules = [] }: Netns, family: 4 | 6): readonly string[] {
  return rules.filter((rule) => rule.family === family && !isDefaultRule(rule)).map(ruleCommand)
}

function ruleCommand({ priority, from, to, mark, in: iif, out, inverted, action }: RoutingRule): string {
  const words = ['rule add', ...(inverted ? ['not'] : []), `priority ${priority}`]
  if (from) words.push(`from ${formatCidr(from)}`)
  if (to) words.push(`to ${formatCidr(to)}`)
  if (mark) words.push(`fwmark ${mark.value}/${mark.mask}`)
  if (iif !== undefined) words.push(`iif ${iif}`)
  if (out !== undefined) words.push(`oif ${out}`)
  words.push(action.type === 'lookup' ? `lookup ${action.table}` : action.type)
  return words.join(' ')
}
