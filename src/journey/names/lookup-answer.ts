import type { Ip } from '../../base/ip.ts'
import { parseIp } from '../../base/ip.ts'
import type { DnsQuestion, DnsResponse } from '../../dns/message.ts'
import type { LookupAnswer } from '../../resolver/lookup.ts'

/**
 * What a C library makes of a response: addresses of the type that was asked for, at the name that was asked for or
 * at the end of its CNAMEs; none at the end of a CNAME that leads nowhere. glibc looks at the owners of records (getanswer_r); musl takes any (`strict` false).
 */
export function lookupAnswer(
  response: DnsResponse | undefined,
  question: DnsQuestion,
  strict: boolean,
): LookupAnswer {
  if (!response) return { type: 'timeout' }
  if (response.truncated) return { type: 'truncated' }
  switch (response.rcode) {
    case 'NOERROR': {
      const addresses = addressesIn(response, question, strict)
      const leads = response.answers.some(({ type }) => type === 'CNAME')
      return addresses.length > 0 || leads ? { type: 'data', addresses } : { type: 'nodata' }
    }
    case 'NXDOMAIN':
      return { type: 'nxdomain' }
    case 'REFUSED':
    case 'NOTIMP':
      return { type: 'refused' }
    default:
      return { type: 'servfail' }
  }
}

function addressesIn({ answers }: DnsResponse, { name, type }: DnsQuestion, strict: boolean): readonly Ip[] {
  let owner = name.toLowerCase()
  const addresses: Ip[] = []
  for (const record of answers) {
    if (strict && record.name.toLowerCase() !== owner) continue
    if (record.type === 'CNAME') owner = record.data.toLowerCase()
    const ip = record.type === type ? parseIp(record.data) : undefined
    if (ip !== undefined) addresses.push(ip)
  }
  return addresses
}
