import type { Ip } from '../base/ip.ts'
import type { LookupAnswer, LookupQuestion, LookupStep } from './lookup.ts'
import type { GlibcOptions } from './options.ts'

/** An answer that came from a server. */
export type Reply = Exclude<LookupAnswer, { type: 'timeout' | 'unreachable' | 'truncated' }>

/** What stays the same for every query of a lookup. */
export interface GlibcSender {
  readonly servers: readonly Ip[]
  readonly types: readonly LookupQuestion['type'][]
  readonly options: GlibcOptions
}

/** What one query leaves to the next: glibc keeps the careful mode that it fell into for the rest of the process. */
export interface SenderState {
  /** Seconds that have been waited. */
  readonly seconds: number
  /** How A and AAAA are sent: together, one after the other, or that from two sockets. */
  readonly mode: 'together' | 'one-by-one' | 'reopened'
  /** How many queries were sent before, which `rotate` counts. */
  readonly sent: number
}

/** What a query brought: the replies that count, in the order of their questions; none, if every server failed. */
export interface Sent {
  readonly replies: readonly Reply[]
  /** Whether the last server to reply said SERVFAIL. */
  readonly servfail: boolean
  /** Whether any server replied or could at least have: not, if an error came back from each. */
  readonly reached: boolean
}

interface Query {
  readonly sender: GlibcSender
  readonly name: string
  readonly turns: readonly { readonly server: Ip; readonly seconds: number }[]
  done(sent: Sent, state: SenderState): LookupStep
}

/** How far a query has come. */
interface Progress {
  readonly turn: number
  /** The turn at which the query is given up. */
  readonly end: number
  readonly tcp: boolean
  readonly state: SenderState
  readonly servfail: boolean
  readonly reached: boolean
}

/**
 * Sends one query and waits. Mirrors __res_context_send and send_dg of resolv/res_send.c: each server in turn,
 * `attempts` times. SERVFAIL, REFUSED and an ICMP error pass to the next server at once, silence after its time. If only
 * one of A and AAAA is answered in time, both are asked again at the same server, one after the other, and if that does
 * not help from two sockets; then the one answer has to do. After a truncated reply, or with `use-vc`, both questions go
 * over TCP, mirroring send_vc: to this server and to those after it, once each, and whatever is replied counts.
 */
export function send(
  sender: GlibcSender,
  name: string,
  state: SenderState,
  done: (sent: Sent, state: SenderState) => LookupStep,
): LookupStep {
  const query: Query = { sender, name, turns: turnsOf(sender, state.sent), done }
  const { useVc } = sender.options
  return takeTurn(query, {
    turn: 0,
    end: useVc ? sender.servers.length : query.turns.length,
    tcp: useVc,
    state: { ...state, sent: state.sent + 1 },
    servfail: false,
    reached: false,
  })
}

function turnsOf({ servers, options }: GlibcSender, sent: number): Query['turns'] {
  const waits = servers.map((server, index) => {
    const wait = options.timeout * 2 ** index
    return { server, seconds: Math.max(1, index > 0 ? Math.floor(wait / servers.length) : wait) }
  })
  const first = options.rotate ? sent % servers.length : 0
  const round = [...waits.slice(first), ...waits.slice(0, first)]
  return Array.from({ length: options.attempts }, () => round).flat()
}

function takeTurn(query: Query, progress: Progress): LookupStep {
  const { turn, end, tcp, state, servfail, reached } = progress
  if (turn >= Math.min(end, query.turns.length)) return query.done({ replies: [], servfail, reached }, state)
  if (tcp) return askOverTcp(query, progress)
  return state.mode === 'together' || query.sender.types.length === 1
    ? askTogether(query, progress)
    : askOneByOne(query, progress)
}

/** Puts these questions to the server whose turn it is. */
function ask(
  query: Query,
  progress: Progress,
  types: readonly LookupQuestion['type'][],
  next: (answers: readonly LookupAnswer[]) => LookupStep,
): LookupStep {
  const turn = query.turns[progress.turn]
  const questions = turn ? types.map((type) => ({ name: query.name, type, server: turn.server })) : []
  const tcp = progress.tcp && { tcp: true as const }
  return { type: 'ask', round: { questions, parallel: false, ...tcp }, next }
}

