import type { Ip } from '../../base/ip.ts'
import { familyOf, formatEndpoint, formatIp } from '../../base/ip.ts'
import { TCP, UDP } from '../../base/packet.ts'
import { podId } from '../../control/pod-namespace.ts'
import { exchange } from '../../dataplane/exchange.ts'
import type { Outcome } from '../../dataplane/flight.ts'
import type { DataplaneState } from '../../dataplane/state.ts'
import type { DnsQuestion, DnsResponse } from '../../dns/message.ts'
import { serveDns } from '../../dns/serve.ts'
import type { DnsServer, DnsStep, Upstream, UpstreamAnswer } from '../../dns/server.ts'
import type { NameQuery } from '../../model/journey.ts'
import type { Leg } from '../../model/trace.ts'
import { destinationOf } from '../destination.ts'
import type { TraceOptions } from '../options.ts'
import { chooseWeighted } from '../sampling.ts'
import type { Sender } from '../sender.ts'
import type { World } from '../world.ts'
import { recordText } from './record-text.ts'

/** Who asks, and how. */
export interface Asking {
  readonly world: World
  readonly sender: Sender
  readonly options: TraceOptions
  /** How many servers stand between the asker and this one. */
  readonly depth: number
  /** Questions that are under way, each with the namespace of the server that has it. */
  readonly underWay?: readonly string[]
}

/** The port of name servers. */
export const dnsPort = 53

/** One way in which the questions that one socket sends to one server may be answered. */
export interface ServerReply {
  readonly probability: number
  readonly state: DataplaneState
  /** The exchange of packets with the server. */
  readonly outcome: Outcome
  /** One for each question; absent where no answer came. */
  readonly responses: readonly (DnsResponse | undefined)[]
  readonly queries: readonly NameQuery[]
  /** Queries that the server itself sent on. */
  readonly upstream: readonly ServerReply[]
  /** The way to the server was not walked. */
  readonly unwalked?: true
}

/** Servers that ask servers that ask servers: a longer chain is taken for one without an end. */
const maxDepth = 6

/** What a server is said to do with a query that it has sent on itself. */
export const ringStep: DnsStep = {
  plugin: 'coredns',
  text: 'the query has come back: it goes round until it is given up',
}

/**
 * Sends questions from one socket to one server and lets the server answer them. All questions of a socket share one
 * connection-tracking entry, and so meet the same server.
 */
export function askServer(
  asking: Asking,
  server: Ip,
  questions: readonly DnsQuestion[],
  socket: { readonly sport: number; readonly port?: number; readonly transport?: 'udp' | 'tcp' },
): readonly ServerReply[] {
  const { sender, options, world } = asking
  const { sport, port = dnsPort, transport = 'udp' } = socket
  const near = unwalkedServer(asking, server)
  if (near) return askUnwalked(asking, near, server, questions, transport)
  if (isUnmodelled(world, server)) return [notModelled(asking, server, questions)]
  const connect = {
    from: sender.netns,
    protocol: transport === 'udp' ? UDP : TCP,
    dst: server,
    dport: port,
    sport,
    ...(sender.src !== undefined && familyOf(sender.src) === familyOf(server) && { src: sender.src }),
  }
  return exchange(sender.network, connect, options).flatMap((outcome) =>
    repliesOf(asking, server, questions, { ...socket, transport }, outcome),
  )
}

/**
 * The server, where the way to it is not walked: the cluster's DNS of an input that holds none of it, and whatever
 * machines outside ask.
 */
function unwalkedServer({ world, sender, depth }: Asking, server: Ip): DnsServer | undefined {
  const { assumedDns, outside } = world.compiled.applications
  // What such a server asks in its turn goes outside; asked of itself again it would go round.
  if (sender.netns === '') return depth === 0 ? anyDnsServer(world) : outside
  if (assumedDns?.ip === server && !world.servicesByIp.has(server)) return assumedDns.server
  const role = sender.network.namespaces.get(sender.netns)?.role
  return role === 'host' || role === 'internet' ? outside : undefined
}

/** A name server of the cluster that runs: for a question that comes from nowhere in particular. */
function anyDnsServer({ cluster, compiled }: World): DnsServer | undefined {
  for (const pod of cluster.pods) {
    if (!compiled.applications.isDnsPod(pod) || !pod.ready) continue
    const netns = compiled.network.namespaces.get(pod.hostNetwork ? `node/${pod.nodeName}` : podId(pod))
    const application = netns?.listeners.find((one) => one.application?.type === 'dns')?.application
    if (application?.type === 'dns') return application.server
  }
  return compiled.applications.assumedDns?.server
}

