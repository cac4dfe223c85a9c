import type { Cidr, Ip } from '../base/ip.ts'
import { bitsOf, familyOf, formatCidr, formatIp } from '../base/ip.ts'
import type { NextHop, Route } from '../model/network.ts'

/** A block as `ip route` prints it: `default` for everything, no length for one address. */
export function formatPrefix(cidr: Cidr): string {
  if (cidr.bits === 0) return 'default'
  return cidr.bits === bitsOf(familyOf(cidr.first)) ? formatIp(cidr.first) : formatCidr(cidr)
}

/** A route as `ip route` prints it. */
export function formatRoute(route: Route): string {
  const type = route.type === 'unicast' ? '' : `${route.type} `
  const head = `${type}${formatPrefix(route.destination)}`
  const tail = [
    route.protocol === undefined ? '' : `proto ${route.protocol}`,
    route.scope === 'global' ? '' : `scope ${route.scope}`,
    route.source === undefined ? '' : `src ${formatIp(route.source)}`,
    route.metric === 0 ? '' : `metric ${route.metric}`,
  ].filter((part) => part !== '')
  if (route.nextHops.length > 1) {
    const hops = route.nextHops.map((hop) => `nexthop ${formatHop(hop)} weight ${hop.weight}`)
    return [head, ...tail, ...hops].join(' ')
  }
  return [head, ...route.nextHops.map(formatHop), ...tail].join(' ')
}

function formatHop({ via, device, onlink }: NextHop): string {
  return `${via === undefined ? '' : `via ${formatIp(via)} `}dev ${device}${onlink ? ' onlink' : ''}`
}

/** The route that was taken, short: `10.244.2.0/24 via 172.18.0.4 dev eth0`. */
export function formatTaken(route: Route, device: string, via: Ip | undefined): string {
  const gateway = via === undefined ? '' : ` via ${formatIp(via)}`
  return `${formatPrefix(route.destination)}${gateway} dev ${device}`
}