function askTogether(query: Query, progress: Progress): LookupStep {
  return ask(query, progress, query.sender.types, (answers) => {
    if (answers.some(({ type }) => type === 'unreachable')) return nextServer(query, progress)
    if (answers.some(isTruncated)) return overTcp(query, progress)
    const replies = answers.filter(isReply)
    const usable = replies.filter(isUsable)
    const silent = replies.length < answers.length
    if (usable.length > 0 && silent) return takeTurn(query, moreCareful(waited(query, progress)))
    if (usable.length > 0) return conclude(query, progress, usable)
    return nextServer(query, heard(silent ? waited(query, progress) : progress, replies[0]))
  })
}

function askOneByOne(query: Query, progress: Progress): LookupStep {
  const [first, second] = query.sender.types
  if (first === undefined || second === undefined) return nextServer(query, progress)
  return askOne(query, progress, first, (reply) => askSecond(query, progress, second, reply))
}

/** Asks the second of two questions, when the first has its reply: that is enough in the end, if this one gets none. */
function askSecond(query: Query, progress: Progress, type: LookupQuestion['type'], reply: Reply): LookupStep {
  return ask(query, progress, [type], ([answer]) => {
    if (answer === undefined || answer.type === 'unreachable') return nextServer(query, progress)
    if (isTruncated(answer)) return overTcp(query, progress)
    if (isReply(answer)) return conclude(query, progress, isUsable(answer) ? [reply, answer] : [reply])
    const late = waited(query, progress)
    return progress.state.mode === 'reopened'
      ? conclude(query, late, [reply])
      : takeTurn(query, moreCareful(late))
  })
}

/** Asks the first of two questions alone: only an answer that counts leads to the second. */
function askOne(
  query: Query,
  progress: Progress,
  type: LookupQuestion['type'],
  next: (reply: Reply) => LookupStep,
): LookupStep {
  return ask(query, progress, [type], ([answer]) => {
    if (answer === undefined || answer.type === 'unreachable') return nextServer(query, progress)
    if (isTruncated(answer)) return overTcp(query, progress)
    if (!isReply(answer)) return nextServer(query, heard(waited(query, progress), undefined))
    return isUsable(answer) ? next(answer) : nextServer(query, heard(progress, answer))
  })
}

/** How long a connection to nowhere is tried, with Linux' six repetitions of a SYN. */
const connectSeconds = 127

function askOverTcp(query: Query, progress: Progress): LookupStep {
  return ask(query, progress, query.sender.types, (answers) => {
    const refused = answers.some(({ type }) => type === 'unreachable')
    if (refused) return nextServer(query, { ...progress, reached: false })
    const replies = answers.filter(isReply)
    if (replies.length > 0) return conclude(query, progress, replies)
    const seconds = progress.state.seconds + connectSeconds
    return nextServer(query, { ...heard(progress, undefined), state: { ...progress.state, seconds } })
  })
}

/** The same server again, and those that are left of this round through the list, over TCP. */
function overTcp(query: Query, progress: Progress): LookupStep {
  const { length } = query.sender.servers
  const end = (Math.floor(progress.turn / length) + 1) * length
  return takeTurn(query, { ...progress, tcp: true, end })
}

function isTruncated({ type }: LookupAnswer): boolean {
  return type === 'truncated'
}

function nextServer(query: Query, progress: Progress): LookupStep {
  return takeTurn(query, { ...progress, turn: progress.turn + 1 })
}

function conclude(query: Query, { state, servfail }: Progress, replies: readonly Reply[]): LookupStep {
  return query.done({ replies, servfail, reached: true }, state)
}

/** Notes that this server was reached or at least not out of reach, and what it said first. */
function heard(progress: Progress, reply: Reply | undefined): Progress {
  return { ...progress, reached: true, servfail: reply ? reply.type === 'servfail' : progress.servfail }
}

function waited(query: Query, progress: Progress): Progress {
  const seconds = progress.state.seconds + (query.turns[progress.turn]?.seconds ?? 0)
  return { ...progress, state: { ...progress.state, seconds } }
}

function moreCareful(progress: Progress): Progress {
  const mode = progress.state.mode === 'together' ? 'one-by-one' : 'reopened'
  return { ...progress, servfail: false, state: { ...progress.state, mode } }
}

function isReply(answer: LookupAnswer): answer is Reply {
  return answer.type !== 'timeout' && answer.type !== 'unreachable' && answer.type !== 'truncated'
}

/** Whether the library takes the reply for an answer, and does not rather ask the next server. */
function isUsable({ type }: Reply): boolean {
  return type !== 'servfail' && type !== 'refused'
}
