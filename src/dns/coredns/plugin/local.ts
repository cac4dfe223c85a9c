import type { Branch } from '../../branch.ts'
import { certain } from '../../branch.ts'
import type { DnsQuery, DnsRecord } from '../../message.ts'
import { joinNames } from '../../name.ts'
import { respond } from '../../response.ts'
import type { Directive } from './directive.ts'
import { unknownProperty } from './directive.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** Whether names that begin with `localhost.` are taken for the host itself. */
export interface LocalConfig {
  readonly prefix: boolean
}

/** Mirrors plugin/local: localhost and the reverse zones of RFC 6303. */
export const local: PluginModule<LocalConfig> = { parse: parseLocal, serve: serveLocal }

const LOCAL_TTL = 604800

const localZones = ['localhost.', '0.in-addr.arpa.', '127.in-addr.arpa.', '255.in-addr.arpa.']

function parseLocal(directive: Directive): LocalConfig {
  const { c } = directive
  let prefix = true
  while (c.next()) {
    if (c.remainingArgs().length > 0) throw c.argErr()
    while (c.nextBlock()) {
      if (c.val !== 'localhost_prefix') throw unknownProperty(directive)
      const args = c.remainingArgs()
      if (args.length !== 1) throw c.argErr()
      if (args[0] !== 'on' && args[0] !== 'off') {
        throw c.err(`localhost_prefix expects 'on' or 'off', got ${JSON.stringify(args[0])}`)
      }
      prefix = args[0] === 'on'
    }
  }
  return { prefix }
}

function localSoa(name: string): DnsRecord {
  return {
    name,
    type: 'SOA',
    ttl: LOCAL_TTL,
    data: `localhost. ${joinNames('root.localhost.')} 1 0 0 0 ${LOCAL_TTL}`,
  }
}

function serveLocal(
  { prefix }: LocalConfig,
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  const name = query.name.toLowerCase()
  const legacy = prefix && name !== 'localhost.' && name.startsWith('localhost.')
  if (name.endsWith('.localhost.') || legacy) return hostAnswer(query, context)
  const zone = localZones.find((one) => name === one || name.endsWith(`.${one}`))
  return zone === undefined ? next(query) : zoneAnswer(query, zone, context)
}

/** A name below localhost has addresses alone. */
function hostAnswer(query: DnsQuery, context: PluginContext): readonly Branch<Reply>[] {
  const data = localAddress(query.type)
  const response =
    data === undefined
      ? respond(query, { authority: [localSoa(query.name)] })
      : respond(query, { answers: [{ name: query.name, type: query.type, ttl: LOCAL_TTL, data }] })
  return certain({ response }, context.step('answered for the local host'))
}

function zoneAnswer(query: DnsQuery, zone: string, context: PluginContext): readonly Branch<Reply>[] {
  const name = query.name.toLowerCase()
  const step = context.step(`answered for ${zone}`)
  if (name === zone && query.type === 'SOA') {
    return certain({ response: respond(query, { answers: [localSoa(query.name)] }) }, step)
  }
  const data = localData(name, query.type)
  if (data !== undefined) {
    const answers = [{ name: query.name, type: query.type, ttl: LOCAL_TTL, data }]
    return certain({ response: respond(query, { answers }) }, step)
  }
  const authority = [localSoa(query.name.slice(-zone.length))]
  const rcode = name === zone || name === '1.0.0.127.in-addr.arpa.' ? 'NOERROR' : 'NXDOMAIN'
  return certain({ response: respond(query, { rcode, authority }) }, step)
}

function localAddress(type: string): string | undefined {
  return { A: '127.0.0.1', AAAA: '::1' }[type]
}

function localData(name: string, type: string): string | undefined {
  if (name === '1.0.0.127.in-addr.arpa.') return type === 'PTR' ? 'localhost.' : undefined
  if (!localZones.includes(name)) return undefined
  if (name === 'localhost.' && (type === 'A' || type === 'AAAA')) return localAddress(type)
  return type === 'NS' ? 'localhost.' : undefined
}
