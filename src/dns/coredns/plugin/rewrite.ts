import type { Branch } from '../../branch.ts'
import { after, certain, chain } from '../../branch.ts'
import type { DnsQuery, DnsRecord, DnsResponse } from '../../message.ts'
import { isDomainName } from '../../name.ts'
import { questionOf, refusal } from '../../response.ts'
import { parseRule } from '../rewrite/parse.ts'
import { withOwner, withValue } from '../rewrite/record-name.ts'
import type { CnameRule, ResponseRule, Rule } from '../rewrite/rule.ts'
import { applyRule, rewriteName } from '../rewrite/rule.ts'
import type { Directive } from './directive.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** Mirrors plugin/rewrite: changes the query on its way in, and the answer on its way out. */
export const rewrite: PluginModule<readonly Rule[]> = { parse: parseRewrite, serve }

function parseRewrite({ c }: Directive): readonly Rule[] {
  const rules: Rule[] = []
  while (c.next()) {
    const args = c.remainingArgs()
    if (args.length < 2) while (c.nextBlock()) args.push(c.val)
    rules.push(parseRule(args, (message) => c.plain(message)))
  }
  return rules
}

/** Mirrors Rewrite.ServeDNS: the rules one after the other, up to the first that matches and does not go on. */
function serve(
  rules: readonly Rule[],
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  let asked = query
  const response: ResponseRule[] = []
  let stopped = false
  for (const rule of rules) {
    const rewritten = applyRule(rule, asked)
    if (rewritten === undefined) continue
    asked = rewritten.query
    if (!isDomainName(asked.name)) return certain({ code: 'SERVFAIL', failed: true })
    response.push(...rewritten.response)
    stopped = rule.stop
    if (stopped) break
  }
  const steps = changes(query, asked).map((text) => context.step(text))
  const replies = after(steps, next(asked))
  if (!stopped && response.length === 0) return chain(replies, (reply) => certain(asRewritten(reply, asked)))
  return chain(replies, (reply) => restore(reply, query, asked, response.toReversed(), context))
}

function changes(from: DnsQuery, to: DnsQuery): readonly string[] {
  const fields = ['name', 'type', 'class'] as const
  return fields
    .filter((field) => from[field] !== to[field])
    .map((field) => `${field} ${from[field]} → ${to[field]}`)
}

/** Without rules for the answer the question stays rewritten, in what the server itself writes too. */
function asRewritten(reply: Reply, asked: DnsQuery): Reply {
  if (reply.response !== undefined || reply.code === undefined) return reply
  return { response: refusal(asked, reply.code) }
}

/** Mirrors ResponseReverter: puts the question back, and lets the rules change records and code. */
function restore(
  reply: Reply,
  query: DnsQuery,
  asked: DnsQuery,
  rules: readonly ResponseRule[],
  context: PluginContext,
): readonly Branch<Reply>[] {
  const written = reply.response ?? (reply.code === undefined ? undefined : refusal(asked, reply.code))
  if (written === undefined) return certain(reply)
  const response = { ...written, question: questionOf(query) }
  const { authority, answers, additional } = response
  const plain = rules.filter((rule) => rule.type !== 'cname')
  const change = (records: readonly DnsRecord[]) => records.map((record) => changeRecord(record, plain))
  const changed = {
    ...response,
    rcode: changeCode(response, plain),
    authority: change(authority),
    answers: change(answers),
    additional: change(additional),
  }
  const cnames = rules.flatMap((rule) => (rule.type === 'cname' ? [rule.rule] : []))
  return chain(followTargets(changed, cnames, asked, context), (value) => certain({ response: value }))
}

function changeRecord(record: DnsRecord, rules: readonly ResponseRule[]): DnsRecord {
  let changed = record
  for (const rule of rules) {
    if (rule.type === 'owner') changed = withOwner(changed, rule.change)
    else if (rule.type === 'value') changed = withValue(changed, rule.change)
    else if (rule.type === 'ttl') {
      changed = { ...changed, ttl: Math.min(Math.max(changed.ttl, rule.min), rule.max) }
    }
  }
  return changed
}

/** The code changes once for each record, or once if there is none. */
function changeCode(response: DnsResponse, rules: readonly ResponseRule[]): DnsResponse['rcode'] {
  const times = Math.max(1, response.authority.length + response.answers.length + response.additional.length)
  let { rcode } = response
  for (let time = 0; time < times; time++) {
    for (const rule of rules) if (rule.type === 'rcode' && rule.from === rcode) rcode = rule.to
  }
  return rcode
}

/** Mirrors cnameTargetRule: a CNAME with this target gets another, which is looked up then. */
function followTargets(
  response: DnsResponse,
  rules: readonly CnameRule[],
  asked: DnsQuery,
  context: PluginContext,
): readonly Branch<DnsResponse>[] {
  const [rule, ...others] = rules
  if (rule === undefined) return certain(response)
  const at = response.answers.findIndex(
    (record) => record.type === 'CNAME' && targetAfter(rule, record.data) !== undefined,
  )
  const record = response.answers[at]
  const to = record && targetAfter(rule, record.data)
  if (record === undefined || to === undefined) return followTargets(response, others, asked, context)
  const aliases = response.answers.slice(0, at).filter(({ type }) => type === 'CNAME')
  const step = context.step(`cname ${record.data} → ${to}`)
  return after(
    [step],
    chain(context.lookup(asked, to, asked.type), (found) => {
      if (found === undefined) return followTargets(response, others, asked, context)
      const answers = [...aliases, { ...record, data: to }, ...found.answers]
      return followTargets({ ...response, answers, truncated: found.truncated }, others, asked, context)
    }),
  )
}

/** What the target of a CNAME becomes. */
function targetAfter(rule: CnameRule, target: string): string | undefined {
  return rewriteName(rule.match, rule.to, target)
}
