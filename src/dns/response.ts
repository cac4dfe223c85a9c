import type { DnsQuestion, DnsRecord, DnsResponse, Rcode } from './message.ts'

/** What may be said of a response when it is made; the rest is empty or false. */
type Parts = Partial<Omit<DnsResponse, 'question'>>

/** A response to the question. */
export function respond(question: DnsQuestion, parts: Parts = {}): DnsResponse {
  return {
    question: questionOf(question),
    rcode: 'NOERROR',
    authoritative: false,
    truncated: false,
    answers: [],
    authority: [],
    additional: [],
    ...parts,
  }
}

/** A response that says nothing but a code. */
export function refusal(question: DnsQuestion, rcode: Rcode): DnsResponse {
  return respond(question, { rcode })
}

/** The question alone, of a query too. */
export function questionOf({ name, type, class: dnsClass }: DnsQuestion): DnsQuestion {
  return { name, type, class: dnsClass }
}

/** What a response amounts to. Mirrors plugin/pkg/response Typify. */
export type ResponseType =
  | 'no-error'
  | 'name-error'
  | 'server-error'
  | 'no-data'
  | 'delegation'
  | 'meta'
  | 'other-error'

/** Mirrors plugin/pkg/response Typify. */
export function typeOfResponse(response: DnsResponse): ResponseType {
  if (response.question.type === 'AXFR' || response.question.type === 'IXFR') return 'meta'
  if (response.answers.length > 0 && response.rcode === 'NOERROR') return 'no-error'
  if (response.answers.length > 0 && response.rcode === 'NXDOMAIN') return 'other-error'
  if (hasType(response.authority, 'SOA') && response.rcode === 'NOERROR') return 'no-data'
  if (response.rcode === 'NXDOMAIN') return 'name-error'
  if (response.rcode === 'SERVFAIL' || response.rcode === 'NOTIMP') return 'server-error'
  if (response.rcode !== 'NOERROR') return 'other-error'
  return hasType(response.authority, 'NS') ? 'delegation' : 'no-error'
}

/** Whether a record of the type is among them. */
export function hasType(records: readonly DnsRecord[], type: string): boolean {
  return records.some((record) => record.type === type)
}
