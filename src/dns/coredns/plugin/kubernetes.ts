import { formatRef } from '../../../base/source.ts'
import type { Branch } from '../../branch.ts'
import { after, certain, chain } from '../../branch.ts'
import type { DnsQuery, DnsResponse } from '../../message.ts'
import { matchZone } from '../../name.ts'
import { respond } from '../../response.ts'
import type { KubernetesOptions } from '../kubernetes/options.ts'
import { parseKubernetes } from '../kubernetes/options.ts'
import type { Question, Records } from '../kubernetes/records.ts'
import { answerQuestion } from '../kubernetes/records.ts'
import { soaRecord } from '../kubernetes/soa.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** Mirrors plugin/kubernetes: Services, endpoints and pods of the cluster as names. */
export const kubernetes: PluginModule<KubernetesOptions> = { parse: parseKubernetes, serve }

/** Mirrors Kubernetes.ServeDNS. */
function serve(
  options: KubernetesOptions,
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  const matched = matchZone(options.zones, query.name)
  if (matched === undefined) return next(query)
  if (query.type === 'AXFR' || query.type === 'IXFR') return certain({ code: 'REFUSED' })
  const zone = query.name.slice(-matched.length)
  const { server } = context
  const question: Question = {
    query,
    view: { options, data: server.kubernetes, addresses: server.addresses },
    zone,
    ask: (name, type) => context.lookup(query, name, type),
  }
  return chain(answerQuestion(question), (records) => {
    if (records !== undefined)
      return certain({ response: positive(question, records) }, found(context, query, records))
    return notFound(question, next, context)
  })
}

function found(context: PluginContext, query: DnsQuery, { answers, object }: Records) {
  const what = object === undefined ? query.name : formatRef(object)
  const text = answers.length > 0 ? `found ${what}` : `found ${what}, which has no ${query.type} record`
  return context.step(text, object === undefined ? {} : { object })
}

/** The records, or no records at a name that is there, with the SOA then. */
function positive({ query, zone, view }: Question, records: Records): DnsResponse {
  if (records.answers.length === 0) {
    return respond(query, { authoritative: true, authority: [soaRecord(zone, view.options.ttl)] })
  }
  const { answers, additional, truncated } = records
  return respond(query, { authoritative: true, answers, additional, truncated })
}

function notFound(question: Question, next: Next, context: PluginContext): readonly Branch<Reply>[] {
  const { query, zone, view } = question
  if (matchZone(view.options.fallthrough, query.name) !== undefined) {
    return after([context.step(`${query.name} not found in ${zone}, passed on`)], next(query))
  }
  const notSynced = view.data.notSynced === true
  const text = notSynced
    ? `${query.name} not found, and the API server has not answered yet`
    : `${query.name} not found in ${zone}`
  const response = respond(query, {
    rcode: notSynced ? 'SERVFAIL' : 'NXDOMAIN',
    authoritative: true,
    authority: [soaRecord(zone, view.options.ttl)],
  })
  return certain({ response }, context.step(text))
}
