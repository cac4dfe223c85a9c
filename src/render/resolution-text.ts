import type { JourneyOutcome, NameQuery, Resolution } from '../model/journey.ts'
import { blockLines, cut } from './layout.ts'
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

/** Where the answer came from: `6 queries, coredns-7db6d8ff4d-2xk9p`. */
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
      return last ? `${count}, ${last.name}` : count
    }
    default:
      return source satisfies never
  }
}

/** Names as wide as this stand on a line of their own, so that there is room for what they got. */
const widestName = 48

/** Each query with what it got: the sequence in which the resolver asked; with `steps` what servers did with it. */
export function explainedText(
  { queries, seconds }: Resolution,
  options: Options,
  { steps = false }: { readonly steps?: boolean } = {},
): string {
  const groups = groupsByName(queries)
  const narrow = groups.map(([first]) => width(first.name)).filter((one) => one <= widestName)
  const names = Math.max(6, ...narrow)
  const lines = groups.flatMap((group) => [
    ...groupLines(group, names, options),
    ...(steps ? stepLines(group, options) : []),
  ])
  const waited =
    seconds === undefined ? [] : [`  ${options.style.dim(`the resolver gives up after ${seconds} s`)}`]
  return [...lines, ...waited].join('\n')
}

type Group = readonly [NameQuery, ...NameQuery[]]

/** Queries for one name that follow each other. */
function groupsByName(queries: readonly NameQuery[]): readonly Group[] {
  const groups: [NameQuery, ...NameQuery[]][] = []
  for (const query of queries) {
    const last = groups.at(-1)
    if (last?.[0].name === query.name) last.push(query)
    else groups.push([query])
  }
  return groups
}

function groupLines(group: Group, names: number, { style, columns }: Options): readonly string[] {
  const [{ name }] = group
  const fits = width(name) <= names
  const lines = group.flatMap((query, index) => {
    const named = fits && index === 0 ? name : ''
    const left = `  ${style.name(padEnd(named, names))}  ${padEnd(query.type, 4)}  `
    const got = gotText(query)
    const text = query.rcode === 'NOERROR' && query.answers.length > 0 ? got : style.bad(got)
    const right = query.answeredBy ? query.answeredBy.name : `asked ${query.server}`
    return blockLines({ left, text, right, paint: (line) => line }, columns, style)
  })
  return fits ? lines : [...cut(name, columns - 2).map((part) => `  ${style.name(part)}`), ...lines]
}

/** What every server says of every query, and what tells nothing. */
const ofCourse: ReadonlySet<string> = new Set([
  'coredns: server block .',
  'cache: taken to hold no answer yet',
])

/** What the servers did with the queries for one name; what holds of A and AAAA stands once. */
function stepLines(group: Group, { style, columns }: Options): readonly string[] {
  const texts = [...new Set(group.flatMap(({ steps }) => steps))].filter((text) => !ofCourse.has(text))
  const longest = texts.filter((text) => !texts.some((other) => other !== text && other.startsWith(text)))
  return longest.flatMap((text) =>
    blockLines({ left: '      ', text, right: '', hanging: 2, paint: style.dim }, columns, style),
  )
}

/** What a query got, in a few words: addresses, `no such name`, `no answer`. */
export function gotText({ rcode, answers, disposition, type }: NameQuery): string {
  if (rcode === null) return disposition === 'reached' ? 'no answer' : `no answer: ${disposition}`
  if (rcode !== 'NOERROR') return rcode
  if (answers.length === 0) return 'no data'
  return answers.map((record) => dataOf(record, type)).join(', ')
}

/** The record's data; with its type where that is not the one that was asked for. */
function dataOf(record: string, asked: string): string {
  const [, , , type = '', ...data] = record.split(' ')
  return type === asked ? data.join(' ') : `${type} ${data.join(' ')}`
}
