import { formatIp } from '../../../base/ip.ts'
import type { Branch } from '../../branch.ts'
import { certain, chain } from '../../branch.ts'
import type { DnsQuery, DnsRecord, Rcode } from '../../message.ts'
import { asRcode, isClass, isType } from '../../mnemonics.ts'
import { matchZone } from '../../name.ts'
import { respond } from '../../response.ts'
import { parseRecord } from '../../zone-text.ts'
import type { Pattern } from '../go-regexp.ts'
import { compilePattern, patternError } from '../go-regexp.ts'
import type { Template, Value } from '../go-template.ts'
import { fillTemplate, parseTemplate, TemplateFault } from '../go-template.ts'
import { parseUint } from '../go-text.ts'
import type { Directive } from './directive.ts'
import { fallthroughZones, zonesOrBlock } from './directive.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** One `template` of a server block. */
export interface TemplateRule {
  readonly class: string
  readonly type: string
  readonly zones: readonly string[]
  readonly patterns: readonly Pattern[]
  readonly answer: readonly Template[]
  readonly additional: readonly Template[]
  readonly authority: readonly Template[]
  readonly rcode: Rcode
  readonly fallthrough: readonly string[]
  /** It has expressions, which are not modelled. */
  readonly expressions: boolean
}

type Draft = { -readonly [K in keyof TemplateRule]: TemplateRule[K] }

/** Mirrors plugin/template: answers that are made from the question. */
export const template: PluginModule<readonly TemplateRule[]> = { parse: parseTemplates, serve }

function parseTemplates(directive: Directive): readonly TemplateRule[] {
  const rules: TemplateRule[] = []
  while (directive.c.next()) rules.push(parseStanza(directive))
  return rules
}

function parseStanza(directive: Directive): TemplateRule {
  const { c } = directive
  if (!c.nextArg()) throw c.argErr()
  const dnsClass = c.val
  if (!isClass(dnsClass)) throw c.err(`invalid query class ${dnsClass}`)
  if (!c.nextArg()) throw c.argErr()
  const type = c.val
  if (!isType(type)) throw c.err(`invalid RR class ${type}`)
  const draft: Draft = {
    class: dnsClass,
    type,
    zones: zonesOrBlock(c.remainingArgs(), directive),
    patterns: [],
    answer: [],
    additional: [],
    authority: [],
    rcode: 'NOERROR',
    fallthrough: [],
    expressions: false,
  }
  while (c.nextBlock()) {
    const read = properties[c.val]
    if (read === undefined) throw c.argErr()
    read(draft, directive)
  }
  const all = compilePattern('.*')
  if (draft.patterns.length === 0 && all !== undefined) draft.patterns = [all]
  return draft
}

function atLeastOne({ c }: Directive, least = 1): string[] {
  const args = c.remainingArgs()
  if (args.length < least) throw c.argErr()
  return args
}

function readMatch(draft: Draft, directive: Directive): void {
  const patterns = atLeastOne(directive).map((text) => {
    const pattern = compilePattern(text)
    if (pattern === undefined) throw directive.c.err(`could not parse regex: ${text}, ${patternError(text)}`)
    return pattern
  })
  draft.patterns = [...draft.patterns, ...patterns]
}

function readSection(section: 'answer' | 'additional' | 'authority') {
  return (draft: Draft, directive: Directive): void => {
    const templates = atLeastOne(directive).map((text) => {
      try {
        return parseTemplate(text)
      } catch (fault) {
        if (!(fault instanceof TemplateFault)) throw fault
        throw directive.c.err(`could not compile template: ${text}, template: ${section}:1: ${fault.message}`)
      }
    })
    draft[section] = [...draft[section], ...templates]
  }
}

function readRcode(draft: Draft, { c }: Directive): void {
  if (!c.nextArg()) throw c.argErr()
  const rcode = asRcode(c.val)
  if (rcode === undefined) throw c.err(`unknown rcode ${c.val}`)
  draft.rcode = rcode
}

function readExtendedError(_draft: Draft, { c }: Directive): void {
  const args = c.remainingArgs()
  if (args.length !== 1 && args.length !== 2) throw c.argErr()
  const code = parseUint(args[0] ?? '', 16)
  if (typeof code !== 'number') {
    throw c.err(`error parsing extended DNS error code ${c.val}, ${code.error}`)
  }
}

