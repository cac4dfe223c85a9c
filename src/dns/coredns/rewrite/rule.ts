import type { DnsQuery, Rcode } from '../../message.ts'
import { isSubdomain } from '../../name.ts'
import type { Pattern } from '../go-regexp.ts'
import { expandGroups } from '../go-regexp.ts'
import type { NameMatch } from './name-match.ts'
import { matchesName } from './name-match.ts'

/** One rule of a rewrite plugin. */
export type Rule = { readonly stop: boolean } & (
  | NameRule
  | { readonly field: 'type' | 'class'; readonly from: string; readonly to: string }
  | { readonly field: 'ttl'; readonly match: NameMatch; readonly min: number; readonly max: number }
  | { readonly field: 'rcode'; readonly match: NameMatch; readonly from: Rcode; readonly to: Rcode }
  | CnameRule
  | { readonly field: 'edns0' }
)

export interface NameRule {
  readonly field: 'name'
  readonly match: NameMatch
  readonly to: string
  /** Names in the answer are changed back by themselves. */
  readonly auto: boolean
  readonly answers: readonly AnswerRule[]
}

export interface CnameRule {
  readonly field: 'cname'
  readonly match: NameMatch
  readonly to: string
}

/** `answer name` and `answer value`. */
export interface AnswerRule {
  readonly part: 'name' | 'value'
  readonly pattern: Pattern
  readonly to: string
}

/** What is done to each record of the answer, and to its code. */
export type ResponseRule =
  | { readonly type: 'owner' | 'value'; readonly change: (name: string) => string; readonly what: string }
  | { readonly type: 'ttl'; readonly min: number; readonly max: number }
  | { readonly type: 'rcode'; readonly from: Rcode; readonly to: Rcode }
  | { readonly type: 'cname'; readonly rule: CnameRule }

/** What a rule makes of a query; `undefined` if it does not match. */
export interface Rewritten {
  readonly query: DnsQuery
  readonly response: readonly ResponseRule[]
}

/** Mirrors Rule.Rewrite of each kind. */
export function applyRule(rule: Rule, query: DnsQuery): Rewritten | undefined {
  const name = query.name.toLowerCase()
  switch (rule.field) {
    case 'name':
      return applyNameRule(rule, query, name)
    case 'type':
      return query.type === rule.from ? { query: { ...query, type: rule.to }, response: [] } : undefined
    case 'class':
      return query.class === rule.from ? { query: { ...query, class: rule.to }, response: [] } : undefined
    case 'ttl': {
      const { min, max } = rule
      return matchesName(rule.match, name) ? { query, response: [{ type: 'ttl', min, max }] } : undefined
    }
    case 'rcode': {
      const { from, to } = rule
      return matchesName(rule.match, name) ? { query, response: [{ type: 'rcode', from, to }] } : undefined
    }
    case 'cname':
      return { query, response: [{ type: 'cname', rule }] }
    case 'edns0':
      return { query, response: [] }
    default:
      return rule satisfies never
  }
}

function applyNameRule(rule: NameRule, query: DnsQuery, name: string): Rewritten | undefined {
  const to = rewriteName(rule.match, rule.to, name)
  if (to === undefined) return undefined
  return { query: { ...query, name: to }, response: [...backRules(rule, name, to), ...answerRules(rule)] }
}

/** What a name becomes; only the matched part, or all of it for `exact` and `regex`. */
export function rewriteName(match: NameMatch, to: string, name: string): string | undefined {
  if (match.type === 'regex') {
    const found = match.pattern.regexp.exec(name)
    return found === null ? undefined : expandGroups(to, found)
  }
  if (!matchesName(match, name)) return undefined
  if (match.type === 'prefix') return to + name.slice(match.text.length)
  if (match.type === 'suffix') return name.slice(0, -match.text.length) + to
  return match.type === 'exact' ? to : name.replaceAll(match.text, () => to)
}

/** Changes names back: a suffix wherever it stands, and otherwise the rewritten name and those below it. */
function backRules(rule: NameRule, name: string, to: string): readonly ResponseRule[] {
  if (!rule.auto) return []
  const change = rule.match.type === 'suffix' ? swapSuffix(rule.to, rule.match.text) : remap(to, name)
  return [
    { type: 'owner', change, what: 'auto' },
    { type: 'value', change, what: 'auto' },
  ]
}

function swapSuffix(from: string, to: string): (name: string) => string {
  return (name) => (name.endsWith(from) ? name.slice(0, name.length - from.length) + to : name)
}

/** Mirrors remapStringRewriter: compared as the names are spelled. */
function remap(from: string, to: string): (name: string) => string {
  return (name) => {
    const below = name.endsWith(`.${from}`) && isSubdomain(from, name)
    return name === from || below ? name.slice(0, name.length - from.length) + to : name
  }
}

function answerRules(rule: NameRule): readonly ResponseRule[] {
  return rule.answers.map(({ part, pattern, to }) => ({
    type: part === 'name' ? 'owner' : 'value',
    what: pattern.source,
    change: (name) => {
      const found = pattern.regexp.exec(name)
      return found === null ? name : expandGroups(to, found)
    },
  }))
}
