import type { Ip } from '../base/ip.ts'
import { familyOf } from '../base/ip.ts'
import { orderAddresses } from './address-order.ts'
import type { Lookup, LookupAnswer, LookupQuestion, LookupStep } from './lookup.ts'
import { failed, found, ipv4Sources, typesOf } from './lookup.ts'
import { absolute, addressIn, dotsIn, isEncodable } from './names.ts'
import type { MuslOptions } from './options.ts'
import { muslOptions } from './options.ts'
import { serversOf } from './resolv-conf.ts'

/** What of a lookup stays the same for every candidate. */
interface Search {
  readonly lookup: Lookup
  readonly options: MuslOptions
  readonly servers: readonly Ip[]
  readonly types: readonly LookupQuestion['type'][]
  /** The names to try, in order. */
  readonly candidates: readonly string[]
}

/** One candidate, under way. */
interface Candidate {
  readonly search: Search
  readonly index: number
  readonly name: string
  /** Seconds spent on the candidates before. */
  readonly before: number
}

/** What one candidate has been told so far, and what may still be sent at once in this attempt. */
interface Progress {
  readonly answers: ReadonlyMap<LookupQuestion['type'], Accepted>
  readonly attempt: number
  readonly resends: number
}

type Accepted = Extract<LookupAnswer, { type: 'data' | 'nodata' | 'nxdomain' }>

/** The longest line of `resolv.conf` that is read, without its line feed; longer ones are ignored altogether. */
const maxLine = 254

/**
 * Looks a name up as musl's getaddrinfo does (1.2.5; src/network/lookup_name.c and res_msend.c); before 1.2.4 it took
 * what a truncated reply held. Where several servers answer, the first in the list is taken to be the fastest.
 */
export function lookUpMusl(lookup: Lookup): LookupStep {
  const { name, family, conf } = lookup
  const literal = addressIn(name)
  if (literal !== undefined) {
    const fits = family === undefined || familyOf(literal) === family
    return fits ? found(absolute(name), [literal], 0) : failed('no-data', 0)
  }
  const stem = name.endsWith('.') ? name.slice(0, -1) : name
  if (stem === '' || stem.endsWith('.') || name.length >= 255) return failed('not-found', 0)
  const options = muslOptions(readable('options', conf.options))
  const searched = dotsIn(name) < options.ndots && !name.endsWith('.')
  const domains = searched ? readable('search', conf.searches) : []
  return tryCandidate(
    {
      lookup,
      options,
      servers: serversOf(conf),
      types: typesOf(lookup),
      candidates: [...domains.map((domain) => `${stem}.${domain}`), name],
    },
    0,
    0,
  )
}

/** The words of a line, or none if the line is too long to be read. */
function readable(keyword: string, words: readonly string[]): readonly string[] {
  return `${keyword} ${words.join(' ')}`.length > maxLine ? [] : words
}

function tryCandidate(search: Search, index: number, before: number): LookupStep {
  const name = search.candidates[index]
  if (name === undefined) return failed('not-found', before)
  if (!isEncodable(name)) return tryCandidate(search, index + 1, before)
  return attempt({ search, index, name: absolute(name), before }, new Map(), 0)
}

/** Asks all servers at once what has no answer yet; after the last attempt, or with all answers, it concludes. */
function attempt(candidate: Candidate, answers: Progress['answers'], number: number): LookupStep {
  const { types, servers, options } = candidate.search
  const open = types.filter((type) => !answers.has(type))
  const none = options.timeout === 0 || number >= options.attempts
  if (open.length === 0 || none) return conclude(candidate, answers, number)
  const questions = open.flatMap((type) => servers.map((server) => ({ name: candidate.name, type, server })))
  return askRound(candidate, questions, { answers, attempt: number, resends: 2 * types.length })
}

/**
 * One round. Only data, NODATA and NXDOMAIN count. SERVFAIL is asked again of the same server at once, a few times in
 * each attempt; everything else is ignored until the next attempt.
 */
function askRound(
  candidate: Candidate,
  questions: readonly LookupQuestion[],
  progress: Progress,
): LookupStep {
  return {
    type: 'ask',
    round: { questions, parallel: true },
    next: (replies) => {
      const { answers, truncated } = readReplies(questions, replies, progress.answers)
      if (truncated.length > 0) return askOverTcp(candidate, truncated, { ...progress, answers })
      const failing = questions.filter((_, index) => replies[index]?.type === 'servfail')
      const again = failing.filter(({ type }) => !answers.has(type)).slice(0, progress.resends)
      return again.length > 0
        ? askRound(candidate, again, { ...progress, answers, resends: progress.resends - again.length })
        : attempt(candidate, answers, progress.attempt + 1)
    },
  }
}

/** Of each type the first reply that counts, or the question whose reply was truncated. */
function readReplies(
  questions: readonly LookupQuestion[],
  replies: readonly LookupAnswer[],
  before: Progress['answers'],
): { readonly answers: Progress['answers']; readonly truncated: readonly LookupQuestion[] } {
  const answers = new Map(before)
  const truncated = new Map<LookupQuestion['type'], LookupQuestion>()
  for (const [index, question] of questions.entries()) {
    const { type } = question
    const reply = replies[index]
    if (!reply || answers.has(type) || truncated.has(type)) continue
    if (isAccepted(reply)) answers.set(type, reply)
    if (reply.type === 'truncated') truncated.set(type, question)
  }
  return { answers, truncated: [...truncated.values()] }
}

/** What was truncated, again from the server that said so, over TCP; a connection that fails ends the candidate. */
function askOverTcp(
  candidate: Candidate,
  questions: readonly LookupQuestion[],
  progress: Progress,
): LookupStep {
  return {
    type: 'ask',
    round: { questions, parallel: true, tcp: true },
    next: (replies) => {
      const answers = new Map(progress.answers)
      for (const [index, { type }] of questions.entries()) {
        const reply = replies[index]
        if (reply && isAccepted(reply)) answers.set(type, reply)
      }
      const silent = replies.some(({ type }) => type === 'timeout')
      const { attempts } = candidate.search.options
      if (questions.some(({ type }) => !answers.has(type))) {
        return conclude(candidate, answers, silent ? attempts : progress.attempt)
      }
      return attempt(candidate, answers, progress.attempt + 1)
    },
  }
}

function isAccepted(answer: LookupAnswer): answer is Accepted {
  return answer.type === 'data' || answer.type === 'nodata' || answer.type === 'nxdomain'
}

/** Mirrors the end of name_from_dns: the answers are judged in the order A, AAAA, and the first bad one decides. */
function conclude(candidate: Candidate, answers: Progress['answers'], attempts: number): LookupStep {
  const { search, index, name, before } = candidate
  const { types, options, lookup } = search
  const complete = types.every((type) => answers.has(type))
  const waits = complete ? Math.max(0, attempts - 1) : attempts
  const seconds = before + (waits * options.timeout) / Math.max(1, options.attempts)
  for (const type of types) {
    const answer = answers.get(type)
    if (!answer) return failed('try-again', seconds)
    if (answer.type === 'nxdomain') return tryCandidate(search, index + 1, seconds)
  }
  const addresses = types.toReversed().flatMap((type) => {
    const answer = answers.get(type)
    return answer?.type === 'data' ? answer.addresses : []
  })
  if (addresses.length === 0) return failed('no-data', seconds)
  return found(name, orderAddresses('musl', addresses, lookup.sources ?? ipv4Sources), seconds)
}