function askUnwalked(
  asking: Asking,
  near: DnsServer,
  server: Ip,
  questions: readonly DnsQuestion[],
  transport: 'udp' | 'tcp',
): readonly ServerReply[] {
  const ip = asking.sender.pod?.ips[0] ?? asking.sender.src ?? 0
  const outcome: Outcome = {
    probability: 1,
    disposition: 'reached',
    leg: { purpose: 'resolve', forward: [], reply: [] },
    state: asking.options.state,
  }
  const ends = { destination: { netns: '', ip: server, port: dnsPort }, seenSource: { ip, port: 0 } }
  return answerAll(asking, near, server, questions, { outcome, ...ends, transport }).map((reply) => ({
    ...reply,
    unwalked: true,
  }))
}

/** In a proxy mode that is not modelled nobody knows where a query to a Service goes. */
function isUnmodelled({ cluster, servicesByIp }: World, server: Ip): boolean {
  return cluster.settings.kubeProxy.mode !== 'iptables' && servicesByIp.has(server)
}

function notModelled({ options }: Asking, server: Ip, questions: readonly DnsQuestion[]): ServerReply {
  const outcome: Outcome = {
    probability: 1,
    disposition: 'unknown',
    leg: { purpose: 'resolve', forward: [], reply: [] },
    state: options.state,
  }
  return unanswered(outcome, server, questions)
}

function unanswered(outcome: Outcome, server: Ip, questions: readonly DnsQuestion[]): ServerReply {
  return {
    probability: outcome.probability,
    state: outcome.state,
    outcome,
    responses: questions.map(() => undefined),
    queries: questions.map(({ name, type }) => ({
      name,
      type,
      server: formatIp(server),
      rcode: null,
      answers: [],
      authority: [],
      additional: [],
      disposition: outcome.disposition,
      steps: [],
    })),
    upstream: [],
  }
}

function repliesOf(
  asking: Asking,
  server: Ip,
  questions: readonly DnsQuestion[],
  socket: { readonly sport: number; readonly transport: 'udp' | 'tcp'; readonly port?: number },
  exchanged: Outcome,
): readonly ServerReply[] {
  const about = aboutText(questions)
  const outcome: Outcome = { ...exchanged, leg: { ...exchanged.leg, purpose: 'resolve', about } }
  const application = outcome.destination?.listener?.application
  if (outcome.disposition !== 'reached' || application?.type !== 'dns') {
    return [unanswered(outcome, server, questions)]
  }
  const { destination, seenSource } = outcome
  if (!destination || !seenSource) return [unanswered(outcome, server, questions)]
  const ends = { outcome, destination, seenSource, transport: socket.transport }
  return answerAll(asking, application.server, server, questions, ends)
}

/** The two ends of an exchange with a server, as the server sees them. */
interface Ends {
  readonly outcome: Outcome
  readonly destination: { readonly netns: string; readonly ip: Ip; readonly port: number }
  readonly seenSource: { readonly ip: Ip; readonly port: number }
  readonly transport: 'udp' | 'tcp'
}

/** The answers to all questions of a socket, in every way that the server may give them. */
function answerAll(
  asking: Asking,
  application: DnsServer,
  server: Ip,
  questions: readonly DnsQuestion[],
  ends: Ends,
): readonly ServerReply[] {
  const { outcome } = ends
  let ways: readonly ServerReply[] = [{ ...unanswered(outcome, server, []), responses: [], queries: [] }]
  for (const question of questions) {
    const answers = sampled(answersOf(asking, application, question, ends), asking.options)
    ways = ways.flatMap((way) =>
      answers.map((answer) => ({
        ...way,
        probability: way.probability * answer.probability,
        responses: [...way.responses, answer.response],
        queries: [...way.queries, queryRecord(asking, server, question, outcome, answer)],
        upstream: [...way.upstream, ...answer.upstream],
      })),
    )
  }
  return ways
}

/** `A and AAAA of web.shop.svc.cluster.local.` */
function aboutText(questions: readonly DnsQuestion[]): string {
  const names = new Set(questions.map(({ name }) => name))
  return `${questions.map(({ type }) => type).join(' and ')} of ${[...names].join(', ')}`
}

interface Answered {
  readonly probability: number
  readonly response?: DnsResponse
  readonly steps: readonly DnsStep[]
  readonly upstream: readonly ServerReply[]
}

