import { compareIp, familyOf, formatIp } from '../../base/ip.ts'
import type { NextHop, Route } from '../../model/network.ts'
import { localTable, mainTable } from '../../model/network.ts'
import { formatPrefix } from '../../model/route-text.ts'

/** Routes of one family as `ip route show table all` prints them, the local table left out: main first, then by number. */
export function formatRoutes(routes: readonly Route[], family: 4 | 6): string {
  const own = routes.filter(
    ({ destination, table }) => familyOf(destination.first) === family && table !== localTable,
  )
  return own
    .toSorted(
      (a, b) =>
        Number(a.table !== mainTable) - Number(b.table !== mainTable) ||
        a.table - b.table ||
        compareIp(a.destination.first, b.destination.first) ||
        a.destination.bits - b.destination.bits ||
        a.metric - b.metric,
    )
    .map((route) => `${routeLine(route, family)}\n`)
    .join('')
}

function routeLine(route: Route, family: 4 | 6): string {
  const { destination, type, nextHops, scope, source, protocol, metric, table, mtu } = route
  const [only] = nextHops.length === 1 ? nextHops : []
  const words = [
    ...(type === 'unicast' ? [] : [type]),
    formatPrefix(destination),
    ...(only ? hopWords(only) : []),
    ...(table === mainTable ? [] : [`table ${table}`]),
    ...(protocol === undefined ? [] : [`proto ${protocol}`]),
    ...(family === 4 && scope !== 'global' ? [`scope ${scope}`] : []),
    ...(source === undefined ? [] : [`src ${formatIp(source)}`]),
    ...metricWords(metric, protocol, family),
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
    ...(only?.onlink ? ['onlink'] : []),
    ...(family === 6 ? ['pref medium'] : []),
    ...(nextHops.length > 1
      ? nextHops.map((hop) => `nexthop ${hopWords(hop).join(' ')} weight ${hop.weight}`)
      : []),
  ]
  return words.join(' ')
}

function hopWords({ via, device }: NextHop): readonly string[] {
  return [...(via === undefined ? [] : [`via ${formatIp(via)}`]), `dev ${device}`]
}

/** IPv6 routes have a metric always: 256 with an address, 1024 by hand. */
function metricWords(metric: number, protocol: string | undefined, family: 4 | 6): readonly string[] {
  if (family === 4) return metric === 0 ? [] : [`metric ${metric}`]
  return [`metric ${metric === 0 ? (protocol === 'kernel' ? 256 : 1024) : metric}`]
}
