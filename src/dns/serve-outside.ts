import { formatIp } from '../base/ip.ts'
import type { Branch } from './branch.ts'
import { certain } from './branch.ts'
import type { DnsQuery, DnsRecord, DnsResponse } from './message.ts'
import { absolute, normalName, wildcardOf } from './name.ts'
import type { OutsideDns, OutsideName } from './outside.ts'
import { refusal, respond } from './response.ts'

/** Seconds that an assumed record lives. */
const ASSUMED_TTL = 300

/** CNAME records that a resolver follows before it gives up. */
const MAX_CHAIN = 16

/** Stands for every name of which nothing else is said. */
const anyName = '*.'

/** What is known of the name: itself, or the closest wildcard above it, whose records then carry the name asked for. */
function findName(server: OutsideDns, name: string): OutsideName | undefined {
  const known = server.names.get(name)
  if (known !== undefined) return known
  for (let wild = wildcardOf(name); wild !== undefined; wild = wildcardOf(wild.slice(2))) {
    const found = server.names.get(wild)
    if (found !== undefined) return synthesize(found, wild, name)
    if (server.names.has(wild.slice(2))) break
  }
  const any = server.names.get(anyName)
  return any && synthesize(any, anyName, name)
}

function synthesize(found: OutsideName, wild: string, name: string): OutsideName {
  const records = found.records.map((record) =>
    normalName(record.name) === wild ? { ...record, name } : record,
  )
  return { ...found, records }
}

function isAsked(record: DnsRecord, type: string): boolean {
  return record.type === type || type === 'ANY'
}

/** The answer to a name that nothing states: assumed to be there, or not there. */
function assume(
  server: OutsideDns,
  query: DnsQuery,
  name: string,
  answers: readonly DnsRecord[],
): DnsResponse {
  if (!server.exists(name)) return respond(query, { rcode: 'NXDOMAIN', answers })
  const address = server.assumedAddress(name)
  const type = typeof address === 'number' ? 'A' : 'AAAA'
  const record = { name, type, ttl: ASSUMED_TTL, data: formatIp(address) }
  return respond(query, {
    answers: isAsked(record, query.type) ? [...answers, record] : answers,
    assumed: true,
  })
}

/** What a recursive resolver outside says: what is stated of the name, along its CNAME records, or what is assumed. */
function answer(server: OutsideDns, query: DnsQuery): DnsResponse | undefined {
  let name = absolute(query.name)
  const answers: DnsRecord[] = []
  for (let followed = 0; followed <= MAX_CHAIN; followed++) {
    const found = findName(server, normalName(name))
    if (found === undefined) return assume(server, query, name, answers)
    if (found.silent) return undefined
    const owned = found.records.map((record) =>
      normalName(record.name) === normalName(name) ? { ...record, name } : record,
    )
    const asked = owned.filter((record) => isAsked(record, query.type))
    const alias = owned.find((record) => record.type === 'CNAME')
    if (asked.length > 0 || alias === undefined) {
      return respond(query, {
        rcode: found.rcode,
        answers: [...answers, ...asked],
        ...(found.assumed && { assumed: true }),
      })
    }
    answers.push(alias)
    name = absolute(alias.data)
  }
  return refusal(query, 'SERVFAIL')
}

/** Answers for a server outside the cluster; it takes all questions of class IN. */
export function serveOutside(
  server: OutsideDns,
  query: DnsQuery,
): readonly Branch<DnsResponse | undefined>[] {
  if (query.class !== 'IN') return certain(refusal(query, 'REFUSED'))
  return certain(answer(server, query))
}
