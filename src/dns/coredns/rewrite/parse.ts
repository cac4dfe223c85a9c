import { isClass, isType, rcodeOf } from '../../mnemonics.ts'
import { normalName } from '../../name.ts'
import type { Pattern } from '../go-regexp.ts'
import { compilePattern, groupsOf } from '../go-regexp.ts'
import { parseUint, quote } from '../go-text.ts'
import type { NameMatch } from './name-match.ts'
import { isMatchType, nameMatch } from './name-match.ts'
import type { AnswerRule, Rule } from './rule.ts'

/** Says what is wrong with a rule; the caller knows where it stands. */
export type Fail = (message: string) => Error

type Body = Rule extends infer R ? (R extends Rule ? Omit<R, 'stop'> : never) : never

type ReadRule = (args: readonly string[], fail: Fail) => Body

/** Mirrors newRule. */
export function parseRule(args: readonly string[], fail: Fail): Rule {
  const [first] = args
  if (first === undefined) throw fail('no rule type specified for rewrite')
  const mode = first.toLowerCase()
  const hasMode = mode === 'continue' || mode === 'stop'
  if (hasMode && args.length < 2) throw fail(`${mode} rule must begin with a rule type`)
  const [field = '', ...rest] = hasMode ? args.slice(1) : args
  const kind = field.toLowerCase()
  if (kind === 'answer') throw fail('response rewrites must begin with a name rule')
  const read = readers[kind]
  if (read === undefined) throw fail(`invalid rule type ${quote(first)}`)
  return { ...read(rest, fail), stop: mode !== 'continue' }
}

const readers: Readonly<Record<string, ReadRule>> = {
  name: nameRule,
  class: (args, fail) => exchange('class', args, fail),
  type: (args, fail) => exchange('type', args, fail),
  edns0: edns0Rule,
  ttl: ttlRule,
  cname: cnameRule,
  rcode: rcodeRule,
}

function exchange(field: 'class' | 'type', args: readonly string[], fail: Fail): Body {
  if (args.length !== 2) throw fail(`${field} rules must have exactly two arguments`)
  const known = field === 'class' ? isClass : isType
  const [from = '', to = ''] = args.map((arg) => arg.toUpperCase())
  const wrong = [from, to].find((text) => !known(text))
  if (wrong !== undefined) throw fail(`invalid ${field} ${quote(wrong)}`)
  return { field, from, to }
}

const supported = 'supports only exact, prefix, suffix, substring, and regex name matching'

/** Mirrors newNameRule. */
function nameRule(args: readonly string[], fail: Fail): Body {
  if (args.length < 2) throw fail('too few arguments for a name rule')
  const [type, from = '', to = '', ...options] = args.length === 2 ? ['exact', ...args] : args
  const matchType = (type ?? '').toLowerCase()
  const { auto, answers } =
    options.length === 0 ? { auto: false, answers: [] } : parseAnswers(matchType, options, fail)
  if (!isMatchType(matchType)) {
    throw fail(`name rule ${supported}, received: ${matchType}`)
  }
  if (matchType === 'regex') {
    const pattern = validPattern(from, to, fail)
    return { field: 'name', match: { type: 'regex', pattern }, to: normalName(to), auto, answers }
  }
  const match: NameMatch = { type: matchType, text: normalName(from) }
  return { field: 'name', match, to: normalName(to), auto: auto || matchType === 'exact', answers }
}

/** Mirrors isValidRegexPattern. */
function validPattern(from: string, to: string, fail: Fail): Pattern {
  const pattern = compilePattern(from)
  if (pattern === undefined) throw fail(`invalid regex matching pattern: ${from}`)
  const used = Array.from({ length: 101 }, (_, index) => index).filter((index) => to.includes(`{${index}}`))
  if (used.length > groupsOf(pattern)) {
    throw fail(
      `the rewrite regex pattern (${to}) uses more subexpressions than its corresponding matching regex pattern (${from})`,
    )
  }
  return pattern
}

/** Mirrors parseAnswerRules: `answer auto`, `answer name FROM TO` and `answer value FROM TO`, in any number. */
function parseAnswers(
  name: string,
  args: readonly string[],
  fail: Fail,
): { readonly auto: boolean; readonly answers: readonly AnswerRule[] } {
  if (args.length < 2) throw fail(`invalid arguments for ${name} rule`)
  let auto = false
  const answers: AnswerRule[] = []
  let rest = args
  for (let first = true; rest.length > 0; first = false) {
    if (first && rest[0] !== 'answer') {
      throw fail(`exceeded the number of arguments for a non-answer rule argument for ${name} rule`)
    }
    const [part, ...values] = rest[0] === 'answer' ? rest.slice(1) : rest
    if (part === undefined) throw fail(`type missing for answer rule for ${name} rule`)
    if (part === 'auto') auto = true
    else answers.push(answerRule(part, values, name, fail))
    rest = part === 'auto' ? values : values.slice(2)
  }
  if (auto && answers.some(({ part }) => part === 'name')) {
    throw fail('auto name answer rule cannot be combined with explicit name anwer rules')
  }
  return { auto, answers }
}

