import type { Ip } from '../../../base/ip.ts'
import { formatIp } from '../../../base/ip.ts'
import type { ObjectRef } from '../../../base/source.ts'
import type { Branch } from '../../branch.ts'
import { certain, mapBranches } from '../../branch.ts'
import type { DnsQuery, DnsRecord, DnsResponse } from '../../message.ts'
import { absolute, isSubdomain, joinNames, trimZone } from '../../name.ts'
import { isDefaultNameServer, nameServers } from './name-server.ts'
import { findReverse } from './reverse.ts'
import type { Found, Lookup } from './services.ts'
import { findRecords } from './services.ts'
import { soaRecord } from './soa.ts'
import type { View } from './view.ts'

/** A question as the backend sees it. */
export interface Question {
  readonly query: DnsQuery
  readonly view: View
  /** The zone as the query spells it. */
  readonly zone: string
  /** Asks the whole server for a name. */
  readonly ask: (name: string, type: string) => readonly Branch<DnsResponse | undefined>[]
}

/** What the backend has for a question; `undefined` for a name that is not there. */
export interface Records {
  readonly answers: readonly DnsRecord[]
  readonly additional: readonly DnsRecord[]
  readonly truncated: boolean
  readonly object?: ObjectRef
}

export type Answer = readonly Branch<Records | undefined>[]

/** CNAME records that are followed inside the zone. */
const MAX_CHAIN = 10

/** Seconds that the version of the schema lives. */
const VERSION_TTL = 28800

const nothing: Records = { answers: [], additional: [], truncated: false }

/** The backend's answer by the type asked for. Mirrors ServeDNS of the kubernetes plugin and plugin/backend_lookup.go. */
export function answerQuestion(question: Question): Answer {
  const { query, zone } = question
  const atZone = query.name.toLowerCase() === zone
  switch (query.type) {
    case 'A':
    case 'AAAA':
      return addresses(question, [])
    case 'TXT':
      return certain(texts(question))
    case 'CNAME':
      return certain(alias(question))
    case 'PTR':
      return certain(pointers(question))
    case 'MX':
      return certain(lookup(question) && nothing)
    case 'SRV':
      return certain(services(question))
    case 'SOA':
      if (query.name !== zone) return certain(nothing)
      return certain({ ...nothing, answers: [soaRecord(zone, question.view.options.ttl)] })
    case 'NS':
      return atZone ? certain(servers(question)) : existence(question)
    default:
      return existence(question)
  }
}

/** Only whether the name is there: mirrors the lookup of an A record whose answer is thrown away. */
function existence(question: Question): Answer {
  const asAddress = { ...question, query: { ...question.query, type: 'A' } }
  return mapBranches(addresses(asAddress, []), (found) => found && nothing)
}

function lowerName({ query }: Question): string {
  return query.name.toLowerCase()
}

/** Mirrors Services: what the name leads to for types but TXT and NS. */
function lookup(question: Question, name = lowerName(question)): Lookup {
  const { view, zone, query } = question
  if (isDefaultNameServer(name, zone)) {
    return nameServers(view, zone).filter(({ host }) => typeOf(host) === query.type)
  }
  const found = findRecords(view, name, zone)
  return query.type === 'SRV' ? found?.filter(({ host }) => typeof host !== 'string') : found
}

function typeOf(host: Ip | string): 'A' | 'AAAA' | 'CNAME' {
  if (typeof host === 'string') return 'CNAME'
  return typeof host === 'number' ? 'A' : 'AAAA'
}

function addressRecord(name: string, host: Ip, ttl: number): DnsRecord {
  return { name, type: typeOf(host), ttl, data: formatIp(host) }
}

function objectOf(found: readonly Found[]): { readonly object?: ObjectRef } {
  const object = found.find((one) => one.object !== undefined)?.object
  return object === undefined ? {} : { object }
}

/** Records of one address family, behind the CNAME of an ExternalName Service. Mirrors plugin.A and plugin.AAAA. */
function addresses(question: Question, previous: readonly DnsRecord[]): Answer {
  const { query, view } = question
  const found = lookup(question)
  if (found === undefined) return certain(undefined)
  const target = found.find(({ host }) => typeof host === 'string')
  if (target !== undefined) return followAlias(question, target, previous)
  const hosts = found.map(({ host }) => host).filter((host) => typeof host !== 'string')
  const answers = [...new Set(hosts)]
    .filter((host) => typeOf(host) === query.type)
    .map((host) => addressRecord(query.name, host, view.options.ttl))
  return certain({ ...nothing, answers, ...objectOf(found) })
}

