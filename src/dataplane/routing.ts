import type { Family, Ip } from '../base/ip.ts'
import { bitsOf, cidrOf, contains, familyOf, hostCidr, isLinkLocal, isMulticast } from '../base/ip.ts'
import type { Device, Netns, NextHop, Route, RoutingRule } from '../model/network.ts'
import { defaultTable, localTable, mainTable } from '../model/network.ts'
import type { AddressType } from '../netfilter/match/match.ts'

/** What a look-up is made with; mirrors struct flowi4. */
export interface FlowKey {
  readonly dst: Ip
  readonly src?: Ip
  readonly in?: string
  readonly out?: string
  readonly mark: number
}

/** Routes of one table and family: a map for each prefix length, the longest first. */
type PrefixMaps = readonly (readonly [bits: number, byFirst: ReadonlyMap<Ip, readonly Route[]>])[]

interface RoutingIndex {
  /** By table and family. */
  readonly tables: ReadonlyMap<number, PrefixMaps>
  readonly rules: Readonly<Record<Family, readonly RoutingRule[]>>
  /** What was looked up before, where the rules ask for nothing but the destination. */
  readonly known: Readonly<Record<Family, FoundRoutes | undefined>>
  /** What was looked up before in the local table. */
  readonly knownLocal: FoundRoutes
}

type FoundRoutes = Map<Ip, Route | undefined>

/** More destinations than this are not remembered. */
const rememberedRoutes = 4096

function remember(found: FoundRoutes, ip: Ip, route: Route | undefined): Route | undefined {
  if (found.size < rememberedRoutes) found.set(ip, route)
  return route
}

function tableKey(table: number, family: Family): number {
  return table * 10 + family
}

const indexes = new WeakMap<Netns, RoutingIndex>()

function indexOf(netns: Netns): RoutingIndex {
  const known = indexes.get(netns)
  if (known) return known
  const rules = rulesOf(netns)
  const index: RoutingIndex = {
    tables: indexTables([...localRoutes(netns), ...netns.routes]),
    rules,
    known: {
      4: rules[4].every(asksNothing) ? new Map() : undefined,
      6: rules[6].every(asksNothing) ? new Map() : undefined,
    },
    knownLocal: new Map(),
  }
  indexes.set(netns, index)
  return index
}

function asksNothing({ from, mark, in: inDevice, out }: RoutingRule): boolean {
  return !from && !mark && inDevice === undefined && out === undefined
}

function indexTables(routes: readonly Route[]): ReadonlyMap<number, PrefixMaps> {
  const tables = new Map<number, Map<number, Map<Ip, Route[]>>>()
  for (const route of routes) {
    const { destination } = route
    const byBits = getOrAdd(
      tables,
      tableKey(route.table, familyOf(destination.first)),
      () => new Map<number, Map<Ip, Route[]>>(),
    )
    const byFirst = getOrAdd(byBits, destination.bits, () => new Map<Ip, Route[]>())
    getOrAdd(byFirst, destination.first, () => []).push(route)
  }
  return new Map([...tables].map(([key, byBits]) => [key, sortPrefixes(byBits)]))
}

