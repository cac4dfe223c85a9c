import { familyOf } from '../../../base/ip.ts'
import type { Direction } from '../../../policy/policy.ts'
import type { NamedPorts, NumericPort, PodInfo, PolicyInfo, RuleInfo } from './policy-info.ts'
import { namedPortSet, ruleSet, targetSet } from './policy-names.ts'

/** What a rule of a policy's chain matches. */
export interface ChainMatch {
  readonly rule: RuleInfo
  /** As it stands in the comment: `ingress pods`. */
  readonly kind: string
  readonly source?: string
  readonly destination?: string
  readonly port?: NumericPort
}

/** A set that the chain asks, with what is in it. */
export type ChainSet =
  | { readonly name: string; readonly type: 'hash:ip' | 'hash:net'; readonly pods: readonly PodInfo[] }
  | { readonly name: string; readonly type: 'blocks'; readonly rule: RuleInfo }

/** One direction of a policy. */
interface Side {
  readonly info: PolicyInfo
  readonly direction: Direction
  readonly family: 4 | 6
}

/** What a policy's chain matches, in order. Mirrors processIngressRules and processEgressRules. */
export function chainMatches(info: PolicyInfo, family: 4 | 6): readonly ChainMatch[] {
  return sidesOf(info, family).flatMap((side) =>
    (side.info[side.direction] ?? []).flatMap((rule, index) => [
      ...toPods(side, rule, index),
      ...toAnybody(side, rule, index),
      ...toBlocks(side, rule, index),
    ]),
  )
}

function sidesOf(info: PolicyInfo, family: 4 | 6): readonly Side[] {
  return (['ingress', 'egress'] as const)
    .filter((direction) => info[direction] !== undefined)
    .map((direction) => ({ info, direction, family }))
}

/** Rules for pods. Where names of ports are all that a rule says of ports, and no pod has them, it is about every port. */
function toPods(side: Side, rule: RuleInfo, index: number): readonly ChainMatch[] {
  if (rule.pods.length === 0) return []
  const peers = ruleSet('pod', side.direction, { ...side.info, index }, side.family)
  const match = matching(side, rule, 'pods', peers)
  const all = [
    ...rule.ports.map((port) => match(port)),
    ...rule.named.map((port, at) => match(port, namedSet(side, index, at))),
  ]
  return all.length > 0 ? all : [match(undefined)]
}

function toAnybody(side: Side, rule: RuleInfo, index: number): readonly ChainMatch[] {
  if (!rule.anyPeer) return []
  const match = matching(side, rule, 'any', undefined)
  if (rule.anyPort) return [match(undefined)]
  const isIngress = side.direction === 'ingress'
  return [
    ...rule.ports.map((port) => match(port)),
    ...rule.named.map((port, at) => match(port, isIngress ? namedSet(side, index, at) : 'any')),
  ]
}

/** Names of ports count for blocks in ingress alone: what is outside has none. */
function toBlocks(side: Side, rule: RuleInfo, index: number): readonly ChainMatch[] {
  const { direction, info, family } = side
  if (!hasBlocks(rule, family)) return []
  const match = matching(side, rule, 'cidr', ruleSet('ipblock', direction, { ...info, index }, family))
  if (rule.anyPort) return [match(undefined)]
  const named = direction === 'ingress' ? rule.named : []
  return [
    ...rule.ports.map((port) => match(port)),
    ...named.map((port, at) => match(port, namedSet(side, index, at))),
  ]
}

function hasBlocks({ blocks }: RuleInfo, family: 4 | 6): boolean {
  return blocks.some(({ cidr }) => familyOf(cidr.first) === family)
}

function namedSet({ direction, info, family }: Side, index: number, port: number): string {
  return namedPortSet(direction, { ...info, index, port }, family)
}

/** Rules from the peers to the policy's pods, or the other way round; `named` is who has a port of that name, or `any`. */
function matching({ info, direction, family }: Side, rule: RuleInfo, to: string, peers: string | undefined) {
  const isIngress = direction === 'ingress'
  const own = targetSet(isIngress ? 'DST' : 'SRC', info, family)
  const [source, usual] = isIngress ? [peers, own] : [own, peers]
  return (port: NumericPort | NamedPorts | undefined, named?: string): ChainMatch => {
    const destination = named === 'any' ? undefined : (named ?? usual)
    return {
      rule,
      kind: `${direction} ${to}${named === undefined ? '' : ' np'}`,
      ...(source !== undefined && { source }),
      ...(destination !== undefined && { destination }),
      ...(port && { port }),
    }
  }
}

/** The sets that a policy's chain asks. Mirrors syncNetworkPolicyChains. */
export function chainSets(info: PolicyInfo, family: 4 | 6): readonly ChainSet[] {
  return sidesOf(info, family).flatMap((side) => [
    {
      name: targetSet(side.direction === 'ingress' ? 'DST' : 'SRC', info, family),
      type: 'hash:ip' as const,
      pods: info.targets,
    },
    ...(info[side.direction] ?? []).flatMap((rule, index) => setsOfRule(side, rule, index)),
  ])
}

function setsOfRule(side: Side, rule: RuleInfo, index: number): readonly ChainSet[] {
  const { direction, info, family } = side
  const place = { ...info, index }
  const withBlocks = hasBlocks(rule, family)
  const isNamed = rule.pods.length > 0 || (direction === 'ingress' && (rule.anyPeer || withBlocks))
  // The set has the type of its first use: with pods among the peers, or without.
  const type = rule.pods.length > 0 || !withBlocks ? 'hash:ip' : 'hash:net'
  return [
    ...(rule.pods.length > 0
      ? [{ name: ruleSet('pod', direction, place, family), type: 'hash:ip' as const, pods: rule.pods }]
      : []),
    ...(isNamed
      ? rule.named.map(({ pods }, port): ChainSet => ({ name: namedSet(side, index, port), type, pods }))
      : []),
    ...(withBlocks
      ? [{ name: ruleSet('ipblock', direction, place, family), type: 'blocks' as const, rule }]
      : []),
  ]
}
