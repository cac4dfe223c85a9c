import { formatIp, parseIp } from '../../src/base/ip.ts'
import type { LookupAnswer, LookupQuestion, LookupResult, LookupStep } from '../../src/resolver/lookup.ts'

/**
 * What a scripted server says: an error's short name, addresses, or `cname TARGET [address…]`; a list in turn. A text in
 * place of it is a server that is not there: `closed`, `no route`, or the ICMP error that comes back.
 */
export type Script = string | Readonly<Record<string, string | readonly string[]>>

/** A lookup played to its end. */
export interface Played {
  /** `seconds server type name`, a question a line. */
  readonly queries: readonly string[]
  /** The rounds: their questions in one line each, without the server. */
  readonly rounds: readonly string[]
  readonly result: LookupResult
}

const codes: Readonly<Record<string, LookupAnswer>> = {
  nx: { type: 'nxdomain' },
  nd: { type: 'nodata' },
  sf: { type: 'servfail' },
  ref: { type: 'refused' },
  silent: { type: 'timeout' },
  tc: { type: 'truncated' },
}

/** Plays a lookup against scripted servers. */
export function play(first: LookupStep, servers: Readonly<Record<string, Script>>): Played {
  const said = new Map<string, number>()
  const queries: string[] = []
  const rounds: string[] = []
  let step = first
  while (step.type === 'ask') {
    const { questions, tcp = false } = step.round
    rounds.push(questions.map(({ type, name }) => `${type} ${name}`).join(', '))
    queries.push(
      ...questions.map(({ server, type, name }) => `${formatIp(server)} ${type} ${name}${tcp ? ' tcp' : ''}`),
    )
    step = step.next(
      questions.map((question) => answerOf({ ...question, tcp }, servers[formatIp(question.server)], said)),
    )
  }
  return { queries, rounds, result: step.result }
}

function answerOf(
  question: LookupQuestion & { readonly tcp: boolean },
  script: Script | undefined,
  said: Map<string, number>,
): LookupAnswer {
  if (script === undefined) return { type: 'unreachable' }
  if (typeof script === 'string') {
    return { type: 'unreachable', ...(/(host|net)-unreachable/.test(script) && { soft: true }) }
  }
  const name = question.name.toLowerCase()
  if (question.tcp && script['tcp'] === 'closed') return { type: 'unreachable' }
  const keys = [`${name} ${question.type}`, name, `* ${question.type}`, '*']
  const over = question.tcp ? keys.map((one) => `tcp ${one}`) : []
  const key = [...over, ...keys].find((one) => one in script)
  const text = key === undefined ? 'nx' : (script[key] ?? 'nx')
  if (typeof text === 'string') return spoken(text)
  const place = `${formatIp(question.server)} ${key}`
  const count = said.get(place) ?? 0
  said.set(place, count + 1)
  return spoken(text[Math.min(count, text.length - 1)] ?? 'nx')
}

function spoken(text: string): LookupAnswer {
  const code = codes[text]
  if (code) return code
  const words = text.split(' ')
  const canonical = words[0] === 'cname' ? words[1] : undefined
  const addresses = words.slice(canonical === undefined ? 0 : 2).flatMap((word) => parseIp(word) ?? [])
  return { type: 'data', addresses, ...(canonical !== undefined && { canonical }) }
}
