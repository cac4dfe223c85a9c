import type { Ip } from '../../base/ip.ts'
import type { Resolution, ResolverName } from '../../model/journey.ts'
import type { Disposition } from '../../model/trace.ts'
import { searchedNames } from '../../resolver/record-search.ts'
import type { ResolvConf } from '../../resolver/resolv-conf.ts'
import type { TraceOptions } from '../options.ts'
import type { Sender } from '../sender.ts'
import type { World } from '../world.ts'
import type { ServerReply } from './ask-server.ts'
import { askServer, legsOf } from './ask-server.ts'
import type { NameBranch } from './look-up-name.ts'

/** What is looked up: records of one type. */
export interface RecordRequest {
  readonly world: World
  readonly sender: Sender
  readonly name: string
  readonly type: string
  readonly resolver: ResolverName
  readonly conf: ResolvConf
  readonly options: TraceOptions
}

/** The first source port of a tool's queries. */
const firstToolPort = 43000

type Draft = Omit<NameBranch, 'resolution' | 'result' | 'disposition'> & {
  readonly queries: Resolution['queries']
}

/**
 * Looks records up as dig +search does: along the search list, until a name has records of the type. The name servers
 * are asked in turn where one is silent.
 */
export function lookUpRecords(request: RecordRequest): readonly NameBranch[] {
  const { name, conf, resolver, options } = request
  const names = resolver === 'as-is' ? [`${name.replace(/\.$/, '')}.`] : searchedNames(name, conf)
  const start: Draft = { probability: 1, state: options.state, queries: [], legs: [] }
  return tryNames(request, names, conf.nameservers, start)
}

function tryNames(
  request: RecordRequest,
  names: readonly string[],
  servers: readonly Ip[],
  draft: Draft,
  transport: 'udp' | 'tcp' = 'udp',
): readonly NameBranch[] {
  const [name, ...others] = names
  const [server, ...spare] = servers
  if (name === undefined || server === undefined) return [finish(request, draft)]
  const { world, sender, type, options } = request
  const replies = askServer(
    { world, sender, options: { ...options, state: draft.state }, depth: 0 },
    server,
    [{ name, type, class: 'IN' }],
    { sport: firstToolPort + draft.queries.length, transport },
  )
  return merged(replies).flatMap((reply) => {
    const after: Draft = {
      probability: draft.probability * reply.probability,
      state: reply.state,
      queries: [...draft.queries, ...reply.queries],
      legs: [...draft.legs, ...legsOf(reply)],
      last: reply,
      server,
    }
    const [response] = reply.responses
    if (response?.truncated && transport === 'udp') return tryNames(request, names, servers, after, 'tcp')
    if (!response) return tryNames(request, names, spare, after)
    if (response.rcode === 'NOERROR' && response.answers.length > 0) return [finish(request, after)]
    return tryNames(request, others, response.rcode === 'SERVFAIL' ? [] : request.conf.nameservers, after)
  })
}

/** Replies that say the same are one. */
function merged(replies: readonly ServerReply[]): readonly ServerReply[] {
  const found = new Map<string, ServerReply>()
  for (const reply of replies) {
    const key = JSON.stringify([
      reply.responses.map((one) => one && [one.rcode, one.answers.map(({ data }) => data).toSorted()]),
    ])
    const known = found.get(key)
    const probability = (known?.probability ?? 0) + reply.probability
    found.set(key, { ...(known ?? reply), probability })
  }
  return [...found.values()]
}

function finish({ name, resolver }: RecordRequest, { queries, ...draft }: Draft): NameBranch {
  const last = queries.at(-1)
  const isFound = last?.rcode === 'NOERROR' && last.answers.length > 0
  const resolution: Resolution = {
    asked: name,
    source: draft.last?.unwalked ? 'not-walked' : 'dns',
    resolver,
    queries,
    addresses: [],
    ...(isFound && { name: last.name.replace(/\.$/, '') }),
    ...(isFound && last.assumed && { assumed: true }),
  }
  const disposition = isFound ? undefined : failureOf(queries)
  return {
    ...draft,
    resolution,
    result: isFound
      ? { type: 'found', name: last.name, addresses: [] }
      : { type: 'failed', error: 'not-found' },
    ...(disposition && { disposition }),
  }
}

/** A name that exists without such records tells more than one that does not exist at all. */
function failureOf(queries: Resolution['queries']): Disposition {
  if (queries.some((one) => one.disposition === 'unknown')) return 'unknown'
  const last = queries.at(-1)
  if (!last || last.rcode === null) return 'dns-timeout'
  if (last.rcode !== 'NOERROR' && last.rcode !== 'NXDOMAIN') return 'dns-servfail'
  return queries.some((one) => one.rcode === 'NOERROR') ? 'dns-nodata' : 'nxdomain'
}