function sortPrefixes(byBits: Map<number, Map<Ip, Route[]>>): PrefixMaps {
  for (const byFirst of byBits.values()) {
    for (const routes of byFirst.values()) routes.sort((a, b) => a.metric - b.metric)
  }
  return [...byBits].sort(([a], [b]) => b - a)
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

function rulesOf(netns: Netns): RoutingIndex['rules'] {
  const own = (family: Family) =>
    (netns.rules?.filter((rule) => rule.family === family) ?? []).toSorted((a, b) => a.priority - b.priority)
  const orDefault = (family: Family) => {
    const rules = own(family)
    return rules.length > 0 ? rules : defaultRules(family)
  }
  return { 4: orDefault(4), 6: orDefault(6) }
}

/** The rules that every namespace starts with. */
function defaultRules(family: Family): readonly RoutingRule[] {
  const lookup = (priority: number, table: number): RoutingRule => ({
    priority,
    family,
    action: { type: 'lookup', table },
  })
  const rules = [lookup(0, localTable), lookup(32766, mainTable)]
  return family === 4 ? [...rules, lookup(32767, defaultTable)] : rules
}

/** The routes of the local table that follow from the devices' addresses (fib_add_ifaddr). */
function localRoutes(netns: Netns): Route[] {
  return netns.devices.flatMap((device) =>
    device.addresses.flatMap((address) => localRoutesOf(device, address)),
  )
}

function localRoutesOf(device: Device, { ip, bits }: Device['addresses'][number]): Route[] {
  const route = (type: 'local' | 'broadcast', first: Ip, length: number): Route => ({
    destination: cidrOf(first, length),
    type,
    nextHops: [{ device: device.name, weight: 1 }],
    source: ip,
    metric: 0,
    table: localTable,
    scope: type === 'local' ? 'host' : 'link',
    protocol: 'kernel',
  })
  const routes = [route('local', ip, bitsOf(familyOf(ip)))]
  if (typeof ip !== 'number') return routes
  if (device.type === 'loopback' && bits < 32) routes.push(route('local', ip, bits))
  else if (bits < 31) routes.push(route('broadcast', cidrOf(ip, bits).last, 32))
  return routes
}

/** The connected route that the kernel adds with an address. */
export function connectedRoute(device: string, ip: Ip, bits: number): Route {
  return {
    destination: cidrOf(ip, bits),
    type: 'unicast',
    nextHops: [{ device, weight: 1 }],
    ...(typeof ip === 'number' && { source: ip }),
    metric: typeof ip === 'number' ? 0 : 256,
    table: mainTable,
    scope: 'link',
    protocol: 'kernel',
  }
}

/** Mirrors fib_lookup: rules in order of priority, in each table the longest prefix. */
export function lookUpRoute(netns: Netns, key: FlowKey): Route | undefined {
  const index = indexOf(netns)
  const { dst } = key
  const family = familyOf(dst)
  const known = key.out === undefined ? index.known[family] : undefined
  if (!known) return followRules(index, family, key)
  return known.has(dst) ? known.get(dst) : remember(known, dst, followRules(index, family, key))
}

function followRules(index: RoutingIndex, family: Family, key: FlowKey): Route | undefined {
  for (const rule of index.rules[family]) {
    if (ruleMatches(rule, key) === (rule.inverted ?? false)) continue
    if (rule.action.type !== 'lookup') return policyRoute(key.dst, rule.action.type)
    const route = lookUpTable(index.tables.get(tableKey(rule.action.table, family)), key)
    if (route && route.type !== 'throw') return route
  }
  return undefined
}

function policyRoute(dst: Ip, type: 'blackhole' | 'unreachable' | 'prohibit'): Route {
  return { destination: hostCidr(dst), type, nextHops: [], metric: 0, table: 0, scope: 'global' }
}

function ruleMatches(rule: RoutingRule, key: FlowKey): boolean {
  if (rule.from && rule.from.bits > 0 && !(key.src !== undefined && contains(rule.from, key.src)))
    return false
  if (rule.to && !contains(rule.to, key.dst)) return false
  if (rule.mark && (key.mark & rule.mark.mask) >>> 0 !== rule.mark.value) return false
  if (rule.in !== undefined && rule.in !== (key.in ?? 'lo')) return false
  return rule.out === undefined || rule.out === key.out
}

function lookUpTable(table: PrefixMaps | undefined, key: FlowKey): Route | undefined {
  if (!table) return undefined
  for (const [bits, byFirst] of table) {
    for (const route of byFirst.get(firstOf(key.dst, bits)) ?? noRoutes) {
      if (key.out === undefined || route.nextHops.some((hop) => hop.device === key.out)) return route
    }
  }
  return undefined
}

const noRoutes: readonly Route[] = []

/** The first address of the block of this length that holds the address. */
function firstOf(ip: Ip, bits: number): Ip {
  if (typeof ip === 'bigint') return cidrOf(ip, bits).first
  return bits === 0 ? 0 : (ip & (0xffffffff << (32 - bits))) >>> 0
}

/** The route of the local table alone: what makes an address the namespace's own. */
export function lookUpLocal(netns: Netns, ip: Ip): Route | undefined {
  const { tables, knownLocal } = indexOf(netns)
  if (knownLocal.has(ip)) return knownLocal.get(ip)
  const table = tables.get(tableKey(localTable, familyOf(ip)))
  return remember(knownLocal, ip, lookUpTable(table, { dst: ip, mark: 0 }))
}

/** Whether the address is one of the namespace's own. */
export function isLocal(netns: Netns, ip: Ip): boolean {
  return lookUpLocal(netns, ip)?.type === 'local'
}

/** Mirrors inet_dev_addr_type: the type of an address by the local table, for one device or any. */
export function addressType(netns: Netns, ip: Ip, device?: string): AddressType {
  if (ip === 0xffffffff || (typeof ip === 'number' && ip >>> 24 === 0)) return 'BROADCAST'
  if (isMulticast(ip)) return 'MULTICAST'
  const route = lookUpLocal(netns, ip)
  if (!route || (device !== undefined && route.nextHops[0]?.device !== device)) return 'UNICAST'
  return route.type === 'broadcast' ? 'BROADCAST' : 'LOCAL'
}

/** How far an address or a route reaches; the greater the narrower (rtm_scope). */
const scopes = { global: 0, link: 253, host: 254 } as const

export type Scope = keyof typeof scopes

/**
 * Mirrors inet_select_addr: the first address of a device whose scope is wide enough, one in the peer's network
 * before others; from another device if this one has none. MASQUERADE asks for a global one.
 */
export function selectAddress(
  netns: Netns,
  deviceName: string,
  peer: Ip,
  family: Family,
  scope: Scope = 'global',
): Ip | undefined {
  let elsewhere: Ip | undefined
  for (const device of netns.devices) {
    if (device.name === deviceName) {
      const own = addressOn(device, peer, family, scope)
      if (own !== undefined) return own
    } else if (!device.down) elsewhere ??= addressBeyond(device, family, scope)
  }
  return elsewhere
}

function addressOn(device: Device, peer: Ip, family: Family, scope: Scope): Ip | undefined {
  let first: Ip | undefined
  for (const address of device.addresses) {
    const { ip, bits } = address
    if (familyOf(ip) !== family || scopes[scopeOf(device, address)] > scopes[scope]) continue
    if (contains(cidrOf(ip, bits), peer)) return ip
    first ??= ip
  }
  return first
}

/** An address of a device that the packet does not leave by: not one that is valid on its own link alone. */
function addressBeyond(device: Device, family: Family, scope: Scope): Ip | undefined {
  const usable = device.addresses.find((address) => {
    const own = scopeOf(device, address)
    return familyOf(address.ip) === family && own !== 'link' && scopes[own] <= scopes[scope]
  })
  return usable?.ip
}

/** 127.0.0.1 and ::1 reach no further than the host, whatever device they are on; others say. */
function scopeOf(device: Device, { ip, scope }: Device['addresses'][number]): Scope {
  if (scope) return scope
  if (device.type === 'loopback' && (typeof ip === 'number' ? ip >>> 24 === 127 : ip === 1n)) return 'host'
  return typeof ip === 'bigint' && isLinkLocal(ip) ? 'link' : 'global'
}

/** The next hops that a packet may take, with their shares; one for most routes. */
export function nextHopShares(route: Route): readonly { readonly hop: NextHop; readonly share: number }[] {
  const total = route.nextHops.reduce((sum, hop) => sum + hop.weight, 0)
  return route.nextHops.map((hop) => ({ hop, share: hop.weight / total }))
}
