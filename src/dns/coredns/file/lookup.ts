import type { Branch } from '../../branch.ts'
import { certain, mapBranches } from '../../branch.ts'
import type { DnsRecord, DnsResponse } from '../../message.ts'
import { isSubdomain, joinNames, labelsOf, trimZone, wildcardOf } from '../../name.ts'
import type { Zone } from './zone.ts'
import { additionalOf, glueOf, hasDescendant, recordsAt } from './zone.ts'

/** What a zone says of a name. Mirrors what Zone.Lookup gives back. */
export interface Found {
  readonly result: 'success' | 'name-error' | 'delegation' | 'no-data' | 'server-failure'
  readonly answers: readonly DnsRecord[]
  readonly authority: readonly DnsRecord[]
  readonly additional: readonly DnsRecord[]
}

/** A question of the zone, and a way to ask the whole server. */
export interface ZoneQuestion {
  readonly zone: Zone
  readonly type: string
  readonly ask: (name: string) => readonly Branch<DnsResponse | undefined>[]
}

type Answer = readonly Branch<Found>[]

const nothing: Found = { result: 'success', answers: [], authority: [], additional: [] }

/** CNAME records that are followed inside the zone. */
const MAX_CHAIN = 8

/** Mirrors Zone.Lookup; the name is in lower case and lies in the zone. */
export function lookUp(question: ZoneQuestion, name: string): Answer {
  const { zone, type } = question
  if (zone.soa === undefined) return certain({ ...nothing, result: 'server-failure' })
  if (name === zone.origin && type === 'SOA') {
    return certain({ ...nothing, answers: [zone.soa], authority: zone.ns })
  }
  if (name === zone.origin && type === 'NS') {
    return certain({ ...nothing, answers: zone.ns, additional: glueOf(zone, zone.ns) })
  }
  for (const parent of namesDown(zone.origin, name)) {
    const above = parent === name ? undefined : handedDown(question, parent, name)
    if (above !== undefined) return above
  }
  return atName(question, name)
}

/** The origin, and each name on the way down to this one. */
function namesDown(origin: string, name: string): readonly string[] {
  const labels = labelsOf(trimZone(name, origin))
  return [...labels.keys(), labels.length].map((count) =>
    joinNames(...labels.slice(labels.length - count), origin),
  )
}

/** What a name above says for all below it: a DNAME, or a delegation. */
function handedDown(question: ZoneQuestion, parent: string, name: string): Answer | undefined {
  const { zone } = question
  const [dname] = recordsAt(zone, parent, 'DNAME')
  if (dname !== undefined) return throughDname(question, dname, name)
  const found = delegation(question, parent, name)
  return found && certain(found)
}

/** Mirrors delegationFromElem. */
function delegation({ zone, type }: ZoneQuestion, owner: string, name: string): Found | undefined {
  const servers = recordsAt(zone, owner, 'NS')
  if (servers.length === 0 || (type === 'DS' && owner === name)) return undefined
  return { result: 'delegation', answers: [], authority: servers, additional: glueOf(zone, servers) }
}

function throughDname(question: ZoneQuestion, dname: DnsRecord, name: string): Answer {
  const target = joinNames(trimZone(name, dname.name), dname.data)
  const cname = { name, type: 'CNAME', ttl: dname.ttl, data: target }
  if (target.toLowerCase() === name) return certain({ ...nothing, result: 'server-failure' })
  if (question.type === 'CNAME') {
    return certain({ ...nothing, answers: [dname, cname], authority: question.zone.ns })
  }
  return mapBranches(follow(question, [cname]), (found) => ({ ...found, answers: [dname, ...found.answers] }))
}

/** What the name itself has, or a wildcard for it, or nothing. */
function atName(question: ZoneQuestion, name: string): Answer {
  const { zone } = question
  if (zone.names.has(name)) {
    const found = delegation(question, name, name)
    return found === undefined ? fromRecords(question, zone.names.get(name) ?? []) : certain(found)
  }
  const wild = wildcardFor(zone, name)
  if (wild !== undefined) {
    const records = (zone.names.get(wild) ?? []).map((record) => ({ ...record, name }))
    return fromRecords(question, records)
  }
  const result = hasDescendant(zone, name) ? 'success' : 'name-error'
  return certain({ ...nothing, result, authority: soaOf(zone) })
}

function soaOf(zone: Zone): readonly DnsRecord[] {
  return zone.soa === undefined ? [] : [zone.soa]
}

/** The wildcard of the closest encloser (RFC 4592): names that exist below it, empty ones too, are in its way. */
function wildcardFor(zone: Zone, name: string): string | undefined {
  for (
    let wild = wildcardOf(name);
    wild !== undefined && isSubdomain(zone.origin, wild);
    wild = wildcardOf(wild.slice(2))
  ) {
    if (zone.names.has(wild) || hasDescendant(zone, wild)) return wild
    const encloser = wild.slice(2)
    if (zone.names.has(encloser) || hasDescendant(zone, encloser)) return undefined
    if (encloser === zone.origin) return undefined
  }
  return undefined
}

/** The records of the type, or where a CNAME leads. */
function fromRecords(question: ZoneQuestion, records: readonly DnsRecord[]): Answer {
  const { zone, type } = question
  const aliases = records.filter((record) => record.type === 'CNAME')
  if (aliases.length > 0 && type !== 'CNAME') return follow(question, aliases)
  const answers = records.filter((record) => record.type === type)
  if (answers.length === 0) return certain({ ...nothing, result: 'no-data', authority: soaOf(zone) })
  return certain({ ...nothing, answers, authority: zone.ns, additional: additionalOf(zone, answers) })
}

/** Follows CNAME records in the zone, and asks the whole server for what is not in it. Mirrors externalLookup. */
function follow(question: ZoneQuestion, start: readonly DnsRecord[]): Answer {
  const { zone, type } = question
  const answers = [...start]
  for (let followed = 0; followed <= MAX_CHAIN; followed++) {
    const target = answers.at(-1)?.data ?? '.'
    const cut = isSubdomain(zone.origin, target)
      ? namesDown(zone.origin, target)
          .map((parent) => delegation(question, parent, target))
          .find((found) => found !== undefined)
      : undefined
    if (cut !== undefined) return certain({ ...cut, answers })
    const records = zone.names.get(target)
    if (records === undefined || type === 'NS' || (type === 'SOA' && target === zone.origin)) {
      return elsewhere(question, answers, target)
    }
    const aliases = records.filter((record) => record.type === 'CNAME')
    if (aliases.length === 0) {
      answers.push(...records.filter((record) => record.type === type))
      break
    }
    answers.push(...aliases)
  }
  return certain({ ...nothing, answers, authority: zone.ns, additional: additionalOf(zone, answers) })
}

/** Mirrors doLookup. */
function elsewhere(question: ZoneQuestion, answers: readonly DnsRecord[], target: string): Answer {
  const { zone } = question
  return mapBranches(question.ask(target), (response) => {
    const all = [...answers, ...(response?.answers ?? [])]
    const result = resultOf(response)
    const denied = result === 'name-error' || result === 'no-data'
    return {
      result,
      answers: all,
      authority: denied ? soaOf(zone) : zone.ns,
      additional: additionalOf(zone, all),
    }
  })
}

function resultOf(response: DnsResponse | undefined): Found['result'] {
  if (response === undefined) return 'success'
  if (response.rcode === 'NXDOMAIN') return 'name-error'
  if (response.rcode === 'SERVFAIL') return 'server-failure'
  return response.rcode === 'NOERROR' && response.answers.length === 0 ? 'no-data' : 'success'
}
