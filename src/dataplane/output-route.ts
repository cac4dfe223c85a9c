import type { Ip } from '../base/ip.ts'
import { familyOf, isLinkLocal, isLoopback } from '../base/ip.ts'
import { TCP } from '../base/packet.ts'
import type { NextHop, Route } from '../model/network.ts'
import type { Step } from '../model/trace.ts'
import type { Flight, Next, Outcome, Walk, Way } from './flight.ts'
import { extendTrail, lose, stop } from './flight.ts'
import { forkByChance } from './fork.ts'
import { deviceOf } from './link.ts'
import type { Scope } from './routing.ts'
import { isLocal, lookUpRoute, nextHopShares, selectAddress } from './routing.ts'
import { deviceSwitch } from './sysctl.ts'

/** The error that a socket gets when its packet cannot be routed. */
export type RouteErrno = 'ENETUNREACH' | 'EHOSTUNREACH' | 'EINVAL' | 'EACCES'

export type OutputRoute =
  | { readonly type: 'route'; readonly route: Route; readonly source: Ip }
  | { readonly type: 'error'; readonly errno: RouteErrno; readonly text: string }

/** Mirrors ip_route_output_key: where the namespace's own packet goes, and from which address. */
export function routeOutput(
  flight: Flight,
  key: { readonly dst: Ip; readonly src?: Ip; readonly mark: number },
): OutputRoute {
  const { netns } = flight
  const route = lookUpRoute(netns, key)
  if (!route) return { type: 'error', errno: 'ENETUNREACH', text: 'no route to the destination' }
  const refused = refusal(route)
  if (refused) return refused
  const device = route.nextHops[0]?.device ?? 'lo'
  const source = key.src ?? route.source ?? sourceFor(flight, route, key.dst)
  if (source === undefined) return { type: 'error', errno: 'ENETUNREACH', text: 'no source address' }
  const toLoopback = route.type === 'local' || deviceOf(netns, device)?.type === 'loopback'
  if (isLoopback(source) && !toLoopback && typeof source === 'number') {
    // __mkroute_output: 127/8 leaves by another device only where route_localnet allows it.
    if (!deviceSwitch(netns, device, 'route_localnet')) {
      return {
        type: 'error',
        errno: 'EINVAL',
        text: `source 127.0.0.0/8 may not leave by ${device} (route_localnet=0)`,
      }
    }
  }
  return { type: 'route', route, source }
}

function refusal(route: Route): OutputRoute | undefined {
  switch (route.type) {
    case 'blackhole':
      return { type: 'error', errno: 'EINVAL', text: 'blackhole route' }
    case 'unreachable':
      return { type: 'error', errno: 'EHOSTUNREACH', text: 'unreachable route' }
    case 'prohibit':
      return { type: 'error', errno: 'EACCES', text: 'prohibit route' }
    default:
      return undefined
  }
}

/** The packet's own destination, if that is local; else the primary address of the outgoing device. */
function sourceFor({ netns }: Flight, route: Route, dst: Ip): Ip | undefined {
  if (route.type === 'local') return isLocal(netns, dst) ? dst : undefined
  const hop = route.nextHops[0]
  return hop && selectAddress(netns, hop.device, hop.via ?? dst, familyOf(dst), scopeFor(route, dst))
}

/** fib_info_update_nhc_saddr: as wide as the route. IPv6 asks for what reaches the destination (RFC 6724, rule 2). */
function scopeFor(route: Route, dst: Ip): Scope {
  if (familyOf(dst) === 4) return route.scope
  return isLinkLocal(dst) ? 'link' : 'global'
}

/** Follows a route by one of its next hops; several with their shares. */
export function takeRoute(
  walk: Walk,
  flight: Flight,
  route: Route,
  again: boolean,
  next: Next,
  source?: Ip,
): readonly Outcome[] {
  const { packet, netns } = flight
  const shares = nextHopShares(route)
  const follow = (hop: NextHop, current: Flight): readonly Outcome[] => {
    const local = route.type === 'local'
    const way: Way = { route, device: local ? 'lo' : hop.device, via: hop.via, local }
    const trail = current.quiet ? current.trail : extendTrail(current, routeStep(way, source, again))
    return next({ ...current, way, trail })
  }
  const [first] = shares
  if (!first) return lose(walk, flight, 'no-route', 'the route leads nowhere')
  if (shares.length === 1) return follow(first.hop, flight)
  // fib_multipath_hash_policy=0: one flow keeps its next hop, by the hash of its two addresses.
  const key = `multipath ${netns.id} ${packet.src} ${packet.dst}`
  const chosen = flight.state.get(key)
  const known = shares.find((one) => `${one.hop.device} ${one.hop.via}` === chosen)
  if (known) return follow(known.hop, flight)
  const fork = (at: number, left: number, current: Flight): readonly Outcome[] => {
    const option = shares[at]
    if (!option) return []
    const take = (weighted: Flight) =>
      follow(option.hop, {
        ...weighted,
        state: weighted.state.set(key, `${option.hop.device} ${option.hop.via}`),
      })
    if (at === shares.length - 1) return take(current)
    return forkByChance(walk, current, option.share / left, take, (rest) =>
      fork(at + 1, left - option.share, rest),
    )
  }
  return fork(0, 1, flight)
}

function routeStep({ route, device, via }: Way, source: Ip | undefined, again: boolean): Step {
  return {
    type: 'route',
    route,
    device,
    ...(via !== undefined && { via }),
    ...(source !== undefined && { source }),
    again,
  }
}

/**
 * Mirrors ip_route_me_harder: the packet keeps its source address, whatever device it leaves by now. If there is no way
 * a datagram's sender gets the error; TCP only sees that nothing comes back.
 */
export function rerouteAfterHook(walk: Walk, flight: Flight, next: Next): readonly Outcome[] {
  const { dst, src, mark } = flight.packet
  const found = routeOutput(flight, { dst, src, mark })
  if (found.type === 'error') {
    const stopped = stop(flight, 'no-route', `${found.text}, after translation`)
    const told = flight.packet.protocol !== TCP
    return walk.end(stopped, told ? { type: 'failed', errno: found.errno } : { type: 'lost' })
  }
  return takeRoute(walk, flight, found.route, true, next)
}
