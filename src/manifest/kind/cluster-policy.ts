import type { Report } from '../../base/diagnostic.ts'
import { nearest } from '../../base/nearest.ts'
import type {
  ClusterPolicyPeer,
  ClusterPolicyRule,
  ClusterPolicySubject,
} from '../../model/cluster-policy-objects.ts'
import type { Examined } from './kind.ts'
import { demand, refuse } from './kind.ts'
import { checkSelector } from './network-policy.ts'
import { checkPolicyBlock } from './policy-block.ts'

type Path = readonly (string | number)[]

/** One kind of cluster-wide policy, with what its CRD allows. */
export interface ClusterPolicyForm<Rule extends ClusterPolicyRule> {
  readonly actions: readonly string[]
  readonly maxRules: number
  /** Of a rule's peers, and of its ports or protocols. */
  readonly maxItems: number
  /** What peers of egress rules may be; those of ingress rules are pods and namespaces. */
  readonly egressPeers: readonly PeerField[]
  /** Checks the ports of one rule; `true` for those that go by the names of ports. */
  checkPorts(check: Check, rule: Rule, path: Path): boolean
}

export type PeerField = keyof ClusterPolicyPeer

/** The object that is looked at, and where to say what is wrong. */
export interface Check {
  readonly located: Examined<unknown>
  readonly report: Report
}

/** The parts of a spec that all cluster-wide policies have. */
export interface ClusterPolicySpec<Rule extends ClusterPolicyRule> {
  readonly subject?: ClusterPolicySubject
  readonly ingress?: readonly Rule[]
  readonly egress?: readonly Rule[]
}

/** Refuses what the CRD of the policy refuses. */
export function checkClusterPolicy<Rule extends ClusterPolicyRule>(
  check: Check,
  { subject, ingress = [], egress = [] }: ClusterPolicySpec<Rule>,
  form: ClusterPolicyForm<Rule>,
): void {
  const { located, report } = check
  if (subject) {
    exactlyOne(check, subject, ['spec', 'subject'], ['namespaces', 'pods'], 'a subject')
    checkSelectors(check, subject, ['spec', 'subject'])
  } else demand(located, report, ['spec', 'subject'], 'write subject: { namespaces: {} } for all pods')
  for (const [direction, rules] of Object.entries({ ingress, egress })) {
    const path = ['spec', direction]
    atMost(check, rules, path, form.maxRules, 'rules')
    for (const [index, rule] of rules.entries()) checkRule(check, rule, [...path, index], form)
  }
}

/** Refuses a priority that is missing, or outside 0 to 1000. */
export function checkPriority({ located, report }: Check, priority: number | undefined): void {
  const path = ['spec', 'priority']
  if (priority === undefined) demand(located, report, path, 'write a number from 0 (first) to 1000 (last)')
  else if (priority < 0 || priority > 1000)
    refuse(located, report, path, `priority ${priority} is not from 0 to 1000`)
}

function checkRule<Rule extends ClusterPolicyRule>(
  check: Check,
  rule: Rule,
  path: Path,
  form: ClusterPolicyForm<Rule>,
): void {
  const { located, report } = check
  const { name = '', action } = rule
  const side = path[1] === 'ingress' ? 'from' : 'to'
  if (name.length > 100)
    refuse(located, report, [...path, 'name'], 'the name of a rule has more than 100 characters')
  checkAction(check, action, [...path, 'action'], form.actions)
  const peers = rule[side]
  const named = form.checkPorts(check, rule, path)
  if (peers === undefined || peers.length === 0) {
    demand(located, report, [...path, side], `for all pods write ${side}: [{ namespaces: {} }]`)
    return
  }
  atMost(check, peers, [...path, side], form.maxItems, 'peers')
  for (const [index, peer] of peers.entries()) {
    checkPeer(check, peer, [...path, side, index], side === 'from' ? podPeers : form.egressPeers)
  }
  const nameless = peers.findIndex((peer) => !('namespaces' in peer) && !('pods' in peer))
  if (named && side === 'to' && nameless >= 0 && isKnown(peers[nameless])) {
    const message = 'a rule with named ports has a peer that has no names for its ports'
    refuse(
      located,
      report,
      [...path, side, nameless],
      message,
      'give the ports by their numbers, or make two rules',
    )
  }
}

function checkAction(
  { located, report }: Check,
  action: string | undefined,
  path: Path,
  actions: readonly string[],
): void {
  if (action === undefined || action === '') demand(located, report, path, `write ${actions.join(', ')}`)
  else if (!actions.includes(action)) {
    const meant = synonyms[action.toLowerCase()]?.find((one) => actions.includes(one))
    const near = meant ?? nearest(action, actions)
    const message = `action "${action}" is not one of ${actions.join(', ')}`
    refuse(located, report, path, message, near && `write ${near}`)
  }
}

