import type { Ip } from '../../base/ip.ts'
import { formatIp, parseIp } from '../../base/ip.ts'
import { statedOutside } from '../../control/outside-dns.ts'
import type { DataplaneState } from '../../dataplane/state.ts'
import type { DnsQuestion } from '../../dns/message.ts'
import { isSubdomain } from '../../dns/name.ts'
import type { NameQuery, Resolution, ResolverName } from '../../model/journey.ts'
import type { Disposition, Leg } from '../../model/trace.ts'
import { lookUpHosts } from '../../resolver/hosts.ts'
import { lookUp } from '../../resolver/libcs.ts'
import type {
  LookupAnswer,
  LookupQuestion,
  LookupResult,
  LookupRound,
  LookupStep,
} from '../../resolver/lookup.ts'
import type { ResolvConf } from '../../resolver/resolv-conf.ts'
import type { TraceOptions } from '../options.ts'
import { RequestError } from '../request.ts'
import type { Sender } from '../sender.ts'
import type { World } from '../world.ts'
import type { ServerReply } from './ask-server.ts'
import { askServer, legsOf } from './ask-server.ts'
import { lookupAnswer } from './lookup-answer.ts'

/** What is looked up, by whom, and how. */
export interface NameRequest {
  readonly world: World
  readonly sender: Sender
  readonly name: string
  readonly family: 4 | 6 | undefined
  readonly resolver: ResolverName
  readonly options: TraceOptions
  /** What stands for the sender's own resolv.conf. */
  readonly conf?: ResolvConf
}

/** One way in which a name may be looked up, and what the network remembers of it. */
export interface NameBranch {
  readonly probability: number
  readonly state: DataplaneState
  readonly resolution: Resolution
  readonly result: LookupResult
  /** How it failed, in the words of dispositions. */
  readonly disposition?: Disposition
  readonly legs: readonly Leg[]
  /** The reply that decided it. */
  readonly last?: ServerReply
  /** The server to which the deciding question went. */
  readonly server?: Ip
}

type Found = LookupResult & { readonly type: 'found' }

/** Two ways in which the packets may go, and in which the asker learns the same, are told as one. */
interface Draft {
  readonly probability: number
  readonly state: DataplaneState
  readonly queries: readonly NameQuery[]
  readonly legs: readonly Leg[]
  readonly last?: ServerReply
  readonly server?: Ip
  /** The names that have been asked for: each has a socket of its own, which is kept while it is asked again. */
  readonly names: readonly string[]
}

/** The first source port of queries: of each name's one socket by UDP, and further on of its connection by TCP. */
const firstPorts = { udp: 42000, tcp: 44000 } as const

/**
 * Looks a name up as the sender's C library would: in its hosts file, then by DNS along its search list. Each query is
 * sent through the network to the name server, which answers from what it knows.
 */
export function lookUpName(request: NameRequest): readonly NameBranch[] {
  const { world, sender, name, family, resolver, options } = request
  const files = world.nameFiles(sender)
  const sources = addressesOf(sender)
  const known = lookUpHosts(files.hosts, name, family, { libc: resolver, sources })
  const start: Draft = { probability: 1, state: options.state, queries: [], legs: [], names: [] }
  if (known) return [finish(request, start, known, 'hosts-file')]
  const step = lookUp(resolver, { name, family, conf: request.conf ?? files.resolvConf, sources })
  return proceed(request, step, start)
}

/** The addresses beyond its own link that the sender has, which decide the order of what is found. */
function addressesOf({ netns, network, pod }: Sender): readonly Ip[] {
  const devices = network.namespaces.get(netns)?.devices ?? []
  const own = devices.filter(({ type }) => type !== 'loopback').flatMap(({ addresses }) => addresses)
  return own.length > 0 ? own.map(({ ip }) => ip) : (pod?.ips ?? [])
}

function proceed(request: NameRequest, step: LookupStep, draft: Draft): readonly NameBranch[] {
  if (step.type === 'done') return [finish(request, draft, step.result, 'dns')]
  const ways = askRound(request, step.round, draft)
  return mergeWays(ways).flatMap(({ answers, draft: after }) => proceed(request, step.next(answers), after))
}

interface Way {
  readonly answers: readonly LookupAnswer[]
  readonly draft: Draft
}

