import type { DnsRecord } from '../../message.ts'

/** Which field of a type's data is the name that a rewrite changes; of an SOA the server, not the mailbox. */
const fields: Readonly<Record<string, number>> = {
  SRV: 3,
  MX: 1,
  CNAME: 0,
  NS: 0,
  DNAME: 0,
  NAPTR: 5,
  SOA: 0,
  PTR: 0,
}

/** The record with its owner changed. */
export function withOwner(record: DnsRecord, change: (name: string) => string): DnsRecord {
  return { ...record, name: change(record.name) }
}

/** The record with the name in its data changed. Mirrors getRecordValueForRewrite. */
export function withValue(record: DnsRecord, change: (name: string) => string): DnsRecord {
  const field = fields[record.type]
  if (field === undefined) return record
  const values = record.data.split(' ')
  return { ...record, data: values.with(field, change(values[field] ?? '')).join(' ') }
}
