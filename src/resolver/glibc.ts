import type { Ip } from '../base/ip.ts'
import { familyOf } from '../base/ip.ts'
import { orderAddresses } from './address-order.ts'
import type { GlibcSender, Reply, SenderState } from './glibc-send.ts'
import { send } from './glibc-send.ts'
import type { Lookup, LookupStep } from './lookup.ts'
import { failed, found, ipv4Sources, typesOf } from './lookup.ts'
import { absolute, addressIn, dotsIn, isEncodable } from './names.ts'
import { glibcOptions } from './options.ts'
import { serversOf } from './resolv-conf.ts'

/** What a query came to, in the words of h_errno. */
type Outcome =
  | { readonly type: 'found'; readonly addresses: readonly Ip[] }
  | { readonly type: 'host-not-found' | 'no-data' | 'no-recovery' }
  /** No server gave an answer that counts; `servfail`: the last to reply said so; `unreachable`: none was reached. */
  | { readonly type: 'try-again'; readonly servfail: boolean; readonly unreachable: boolean }

type Failure = Exclude<Outcome, { type: 'found' }>

/** One walk through the candidates of a name. */
interface Search {
  readonly lookup: Lookup
  readonly sender: GlibcSender
  readonly dots: number
  readonly noTldQuery: boolean
}

/** What the walk remembers from one candidate to the next. */
interface Memory {
  readonly state: SenderState
  /** The failure of the name as it is, if that was tried first: it is the one to report. */
  readonly asIs?: Failure
  readonly rootListed: boolean
  readonly searched: boolean
  readonly nodata: boolean
  readonly servfail: boolean
  readonly last: Failure
}

const hostName = /^[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*\.?$/

/**
 * Looks a name up as glibc's getaddrinfo does with `hosts: dns` (2.36; sysdeps/posix/getaddrinfo.c,
 * resolv/nss_dns/dns-host.c, resolv/res_query.c). Left out: the domain that a dotted host name would add to an empty
 * search list, HOSTALIASES, and answers of a server that is not authoritative, offers no recursion and says nothing.
 */
export function lookUpGlibc(lookup: Lookup): LookupStep {
  const literal = addressIn(lookup.name)
  if (literal !== undefined) {
    const fits = lookup.family === undefined || familyOf(literal) === lookup.family
    return fits ? found(absolute(lookup.name), [literal], 0) : failed('no-data', 0)
  }
  const root = lookup.name === '.'
  if (!root && !(hostName.test(lookup.name) && isEncodable(lookup.name))) return failed('not-found', 0)
  const options = glibcOptions(lookup.conf.options)
  const types = options.noAaaa && lookup.family === undefined ? (['A'] as const) : typesOf(lookup)
  const search: Search = {
    lookup,
    sender: { servers: serversOf(lookup.conf), types, options },
    dots: dotsIn(lookup.name),
    noTldQuery: options.noTldQuery,
  }
  const memory: Memory = {
    state: { seconds: 0, mode: firstMode(options), sent: 0 },
    rootListed: false,
    searched: false,
    nodata: false,
    servfail: false,
    last: { type: 'host-not-found' },
  }
  const final = lookup.name.endsWith('.')
  return search.dots >= options.ndots || final ? tryAsIs(search, memory, final) : walk(search, memory, 0)
}

function firstMode(options: { singleRequest: boolean; singleRequestReopen: boolean }): SenderState['mode'] {
  if (options.singleRequestReopen) return 'reopened'
  return options.singleRequest ? 'one-by-one' : 'together'
}

/** The name with enough dots, or with a trailing one: as it is first, and then the search list unless it is final. */
function tryAsIs(search: Search, memory: Memory, final: boolean): LookupStep {
  return query(search, memory.state, search.lookup.name, (failure, state) =>
    final ? fail(failure, state) : walk(search, { ...memory, state, asIs: failure, last: failure }, 0),
  )
}

/** Mirrors the loop of __res_context_search. */
function walk(search: Search, memory: Memory, index: number): LookupStep {
  const entry = search.lookup.conf.searches[index]
  if (entry === undefined) return finish(search, memory)
  const domain = entry.replace(/^\./, '')
  const rootListed = memory.rootListed || domain === ''
  return query(search, memory.state, `${search.lookup.name}.${domain}`, (failure, state) => {
    const after: Memory = {
      ...memory,
      state,
      rootListed,
      searched: true,
      last: failure,
      nodata: memory.nodata || failure.type === 'no-data',
      servfail: memory.servfail || (failure.type === 'try-again' && failure.servfail),
    }
    if (failure.type === 'try-again' && failure.unreachable) return fail(failure, state)
    const goesOn =
      failure.type === 'host-not-found' ||
      failure.type === 'no-data' ||
      (failure.type === 'try-again' && failure.servfail)
    return goesOn ? walk(search, after, index + 1) : finish(search, after)
  })
}

/** The name as it is, if that is still to be tried, and the failure that is reported in the end. */
function finish(search: Search, memory: Memory): LookupStep {
  const conclude = (last: Failure, state: SenderState) => fail(reported(memory, last), state)
  const allowed = search.dots > 0 || !memory.searched || !search.noTldQuery
  if (!allowed || memory.asIs || memory.rootListed) return conclude(memory.last, memory.state)
  return query(search, memory.state, search.lookup.name, conclude)
}

function reported({ asIs, nodata, servfail }: Memory, last: Failure): Failure {
  if (asIs) return asIs
  if (nodata) return { type: 'no-data' }
  return servfail ? { type: 'try-again', servfail: true, unreachable: false } : last
}

/** A failure in the words of getaddrinfo. */
function fail(failure: Failure, { seconds }: SenderState): LookupStep {
  if (failure.type === 'no-data') return failed('no-data', seconds)
  return failed(failure.type === 'try-again' ? 'try-again' : 'not-found', seconds)
}

/** One candidate. Mirrors __res_context_query: done if there are records, and else `otherwise`. */
function query(
  search: Search,
  state: SenderState,
  name: string,
  otherwise: (failure: Failure, state: SenderState) => LookupStep,
): LookupStep {
  if (!isEncodable(name)) return otherwise({ type: 'no-recovery' }, state)
  return send(search.sender, absolute(name), state, (sent, after) => {
    const outcome = outcomeOf(sent.replies, sent)
    if (outcome.type !== 'found') return otherwise(outcome, after)
    // An alias that leads nowhere ends the search, and then has no address to give.
    if (outcome.addresses.length === 0) return failed('not-found', after.seconds)
    const addresses = orderAddresses('glibc', outcome.addresses, search.lookup.sources ?? ipv4Sources)
    return found(absolute(name), addresses, after.seconds)
  })
}

function outcomeOf(
  replies: readonly Reply[],
  { servfail, reached }: { readonly servfail: boolean; readonly reached: boolean },
): Outcome {
  const [first, second = first] = replies
  if (!first || !second) return { type: 'try-again', servfail, unreachable: !reached }
  if (first.type === 'data' || second.type === 'data') {
    return { type: 'found', addresses: replies.flatMap((one) => (one.type === 'data' ? one.addresses : [])) }
  }
  const decisive = first.type === 'nodata' ? second : first
  if (decisive.type === 'nxdomain') return { type: 'host-not-found' }
  if (decisive.type === 'nodata') return { type: 'no-data' }
  return decisive.type === 'servfail'
    ? { type: 'try-again', servfail: first.type === 'servfail', unreachable: false }
    : { type: 'no-recovery' }
}
