import type { Ip } from '../../../base/ip.ts'
import { formatIp } from '../../../base/ip.ts'
import { formatRef } from '../../../base/source.ts'
import type { Branch } from '../../branch.ts'
import { after, certain } from '../../branch.ts'
import type { DnsQuery, DnsRecord } from '../../message.ts'
import { isSubdomain, joinNames, labelsOf, matchZone, trimZone } from '../../name.ts'
import { respond } from '../../response.ts'
import { addressOfReverse } from '../../reverse-name.ts'
import { atoi } from '../go-text.ts'
import { behindExternalIp, externalAddresses, findExternal } from '../kubernetes/external.ts'
import type { Found } from '../kubernetes/services.ts'
import type { View } from '../kubernetes/view.ts'
import { pluginOf } from '../plugin-of.ts'
import type { Directive } from './directive.ts'
import { fallthroughZones, unknownProperty, zonesOrBlock } from './directive.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** The zones in which Services are known by their external addresses. */
export interface ExternalConfig {
  readonly zones: readonly string[]
  readonly ttl: number
  /** The label below which the zone's own name server stands. */
  readonly apex: string
  readonly headless: boolean
  readonly fallthrough: readonly string[]
}

/** Mirrors plugin/k8s_external. */
export const k8sExternal: PluginModule<ExternalConfig> = { parse: parseExternal, serve }

type Draft = { -readonly [K in keyof ExternalConfig]: ExternalConfig[K] }

function parseExternal(directive: Directive): ExternalConfig {
  const { c } = directive
  const draft: Draft = { zones: [], ttl: 5, apex: 'dns', headless: false, fallthrough: [] }
  while (c.next()) {
    draft.zones = zonesOrBlock(c.remainingArgs(), directive)
    while (c.nextBlock()) readProperty(draft, directive)
  }
  return draft
}

function readProperty(draft: Draft, directive: Directive): void {
  const { c } = directive
  const property = c.val
  const args = c.remainingArgs()
  if ((property === 'ttl' || property === 'apex') && args.length === 0) throw c.argErr()
  if (property === 'ttl') {
    const ttl = atoi(args[0] ?? '')
    if (typeof ttl !== 'number') throw c.plain(ttl.error)
    if (ttl < 0 || ttl > 3600) throw c.err(`ttl must be in range [0, 3600]: ${ttl}`)
    draft.ttl = ttl
  } else if (property === 'apex') draft.apex = args[0] ?? ''
  else if (property === 'headless') draft.headless = true
  else if (property === 'fallthrough') draft.fallthrough = fallthroughZones(args)
  else throw unknownProperty(directive)
}

/** What is known of one query. */
interface Asked {
  readonly config: ExternalConfig
  readonly query: DnsQuery
  readonly zone: string
  readonly view: View
}

/** Mirrors External.ServeDNS. */
function serve(
  config: ExternalConfig,
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  const name = query.name.toLowerCase()
  const zone = matchZone(config.zones, name)
  const options = pluginOf(context.block.plugins, 'kubernetes')?.config
  if (zone === undefined || options === undefined) return next(query)
  const { kubernetes, addresses } = context.server
  const asked: Asked = { config, query, zone, view: { options, data: kubernetes, addresses } }
  if (config.zones.includes(name)) return certain({ response: atApex(asked) })
  const apex = config.zones.find((one) => isSubdomain(joinNames(config.apex, one), name))
  if (apex !== undefined) return certain({ response: belowApex(asked) })
  const ip = query.type === 'PTR' ? addressOfReverse(name) : undefined
  const found =
    ip === undefined ? findExternal(asked.view, name, zone, config.headless) : pointersTo(asked, ip)
  if (found === undefined && matchZone(config.fallthrough, name) !== undefined) {
    return after([context.step(`${name} not found in ${zone}, passed on`)], next(query))
  }
  const rcode = found === undefined ? 'NXDOMAIN' : 'NOERROR'
  const { answers, additional } = recordsOf(asked, found ?? [])
  const authority = answers.length === 0 ? [soaOf(asked)] : []
  const object = found?.find((one) => one.object !== undefined)?.object
  const step = object
    ? context.step(`found ${formatRef(object)}`, { object })
    : context.step(`${name} ${found === undefined ? 'not found' : 'has no records'}`)
  const response = respond(query, { rcode, authoritative: true, answers, authority, additional })
  return certain({ response }, step)
}

