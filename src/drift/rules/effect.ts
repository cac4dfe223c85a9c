import { formatEndpoint } from '../../base/ip.ts'
import type { Rule } from '../../netfilter/rule.ts'
import { listed } from '../words.ts'
import type { Leaf } from './leaves.ts'
import { leavesOf } from './leaves.ts'
import type { TableView } from './table-view.ts'

/** What becomes of traffic without kube-proxy's jump into one of its chains, by table and chain. */
const withoutJump: Readonly<Record<string, string>> = {
  'nat KUBE-SERVICES': 'connections that come this way to any Service are not translated to an endpoint',
  'nat KUBE-POSTROUTING':
    'connections marked for masquerading keep their source: those to node ports and from a pod to itself by its Service get no answer',
  'nat KUBE-NODEPORTS': 'no node port is answered here',
  'filter KUBE-SERVICES': 'connections to Services without endpoints hang and are not refused',
  'filter KUBE-EXTERNAL-SERVICES':
    'connections to node ports and outside addresses of Services without endpoints are not turned away',
  'filter KUBE-PROXY-FIREWALL':
    'load balancer addresses are open to sources outside loadBalancerSourceRanges',
  'filter KUBE-FORWARD':
    'forwarded connections of Services are left to the later rules and the policy of FORWARD',
  'filter KUBE-FIREWALL': 'packets from other machines to 127.0.0.0/8 are let in',
}

/** What a rule's absence means for traffic, as far as its targets tell. */
export function withoutRule(rule: Rule, table: string, chain: string, view: TableView): string | undefined {
  const { target } = rule
  const jump = target?.type === 'jump' ? withoutJump[`${table} ${target.chain}`] : undefined
  if (jump !== undefined) return jump
  const deeds = new Set(leavesOf(rule, chain, view)?.map(({ path }) => path.at(-1)?.target?.type))
  if (deeds.has('DNAT') || deeds.has('REDIRECT')) return 'connections that it translates go on untranslated'
  if (deeds.has('MASQUERADE') || deeds.has('SNAT'))
    return 'traffic that it masquerades keeps its own source, to which answers may find no way back'
  if (deeds.has('drop') || deeds.has('REJECT')) return 'what it turns away is let through'
  if (deeds.has('accept')) return 'what it accepts is left to the later rules and the policy'
  if (deeds.has('MARK')) return 'what it marks is not treated as the mark asks for'
  return undefined
}

/** What a rule that should not be there does to traffic. */
export function withRule(leaves: readonly Leaf[] | undefined): string | undefined {
  if (!leaves) return undefined
  const targets = leaves.flatMap(({ path }) => path.at(-1)?.target ?? [])
  const types = new Set(targets.map((one) => one.type))
  if (types.has('drop') || types.has('REJECT')) return 'what it matches is turned away'
  if (types.has('DNAT')) return `what it matches goes to ${listed(destinationsOf(leaves))}`
  if (types.has('REDIRECT')) return 'what it matches goes to the node itself'
  if (types.has('accept')) return 'what it matches is let through, whatever later rules say'
  if (types.has('MASQUERADE') || types.has('SNAT')) return 'what it matches gets another source address'
  if (types.has('return')) return 'what it matches does not meet the later rules of the chain'
  return undefined
}

/** The endpoints to which rules translate. */
export function destinationsOf(leaves: readonly Leaf[]): readonly string[] {
  const ends = leaves.flatMap(({ path }) => {
    const target = path.at(-1)?.target
    if (target?.type !== 'DNAT' || !target.addresses) return []
    return [formatEndpoint(target.addresses.first, target.ports?.first ?? 0)]
  })
  return [...new Set(ends)]
}
