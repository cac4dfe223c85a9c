import { expect, test } from 'vitest'
import type { DnsRecord, DnsResponse } from '../../src/dns/message.ts'
import { respond } from '../../src/dns/response.ts'
import { truncateResponse, wireLength } from '../../src/dns/wire-length.ts'

const question = { name: 'web.app.svc.cluster.local.', type: 'A', class: 'IN' }

function addresses(count: number): DnsResponse {
  const answers = Array.from({ length: count }, (_, index): DnsRecord => {
    return { name: question.name, type: 'A', ttl: 30, data: `10.244.1.${index}` }
  })
  return respond(question, { answers })
}

/** RFC 1035: 12 of header, the name with a length before each label and the root, 4 of type and class. */
const questionLength = 12 + 'web.app.svc.cluster.local.'.length + 1 + 4

// biome-ignore format: one message a line
test.for<{ readonly name: string; readonly record: DnsRecord; readonly plain: number; readonly compressed: number }>([
  { name: 'an address after its own name', record: { name: question.name, type: 'A', ttl: 5, data: '10.0.0.1' }, plain: 27 + 10 + 4, compressed: 2 + 10 + 4 },
  { name: 'an IPv6 address', record: { name: question.name, type: 'AAAA', ttl: 5, data: 'fd00::1' }, plain: 27 + 10 + 16, compressed: 2 + 10 + 16 },
  { name: 'a CNAME that shares a suffix', record: { name: question.name, type: 'CNAME', ttl: 5, data: 'db.app.svc.cluster.local.' }, plain: 27 + 10 + 26, compressed: 2 + 10 + 3 + 2 },
  { name: 'an SRV, whose target is never compressed (RFC 2782)', record: { name: question.name, type: 'SRV', ttl: 5, data: '0 100 80 web.app.svc.cluster.local.' }, plain: 27 + 10 + 6 + 27, compressed: 2 + 10 + 6 + 27 },
  { name: 'an SOA', record: { name: 'cluster.local.', type: 'SOA', ttl: 5, data: 'ns.dns.cluster.local. hostmaster.cluster.local. 0 7200 1800 86400 5' }, plain: 15 + 10 + 22 + 26 + 20, compressed: 2 + 10 + (7 + 2) + (11 + 2) + 20 },
  { name: 'a text of five letters', record: { name: question.name, type: 'TXT', ttl: 5, data: '"1.1.0"' }, plain: 27 + 10 + 6, compressed: 2 + 10 + 6 },
])('$name', ({ record, plain, compressed }) => {
  const response = respond(question, { answers: [record] })
  expect(wireLength(response, false)).toBe(questionLength + plain)
  expect(wireLength(response, true)).toBe(questionLength + compressed)
})

test('an OPT record takes eleven octets', () => {
  expect(wireLength(addresses(1), false, true)).toBe(wireLength(addresses(1), false) + 11)
})

// 43 octets of question; an address takes 41 as it is and 16 compressed.
// biome-ignore format: one message a line
test.for<{ readonly name: string; readonly count: number; readonly limit: number; readonly edns: boolean; readonly kept: number; readonly truncated: boolean }>([
  { name: '11 addresses fit as they are: 43 + 11 × 41 = 494', count: 11, limit: 512, edns: false, kept: 11, truncated: false },
  { name: '29 fit compressed: 43 + 29 × 16 = 507', count: 29, limit: 512, edns: false, kept: 29, truncated: false },
  { name: '30 would take 523', count: 30, limit: 512, edns: false, kept: 29, truncated: true },
  { name: 'less than 512 is taken to be 512 (RFC 6891)', count: 30, limit: 100, edns: false, kept: 29, truncated: true },
  { name: 'with EDNS 1232 hold 73: 43 + 73 × 16 + 11 = 1222', count: 80, limit: 1232, edns: true, kept: 73, truncated: true },
])('$name', ({ count, limit, edns, kept, truncated }) => {
  const response = truncateResponse(addresses(count), limit, edns)
  expect(response.answers.length).toBe(kept)
  expect(response.truncated).toBe(truncated)
})