/** A name in the zone is looked up in place, and the CNAME left out if it has no address; others by the whole server. */
function followAlias(question: Question, found: Found, previous: readonly DnsRecord[]): Answer {
  const { query, view, zone } = question
  const target = absolute(String(found.host))
  const cname = { name: query.name, type: 'CNAME', ttl: view.options.ttl, data: target }
  const empty = { ...nothing, ...objectOf([found]) }
  const looped = isSubdomain(query.name, target) || previous.some(({ data }) => data === target)
  if (looped || previous.length > MAX_CHAIN) return certain(empty)
  if (isSubdomain(zone, target)) {
    const inZone = { ...question, query: { ...query, name: target } }
    return mapBranches(addresses(inZone, [...previous, cname]), (records) => {
      if (records === undefined || records.answers.length === 0) return empty
      return { ...empty, answers: [cname, ...records.answers], truncated: records.truncated }
    })
  }
  return mapBranches(question.ask(target, query.type), (response) => {
    if (response === undefined) return empty
    return { ...empty, answers: [cname, ...response.answers], truncated: response.truncated }
  })
}

/** The version of the schema is the one text. Mirrors the TXT case of Services. */
function texts(question: Question): Records | undefined {
  const { query, view, zone } = question
  const name = lowerName(question)
  if (trimZone(name, zone) === 'dns-version') {
    const record = { name: query.name, type: 'TXT', ttl: VERSION_TTL, data: '"1.1.0"' }
    return { ...nothing, answers: [record] }
  }
  const found = findRecords(view, name, zone)
  if (found === undefined) return undefined
  const isZonal = view.options.zonal && /\._zone\./.test(name)
  return found.length > 0 || isZonal ? { ...nothing, ...objectOf(found) } : undefined
}

/** Mirrors plugin.CNAME: the first thing that the name leads to, if it is a name. */
function alias(question: Question): Records | undefined {
  const found = lookup(question)
  if (found === undefined) return undefined
  const [first] = found
  if (first === undefined || typeof first.host !== 'string') return { ...nothing, ...objectOf(found) }
  const { query, view } = question
  const record = { name: query.name, type: 'CNAME', ttl: view.options.ttl, data: absolute(first.host) }
  return { ...nothing, answers: [record], ...objectOf(found) }
}

/** Mirrors plugin.PTR. */
function pointers({ query, view, zone }: Question): Records | undefined {
  const found = findReverse(view, query.name.toLowerCase(), zone)
  if (found === undefined) return undefined
  const targets = [...new Set(found.map(({ target }) => target))]
  const answers = targets.map((data) => ({ name: query.name, type: 'PTR', ttl: view.options.ttl, data }))
  return { ...nothing, answers, ...objectOf(found) }
}

/** Mirrors plugin.SRV: the weight is shared by all tuples, those that fall together later too. */
function services(question: Question): Records | undefined {
  const { query, view } = question
  const { ttl } = view.options
  const found = lookup(question)
  if (found === undefined) return undefined
  const weight = Math.max(1, Math.floor(100 / found.length))
  const answers = new Map<string, DnsRecord>()
  const additional = new Map<string, DnsRecord>()
  for (const { host, port, target } of found) {
    if (port === -1 || typeof host === 'string') continue
    const data = `0 ${weight} ${port} ${target}`
    answers.set(data, { name: query.name, type: 'SRV', ttl, data })
    additional.set(`${target} ${formatIp(host)}`, addressRecord(target, host, ttl))
  }
  return {
    ...nothing,
    answers: [...answers.values()],
    additional: [...additional.values()],
    ...objectOf(found),
  }
}

/** The server's own names, and an address for each time that one was found. Mirrors plugin.NS. */
function servers({ query, view, zone }: Question): Records {
  const { ttl } = view.options
  const found = nameServers(view, zone)
  const names = [...new Set(found.map(({ target }) => joinNames(target)))]
  return {
    ...nothing,
    answers: names.map((data) => ({ name: query.name, type: 'NS', ttl, data })),
    additional: found.flatMap(({ host, target }) =>
      typeof host === 'string' ? [] : [addressRecord(target, host, ttl)],
    ),
    ...objectOf(found),
  }
}
