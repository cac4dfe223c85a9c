import type { DnsRecord, DnsResponse } from './message.ts'
import { labelsOf } from './name.ts'

/** Offsets that a pointer of name compression can hold (RFC 1035 section 4.1.4). */
const MAX_POINTER = 2 ** 14

/** The header of a message. */
const HEADER = 12

/** An OPT record without options: the root, type, class, TTL and length. */
const OPT = 11

/** The suffixes of names that were written already; absent, if names are not compressed. */
type Dictionary = Set<string> | undefined

/** Octets of a name at an offset. Mirrors domainNameLen of miekg/dns: suffixes are remembered, letter case counts. */
function nameLength(name: string, offset: number, known: Dictionary, compress = true): number {
  const labels = labelsOf(name)
  let length = 0
  for (const [index, label] of labels.entries()) {
    const suffix = labels.slice(index).join('.')
    if (known !== undefined && compress && known.has(suffix)) return length + 2
    if (known !== undefined && offset + length < MAX_POINTER) known.add(suffix)
    length += octetsOf(label) + 1
  }
  return length + 1
}

/** `\.` and `\046` are one octet each. */
function octetsOf(text: string): number {
  return new TextEncoder().encode(text.replace(/\\(\d{3}|.)/gs, '.')).length
}

/** How the data of a type is made up: names that may be compressed (`name`) or not (`whole`), and fixed numbers. */
const layouts: Readonly<Record<string, readonly ('name' | 'whole' | 1 | 2 | 4)[]>> = {
  CNAME: ['name'],
  NS: ['name'],
  PTR: ['name'],
  DNAME: ['whole'],
  MX: [2, 'name'],
  SRV: [2, 2, 2, 'whole'],
  SOA: ['name', 'name', 4, 4, 4, 4, 4],
}

function dataLength(record: DnsRecord, offset: number, known: Dictionary): number {
  if (record.type === 'A') return 4
  if (record.type === 'AAAA') return 16
  const layout = layouts[record.type]
  if (layout === undefined) return textLength(record.data)
  const fields = record.data.split(' ')
  let length = 0
  for (const [index, field] of layout.entries()) {
    if (typeof field === 'number') length += field
    else length += nameLength(fields[index] ?? '.', offset + length, known, field === 'name')
  }
  return length
}

/** Character strings, as TXT and HINFO hold them: an octet of length and the text. */
function textLength(data: string): number {
  const strings = data.match(/"(?:\\.|[^"\\])*"|\S+/gs) ?? []
  return strings.reduce((sum, text) => sum + 1 + octetsOf(text.replace(/^"|"$/g, '')), 0)
}

function recordLength(record: DnsRecord, offset: number, known: Dictionary): number {
  const owner = nameLength(record.name, offset, known) + 10
  return owner + dataLength(record, offset + owner, known)
}

/** Octets of the message on the wire (RFC 1035 section 4), without and with name compression. */
export function wireLength(response: DnsResponse, compress: boolean, edns = false): number {
  const known = compress ? new Set<string>() : undefined
  let length = HEADER + nameLength(response.question.name, HEADER, known) + 4
  for (const record of [...response.answers, ...response.authority, ...response.additional]) {
    length += recordLength(record, length, known)
  }
  return length + (edns ? OPT : 0)
}

/** What of the records goes in before the message is longer than the size. Mirrors truncateLoop of miekg/dns. */
function fill(records: readonly DnsRecord[], size: number, from: number, known: Set<string>) {
  let length = from
  for (const [index, record] of records.entries()) {
    length += recordLength(record, length, known)
    if (length > size) return { length: size, kept: records.slice(0, index) }
    if (length === size) return { length, kept: records.slice(0, index + 1) }
  }
  return { length, kept: records }
}

/**
 * The response cut to a size, with TC set if something was left out. Mirrors Msg.Truncate of miekg/dns: a message that
 * fits uncompressed is sent so; otherwise names are compressed, and whole records are left out from the end.
 */
export function truncateResponse(response: DnsResponse, limit: number, edns: boolean): DnsResponse {
  const size = Math.max(limit, 512)
  if (wireLength(response, false, edns) <= size) return response
  const known = new Set<string>()
  const budget = size - (edns ? OPT : 0)
  let length = HEADER + nameLength(response.question.name, HEADER, known) + 4
  const section = (records: readonly DnsRecord[]): readonly DnsRecord[] => {
    if (length >= budget) return []
    const filled = fill(records, budget, length, known)
    length = filled.length
    return filled.kept
  }
  const answers = section(response.answers)
  const authority = section(response.authority)
  const additional = section(response.additional)
  const kept = answers.length + authority.length + additional.length
  const all = response.answers.length + response.authority.length + response.additional.length
  return {
    ...response,
    answers,
    authority,
    additional,
    truncated: response.truncated || kept < all,
  }
}
