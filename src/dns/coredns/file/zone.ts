import type { DnsRecord } from '../../message.ts'
import { isSubdomain } from '../../name.ts'
import { withValue } from '../rewrite/record-name.ts'

/** A zone as the file plugin holds it. SOA and the NS records of the apex stand apart. Mirrors plugin/file Zone. */
export interface Zone {
  readonly origin: string
  /** Absent for a zone whose file could not be read: it fails all queries. */
  readonly soa?: DnsRecord
  readonly ns: readonly DnsRecord[]
  /** All others by lower-case owner. */
  readonly names: ReadonlyMap<string, readonly DnsRecord[]>
}

/** Types whose data begins with a name that is kept in lower case. */
const lowered = ['NS', 'CNAME', 'MX', 'SOA']

/** Mirrors Zone.Insert of all records. */
export function makeZone(origin: string, records: readonly DnsRecord[]): Zone {
  const names = new Map<string, DnsRecord[]>()
  const ns: DnsRecord[] = []
  let soa: DnsRecord | undefined
  for (const read of records) {
    const record = lowerCase(read)
    if (record.type === 'SOA') soa = record
    else if (record.type === 'NS' && record.name === origin) ns.push(record)
    else names.set(record.name, [...(names.get(record.name) ?? []), record])
  }
  return { origin, ns, names, ...(soa === undefined ? {} : { soa }) }
}

function lowerCase(record: DnsRecord): DnsRecord {
  const named = { ...record, name: record.name.toLowerCase() }
  if (record.type === 'SOA') return { ...named, data: record.data.toLowerCase() }
  return lowered.includes(record.type) ? withValue(named, (name) => name.toLowerCase()) : named
}

/** The records of a type at a name. */
export function recordsAt(zone: Zone, name: string, type: string): readonly DnsRecord[] {
  return (zone.names.get(name) ?? []).filter((record) => record.type === type)
}

/** Whether a name with records lies below this one: an empty non-terminal. */
export function hasDescendant(zone: Zone, name: string): boolean {
  return [...zone.names.keys()].some((other) => other !== name && isSubdomain(name, other))
}

/** Addresses of name servers that lie below what is delegated to them. Mirrors Tree.Glue. */
export function glueOf(zone: Zone, servers: readonly DnsRecord[]): readonly DnsRecord[] {
  return servers
    .filter((record) => isSubdomain(record.name, record.data))
    .flatMap((record) => ['A', 'AAAA'].flatMap((type) => recordsAt(zone, record.data, type)))
}

/** Addresses of the targets of SRV and MX records that lie in the zone. Mirrors additionalProcessing. */
export function additionalOf(zone: Zone, answers: readonly DnsRecord[]): readonly DnsRecord[] {
  const targets = answers
    .filter(({ type }) => ['SRV', 'MX', 'SVCB', 'HTTPS'].includes(type))
    .map(({ type, data }) => data.split(' ')[type === 'SRV' ? 3 : 1]?.toLowerCase() ?? '.')
    .filter((name) => isSubdomain(zone.origin, name))
  return [...new Set(targets)].flatMap((name) => ['A', 'AAAA'].flatMap((type) => recordsAt(zone, name, type)))
}
