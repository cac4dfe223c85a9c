import type { Ip } from '../base/ip.ts'
import type { Lookup, LookupAnswer, LookupQuestion, LookupStep } from './lookup.ts'
import { failed, found, typesOf } from './lookup.ts'
import { absolute, isEncodable } from './names.ts'
import { serversOf } from './resolv-conf.ts'

/** One lookup under way: the questions still open, and the last that each type was told. */
interface Progress {
  readonly lookup: Lookup
  readonly servers: readonly Ip[]
  readonly answers: ReadonlyMap<LookupQuestion['type'], LookupAnswer>
  readonly turn: number
  /** Whether a reply was truncated, so that TCP is used from then on. */
  readonly tcp: boolean
  readonly seconds: number
}

/** How often each server is asked, and the seconds waited the first time; the wait doubles with each time. */
const tries = 4
const firstWait = 2

/**
 * Looks a name up as it stands, without search list, hosts file or address literals: c-ares as Node's `dns.resolve4`
 * and `dns.resolve6` use it (1.34 in Node 20). SERVFAIL and REFUSED are final; silence and errors of the network pass
 * to the next server. c-ares shortens its waits at random, so that `seconds` is the longest it can take. `dig` asks the
 * same questions, but waits three times five seconds.
 */
export function lookUpAsIs(lookup: Lookup): LookupStep {
  const name = absolute(lookup.name)
  if (!isEncodable(name)) return failed('not-found', 0)
  return ask({ lookup, servers: serversOf(lookup.conf), answers: new Map(), turn: 0, tcp: false, seconds: 0 })
}

function ask(progress: Progress): LookupStep {
  const { lookup, servers, answers, turn, seconds, tcp } = progress
  const open = typesOf(lookup).filter((type) => isOpen(answers.get(type)))
  const server = servers[turn % servers.length]
  if (open.length === 0 || server === undefined || turn >= tries * servers.length) return conclude(progress)
  const name = absolute(lookup.name)
  return {
    type: 'ask',
    round: {
      questions: open.map((type) => ({ name, type, server })),
      parallel: false,
      ...(tcp && { tcp: true as const }),
    },
    next: (replies) => {
      const told = new Map(answers)
      for (const [index, type] of open.entries()) {
        const reply = replies[index]
        if (reply) told.set(type, reply)
      }
      if (replies.some(({ type }) => type === 'truncated'))
        return ask({ ...progress, answers: told, tcp: true })
      const wait = replies.some(isSilence)
      const waited = wait ? firstWait * 2 ** Math.floor(turn / servers.length) : 0
      return ask({ ...progress, answers: told, turn: turn + 1, seconds: seconds + waited })
    },
  }
}

/** Whether c-ares hears nothing at all. */
function isSilence(answer: LookupAnswer): boolean {
  return answer.type === 'timeout' || (answer.type === 'unreachable' && answer.soft === true)
}

function isOpen(answer: LookupAnswer | undefined): boolean {
  return answer === undefined || ['timeout', 'unreachable', 'truncated'].includes(answer.type)
}

function conclude({ lookup, answers, seconds }: Progress): LookupStep {
  const told = typesOf(lookup).flatMap((type) => answers.get(type) ?? [])
  const addresses = told.flatMap((answer) => (answer.type === 'data' ? answer.addresses : []))
  if (addresses.length > 0) return found(absolute(lookup.name), addresses, seconds)
  if (told.some(({ type }) => type === 'nxdomain')) return failed('not-found', seconds)
  return failed(
    told.every(({ type }) => type === 'data' || type === 'nodata') ? 'no-data' : 'try-again',
    seconds,
  )
}
