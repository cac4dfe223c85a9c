import type { Ip } from '../base/ip.ts'
import { compareIp, contains, familyOf, offsetIp } from '../base/ip.ts'
import type { IpBlock } from './policy.ts'

/**
 * Tells addresses apart as far as blocks do: those with one number are in the same blocks and in the same exceptions of
 * them. Found by binary search, so that it takes as long for many blocks as for few.
 */
export function blockPlaces(blocks: readonly IpBlock[]): (ip: Ip) => number {
  const cidrs = blocks.flatMap(({ cidr, except }) => [cidr, ...except])
  const edges = {
    4: edgesOf(cidrs.filter(({ first }) => familyOf(first) === 4)),
    6: edgesOf(cidrs.filter(({ first }) => familyOf(first) === 6)),
  }
  const byInterval = new Map<string, number>()
  const byMembership = new Map<string, number>()
  return (ip) => {
    const family = familyOf(ip)
    const interval = `${family} ${placeIn(edges[family], ip)}`
    const known = byInterval.get(interval)
    if (known !== undefined) return known
    const membership = cidrs.flatMap((cidr, at) => (contains(cidr, ip) ? [at] : [])).join(' ')
    const place = byMembership.get(membership) ?? byMembership.size
    byMembership.set(membership, place)
    byInterval.set(interval, place)
    return place
  }
}

/** Where membership changes: the first address of each block, and the one after its last. */
function edgesOf(cidrs: readonly { readonly first: Ip; readonly last: Ip }[]): readonly Ip[] {
  return [...new Set(cidrs.flatMap(({ first, last }) => [first, offsetIp(last, 1)]))].toSorted(compareIp)
}

/** How many edges are at or before the address. */
function placeIn(edges: readonly Ip[], ip: Ip): number {
  let [low, high] = [0, edges.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((edges[middle] ?? 0) <= ip) low = middle + 1
    else high = middle
  }
  return low
}
