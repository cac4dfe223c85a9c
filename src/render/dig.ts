import type { NameQuery, ResolutionAnswer } from '../model/journey.ts'
import { diagnosis } from './diagnosis.ts'
import { explainedText } from './resolution-text.ts'
import type { Style } from './style.ts'
import { padEnd, width } from './style.ts'

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
    ...(options.explain ? [sequenceText(answer, options)] : []),
    ...(options.explain ? [] : decisive(answer).map((query) => messageText(query, options))),
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

function headText({ request, resolvConf }: ResolutionAnswer, { style }: DigOptions): string {
  const { name, type, from, resolver } = request
  const search =
    resolvConf.searches.length === 0 ? 'no search list' : `search ${resolvConf.searches.join(' ')}`
  const options = resolvConf.options.length === 0 ? '' : `; options ${resolvConf.options.join(' ')}`
  return [
    `; ${style.bold(type === undefined ? name : `${name} ${type}`)}, asked by ${from} (${resolver})`,
    `; nameserver ${resolvConf.nameservers.join(' ') || 'none'}; ${search}${options}`,
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

function messageText(query: NameQuery, { style }: DigOptions): string {
  const { name, type, rcode, server, answers, authority, additional, answeredBy, disposition } = query
  if (rcode === null) {
    const why = disposition === 'reached' ? 'the server says nothing' : disposition
    return style.bad(`;; no answer from ${server} to ${name} ${type}: ${why}`)
  }
  const flags = ['qr', ...(query.authoritative ? ['aa'] : []), ...(query.truncated ? ['tc'] : []), 'rd'].join(
    ' ',
  )
  const counts = `QUERY: 1, ANSWER: ${answers.length}, AUTHORITY: ${authority.length}, ADDITIONAL: ${additional.length}`
  const by = answeredBy ? ` (${answeredBy.name}${answeredBy.node ? ` on ${answeredBy.node}` : ''})` : ''
  return [
    `;; status: ${rcode}; flags: ${flags}; ${counts}`,
    section('QUESTION', [`;${name} IN ${type}`]),
    section('ANSWER', answers),
    section('AUTHORITY', authority),
    section('ADDITIONAL', additional),
    `;; SERVER: ${server}#53${by}`,
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function section(title: string, records: readonly string[]): string {
  if (records.length === 0) return ''
  const rows = records.map((record) => record.split(' '))
  const columns = [0, 1, 2].map((at) => Math.max(...rows.map((row) => width(row[at] ?? ''))))
  const lines = rows.map((row) => {
    const head = row.slice(0, 3).map((text, at) => padEnd(text, columns[at] ?? 0))
    return [...head, row.slice(3).join(' ')].join('  ')
  })
  return [`;; ${title} SECTION:`, ...lines].join('\n')
}

/** The sequence of queries; under each what the server did with it. */
function sequenceText({ outcomes }: ResolutionAnswer, options: DigOptions): string {
  const [first] = outcomes
  if (!first) return ''
  const steps = first.resolution.queries.flatMap(({ name, type, steps: did }) =>
    did.map((step) => `  ; ${name} ${type}: ${step}`),
  )
  const said = explainedText(first.resolution, { ...options, detail: 'matched' })
  return [said, ...(steps.length > 0 ? ['', ...steps] : [])].join('\n')
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
