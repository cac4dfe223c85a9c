import type { Ip } from '../../base/ip.ts'
import { contains, familyOf } from '../../base/ip.ts'
import type { Route } from '../../model/network.ts'
import { mainTable } from '../../model/network.ts'

/** The route of the main table that an address would take: the longest prefix, then the smallest metric. */
export function mainRoute(routes: readonly Route[], ip: Ip): Route | undefined {
  let best: Route | undefined
  for (const route of routes) {
    const { destination, table, metric } = route
    const fits =
      table === mainTable && familyOf(destination.first) === familyOf(ip) && contains(destination, ip)
    if (!fits) continue
    const better =
      !best ||
      destination.bits > best.destination.bits ||
      (destination.bits === best.destination.bits && metric < best.metric)
    if (better) best = route
  }
  return best
}

/** The device of a route that leads somewhere. */
export function deviceTowards(routes: readonly Route[], ip: Ip): string | undefined {
  return mainRoute(routes, ip)?.nextHops[0]?.device
}

/** The default routes' first gateway and device of a family. */
export function defaultHop(routes: readonly Route[], family: 4 | 6) {
  return mainRoute(
    routes.filter(({ destination, type }) => destination.bits === 0 && type === 'unicast'),
    family === 4 ? 0 : 0n,
  )?.nextHops[0]
}
