import type { Ip } from '../../../base/ip.ts'
import { parseIp } from '../../../base/ip.ts'
import type { Rcode } from '../../message.ts'
import { asRcode } from '../../mnemonics.ts'
import { isDomainName, normalName } from '../../name.ts'
import type { Dispenser } from '../corefile/dispenser.ts'
import { atoi, parseDuration, parseUint, quote } from '../go-text.ts'
import type { Directive } from '../plugin/directive.ts'
import { splitTransport, zonesOf } from '../zones.ts'

/** One `forward` of a server block. */
export interface Forwarder {
  /** Only names in this zone. */
  readonly from: string
  readonly to: readonly Destination[]
  readonly except: readonly string[]
  readonly policy: 'random' | 'round_robin' | 'sequential'
  readonly forceTcp: boolean
  readonly preferUdp: boolean
  /** An answer with one of these codes goes to the next `forward` of the block. */
  readonly next: readonly Rcode[]
  readonly nextOnNoData: boolean
  /** With one of these codes the next upstream is tried. */
  readonly failover: readonly Rcode[]
  /** 0, if it was not stated. */
  readonly maxConnectAttempts: number
}

/** Where it sends queries: an address, the name servers of the process's own resolv.conf, or a host by its name. */
export type Destination =
  | { readonly type: 'address'; readonly ip: Ip; readonly port: number; readonly tls: boolean }
  | { readonly type: 'nameservers' }
  | { readonly type: 'host'; readonly host: string }

type Draft = { -readonly [K in keyof Forwarder]: Forwarder[K] }

/** Upstreams that one `forward` may have. */
const MAX_UPSTREAMS = 15

/** Mirrors parseForward. */
export function parseForward(directive: Directive): readonly Forwarder[] {
  const forwarders: Forwarder[] = []
  while (directive.c.next()) forwarders.push(parseStanza(directive))
  return forwarders
}

/** Mirrors parseStanza. */
function parseStanza(directive: Directive): Forwarder {
  const { c } = directive
  if (!c.nextArg()) throw c.argErr()
  const [from] = zonesOf(c.val)
  if (from === undefined) throw c.plain(`unable to normalize '${c.val}'`)
  const to = c.remainingArgs()
  if (to.length === 0) throw c.argErr()
  const draft: Draft = {
    from,
    to: [],
    except: [],
    policy: 'random',
    forceTcp: false,
    preferUdp: false,
    next: [],
    nextOnNoData: false,
    failover: [],
    maxConnectAttempts: 0,
  }
  while (c.nextBlock()) {
    const read = properties[c.val]
    if (read === undefined) throw c.err(`unknown property '${c.val}'`)
    read(draft, c)
  }
  draft.to = to.flatMap((text) => destinationsOf(text, directive)).filter(isFirst)
  if (draft.to.length > MAX_UPSTREAMS) {
    throw c.plain(`more than ${MAX_UPSTREAMS} TOs configured: ${draft.to.length}`)
  }
  return draft
}

function hostOf(to: Destination): readonly string[] {
  return to.type === 'host' ? [to.type, to.host] : [to.type]
}

function isFirst(to: Destination, index: number, all: readonly Destination[]): boolean {
  const same = (other: Destination) =>
    other.type === 'address' && to.type === 'address'
      ? other.ip === to.ip && other.port === to.port
      : JSON.stringify(hostOf(other)) === JSON.stringify(hostOf(to))
  return all.findIndex(same) === index
}

/** Mirrors classifyToAddrs: an address with or without port, a file like resolv.conf, or a host name. */
function destinationsOf(text: string, { c, readFile }: Directive): readonly Destination[] {
  const { transport, rest } = splitTransport(text)
  const { host, port } = splitPort(rest)
  const ip = parseIp(host.replace(/^\[|\]$/g, '').replace(/%.*$/, ''))
  if (ip === undefined) return namedDestinations(rest, host, c, readFile)
  const ports: Readonly<Record<string, number>> = { dns: 53, tls: 853, https: 443 }
  const usual = ports[transport]
  if (usual === undefined) {
    throw c.plain(`'${transport}' is not supported as a destination protocol in forward: ${text}`)
  }
  return [{ type: 'address', ip, port: port ?? usual, tls: transport !== 'dns' }]
}

/** Of a file the nameserver lines count; a host that cannot be one keeps CoreDNS from starting. */
function namedDestinations(
  path: string,
  host: string,
  c: Dispenser,
  readFile: Directive['readFile'],
): readonly Destination[] {
  const text = readFile(path)
  if (text !== undefined) {
    const lines = [...text.matchAll(/^nameserver\s+(\S+)/gm)].map(([, address = '']) => parseIp(address))
    return lines.filter((ip) => ip !== undefined).map((ip) => ({ type: 'address', ip, port: 53, tls: false }))
  }
  if (path === '/etc/resolv.conf') return [{ type: 'nameservers' }]
  if (!isDomainName(host)) throw c.plain(`not an IP address, file, or valid domain: ${quote(path)}`)
  if (path.startsWith('/') || /^[\d.]+$/.test(host)) {
    throw c.plain(`failed to resolve ${quote(host)}: lookup ${host}: no such host`)
  }
  return [{ type: 'host', host }]
}

