import type { Branch } from '../../branch.ts'
import { after, certain, chain } from '../../branch.ts'
import type { DnsQuery } from '../../message.ts'
import { matchZone } from '../../name.ts'
import { respond } from '../../response.ts'
import { parseZoneText } from '../../zone-text.ts'
import type { Found } from '../file/lookup.ts'
import { lookUp } from '../file/lookup.ts'
import type { Zone } from '../file/zone.ts'
import { makeZone } from '../file/zone.ts'
import { parseDuration, quote } from '../go-text.ts'
import type { Directive } from './directive.ts'
import { fallthroughZones, unknownProperty, zonesOrBlock } from './directive.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** The zones of all zone files of a block. */
export interface FileConfig {
  readonly zones: readonly Zone[]
  readonly fallthrough: readonly string[]
}

/** Mirrors plugin/file: zones out of zone files. */
export const file: PluginModule<FileConfig> = { parse: parseFile, serve }

function parseFile(directive: Directive): FileConfig {
  const { c } = directive
  const zones: Zone[] = []
  let through: readonly string[] = []
  while (c.next()) {
    if (!c.nextArg()) throw c.argErr()
    const path = c.val
    const origins = zonesOrBlock(c.remainingArgs(), directive)
    zones.push(...origins.map((origin) => readZone(directive, path, origin)))
    while (c.nextBlock()) {
      if (c.val === 'fallthrough') through = fallthroughZones(c.remainingArgs())
      else readOther(directive)
    }
  }
  return { zones, fallthrough: through }
}

function readOther(directive: Directive): void {
  const { c } = directive
  if (c.val === 'upstream') c.remainingArgs()
  else if (c.val === 'reload') {
    const [text] = c.remainingArgs()
    if (text === undefined) throw c.plain('reload duration value is expected')
    const duration = parseDuration(text)
    if (typeof duration !== 'number') throw c.plain(`plugin/file: ${duration.error}`)
  } else if (c.val !== 'reload_by_mtime') throw unknownProperty(directive)
}

/** A file that is not there leaves the zone empty: all its names fail. */
function readZone(directive: Directive, path: string, origin: string): Zone {
  const text = directive.readFile(path)
  if (text === undefined) {
    directive.warn(`the zone file ${path} is not in the input; all queries for ${origin} fail`)
    return makeZone(origin, [])
  }
  const read = parseZoneText(text, origin)
  if ('error' in read) {
    throw directive.c.plain(
      `failed to parse file ${quote(path)} for origin ${origin} with error ${path}: dns: ${read.error} at line: ${read.line}`,
    )
  }
  const zone = makeZone(origin, read.records)
  if (zone.soa !== undefined) return zone
  throw directive.c.plain(`file ${quote(path)} has no SOA record for origin ${origin}`)
}

const rcodes = {
  success: 'NOERROR',
  'no-data': 'NOERROR',
  delegation: 'NOERROR',
  'name-error': 'NXDOMAIN',
  'server-failure': 'SERVFAIL',
} as const

/** Mirrors File.ServeDNS. */
function serve(
  config: FileConfig,
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  const name = query.name.toLowerCase()
  const origin = matchZone(
    config.zones.map((zone) => zone.origin),
    name,
  )
  const zone = config.zones.findLast((one) => one.origin === origin)
  if (zone === undefined) return context.last ? certain({ code: 'REFUSED' }) : next(query)
  if (query.type === 'AXFR' || query.type === 'IXFR') return certain({ code: 'REFUSED' })
  const question = {
    zone,
    type: query.type,
    ask: (target: string) => context.lookup(query, target, query.type),
  }
  return chain(lookUp(question, name), (found) => {
    const passes = found.result === 'name-error' || found.result === 'success'
    if (found.answers.length === 0 && passes && matchZone(config.fallthrough, name) !== undefined) {
      return after([context.step(`${name} not found in ${zone.origin}, passed on`)], next(query))
    }
    return certain(reply(query, found), context.step(`zone ${zone.origin}: ${found.result}`))
  })
}

function reply(query: DnsQuery, found: Found): Reply {
  if (found.result === 'server-failure' && found.answers.length === 0) return { code: 'SERVFAIL' }
  const { result, ...sections } = found
  const authoritative = result !== 'delegation' || found.answers.length > 0
  return { response: respond(query, { ...sections, rcode: rcodes[result], authoritative }) }
}
