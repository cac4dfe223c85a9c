import type { DnsRecord } from '../../dns/message.ts'

/** A record as dig prints it, with single spaces: `web.shop.svc.cluster.local. 30 IN A 10.96.0.7`. */
export function recordText({ name, ttl, type, data }: DnsRecord): string {
  return `${name} ${ttl} IN ${type} ${data}`
}
