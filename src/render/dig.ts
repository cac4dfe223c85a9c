import type { NameQuery, ResolutionAnswer } from '../model/journey.ts'
import type { Disposition } from '../model/trace.ts'
import { diagnosis } from './diagnosis.ts'
import { formatRecord, formatRecordQuestion } from './dig-record.ts'
import { cut, wrap } from './layout.ts'
import { explainedText } from './resolution-text.ts'
import type { Style } from './style.ts'

/** How an answer to a question for a name is shown. */
export interface DigOptions {
  readonly style: Style
  readonly columns: number
  /** Every query with what it got, and what each server did with it. */
  readonly explain: boolean
  /** Addresses or data alone, a line each, as dig +short prints them. */
  readonly short: boolean
}

/** The answer in dig's form: the queries that decided it, section by section. */
export function digText(answer: ResolutionAnswer, options: DigOptions): string {
  if (options.short) return shortText(answer)
  const parts = [
    headText(answer, options),
    ...(options.explain ? [sequenceText(answer, options)] : messagesText(answer, options)),
    ...sourceText(answer),
    ...waysText(answer),
    ...diagnosisText(answer, options),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function shortText({ queries, addresses, request }: ResolutionAnswer): string {
  if (addresses.length > 0) return `${addresses.join('\n')}\n`
  const data = queries
    .flatMap(({ answers, type }) =>
      answers.filter((one) => request.type === undefined || one.split(' ')[3] === type),
    )
    .map((record) => record.split(' ').slice(4).join(' '))
  return data.length === 0 ? '' : `${data.join('\n')}\n`
}

/** Who asks whom, and with which resolv.conf. */
function headText({ request, resolvConf }: ResolutionAnswer, { style, columns }: DigOptions): string {
  const { name, type, from, resolver } = request
  const { nameservers, searches, options } = resolvConf
  const file = [
    ...(nameservers.length === 0 ? ['no nameserver'] : nameservers.map((one) => `nameserver ${one}`)),
    ...(searches.length === 0 ? [] : [`search ${searches.join(' ')}`]),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ]
  const what = type === undefined ? name : `${name} ${type}`
  const [title = '', ...more] = cut(what, columns - 2)
  return [
    ...[title, ...more].map((part) => `; ${style.bold(part)}`),
    `; asked by ${from} (${resolver})`,
    ...file.flatMap((line) => wrap(line, columns - 2)).map((line) => `; ${line}`),
  ].join('\n')
}

/** The queries of the name that was found; of one that was not, the last ones. */
function decisive({ queries, outcomes }: ResolutionAnswer): readonly NameQuery[] {
  const name = outcomes[0]?.resolution.name
  const found = queries.filter((one) => one.rcode === 'NOERROR' && one.name.replace(/\.$/, '') === name)
  if (found.length > 0) return found
  const last = queries.at(-1)?.name
  return queries.filter((one) => one.name === last)
}

/** Each message once; a server that is silent is asked several times. */
function messagesText(answer: ResolutionAnswer, options: DigOptions): readonly string[] {
  const queries = decisive(answer)
  const messages = queries.map((query, index) => {
    const isAgain = ({ name, type, server }: NameQuery) =>
      name === query.name && type === query.type && server === query.server
    const retried = queries.slice(0, index).some((one) => one.truncated && isAgain(one))
    return messageText(query, retried ? 'TCP' : 'UDP', options)
  })
  const names = new Set(answer.queries.map(({ name }) => name)).size
  const others = names > 1 ? [`; the last of ${names} names that were asked for; --explain shows each`] : []
  return [...(answer.outcomes[0]?.resolution.name === undefined ? others : []), ...new Set(messages)]
}

function messageText(query: NameQuery, transport: 'UDP' | 'TCP', { style }: DigOptions): string {
  const { name, type, rcode, server, answers, authority, additional, answeredBy } = query
  if (rcode === null) return style.bad(silenceText(query))
  const counts = `QUERY: 1, ANSWER: ${answers.length}, AUTHORITY: ${authority.length}, ADDITIONAL: ${additional.length}`
  const header = [
    ...(transport === 'TCP' ? [';; Truncated, retrying in TCP mode.'] : []),
    `;; ->>HEADER<<- opcode: QUERY, status: ${rcode}, id: 0`,
    `;; flags: ${flagsOf(query)}; ${counts}`,
  ]
  const by = answeredBy
    ? [`;; ANSWERED BY: ${answeredBy.name}${answeredBy.node ? ` on ${answeredBy.node}` : ''}`]
    : []
  return [
    header.join('\n'),
    [';; QUESTION SECTION:', formatRecordQuestion(name, type)].join('\n'),
    ...section('ANSWER', answers),
    ...section('AUTHORITY', authority),
    ...section('ADDITIONAL', additional),
    [`;; SERVER: ${server}#53(${server}) (${transport})`, ...by].join('\n'),
  ].join('\n\n')
}

/** A server that answers for others recurses (RA); one that refuses or fails does not say. */
function flagsOf({ authoritative, truncated, rcode }: NameQuery): string {
  const recurses = !authoritative && (rcode === 'NOERROR' || rcode === 'NXDOMAIN')
  const flags = ['qr', authoritative && 'aa', truncated && 'tc', 'rd', recurses && 'ra']
  return flags.filter((flag) => flag !== false && flag !== undefined).join(' ')
}

function section(title: string, records: readonly string[]): readonly string[] {
  return records.length === 0 ? [] : [[`;; ${title} SECTION:`, ...records.map(formatRecord)].join('\n')]
}

/** dig's words for a query that gets no answer. */
function silenceText({ name, type, server, disposition }: NameQuery): string {
  const asked = `; ${name} ${type}`
  if (disposition === 'unknown') return `${asked}: not known: the way to ${server} is not modelled`
  return [
    asked,
    `;; communications error to ${server}#53: ${errorText(disposition)}`,
    ';; no servers could be reached',
  ].join('\n')
}

function errorText(disposition: Disposition): string {
  switch (disposition) {
    case 'refused':
    case 'rejected':
      return 'connection refused'
    case 'no-route':
      return 'host unreachable'
    default:
      return 'timed out'
  }
}

/** The sequence of queries; under each name what the servers did with it. */
function sequenceText({ outcomes }: ResolutionAnswer, options: DigOptions): string {
  const [first] = outcomes
  return first ? explainedText(first.resolution, { ...options, detail: 'matched' }, { steps: true }) : ''
}

function sourceText({ outcomes }: ResolutionAnswer): readonly string[] {
  const { source, name, addresses } = outcomes[0]?.resolution ?? {}
  return source === 'hosts-file' ? [`; ${name} is in the hosts file: ${addresses?.join(', ')}`] : []
}

function waysText({ outcomes }: ResolutionAnswer): readonly string[] {
  if (outcomes.length < 2) return []
  const lines = outcomes.map(({ probability, disposition, resolution }) => {
    const what = disposition === 'reached' ? resolution.addresses.join(', ') : disposition
    return `; ${(probability * 100).toFixed(1)} %  ${what}`
  })
  return [lines.join('\n')]
}

function diagnosisText(answer: ResolutionAnswer, { style, columns }: DigOptions): readonly string[] {
  const failed = answer.outcomes.find(({ disposition }) => disposition !== 'reached')
  return diagnosis({ findings: answer.findings, ...(failed && { failed }) }, style, columns)
}