function splitPort(text: string): { readonly host: string; readonly port?: number } {
  const found = /^(\[.*\]|[^:]*):(\d+)$/.exec(text)
  return found?.[1] === undefined ? { host: text } : { host: found[1], port: Number(found[2]) }
}

function arg(c: Dispenser): string {
  if (!c.nextArg()) throw c.argErr()
  return c.val
}

function none(c: Dispenser): void {
  if (c.nextArg()) throw c.argErr()
}

/** A duration that changes no answer, but must be one. */
function duration(what: string, least: 'positive' | 'not negative') {
  return (_draft: Draft, c: Dispenser): void => {
    const value = parseDuration(arg(c))
    if (typeof value !== 'number') throw c.plain(value.error)
    if (least === 'positive' && value <= 0) throw c.plain(`${what} must be positive: ${c.val}`)
    if (value < 0) throw c.plain(`${what} can't be negative: ${c.val}`)
  }
}

function count(what: string) {
  return (_draft: Draft, c: Dispenser): void => {
    const value = atoi(arg(c))
    if (typeof value !== 'number') throw c.plain(value.error)
    if (value < 0) throw c.plain(`${what} can't be negative: ${value}`)
  }
}

function unsigned(c: Dispenser): number {
  const value = parseUint(arg(c), 32)
  if (typeof value !== 'number') throw c.plain(value.error)
  return value
}

function rcodes(c: Dispenser): readonly Rcode[] {
  const args = c.remainingArgs()
  if (args.length === 0) throw c.argErr()
  return args.map((text) => {
    const rcode = asRcode(text.toUpperCase())
    if (rcode === undefined) throw c.plain(`${text} is not a valid rcode`)
    return rcode
  })
}

function readHealthCheck(draft: Draft, c: Dispenser): void {
  duration('health_check', 'not negative')(draft, c)
  while (c.nextArg()) {
    if (c.val === 'no_rec') continue
    if (c.val !== 'domain') throw c.plain(`health_check: unknown option ${c.val}`)
    const name = arg(c)
    if (!isDomainName(normalName(name))) throw c.plain(`health_check: invalid domain name ${name}`)
  }
}

function readPolicy(draft: Draft, c: Dispenser): void {
  const policy = arg(c)
  if (policy !== 'random' && policy !== 'round_robin' && policy !== 'sequential') {
    throw c.err(`unknown policy '${policy}'`)
  }
  draft.policy = policy
}

function readFailover(draft: Draft, c: Dispenser): void {
  draft.failover = [...draft.failover, ...rcodes(c)]
  if (draft.failover.includes('NOERROR')) throw c.plain('NoError cannot be used in failover')
}

const properties: Readonly<Record<string, (draft: Draft, c: Dispenser) => void>> = {
  except: (draft, c) => {
    const args = c.remainingArgs()
    if (args.length === 0) throw c.argErr()
    draft.except = [...draft.except, ...args.flatMap(zonesOf)]
  },
  max_fails: (_draft, c) => {
    unsigned(c)
  },
  max_connect_attempts: (draft, c) => {
    draft.maxConnectAttempts = unsigned(c)
  },
  health_check: readHealthCheck,
  force_tcp: (draft, c) => {
    none(c)
    draft.forceTcp = true
  },
  prefer_udp: (draft, c) => {
    none(c)
    draft.preferUdp = true
  },
  tls: (_draft, c) => {
    if (c.remainingArgs().length > 3) throw c.argErr()
  },
  tls_servername: (_draft, c) => {
    arg(c)
  },
  expire: duration('expire', 'not negative'),
  max_age: duration('max_age', 'not negative'),
  max_idle_conns: count('max_idle_conns'),
  read_timeout: duration('read_timeout', 'positive'),
  doh_method: (_draft, c) => {
    if (!['POST', 'GET'].includes(arg(c))) throw c.plain('doh_method must be either POST or GET')
  },
  policy: readPolicy,
  max_concurrent: count('max_concurrent'),
  next: (draft, c) => {
    draft.next = [...draft.next, ...rcodes(c)]
  },
  next_on_nodata: (draft, c) => {
    none(c)
    draft.nextOnNoData = true
  },
  failfast_all_unhealthy_upstreams: (_draft, c) => {
    if (c.remainingArgs().length > 0) throw c.argErr()
  },
  failover: readFailover,
  resolver: (_draft, c) => {
    if (c.remainingArgs().length === 0) throw c.argErr()
  },
  source_address: (_draft, c) => {
    if (parseIp(arg(c)) === undefined) throw c.err(`invalid IP address: ${c.val}`)
  },
}