/** Sends the questions of one round, each server's from one socket, and gives every way of being answered. */
function askRound(request: NameRequest, { questions, tcp }: LookupRound, draft: Draft): readonly Way[] {
  const { world, sender, options, resolver } = request
  const names = [...new Set([...draft.names, ...questions.map((one) => one.name)])]
  const transport = tcp ? 'tcp' : 'udp'
  const sport = firstPorts[transport] + names.indexOf(questions[0]?.name ?? '')
  const servers = [...new Set(questions.map((one) => one.server))]
  let ways: readonly { readonly byServer: ReadonlyMap<Ip, ServerReply>; readonly draft: Draft }[] = [
    { byServer: new Map(), draft: { ...draft, names } },
  ]
  for (const server of servers) {
    const own = questions.filter((one) => one.server === server).map(asDnsQuestion)
    ways = ways.flatMap(({ byServer, draft: so }) =>
      askServer({ world, sender, options: { ...options, state: so.state }, depth: 0 }, server, own, {
        sport,
        transport,
      }).map((reply) => ({
        byServer: new Map([...byServer, [server, reply]]),
        draft: {
          ...so,
          probability: so.probability * reply.probability,
          state: reply.state,
          queries: [...so.queries, ...reply.queries],
          ...(isRepeated(so, reply)
            ? {}
            : {
                legs: [...so.legs, ...legsOf(reply)],
                last: worse(so.last, reply, byServer.size === 0),
                server,
              }),
        },
      })),
    )
  }
  return ways.map(({ byServer, draft: so }) => ({
    draft: so,
    answers: questions.map((question) => answerTo(question, questions, byServer, resolver)),
  }))
}

/** A question that is asked again from the same socket meets the same fate; its first packets tell why. */
function isRepeated({ last }: Draft, { outcome, queries }: ServerReply): boolean {
  const before = last?.queries[0]
  const now = queries[0]
  const same = before?.name === now?.name && before?.server === now?.server
  return same && before?.rcode === null && last?.outcome.disposition === outcome.disposition
}

/** The reply that tells more about a failure: one that did not come, of several in one round. */
function worse(before: ServerReply | undefined, reply: ServerReply, first: boolean): ServerReply {
  if (first || !before) return reply
  return before.responses.some((one) => one === undefined) ? before : reply
}

function asDnsQuestion({ name, type }: LookupQuestion): DnsQuestion {
  return { name, type, class: 'IN' }
}

function answerTo(
  question: LookupQuestion,
  all: readonly LookupQuestion[],
  byServer: ReadonlyMap<Ip, ServerReply>,
  resolver: ResolverName,
): LookupAnswer {
  const own = all.filter((one) => one.server === question.server)
  const reply = byServer.get(question.server)
  const response = reply?.responses[own.indexOf(question)]
  if (!response && reply && isUnreachable(reply)) {
    return { type: 'unreachable', ...(isSoft(reply) && { soft: true as const }) }
  }
  return lookupAnswer(response, asDnsQuestion(question), resolver !== 'musl')
}

/** Whether the asker is told that the server cannot be asked, and need not wait to find out. */
function isUnreachable({ outcome: { disposition, errno } }: ServerReply): boolean {
  return ['refused', 'rejected', 'no-route'].includes(disposition) || errno !== undefined
}

/** Whether only a socket that asks for it would hear of the error: network or host unreachable, from elsewhere. */
function isSoft({ outcome: { errno, answer } }: ServerReply): boolean {
  const icmp = answer?.icmp
  if (errno !== undefined || !icmp) return false
  return typeof answer.from === 'number'
    ? icmp.type === 3 && icmp.code < 2
    : icmp.type === 1 && icmp.code !== 4
}

/** Ways in which the asker learns the same become one. */
function mergeWays(ways: readonly Way[]): readonly Way[] {
  const merged = new Map<string, Way>()
  for (const way of ways) {
    const key = JSON.stringify([
      way.answers.map(answerKey),
      way.draft.last?.outcome.disposition === 'unknown',
    ])
    const known = merged.get(key)
    if (!known) merged.set(key, way)
    else {
      const probability = known.draft.probability + way.draft.probability
      merged.set(key, { ...known, draft: { ...known.draft, probability } })
    }
  }
  return [...merged.values()]
}

