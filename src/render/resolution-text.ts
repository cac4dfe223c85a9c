import type { JourneyOutcome, NameQuery, Resolution } from '../model/journey.ts'
import { blockLines } from './layout.ts'
import type { Style } from './style.ts'
import { padEnd, width } from './style.ts'

interface Options {
  readonly style: Style
  readonly columns: number
  readonly detail: 'brief' | 'matched' | 'all'
}

/** How the name became an address, in one line; every query where it did not, or where detail is asked for. */
export function resolutionText({ resolution }: JourneyOutcome, options: Options): readonly string[] {
  if (!resolution) return []
  const { style, columns, detail } = options
  const { name, addresses, assumed } = resolution
  if (name === undefined) return [explainedText(resolution, options)]
  const is = assumed ? 'is taken to be' : 'is'
  const text = `${name} ${is} ${addresses.join(', ')}`
  const right = assumed ? 'nothing in the input states its address' : sourceText(resolution)
  const line = blockLines({ left: '  ', text, right, paint: (one) => one }, columns, style).join('\n')
  return detail === 'brief' || resolution.queries.length === 0
    ? [line]
    : [explainedText(resolution, options), line]
}

/** Where the answer came from: `6 queries, pod/coredns-7db6d8ff4d-2xk9p`. */
function sourceText({ source, queries }: Resolution): string {
  switch (source) {
    case 'hosts-file':
      return 'from its hosts file'
    case 'given':
      return 'as the request says'
    case 'not-walked':
      return 'the DNS query is not walked'
    case 'dns': {
      const last = queries.at(-1)?.answeredBy
      const count = `${queries.length} ${queries.length === 1 ? 'query' : 'queries'}`
      return last ? `${count}, answered by ${last.name}` : count
    }
    default:
      return source satisfies never
  }
}

/** Each query with what it got: the sequence in which the resolver asked. */
export function explainedText({ queries, seconds }: Resolution, { style, columns }: Options): string {
  const names = Math.min(56, Math.max(0, ...queries.map((one) => width(one.name))))
  let name = ''
  const lines = queries.flatMap((query) => {
    const same = query.name === name
    name = query.name
    const left = `  ${style.name(padEnd(same ? '' : query.name, names))}  ${padEnd(query.type, 4)}  `
    const got = gotText(query)
    const text = query.rcode === 'NOERROR' && query.answers.length > 0 ? got : style.bad(got)
    const right = query.answeredBy ? query.answeredBy.name : `asked ${query.server}`
    return blockLines({ left, text, right, paint: (line) => line }, columns, style)
  })
  const waited = seconds === undefined ? [] : [`  ${style.dim(`the resolver gives up after ${seconds} s`)}`]
  return [...lines, ...waited].join('\n')
}

/** What a query got, in a few words: addresses, `no such name`, `no answer`. */
export function gotText({ rcode, answers, disposition }: NameQuery): string {
  if (rcode === null) return disposition === 'reached' ? 'no answer' : `no answer: ${disposition}`
  if (rcode !== 'NOERROR') return rcode
  if (answers.length === 0) return 'no data'
  return answers.map((record) => record.split(' ').slice(3).join(' ')).join(', ')
}
