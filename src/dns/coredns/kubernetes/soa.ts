import type { DnsRecord } from '../../message.ts'
import { joinNames } from '../../name.ts'

/** Stands for the time of the last change in the cluster, of which nothing is known. */
const SERIAL = 0

/** The SOA record of a zone that is spelled as in the query. Mirrors plugin.SOA. */
export function soaRecord(zone: string, ttl: number): DnsRecord {
  const names = `${joinNames('ns.dns', zone)} ${joinNames('hostmaster', zone)}`
  return {
    name: zone,
    type: 'SOA',
    ttl: Math.min(ttl, 300),
    data: `${names} ${SERIAL} 7200 1800 86400 ${ttl}`,
  }
}
