import type { ObjectRef } from '../../base/source.ts'
import { formatRef } from '../../base/source.ts'
import type { DriftEntry } from '../../model/drift.ts'
import type { Rule } from '../../netfilter/rule.ts'
import { counted, listed } from '../words.ts'
import type { ComparedChain, ComparedTable } from './compare-tables.ts'
import type { Difference } from './difference.ts'
import { lineOf, linesOf } from './difference.ts'
import { destinationsOf, withoutRule, withRule } from './effect.ts'
import { leavesOf } from './leaves.ts'
import { conditionKey } from './rule-key.ts'
import { chainAfter } from './table-view.ts'

/** A difference that belongs to no Service, with the chain in which it stands. */
export interface OtherDifference extends Difference {
  readonly position: number
  readonly compared: ComparedChain
  readonly in: ComparedTable
}

/** What one entry is made of: differences with one cause. */
interface Cause {
  readonly component: string
  readonly subject?: ObjectRef
  readonly differences: OtherDifference[]
}

/** Entries for rules that belong to no Service: one for each cause, not for each line. */
export function otherEntries(differences: readonly OtherDifference[]): readonly DriftEntry[] {
  const causes = new Map<string, Cause>()
  for (const one of differences) {
    const component = componentOf(one)
    const subject = one.rule.origin?.component === 'iptables-save' ? undefined : one.rule.origin?.subject
    const key = subject ? `${component} ${formatRef(subject)}` : `${component} ${placeKey(one, differences)}`
    const cause = causes.get(key)
    if (cause) cause.differences.push(one)
    else causes.set(key, { component, ...(subject && { subject }), differences: [one] })
  }
  return [...causes.values()].map(causeEntry)
}

/** Jumps to one chain are one cause wherever they stand; rules of one chain that have changed are one cause. */
function placeKey(one: OtherDifference, all: readonly OtherDifference[]): string {
  const after = chainAfter(one.rule)
  if (one.compared.hook && after !== undefined) return `${one.table} to ${after} ${one.type}`
  if (one.compared.hook) return `${one.family} ${one.table} ${one.chain} ${one.position} ${one.type}`
  const changed = all.some(
    (other) => other !== one && other.compared === one.compared && other.type !== one.type,
  )
  return `${one.table} ${one.chain} ${changed ? 'changed' : one.type}`
}

/** The program that writes this rule, or the chain in which it stands. */
function componentOf({ rule, compared }: OtherDifference): string {
  const own = rule.origin?.component
  if (own !== undefined && own !== 'iptables-save') return own
  const chain = compared.expectedChain.rules.find((one) => one.origin)?.origin?.component
  return compared.hook === undefined || chainAfter(rule)?.startsWith('KUBE-')
    ? (chain ?? 'kube-proxy')
    : 'unknown'
}

function causeEntry({ component, subject, differences }: Cause): DriftEntry {
  const missing = differences.filter((one) => one.type === 'missing')
  const extra = differences.filter((one) => one.type === 'extra')
  const type = missing.length === 0 ? 'extra' : extra.length === 0 ? 'missing' : 'differs'
  const consequence = consequenceOf(missing, extra)
  return {
    type,
    area: 'rules',
    component,
    ...(subject && { subject }),
    message: messageOf(differences, type),
    ...(consequence !== undefined && { consequence }),
    expected: linesOf(differences, 'missing'),
    actual: linesOf(differences, 'extra'),
  }
}

function consequenceOf(
  missing: readonly OtherDifference[],
  extra: readonly OtherDifference[],
): string | undefined {
  const [first] = missing
  if (first) return withoutRule(first.rule, first.table, first.chain, first.in.expected)
  const [only] = extra
  return only && withRule(leavesOf(only.rule, only.chain, only.in.actual))
}

function messageOf(differences: readonly OtherDifference[], type: DriftEntry['type']): string {
  const places = [...new Set(differences.map((one) => `${one.table} ${one.chain}`))]
  const [first] = differences
  const after = first && chainAfter(first.rule)
  if (first && after !== undefined && differences.every(({ rule }) => chainAfter(rule) === after)) {
    const verb = type === 'missing' ? 'is missing' : 'should not be there'
    return `the jump to ${after} ${verb} in ${listed(places)}${leadingTo(first, type)}`
  }
  if (type !== 'differs') {
    const verb = type === 'missing' ? 'is missing from' : 'should not be in'
    if (differences.length === 1 && first) return `a rule ${verb} ${places[0]}: ${brief(first)}`
    const plural = type === 'missing' ? 'are missing from' : 'should not be in'
    return `${counted(differences.length, 'rule')} ${plural} ${listed(places)}`
  }
  const alike = sameConditions(differences)
  return alike
    ? `a rule of ${listed(places)} does something else with the same packets`
    : `rules of ${listed(places)} are not the same`
}

function leadingTo(one: OtherDifference, type: DriftEntry['type']): string {
  if (type !== 'extra') return ''
  const ends = destinationsOf(leavesOf(one.rule, one.chain, one.in.actual) ?? [])
  return ends.length > 0 ? `: it translates to ${listed(ends)}` : ''
}

function brief(one: OtherDifference): string {
  return lineOf(one).replace(/^-A \S+ /, '')
}

function sameConditions(differences: readonly OtherDifference[]): boolean {
  const [a, b] = differences
  if (!a || !b || differences.length > 2) return false
  const key = (one: OtherDifference, rule: Rule) =>
    conditionKey(rule, one.in[one.type === 'missing' ? 'expected' : 'actual'].naming)
  return key(a, a.rule) === key(b, b.rule)
}