function pointersTo({ view, config }: Asked, ip: Ip): readonly Found[] | undefined {
  const names = behindExternalIp(view, ip)
  const found = names.map((one) => ({
    host: ip,
    port: 0,
    target: joinNames(one, config.zones[0] ?? '.'),
  }))
  return found.length > 0 ? found : undefined
}

function typeOf(ip: Ip): string {
  return typeof ip === 'number' ? 'A' : 'AAAA'
}

/** PTR records are for reverse names alone: a Service's own name has none. */
function recordsOf({ query, config: { ttl }, view }: Asked, found: readonly Found[]) {
  const answers = new Map<string, DnsRecord>()
  const additional = new Map<string, DnsRecord>()
  const weight = Math.max(1, Math.floor(100 / Math.max(found.length, 1)))
  for (const { host, port, target } of found) {
    if (typeof host === 'string') continue
    const address = { type: typeOf(host), ttl, data: formatIp(host) }
    if (query.type === address.type) answers.set(address.data, { ...address, name: query.name })
    if (query.type === 'PTR' && addressOfReverse(query.name.toLowerCase()) !== undefined)
      answers.set(target, { name: query.name, type: 'PTR', ttl, data: target })
    if (query.type !== 'SRV' || port === -1) continue
    const data = `0 ${weight} ${port} ${target}`
    answers.set(data, { name: query.name, type: 'SRV', ttl: view.options.ttl, data })
    additional.set(`${target} ${address.data}`, { ...address, name: target })
  }
  return { answers: [...answers.values()], additional: [...additional.values()] }
}

function soaOf({ config: { ttl, apex }, zone }: Asked): DnsRecord {
  const names = `${joinNames('ns1', apex, zone)} ${joinNames('hostmaster', apex, zone)}`
  return { name: zone, type: 'SOA', ttl, data: `${names} 0 7200 1800 86400 ${ttl}` }
}

/** Mirrors serveApex. */
function atApex(asked: Asked) {
  const { query, config, zone, view } = asked
  if (query.type === 'SOA') return respond(query, { authoritative: true, answers: [soaOf(asked)] })
  if (query.type !== 'NS') return respond(query, { authoritative: true, authority: [soaOf(asked)] })
  const server = joinNames('ns1', config.apex, zone)
  const answers = [{ name: zone, type: 'NS', ttl: config.ttl, data: server }]
  const name = joinNames('ns1', config.apex, query.name)
  const additional = externalAddresses(view, config.headless).map((ip) => addressRecord(name, ip, config.ttl))
  return respond(query, { authoritative: true, answers, additional })
}

function addressRecord(name: string, ip: Ip, ttl: number): DnsRecord {
  return { name, type: typeOf(ip), ttl, data: formatIp(ip) }
}

/** Mirrors serveSubApex: only `ns1` is below the apex. */
function belowApex(asked: Asked) {
  const { query, config, zone, view } = asked
  const [first, ...others] = labelsOf(trimZone(query.name.toLowerCase(), zone))
  const authority = [soaOf(asked)]
  if (others.length === 0) return respond(query, { authoritative: true, authority })
  if (others.length > 1 || first !== 'ns1') {
    return respond(query, { rcode: 'NXDOMAIN', authoritative: true, authority })
  }
  const answers = externalAddresses(view, config.headless)
    .filter((ip) => typeOf(ip) === query.type)
    .map((ip) => addressRecord(query.name, ip, config.ttl))
  return respond(query, { authoritative: true, answers, authority: answers.length > 0 ? [] : authority })
}