function answerKey(answer: LookupAnswer): unknown {
  return answer.type === 'data' ? answer.addresses.map(formatIp).toSorted() : answer.type
}

function finish(
  request: NameRequest,
  { queries, probability, state, legs, last, server }: Draft,
  result: LookupResult,
  source: Resolution['source'],
): NameBranch {
  const { name, resolver } = request
  const { seconds } = result
  const found = result.type === 'found' ? result : undefined
  const meant = found && source === 'dns' ? caughtBySearch(request, found, queries) : undefined
  const resolution: Resolution = {
    asked: name,
    source: source === 'dns' && last?.unwalked ? 'not-walked' : source,
    resolver,
    queries,
    ...(found ? foundText(found, queries) : { addresses: [] }),
    ...(meant && { meant: meant.map(formatIp) }),
    ...(seconds !== undefined && { seconds }),
  }
  const disposition = meant ? 'dns-wrong-answer' : found ? undefined : dispositionOf(result, queries)
  return {
    probability,
    state,
    resolution,
    result,
    legs,
    ...(disposition && { disposition }),
    ...(last && { last }),
    ...(server !== undefined && { server }),
  }
}

/** What was found, in the words of a Resolution. */
function foundText(
  { name, addresses }: Found,
  queries: readonly NameQuery[],
): Pick<Resolution, 'name' | 'addresses' | 'assumed'> {
  const assumed = queries.some((one) => one.assumed && one.answers.length > 0)
  return {
    name: name.replace(/\.$/, ''),
    addresses: addresses.map(formatIp),
    ...(assumed && { assumed: true }),
  }
}

/**
 * The addresses of the name as it was asked for, where a search domain outside the cluster answered before it and with
 * others. What is only taken to exist outside is no proof against a name that somebody has entered by itself.
 */
function caughtBySearch(
  request: NameRequest,
  found: Found,
  queries: readonly NameQuery[],
): readonly Ip[] | undefined {
  const { name, world } = request
  const asked = `${name.toLowerCase()}.`
  const answered = found.name.toLowerCase()
  if (!name.includes('.') || name.endsWith('.') || !answered.startsWith(asked) || answered === asked)
    return undefined
  if (isSubdomain(world.cluster.settings.domain, answered)) return undefined
  const [own] = lookUpName({ ...request, name: asked })
  if (own?.result.type !== 'found') return undefined
  const { addresses } = own.result
  if (found.addresses.some((ip) => addresses.includes(ip))) return undefined
  const isEntered = !queries.some((one) => one.assumed) && statedOutside(world.cluster, answered)
  return own.resolution.assumed && isEntered ? undefined : addresses
}

/** How a look-up failed: by what the last of its queries met, where it could not be answered at all. */
function dispositionOf(result: LookupResult, queries: readonly NameQuery[]): Disposition {
  if (result.type === 'found') return 'reached'
  if (result.error === 'no-data') return 'dns-nodata'
  if (result.error === 'try-again') return failedBy(queries)
  // A CNAME that leads nowhere ends the search with the words of a name that is not there (getanswer_r).
  return queries.at(-1)?.rcode === 'NOERROR' ? 'dns-nodata' : 'nxdomain'
}

function failedBy(queries: readonly NameQuery[]): Disposition {
  if (queries.some((one) => one.disposition === 'unknown')) return 'unknown'
  return queries.at(-1)?.rcode == null ? 'dns-timeout' : 'dns-servfail'
}

/** Addresses that the request gives for a name, as curl's --resolve does. Throws a RequestError for what is none. */
export function givenAddresses(
  resolve: Readonly<Record<string, string>> | undefined,
  name: string,
): readonly Ip[] | undefined {
  const text = resolve?.[name] ?? resolve?.[name.replace(/\.$/, '')]
  if (text === undefined) return undefined
  const parts = text === '' ? [] : text.split(',')
  return parts.map((one) => {
    const ip = parseIp(one.trim().replace(/^\[|\]$/g, ''))
    if (ip !== undefined) return ip
    throw new RequestError('bad-request', `"${one}" is not an IP address`, `write ${name}=203.0.113.9`)
  })
}
