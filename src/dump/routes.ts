import type { Cidr, Ip } from '../base/ip.ts'
import { cidrOf, familyOf, hostCidr, parseCidr, parseIp } from '../base/ip.ts'
import type { NextHop, Route, RouteType } from '../model/network.ts'
import { localTable, mainTable } from '../model/network.ts'
import type { DumpText } from './dump-text.ts'
import { clip, offsetOf, readField, recollect, wholeNumber } from './dump-text.ts'
import type { Entry } from './entry.ts'
import { entriesIn, entryIn, hasFlag, listHas, textIn } from './entry.ts'
import { routeTypes } from './ip-routes.ts'
import { readTable } from './routing-tables.ts'

const address = { read: parseIp, expected: 'an IP address' }
const number = { read: wholeNumber, expected: 'a number' }
const table = { read: readTable, expected: 'the number or the name of a routing table' }

/** Types that lead nowhere and have no next hop. */
const nowhere = new Set<string>(['blackhole', 'unreachable', 'prohibit', 'throw'])

/** Types that no walk asks for: what is sent to many, and what the kernel keeps for itself. */
const passedOver = new Set(['multicast', 'anycast', 'nat'])

/** `ip route show table all`, or of one table; `family` is what the file's name says, for routes that do not. */
export function readRoutes(
  dump: DumpText,
  entries: readonly Entry[],
  family: 4 | 6 | undefined,
): readonly Route[] {
  return entries.flatMap((entry) => readRoute(dump, entry, family) ?? [])
}

function readRoute(dump: DumpText, entry: Entry, stated: 4 | 6 | undefined): Route | undefined {
  const type = textIn(entry, 'type') ?? 'unicast'
  if (!routeTypes.has(type)) {
    dump.problem('dump-syntax', offsetOf(entry, 'type'), `"${clip(type)}" is no type of route`, recollect)
    return undefined
  }
  if (passedOver.has(type) || listHas(entry, 'flags', 'dead')) return undefined
  if (entry.fields.has('encap')) {
    const message = 'a route that encapsulates by itself is not modelled; it is left out'
    dump.problem('dump-not-modelled', offsetOf(entry, 'encap'), message)
    return undefined
  }
  const destination = readDestination(dump, entry, stated)
  const hops = nowhere.has(type) ? [] : readHops(dump, entry)
  const number254 = readField(dump, entry, 'table', table) ?? mainTable
  if (!destination || !hops) return undefined
  const source = readField(dump, entry, 'prefsrc', address)
  const protocol = textIn(entry, 'protocol')
  const mtu = readMtu(dump, entry)
  return {
    destination,
    type: type as RouteType,
    nextHops: hops,
    ...(source !== undefined && { source }),
    metric: readField(dump, entry, 'metric', number) ?? 0,
    table: number254,
    scope: scopeOf(entry, type),
    ...(protocol !== undefined && protocol !== 'boot' && { protocol }),
    ...(mtu !== undefined && { mtu }),
  }
}

/** In JSON the metrics stand in a list of one map; the text has them as words. */
function readMtu(dump: DumpText, entry: Entry): number | undefined {
  const [metrics] = entriesIn(entry, 'metrics')
  return readField(dump, metrics ?? entry, 'mtu', number)
}

function scopeOf(entry: Entry, type: string): Route['scope'] {
  const scope = textIn(entry, 'scope')
  if (scope === 'link' || scope === 'host') return scope
  return type === 'local' ? 'host' : 'global'
}

function readDestination(dump: DumpText, entry: Entry, stated: 4 | 6 | undefined): Cidr | undefined {
  const text = textIn(entry, 'dst') ?? ''
  if (text === 'default') return everything(familyFor(entry, stated))
  const ip = parseIp(text)
  const block = ip === undefined ? parseCidr(text) : hostCidr(ip)
  if (!block) {
    const message = `expected a destination such as 10.0.0.0/24 or default, found "${clip(text)}"`
    dump.problem('dump-syntax', offsetOf(entry, 'dst'), message, recollect)
  }
  return block
}

function everything(family: 4 | 6): Cidr {
  return cidrOf(family === 4 ? 0 : 0n, 0)
}

/** `default` has no family of its own: its gateway or its source has one, and IPv6 routes alone have a preference. */
function familyFor(entry: Entry, stated: 4 | 6 | undefined): 4 | 6 {
  const [hop] = entriesIn(entry, 'nexthops')
  const other = [textIn(entry, 'prefsrc'), textIn(entry, 'gateway'), textIn(hop ?? entry, 'gateway')]
  const ip = other.map((one) => parseIp(one ?? '')).find((one) => one !== undefined)
  if (ip !== undefined) return familyOf(ip)
  return stated ?? (entry.fields.has('pref') ? 6 : 4)
}

function readHops(dump: DumpText, entry: Entry): readonly NextHop[] | undefined {
  const several = entriesIn(entry, 'nexthops')
  const each = several.length > 0 ? several : [entry]
  const hops = each.map((one) => readHop(dump, one))
  return hops.some((hop) => !hop) ? undefined : hops.filter((hop) => hop !== undefined)
}

function readHop(dump: DumpText, entry: Entry): NextHop | undefined {
  const device = textIn(entry, 'dev')
  if (device === undefined) {
    dump.problem('dump-syntax', entry.offset, 'a route names no device', recollect)
    return undefined
  }
  const via = gatewayOf(dump, entry)
  const weight = readField(dump, entry, 'weight', number) ?? 1
  const onlink = listHas(entry, 'flags', 'onlink') || hasFlag(entry, 'onlink')
  return { ...(via !== undefined && { via }), device, weight, ...(onlink && { onlink }) }
}

/** A gateway of the other family stands in JSON in a map of its own. */
function gatewayOf(dump: DumpText, entry: Entry): Ip | undefined {
  const other = entryIn(entry, 'via')
  return other ? readField(dump, other, 'host', address) : readField(dump, entry, 'gateway', address)
}

/** Whether a route of the local table follows from the devices' addresses, and need not be kept. */
export function followsFromAddresses(
  { table: number, type, protocol }: Route,
  known: ReadonlySet<Ip>,
  { first, bits }: Cidr,
): boolean {
  if (number !== localTable) return false
  if (type === 'broadcast') return true
  if (type !== 'local') return false
  const host = bits === (typeof first === 'number' ? 32 : 128)
  if (host) return known.has(first) || (known.size === 0 && protocol === 'kernel')
  return first === 0x7f000000
}