const synonyms: Readonly<Record<string, readonly string[]>> = {
  allow: ['Accept', 'Allow'],
  accept: ['Allow', 'Accept'],
  drop: ['Deny'],
  reject: ['Deny'],
}

const podPeers: readonly PeerField[] = ['namespaces', 'pods']
const peerFields: readonly PeerField[] = ['namespaces', 'pods', 'networks', 'nodes', 'domainNames']

function isKnown(peer: ClusterPolicyPeer | undefined): boolean {
  return peerFields.some((field) => peer?.[field] !== undefined)
}

function checkPeer(check: Check, peer: ClusterPolicyPeer, path: Path, allowed: readonly PeerField[]): void {
  const { located, report } = check
  const other = peerFields.find((field) => peer[field] !== undefined && !allowed.includes(field))
  if (other !== undefined) {
    const fix =
      path[1] === 'ingress' ? 'sources outside the cluster cannot be told apart by this kind' : undefined
    const message = `${path[1]} rules of this kind have no peers by ${other}`
    refuse(located, report, [...path, other], message, fix)
    return
  }
  // A peer with a field that is not known is of a newer CRD: that field is named already, and the rule fails closed.
  if (!isKnown(peer) && Object.keys(peer).length > 0) return
  exactlyOne(check, peer, path, allowed, 'a peer')
  checkSelectors(check, peer, path)
  checkSelector(located, peer.nodes, [...path, 'nodes'], report)
  checkNetworks(check, peer.networks, [...path, 'networks'])
  checkDomains(check, peer.domainNames, [...path, 'domainNames'])
}

function checkSelectors(
  { located, report }: Check,
  { namespaces, pods }: ClusterPolicySubject,
  path: Path,
): void {
  checkSelector(located, namespaces, [...path, 'namespaces'], report)
  if (!pods) return
  if (!pods.podSelector)
    demand(located, report, [...path, 'pods', 'podSelector'], 'for all pods write podSelector: {}')
  checkSelector(located, pods.namespaceSelector, [...path, 'pods', 'namespaceSelector'], report)
  checkSelector(located, pods.podSelector, [...path, 'pods', 'podSelector'], report)
}

function checkNetworks(check: Check, networks: readonly string[] | undefined, path: Path): void {
  if (!networks) return
  listOf25(check, networks, path, 'blocks')
  for (const [index, text] of networks.entries()) checkPolicyBlock(check, text, [...path, index])
}

/** The pattern of the CRD: labels with dots between, perhaps `*.` before them. */
const domainName =
  /^(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$/

function checkDomains(check: Check, domains: readonly string[] | undefined, path: Path): void {
  if (!domains) return
  listOf25(check, domains, path, 'names')
  for (const [index, text] of domains.entries()) {
    if (domainName.test(text)) continue
    const message = `"${text}" is neither a domain name such as example.com nor one such as *.example.com`
    refuse(check.located, check.report, [...path, index], message)
  }
}

function listOf25(check: Check, list: readonly string[], path: Path, what: string): void {
  if (list.length === 0) demand(check.located, check.report, path, 'list at least one')
  atMost(check, list, path, 25, what)
  const twice = list.findIndex((one, index) => list.indexOf(one) < index)
  if (twice >= 0)
    refuse(check.located, check.report, [...path, twice], `${list[twice]} stands there twice`, 'remove one')
}

/** Refuses a list with too many entries, at the first that is too many. */
export function atMost(
  { located, report }: Check,
  list: readonly unknown[],
  path: Path,
  most: number,
  what: string,
): void {
  if (list.length <= most) return
  refuse(located, report, [...path, most], `${list.length} ${what}, and the API takes ${most} at most`)
}

/** Refuses an object that has none of the fields, or several. */
export function exactlyOne(
  { located, report }: Check,
  value: object,
  path: Path,
  fields: readonly string[],
  what: string,
): void {
  const members = new Map(Object.entries(value))
  const present = fields.filter((field) => members.get(field) !== undefined)
  if (present.length === 1) return
  const words = fields.join(', ')
  if (present.length > 1) {
    refuse(
      located,
      report,
      [...path, present[1] ?? ''],
      `${what} has one of ${words}, not ${present.join(' and ')}`,
    )
  } else if (!fields.some((field) => located.faulty([...path, field]))) {
    refuse(located, report, path, `${what} must have one of ${words}`)
  }
}
