import type { Cidr } from '../base/ip.ts'
import { covers, familyOf, overlaps } from '../base/ip.ts'
import type { LabelExpression } from './label-expression.ts'
import { anyLabels } from './label-expression.ts'
import type { EndpointSelector, IpBlock, Peer, PolicyRule, PortMatch } from './policy.ts'

/**
 * Whether one thing takes everything that another takes, whatever objects there are. What is not seen from the texts of
 * both is answered with no.
 */

/** Whether labels that fulfil the first condition fulfil the second. */
export function implies(first: LabelExpression, second: LabelExpression): boolean {
  if (second.type === 'all') return second.of.every((one) => implies(first, one))
  if (first.type === 'any') return first.of.every((one) => implies(one, second))
  if (second.type === 'any' && second.of.some((one) => implies(first, one))) return true
  if (first.type === 'all') return first.of.some((one) => implies(one, second))
  if ('of' in first || 'of' in second) return same(first, second)
  return first.key === second.key && conditionImplies(first, second)
}

type LabelCondition = Extract<LabelExpression, { readonly key: string }>

function conditionImplies(first: LabelCondition, second: LabelCondition): boolean {
  if (same(first, second)) return true
  switch (second.type) {
    case 'exists':
      return first.type !== 'not-exists' && first.type !== 'not-in'
    case 'in':
      return first.type === 'in' && first.values.every((one) => second.values.includes(one))
    case 'not-in':
      if (first.type === 'not-exists') return true
      if (first.type === 'in') return first.values.every((one) => !second.values.includes(one))
      return first.type === 'not-in' && second.values.every((one) => first.values.includes(one))
    default:
      return false
  }
}

/** Whether every endpoint that the first selects is one that the second selects. */
export function selectorWithin(first: EndpointSelector, second: EndpointSelector): boolean {
  const types = second.types ?? ['pod']
  return (
    (first.types ?? ['pod']).every((one) => types.includes(one)) &&
    namespaceWithin(first.namespace, second.namespace) &&
    implies(first.labels, second.labels) &&
    (!second.serviceAccounts || same(first.serviceAccounts, second.serviceAccounts))
  )
}

function namespaceWithin(
  first: EndpointSelector['namespace'],
  second: EndpointSelector['namespace'],
): boolean {
  if (second === undefined) return true
  if (typeof second === 'string') return first === second
  // A condition that holds always still leaves out what is in no namespace.
  if (first === undefined) return false
  return implies(typeof first === 'string' ? named(first) : first, second)
}

/** The label that the API server gives to every namespace. */
function named(namespace: string): LabelExpression {
  return { type: 'in', key: 'kubernetes.io/metadata.name', values: [namespace] }
}

/** Whether every packet that the first rule matches is one that the second matches. */
export function ruleWithin(first: PolicyRule, second: PolicyRule): boolean {
  return (
    !second.unmodelled &&
    anyWithin(first.peers, second.peers, peerWithin) &&
    anyWithin(first.ports, second.ports, portWithin) &&
    anyWithin(first.sourcePorts, second.sourcePorts, portWithin) &&
    restKeys.every((key) => second[key] === undefined || same(first[key], second[key]))
  )
}

const restKeys = ['self', 'notPorts', 'notSourcePorts', 'protocol', 'icmp', 'family'] as const

function anyWithin<T>(
  first: readonly T[] | undefined,
  second: readonly T[] | undefined,
  within: (one: T, other: T) => boolean,
): boolean {
  if (!second) return true
  return first?.every((one) => second.some((other) => within(one, other))) ?? false
}

function peerWithin(first: Peer, second: Peer): boolean {
  const { endpoints, blocks, entities } = second
  return (
    (!endpoints || (first.endpoints !== undefined && selectorWithin(first.endpoints, endpoints))) &&
    anyWithin(first.blocks, blocks, blockWithin) &&
    (!entities || entities.includes('all') || anyWithin(first.entities, entities, (a, b) => a === b)) &&
    (['notEndpoints', 'notBlocks'] as const).every(
      (key) => second[key] === undefined || same(withoutPlace(first[key]), withoutPlace(second[key])),
    )
  )
}

function blockWithin(first: IpBlock, second: IpBlock): boolean {
  const inside = sameFamily(first.cidr, second.cidr) && covers(second.cidr, first.cidr)
  return (
    inside &&
    second.except.every(
      (hole) =>
        !sameFamily(hole, first.cidr) ||
        !overlaps(hole, first.cidr) ||
        first.except.some((own) => sameFamily(own, hole) && covers(own, hole)),
    )
  )
}

function sameFamily(a: Cidr, b: Cidr): boolean {
  return familyOf(a.first) === familyOf(b.first)
}

function portWithin(first: PortMatch, second: PortMatch): boolean {
  if (second.protocol !== undefined && first.protocol !== second.protocol) return false
  if (second.name !== undefined) return first.name === second.name
  if (second.port === undefined) return true
  if (first.port === undefined) return false
  return first.port >= second.port && (first.endPort ?? first.port) <= (second.endPort ?? second.port)
}

/** Whether a rule is about every packet of the endpoints that it is asked for. */
export function matchesEverything(rule: PolicyRule): boolean {
  return ruleWithin({ action: rule.action, path: [] }, rule)
}

/** Whether a selector takes every pod. */
export function selectsEveryPod(selector: EndpointSelector): boolean {
  return selectorWithin({ labels: anyLabels }, selector)
}

function withoutPlace(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null, withoutPaths))
}

function withoutPaths(key: string, value: unknown): unknown {
  if (key === 'path' || key.endsWith('Path')) return undefined
  return typeof value === 'bigint' ? `${value}n` : value
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, withoutPaths) === JSON.stringify(b, withoutPaths)
}
