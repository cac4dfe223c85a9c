import type { ObjectRef } from '../../base/source.ts'
import { formatRef } from '../../base/source.ts'
import type { DriftEntry } from '../../model/drift.ts'
import type { ObjectIndex } from '../context.ts'
import { podAtEndpoint } from '../context.ts'
import { be, counted, listed } from '../words.ts'
import type { ComparedChain, ComparedTable } from './compare-tables.ts'
import type { Difference } from './difference.ts'
import { lineOf, linesOf } from './difference.ts'
import { destinationsOf, withoutRule, withRule } from './effect.ts'
import { leavesOf } from './leaves.ts'
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
export function otherEntries(
  differences: readonly OtherDifference[],
  objects: ObjectIndex,
): readonly DriftEntry[] {
  const causes = new Map<string, Cause>()
  for (const one of differences) {
    const component = componentOf(one)
    const subject = subjectOf(one)
    const key = subject ? `${component} ${formatRef(subject)}` : `${component} ${placeKey(one, differences)}`
    const cause = causes.get(key)
    if (cause) cause.differences.push(one)
    else causes.set(key, { component, ...(subject && { subject }), differences: [one] })
  }
  return [...causes.values()].map((cause) => causeEntry(cause, objects))
}

/** The object that a rule is there for, as it or the jump to its chain states it. */
function subjectOf({ rule, compared, type }: OtherDifference): ObjectRef | undefined {
  const stated = type === 'missing' ? rule.origin?.subject : undefined
  return stated ?? compared.origin?.subject
}

/** The one object for which there is all that missing jumps lead to. */
function subjectBehind(differences: readonly OtherDifference[]): ObjectRef | undefined {
  const behind = differences.flatMap((one) => {
    const leaves = leavesOf(one.rule, one.chain, one.in.expected) ?? []
    return leaves.flatMap(({ path }) => path.flatMap(({ origin }) => origin?.subject ?? []))
  })
  return new Set(behind.map(formatRef)).size === 1 ? behind[0] : undefined
}

/** Whether a rule leads to a chain that the other side does not have at all. */
function isAbsent(one: OtherDifference): boolean {
  const after = chainAfter(one.rule)
  const other = one.type === 'missing' ? one.in.actual : one.in.expected
  return after !== undefined && other.table.chain(after) === undefined
}

/** Jumps to one chain are one cause wherever they stand, and so are a component's chains that are wholly absent. */
function placeKey(one: OtherDifference, all: readonly OtherDifference[]): string {
  const after = chainAfter(one.rule)
  if (one.compared.hook && isAbsent(one)) return `${one.type} chains`
  if (one.compared.hook && after !== undefined) return `${one.table} to ${after} ${one.type}`
  if (one.compared.hook) return `${one.family} ${one.table} ${one.chain} ${one.position} ${one.type}`
  const changed = all.some((other) => other.compared === one.compared && other.type !== one.type)
  return `${one.table} ${one.chain} ${changed ? 'changed' : one.type}`
}

/** The program that writes this rule, or the chain in which it stands. */
function componentOf({ rule, compared, type }: OtherDifference): string {
  const own = type === 'missing' ? rule.origin?.component : compared.origin?.component
  if (own !== undefined) return own
  const after = chainAfter(rule)
  if (after?.startsWith('CNI-HOSTPORT-')) return 'portmap'
  return after?.startsWith('KUBE-KUBELET') ? 'kubelet' : 'kube-proxy'
}

function causeEntry(cause: Cause, objects: ObjectIndex): DriftEntry {
  const { component, differences } = cause
  const missing = differences.filter((one) => one.type === 'missing')
  const extra = differences.filter((one) => one.type === 'extra')
  const type = missing.length > 0 && extra.length > 0 ? 'differs' : missing.length > 0 ? 'missing' : 'extra'
  const consequence = consequenceOf(missing, extra)
  const proxied = component === 'kube-proxy'
  const subject = cause.subject ?? (type === 'missing' && !proxied ? subjectBehind(missing) : undefined)
  return {
    type: type === 'extra' && extra.some((one) => leadsNowhere(one, objects)) ? 'stale' : type,
    area: 'rules',
    component,
    ...(subject && { subject }),
    message: messageOf(differences, type, proxied),
    ...(consequence !== undefined && { consequence }),
    expected: linesOf(differences, 'missing'),
    actual: linesOf(differences, 'extra'),
  }
}

/** Whether it translates to addresses of which no pod has any. */
function leadsNowhere(one: OtherDifference, objects: ObjectIndex): boolean {
  const ends = endsOf(one)
  return ends.length > 0 && ends.every((end) => podAtEndpoint(end, objects) === undefined)
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

function messageOf(
  differences: readonly OtherDifference[],
  type: DriftEntry['type'],
  proxied: boolean,
): string {
  const places = [...new Set(differences.map((one) => `${one.table} ${one.chain}`))]
  const [first] = differences
  if (!first) return ''
  if (type === 'differs') return changedText(differences, places)
  const missing = type === 'missing'
  const chains = [...new Set(differences.map(({ rule }) => chainAfter(rule)))].filter(
    (one) => one !== undefined,
  )
  const ends = proxied ? [] : [...new Set(differences.flatMap(endsOf))]
  const leading = ends.length > 0 ? `, by which ports are translated to ${listed(ends)}` : ''
  if (chains.length > 0 && differences.every(({ rule }) => chainAfter(rule) !== undefined)) {
    const jumps = chains.length === 1 ? 'the jump' : 'the jumps'
    const verb = missing ? `${be(chains)} missing` : 'should not be there'
    return `${jumps} to ${listed(chains)} ${verb} in ${listed(places)}${leading}`
  }
  if (differences.length === 1)
    return `a rule ${missing ? 'is missing from' : 'should not be in'} ${places[0]}: ${brief(first)}`
  const verb = missing ? 'are missing from' : 'should not be in'
  return `${counted(differences.length, 'rule')} ${verb} ${listed(places)}`
}

/** Rules that are there in another form. */
function changedText(differences: readonly OtherDifference[], places: readonly string[]): string {
  const ends = (type: OtherDifference['type']) => [
    ...new Set(differences.filter((one) => one.type === type).flatMap(endsOf)),
  ]
  const [should, has] = [ends('missing'), ends('extra')]
  if (should.length > 0 && has.length > 0 && should.join() !== has.join())
    return `${listed(places)} translates to ${listed(has)} and should translate to ${listed(should)}`
  const [one, other] = differences
  const alone = differences.length === 2 && one?.chain === other?.chain
  return alone
    ? `a rule of ${listed(places)} is another than it should be`
    : `rules of ${listed(places)} are not the same`
}

function endsOf(one: OtherDifference): readonly string[] {
  const view = one.in[one.type === 'missing' ? 'expected' : 'actual']
  return destinationsOf(leavesOf(one.rule, one.chain, view) ?? [])
}

function brief(one: OtherDifference): string {
  return lineOf(one).replace(/^-A \S+ /, '')
}