/** What the server at the other end says to one question. */
function answersOf(
  asking: Asking,
  server: DnsServer,
  question: DnsQuestion,
  { destination, seenSource, transport }: Ends,
): readonly Answered[] {
  const exchanges: ServerReply[] = []
  const { underWay = [] } = asking
  // Servers to which no way is walked stand in no namespace; their addresses tell them apart.
  const where = destination.netns === '' ? formatIp(destination.ip) : destination.netns
  const own = `${where} ${question.name} ${question.type}`
  if (underWay.includes(own)) return [{ probability: 1, steps: [ringStep], upstream: [] }]
  const query = {
    ...question,
    client: seenSource.ip,
    server: destination.ip,
    port: destination.port,
    transport,
  }
  const answers = serveDns(server, query, {
    ask: (upstream, asked) =>
      askUpstream({ ...asking, underWay: [...underWay, own] }, destination, upstream, asked, exchanges),
  })
  return answers.map((answer) => {
    const upstream = answer.steps.flatMap(({ exchange: at }) =>
      at === undefined ? [] : (exchanges[at] ?? []),
    )
    return isLate(answer, upstream) ? { ...tooLate(answer), upstream } : { ...answer, upstream }
  })
}

/** Whether the server says that it cannot, after it has waited for others for as long as it waits at all. */
function isLate({ response }: Omit<Answered, 'upstream'>, upstream: readonly ServerReply[]): boolean {
  return response?.rcode === 'SERVFAIL' && upstream.length > 0 && upstream.every(isSilent)
}

/** Asked, and nothing comes back, not even an error. */
function isSilent({ responses, outcome: { disposition } }: ServerReply): boolean {
  return responses[0] === undefined && (disposition === 'reached' || disposition === 'dropped')
}

/**
 * CoreDNS tries silent upstreams for five seconds and more; resolvers wait five at first, CoreDNS itself two. Told as
 * silence for all of them, although glibc still takes an answer that comes while it asks again (docs/fidelity.md).
 */
function tooLate({ probability, steps }: Omit<Answered, 'upstream'>): Omit<Answered, 'upstream'> {
  const text = 'SERVFAIL comes later than the first wait of resolvers, and is told as silence'
  return { probability, steps: [...steps, { plugin: 'forward', text }] }
}

/** The query that a name server sends on, from its own namespace. */
function askUpstream(
  asking: Asking,
  from: { readonly netns: string },
  { ip, port, transport }: Upstream,
  question: DnsQuestion,
  exchanges: ServerReply[],
): readonly UpstreamAnswer[] {
  const { sender, options, depth } = asking
  if (depth >= maxDepth) {
    exchanges.push(notModelled(asking, ip, [question]))
    return [{ probability: 1, exchange: exchanges.length - 1 }]
  }
  const replies = askServer(
    {
      ...asking,
      options: { ...options, close: false },
      sender: { netns: from.netns, network: sender.network },
      depth: depth + 1,
    },
    ip,
    [question],
    { sport: 50000 + exchanges.length, port, transport: transport === 'udp' ? 'udp' : 'tcp' },
  )
  return replies.map((reply) => {
    exchanges.push(reply)
    const [response] = reply.responses
    return {
      probability: reply.probability,
      exchange: exchanges.length - 1,
      ...(response && { response }),
    }
  })
}

function queryRecord(
  { world }: Asking,
  server: Ip,
  { name, type }: DnsQuestion,
  outcome: Outcome,
  { response, steps }: Answered,
): NameQuery {
  const answeredBy = destinationOf(world, outcome)
  return {
    name,
    type,
    server: formatIp(server),
    rcode: response?.rcode ?? null,
    answers: response?.answers.map(recordText) ?? [],
    authority: response?.authority.map(recordText) ?? [],
    additional: response?.additional.map(recordText) ?? [],
    ...(response?.authoritative && { authoritative: true }),
    disposition: outcome.disposition,
    ...(answeredBy && { answeredBy }),
    steps: steps.map((step) => `${step.plugin}: ${step.text}`),
    ...(response?.truncated && { truncated: true }),
    ...(response?.assumed && { assumed: true }),
  }
}

function sampled<T extends { readonly probability: number }>(
  items: readonly T[],
  { choose }: TraceOptions,
): readonly T[] {
  if (!choose || items.length < 2) return items
  const one = chooseWeighted(items, choose)
  return one === undefined ? [] : [{ ...one, probability: 1 }]
}

/** The legs of a reply, those of the queries that the server sent on behind its own. */
export function legsOf(reply: ServerReply): readonly Leg[] {
  const { outcome, upstream } = reply
  return [...(outcome.leg.forward.length > 0 ? [outcome.leg] : []), ...upstream.flatMap(legsOf)]
}

/** `10.96.0.10:53`, for messages. */
export function serverText(server: Ip): string {
  return formatEndpoint(server, dnsPort)
}
