import type { Cidr, Ip } from '../base/ip.ts'
import { cidrOf, hostCidr } from '../base/ip.ts'
import type { Origin } from '../base/source.ts'
import type { Route, RoutingRule } from '../model/network.ts'
import { defaultTable, localTable, mainTable } from '../model/network.ts'

interface RouteOptions {
  readonly via?: Ip
  readonly source?: Ip
  readonly scope?: Route['scope']
  readonly onlink?: boolean
  readonly origin?: Origin
}

/** A route of the main table by one device. */
export function route(destination: Cidr, device: string, options: RouteOptions = {}): Route {
  const { via, source, scope, onlink, origin } = options
  return {
    destination,
    type: 'unicast',
    nextHops: [{ device, weight: 1, ...(via !== undefined && { via }), ...(onlink && { onlink }) }],
    ...(source !== undefined && { source }),
    metric: 0,
    table: mainTable,
    scope: scope ?? (via === undefined ? 'link' : 'global'),
    ...(origin && { origin }),
  }
}

/** A route to one address. */
export function hostRoute(ip: Ip, device: string, options: RouteOptions = {}): Route {
  return route(hostCidr(ip), device, options)
}

/** The connected route of an interface address. */
export function connected(device: string, ip: Ip, bits: number): Route {
  const source = typeof ip === 'number' ? { source: ip } : {}
  return { ...route(cidrOf(ip, bits), device, source), protocol: 'kernel' }
}

/** The rules that every namespace has, of both families. */
export const standardRules: readonly RoutingRule[] = ([4, 6] as const).flatMap((family) => {
  const lookup = (priority: number, table: number): RoutingRule => ({
    priority,
    family,
    action: { type: 'lookup', table },
  })
  const rules = [lookup(0, localTable), lookup(32766, mainTable)]
  return family === 4 ? [...rules, lookup(32767, defaultTable)] : rules
})

/** 0.0.0.0/0 or ::/0. */
export function everything(family: 4 | 6): Cidr {
  return cidrOf(family === 4 ? 0 : 0n, 0)
}

/** A route that swallows. */
export function blackhole(destination: Cidr): Route {
  return { destination, type: 'blackhole', nextHops: [], metric: 0, table: mainTable, scope: 'global' }
}
