import type { Ip } from '../../../base/ip.ts'
import { formatIp, parseIp } from '../../../base/ip.ts'
import type { Branch } from '../../branch.ts'
import { after, certain } from '../../branch.ts'
import type { DnsQuery, DnsRecord } from '../../message.ts'
import { matchZone, normalName, wildcardOf } from '../../name.ts'
import { respond } from '../../response.ts'
import { addressOfReverse } from '../../reverse-name.ts'
import { atoi, parseDuration } from '../go-text.ts'
import type { Directive } from './directive.ts'
import { eachOnce, fallthroughZones, unknownProperty, zonesOrBlock } from './directive.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** A hosts file and what stands in the Corefile itself, the file first. */
export interface HostsConfig {
  readonly zones: readonly string[]
  readonly fallthrough: readonly string[]
  readonly fallthroughUnsupported: boolean
  readonly ttl: number
  readonly reverse: boolean
  readonly entries: readonly HostEntry[]
}

interface HostEntry {
  readonly ip: Ip
  readonly name: string
  /** Whether it stands in the Corefile and not in the file. */
  readonly inline: boolean
}

/** Mirrors plugin/hosts. Names of the file that are in none of the zones are left out. */
export const hosts: PluginModule<HostsConfig> = { parse: parseHosts, serve }

/** What the kubelet writes into every pod's hosts file; the line of the pod's own name is left out. */
const podHosts = `127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
fe00::0 ip6-localnet
fe00::0 ip6-mcastprefix
fe00::1 ip6-allnodes
fe00::2 ip6-allrouters
`

interface Draft {
  fallthrough: readonly string[]
  fallthroughUnsupported: boolean
  ttl: number
  reverse: boolean
  inline: string[]
}

function parseHosts(directive: Directive): HostsConfig {
  const { c } = directive
  let path = '/etc/hosts'
  let zones: readonly string[] = []
  const draft: Draft = {
    fallthrough: [],
    fallthroughUnsupported: false,
    ttl: 3600,
    reverse: true,
    inline: [],
  }
  eachOnce(directive, () => {
    const [file, ...rest] = c.remainingArgs()
    path = file ?? path
    zones = zonesOrBlock(rest, directive)
    while (c.nextBlock()) readProperty(draft, directive)
  })
  if (draft.fallthroughUnsupported && draft.fallthrough.length === 0) {
    throw c.err('fallthrough_unsupported requires fallthrough')
  }
  const text = directive.readFile(path) ?? (path === '/etc/hosts' ? podHosts : undefined)
  if (text === undefined) directive.warn(`the hosts file ${path} is not in the input, and taken to be empty`)
  const { inline, ...rest } = draft
  const entries = [...readEntries(text ?? '', zones, false), ...readEntries(inline.join('\n'), zones, true)]
  return { ...rest, zones, entries }
}

function readProperty(draft: Draft, directive: Directive): void {
  const { c } = directive
  switch (c.val) {
    case 'fallthrough':
      draft.fallthrough = fallthroughZones(c.remainingArgs())
      return
    case 'fallthrough_unsupported':
      if (c.remainingArgs().length > 0) throw c.argErr()
      draft.fallthroughUnsupported = true
      return
    case 'no_reverse':
      draft.reverse = false
      return
    case 'ttl':
      draft.ttl = readTtl(directive)
      return
    case 'reload':
      checkReload(directive)
      return
    default:
      if (draft.fallthrough.length > 0) throw unknownProperty(directive)
      draft.inline.push([c.val, ...c.remainingArgs()].join(' '))
  }
}

function readTtl({ c }: Directive): number {
  const [text] = c.remainingArgs()
  if (text === undefined) throw c.err('ttl needs a time in second')
  const ttl = atoi(text)
  if (typeof ttl !== 'number') throw c.err('ttl needs a number of second')
  if (ttl <= 0 || ttl > 65535) throw c.err('ttl provided is invalid')
  return ttl
}

function checkReload({ c }: Directive): void {
  const args = c.remainingArgs()
  if (args.length !== 1) throw c.err('reload needs a duration (zero seconds to disable)')
  const duration = parseDuration(args[0] ?? '')
  if (typeof duration !== 'number') throw c.err(`invalid duration for reload '${args[0]}'`)
  if (duration < 0) throw c.err(`invalid negative duration for reload '${args[0]}'`)
}

/** Mirrors Hostsfile.parse: what is no address is left out in silence. */
function readEntries(text: string, zones: readonly string[], inline: boolean): readonly HostEntry[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line
      .replace(/#.*/, '')
      .split(/\s+/)
      .filter((word) => word !== '')
    const ip = parseIp(address.replace(/%.*/, ''))
    if (ip === undefined) return []
    return names
      .map(normalName)
      .filter((name) => matchZone(zones, name) !== undefined)
      .map((name) => ({ ip, name, inline }))
  })
}

/** Addresses of one family: those of the name itself, or else those of the wildcard above it, in file and Corefile each. */
function addressesOf(config: HostsConfig, name: string, family: 'number' | 'bigint'): readonly Ip[] {
  return [false, true].flatMap((inline) => {
    const entries = config.entries.filter((one) => one.inline === inline && typeof one.ip === family)
    const exact = entries.filter((one) => one.name === name)
    const found = exact.length > 0 ? exact : entries.filter((one) => one.name === wildcardOf(name))
    return found.map(({ ip }) => ip)
  })
}

function namesOf(config: HostsConfig, name: string): readonly string[] {
  const ip = addressOfReverse(name)
  if (ip === undefined || !config.reverse) return []
  return config.entries.filter((one) => one.ip === ip && !one.name.startsWith('*.')).map((one) => one.name)
}

function dataOf(config: HostsConfig, name: string, type: string): readonly string[] {
  if (type === 'A') return addressesOf(config, name, 'number').map(formatIp)
  if (type === 'AAAA') return addressesOf(config, name, 'bigint').map(formatIp)
  return type === 'PTR' ? namesOf(config, name) : []
}

/** Mirrors Hosts.ServeDNS. */
function serve(
  config: HostsConfig,
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  const name = query.name.toLowerCase()
  if (matchZone(config.zones, name) === undefined && query.type !== 'PTR') return next(query)
  const data = dataOf(config, name, query.type)
  if (query.type === 'PTR' && data.length === 0) return next(query)
  const fallsThrough = matchZone(config.fallthrough, name) !== undefined
  const supported = ['A', 'AAAA', 'PTR'].includes(query.type)
  if (!supported && config.fallthroughUnsupported && fallsThrough) return next(query)
  const exists = (['number', 'bigint'] as const).some(
    (family) => addressesOf(config, name, family).length > 0,
  )
  if (data.length === 0 && !exists) {
    if (fallsThrough) return after([context.step(`${name} not found, passed on`)], next(query))
    const text = `${name} not found, and there is no fallthrough`
    return certain({ code: 'SERVFAIL' }, context.step(text))
  }
  const answers: readonly DnsRecord[] = data.map((one) => ({
    name,
    type: query.type,
    ttl: config.ttl,
    data: one,
  }))
  const step = context.step(
    answers.length > 0 ? `found ${name}` : `found ${name}, which has no ${query.type} record`,
  )
  return certain({ response: respond(query, { authoritative: true, answers }) }, step)
}
