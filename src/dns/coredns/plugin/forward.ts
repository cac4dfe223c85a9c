import { formatIp } from '../../../base/ip.ts'
import type { Branch } from '../../branch.ts'
import { after, certain, chain, mergeBranches } from '../../branch.ts'
import type { DnsQuery, DnsResponse } from '../../message.ts'
import { isSubdomain, normalName } from '../../name.ts'
import { questionOf, refusal } from '../../response.ts'
import type { Upstream } from '../../server.ts'
import type { Forwarder } from '../forward/options.ts'
import { parseForward } from '../forward/options.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** Mirrors plugin/forward: asks other servers. */
export const forward: PluginModule<readonly Forwarder[]> = {
  parse: parseForward,
  serve: (forwarders, query, next, context) => serveWith(forwarders, query, next, context),
}

/** Upstreams that are asked in all orders; with more of them, each begins once and the others follow in turn. */
const ALL_ORDERS = 3

/** Tries that fit in the five seconds that a query has, two seconds each. */
const MAX_TRIES = 3

/** The first of the forwarders that takes the name; it may hand on to the one after it. Mirrors Forward.ServeDNS. */
function serveWith(
  forwarders: readonly Forwarder[],
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  const [forwarder, ...others] = forwarders
  if (forwarder === undefined) return next(query)
  if (!takes(forwarder, query.name)) return serveWith(others, query, next, context)
  const upstreams = upstreamsOf(forwarder, query, context)
  const hosts = forwarder.to.flatMap((to) => (to.type === 'host' ? [to.host] : []))
  const unknown = hosts.map((host) =>
    context.step(`${host} is looked up at the start, which is not modelled`, { notModelled: true }),
  )
  const ask = asker(forwarder, query, context)
  const replies = orders(upstreams, forwarder.policy).flatMap(({ probability, value }) =>
    tryAll(value, ask, forwarder).map((branch) => ({
      ...branch,
      probability: branch.probability * probability,
    })),
  )
  const handedOn = chain(replies, (reply) =>
    isHandedOn(forwarder, reply) && others.length > 0
      ? after([context.step('passed on to the next forward')], serveWith(others, query, next, context))
      : certain(reply),
  )
  return after(unknown, mergeBranches(handedOn))
}

/** Whether the name lies below FROM and in none of the excepted names. */
function takes({ from, except }: Forwarder, name: string): boolean {
  if (!isSubdomain(from, name)) return false
  return normalName(name) === from || !except.some((one) => isSubdomain(one, name))
}

function isHandedOn(forwarder: Forwarder, { response }: Reply): boolean {
  if (response === undefined) return false
  if (forwarder.next.includes(response.rcode)) return true
  return forwarder.nextOnNoData && response.rcode === 'NOERROR' && response.answers.length === 0
}

/** The addresses with the transport that this query takes: a query over TCP goes on over TCP. */
function upstreamsOf(forwarder: Forwarder, query: DnsQuery, context: PluginContext): readonly Upstream[] {
  const transport = forwarder.forceTcp || (query.transport === 'tcp' && !forwarder.preferUdp) ? 'tcp' : 'udp'
  return forwarder.to.flatMap((to) => {
    if (to.type === 'host') return []
    if (to.type === 'address') return [{ ip: to.ip, port: to.port, transport: to.tls ? 'tls' : transport }]
    return context.server.nameservers.map((ip): Upstream => ({ ip, port: 53, transport }))
  })
}

/** Every order in which the policy may go through the upstreams, and its share. */
function orders(
  upstreams: readonly Upstream[],
  policy: Forwarder['policy'],
): readonly Branch<readonly Upstream[]>[] {
  if (policy === 'sequential' || upstreams.length < 2) return certain(upstreams)
  const all =
    policy === 'random' && upstreams.length <= ALL_ORDERS
      ? permutations(upstreams)
      : upstreams.map((first, index) => [first, ...upstreams.slice(0, index), ...upstreams.slice(index + 1)])
  return all.map((value) => ({ probability: 1 / all.length, steps: [], value }))
}

function permutations(upstreams: readonly Upstream[]): readonly (readonly Upstream[])[] {
  if (upstreams.length < 2) return [upstreams]
  return upstreams.flatMap((first, index) =>
    permutations(upstreams.toSpliced(index, 1)).map((rest) => [first, ...rest]),
  )
}

type Ask = (upstream: Upstream, attempt: number) => readonly Branch<DnsResponse | undefined>[]

/** Asks an upstream, each for the first, second and third time only once. */
function asker(forwarder: Forwarder, query: DnsQuery, context: PluginContext): Ask {
  const known = new Map<string, readonly Branch<DnsResponse | undefined>[]>()
  const askOnce = (upstream: Upstream): readonly Branch<DnsResponse | undefined>[] => {
    const name = `${formatIp(upstream.ip)} port ${upstream.port}/${upstream.transport}`
    return context.ask(upstream, questionOf(query)).map(({ probability, response, exchange }) => {
      const text =
        response === undefined ? `forwarded to ${name}: no answer` : `forwarded to ${name}: ${response.rcode}`
      const value = response && checked(response, query)
      return { probability, steps: [context.step(text, { exchange })], value }
    })
  }
  return (upstream, attempt) => {
    const key = `${formatIp(upstream.ip)} ${upstream.port} ${upstream.transport} ${attempt}`
    const answers =
      known.get(key) ??
      chain(askOnce(upstream), (response) =>
        response?.truncated && forwarder.preferUdp && upstream.transport === 'udp'
          ? askOnce({ ...upstream, transport: 'tcp' })
          : certain(response),
      )
    known.set(key, answers)
    return answers
  }
}

/** One upstream after the other until one answers. */
function tryAll(
  order: readonly Upstream[],
  ask: Ask,
  forwarder: Forwarder,
  attempt = 0,
): readonly Branch<Reply>[] {
  const upstream = order[attempt % Math.max(order.length, 1)]
  const tries = Math.min(MAX_TRIES, forwarder.maxConnectAttempts || 2 * order.length)
  if (upstream === undefined || attempt >= tries) return certain({ code: 'SERVFAIL', failed: true })
  return chain(ask(upstream, Math.floor(attempt / order.length)), (response) => {
    const failsOver = response !== undefined && forwarder.failover.includes(response.rcode)
    if (response === undefined || (failsOver && attempt + 1 < order.length)) {
      return tryAll(order, ask, forwarder, attempt + 1)
    }
    return certain({ response })
  })
}

/** What comes back as it is; FORMERR, if it answers another question. */
function checked(response: DnsResponse, query: DnsQuery): DnsResponse {
  const { name, type, class: dnsClass } = response.question
  const same = normalName(name) === normalName(query.name) && type === query.type && dnsClass === query.class
  return same ? response : refusal(query, 'FORMERR')
}