function answerRule(part: string, values: readonly string[], name: string, fail: Fail): AnswerRule {
  if (part !== 'name' && part !== 'value') {
    throw fail(`invalid type ${quote(part)} for answer rule for ${name} rule`)
  }
  const [from, to] = values
  if (from === undefined || to === undefined) {
    throw fail(`${part} answer rule for ${name} rule: 2 arguments required`)
  }
  const failHere: Fail = (message) => fail(`${part} answer rule for ${name} rule: ${message}`)
  return { part, pattern: validPattern(from, to, failHere), to: normalName(to) }
}

function otherMatch(args: readonly string[], count: number, field: string, fail: Fail): NameMatch {
  if (args.length < count) throw fail(`too few (${args.length}) arguments for a ${field} rule`)
  if (args.length > count + 1) throw fail(`many few arguments for a ${field} rule`)
  if (args.length === count) return { type: 'exact', text: normalName(args[0] ?? '') }
  const type = (args[0] ?? '').toLowerCase()
  if (!isMatchType(type)) throw fail(`${field} rule ${supported}`)
  const match = nameMatch(type, args[1] ?? '')
  if (match === undefined) throw fail(`invalid regex pattern in a ${field} rule: ${args[1]}`)
  return match
}

function ttlRule(args: readonly string[], fail: Fail): Body {
  const text = args.length === 2 || args.length === 3 ? (args.at(-1) ?? '') : ''
  const range = ttlRange(text)
  if (args.length < 2) throw fail(`too few (${args.length}) arguments for a ttl rule`)
  if (range === undefined) throw fail(`invalid TTL '${text}' for a ttl rule`)
  return { field: 'ttl', match: otherMatch(args, 2, 'ttl', fail), ...range }
}

/** `N`, `MIN-MAX`, `MIN-` or `-MAX`. */
function ttlRange(text: string): { readonly min: number; readonly max: number } | undefined {
  const [low = '', high, ...more] = text.split('-')
  const min = low === '' && high ? 0 : parseUint(low, 32)
  const top = high === '' ? 2 ** 31 - 1 : parseUint(high ?? low, 32)
  if (more.length > 0 || typeof min !== 'number' || typeof top !== 'number' || min > top) return undefined
  return { min, max: top }
}

function rcodeRule(args: readonly string[], fail: Fail): Body {
  if (args.length < 3) throw fail(`too few (${args.length}) arguments for a rcode rule`)
  const [old = '', replacement = ''] = args.length <= 4 ? args.slice(-2) : []
  const [from, to] = [rcodeOf(old), rcodeOf(replacement)]
  if (from === undefined) throw fail(`invalid matching RCODE '${old}' for a rcode rule`)
  if (to === undefined) throw fail(`invalid replacement RCODE '${replacement}' for a rcode rule`)
  return { field: 'rcode', match: otherMatch(args, 3, 'rcode', fail), from, to }
}

function cnameRule(args: readonly string[], fail: Fail): Body {
  if (args.length !== 2 && args.length !== 3) {
    throw fail(`too few (${args.length}) arguments for a cname rule`)
  }
  const [type = '', from = '', to = ''] = args.length === 2 ? ['exact', ...args] : args
  const matchType = type.toLowerCase()
  if (!isMatchType(matchType)) throw fail(`unknown cname rewrite type: ${matchType}`)
  if (matchType === 'exact') {
    return { field: 'cname', match: { type: 'exact', text: normalName(from) }, to: normalName(to) }
  }
  if (matchType !== 'regex') {
    return { field: 'cname', match: { type: matchType, text: from.toLowerCase() }, to: to.toLowerCase() }
  }
  const pattern = compilePattern(from.toLowerCase())
  if (pattern === undefined) throw fail(`invalid cname rewrite regex pattern: ${from}`)
  return { field: 'cname', match: { type: 'regex', pattern }, to: to.toLowerCase() }
}

/** Options of EDNS0 change no answer that is modelled; their arguments are checked. Mirrors newEdns0Rule. */
function edns0Rule(args: readonly string[], fail: Fail): Body {
  const [type = '', action = ''] = args.map((arg) => arg.toLowerCase())
  if (args.length < 2) throw fail('too few arguments for an EDNS0 rule')
  if (action === 'unset') return { field: 'edns0' }
  if (!['append', 'replace', 'set'].includes(action)) throw fail(`invalid action: ${quote(action)}`)
  const given = args.at(-1) === 'revert' ? args.slice(0, -1) : args
  const counts: Readonly<Record<string, number>> = { local: 4, nsid: 2, subnet: 4 }
  const expected = counts[type]
  if (expected === undefined) throw fail(`invalid rule type ${quote(type)}`)
  if (given.length !== expected && type === 'nsid') {
    throw fail('EDNS0 NSID rules can accept no more than one arg')
  }
  if (given.length !== expected) throw fail(`EDNS0 ${type} rules require three or four args`)
  const [, , first = '', second = ''] = given
  if (type === 'local') checkCode(first, fail)
  if (type === 'subnet') checkMasks(first, second, fail)
  return { field: 'edns0' }
}

function checkCode(text: string, fail: Fail): void {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) {
    throw fail(`strconv.ParseUint: parsing ${quote(text)}: invalid syntax`)
  }
}

function checkMasks(v4: string, v6: string, fail: Fail): void {
  if (!(Number(v4) <= 32)) throw fail(`invalid IPv4 bit mask length ${v4}`)
  if (!(Number(v6) <= 128)) throw fail(`invalid IPv6 bit mask length ${v6}`)
}