const properties: Readonly<Record<string, (draft: Draft, directive: Directive) => void>> = {
  match: readMatch,
  answer: readSection('answer'),
  additional: readSection('additional'),
  authority: readSection('authority'),
  rcode: readRcode,
  ederror: readExtendedError,
  fallthrough: (draft, { c }) => {
    draft.fallthrough = fallthroughZones(c.remainingArgs())
  },
  upstream: (_draft, { c }) => {
    c.remainingArgs()
  },
  var: (draft, directive) => {
    atLeastOne(directive, 2)
    draft.expressions = true
  },
  expr: (draft, directive) => {
    atLeastOne(directive)
    draft.expressions = true
  },
}

/** Mirrors Handler.ServeDNS: the first template that matches answers; one that does not may end the search. */
function serve(
  rules: readonly TemplateRule[],
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  const name = query.name.toLowerCase()
  for (const rule of rules) {
    const zone = matchZone(rule.zones, name)
    if (zone === undefined || !isAbout(rule, query)) continue
    const found = rule.patterns.map((pattern) => pattern.regexp.exec(name)).find((one) => one !== null)
    if (found === undefined || found === null) {
      if (matchZone(rule.fallthrough, name) !== undefined) continue
      return certain(
        { code: 'SERVFAIL' },
        context.step(`${name} does not match, and there is no fallthrough`),
      )
    }
    return answer(rule, query, dataOf(rule, query, zone, found), context)
  }
  return next(query)
}

function isAbout(rule: TemplateRule, query: DnsQuery): boolean {
  const same = (stated: string, asked: string) => stated === 'ANY' || asked === 'ANY' || stated === asked
  return same(rule.class, query.class) && same(rule.type, query.type)
}

/** Mirrors templateData. */
function dataOf(rule: TemplateRule, query: DnsQuery, zone: string, found: RegExpExecArray): Value {
  const numbered = Object.fromEntries([...found].map((group, index) => [String(index), group ?? '']))
  return {
    Zone: zone,
    Name: query.name.toLowerCase(),
    Match: [...found].map((group) => group ?? ''),
    Group: { ...numbered, ...found.groups },
    Class: query.class === 'ANY' ? rule.class : query.class,
    Type: query.type === 'ANY' ? rule.type : query.type,
    Remote: formatIp(query.client),
    Question: { Name: query.name },
  }
}

/** Where the text of a template is no record the whole answer fails. */
function records(templates: readonly Template[], data: Value): readonly DnsRecord[] | undefined {
  const filled = templates.map((one) => {
    try {
      return parseRecord(fillTemplate(one, data))
    } catch (fault) {
      if (fault instanceof TemplateFault) return undefined
      throw fault
    }
  })
  return filled.every((record) => record !== undefined) ? filled : undefined
}

function answer(
  rule: TemplateRule,
  query: DnsQuery,
  data: Value,
  context: PluginContext,
): readonly Branch<Reply>[] {
  if (rule.rcode === 'SERVFAIL') return certain({ code: 'SERVFAIL' })
  const answers = records(rule.answer, data)
  const additional = records(rule.additional, data)
  const authority = records(rule.authority, data)
  if (answers === undefined || additional === undefined || authority === undefined) {
    return certain({ code: 'SERVFAIL', failed: true }, context.step('what the template gives is no record'))
  }
  const steps = [context.step(`matched ${query.name}`)]
  if (rule.expressions) steps.push(context.step('its expressions are not modelled', { notModelled: true }))
  const { rcode } = rule
  return chain(certain(undefined, ...steps), () =>
    chain(withTargets(answers, query, context), (found) => {
      const response = respond(query, {
        rcode,
        authoritative: true,
        ...found,
        additional,
        authority,
      })
      return certain(rcode === 'NOERROR' || rcode === 'NXDOMAIN' ? { response } : { response, code: rcode })
    }),
  )
}

interface Targets {
  readonly answers: readonly DnsRecord[]
  readonly truncated: boolean
}

/** Behind each CNAME comes what the server itself says of its target. */
function withTargets(
  answers: readonly DnsRecord[],
  query: DnsQuery,
  context: PluginContext,
): readonly Branch<Targets>[] {
  let found: readonly Branch<Targets>[] = certain({ answers: [], truncated: false })
  const isAddress = query.type === 'A' || query.type === 'AAAA'
  for (const record of answers) {
    found = chain(found, (before) => {
      const own = { ...before, answers: [...before.answers, record] }
      if (!isAddress || record.type !== 'CNAME') return certain(own)
      return chain(context.lookup(query, record.data, query.type), (up) =>
        certain(
          up === undefined ? own : { answers: [...own.answers, ...up.answers], truncated: up.truncated },
        ),
      )
    })
  }
  return found
}
