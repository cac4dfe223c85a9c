import type { Ip } from '../base/ip.ts'
import { bitsOf, covers, familyOf, formatCidr, formatIp } from '../base/ip.ts'
import type { ObjectRef } from '../base/source.ts'
import type { DriftEntry } from '../model/drift.ts'
import type { NextHop, Route } from '../model/network.ts'
import { localTable } from '../model/network.ts'
import { formatPrefix, formatRoute } from '../model/route-text.ts'
import type { DriftContext } from './context.ts'

/**
 * Compares routes by destination and table; of several for one destination, the one with the lowest metric, which
 * the kernel takes. Routes to the networks that a device is on and the default route depend on the machine: of
 * the default route, only that there is one is asked for.
 */
export function routeEntries(context: DriftContext): readonly DriftEntry[] {
  const { expected, dump } = context
  if (!dump.routes) return []
  const actual = bestRoutes(dump.routes.filter((route) => route.table !== localTable))
  const wanted = bestRoutes(expected.routes.filter((route) => route.table !== localTable))
  const entries: DriftEntry[] = []
  for (const [key, route] of wanted) {
    const found = actual.get(key)
    if (!found) entries.push(...missingRoute(route, context))
    else entries.push(...differingRoute(route, found, context))
  }
  for (const [key, route] of actual) if (!wanted.has(key)) entries.push(...extraRoute(route, context))
  return entries
}

function bestRoutes(routes: readonly Route[]): ReadonlyMap<string, Route> {
  const best = new Map<string, Route>()
  for (const route of routes) {
    const key = `${formatCidr(route.destination)} ${route.table}`
    const known = best.get(key)
    if (!known || route.metric < known.metric) best.set(key, route)
  }
  return best
}

function isDefault({ destination }: Route): boolean {
  return destination.bits === 0
}

/** A route to the network that a device is on, which the kernel makes with the device's address. */
function isConnected({ protocol, origin }: Route): boolean {
  return protocol === 'kernel' && origin === undefined
}

function missingRoute(route: Route, context: DriftContext): readonly DriftEntry[] {
  if (isConnected(route)) return []
  const consequence = isDefault(route)
    ? 'nothing outside the networks that the node is on can be reached from here'
    : unreachable(route, context)
  return [
    {
      type: 'missing',
      area: 'routes',
      ...ownerOf(route, context),
      message: `the route ${toWhom(route, context)} is missing`,
      ...(consequence !== undefined && { consequence }),
      expected: [formatRoute(onNode(route, context))],
      actual: [],
    },
  ]
}

/** `to 10.244.2.0/24 (pods of node worker2)`. */
function toWhom(route: Route, context: DriftContext): string {
  const whose = whoseDestination(route, context)
  return `to ${formatPrefix(route.destination)}${whose === undefined ? '' : ` (${whose})`}`
}

/** The pod or the node's pods that a destination is for, as far as objects say. */
function whoseDestination({ destination }: Route, { objects }: DriftContext): string | undefined {
  if (destination.bits === bitsOf(familyOf(destination.first))) {
    const pod = objects.pod(destination.first)
    if (pod) return `pod ${pod.namespace}/${pod.name}`
    const machine = objects.nodeAt(destination.first)
    return machine && `node ${machine.name}`
  }
  const node = destination.bits === 0 ? undefined : objects.nodeOfPods(destination.first)
  const own = node?.podCidrs.some((cidr) => covers(cidr, destination))
  return node && own ? `pods of node ${node.name}` : undefined
}

function unreachable(route: Route, context: DriftContext): string | undefined {
  const whose = whoseDestination(route, context)
  return whose === undefined ? undefined : `${whose} cannot be reached from here`
}

function ownerOf(route: Route, { objects }: DriftContext): Partial<DriftEntry> {
  const { origin, destination } = route
  const subject: ObjectRef | undefined =
    origin?.subject ?? objects.pod(destination.first)?.ref ?? objects.nodeOfPods(destination.first)?.ref
  return {
    ...(origin && { component: origin.component }),
    ...(subject && destination.bits > 0 && { subject }),
  }
}

function differingRoute(should: Route, has: Route, context: DriftContext): readonly DriftEntry[] {
  if (isDefault(should) || isConnected(should)) return []
  const parts = differences(should, has, context)
  if (parts.length === 0) return []
  const lost = parts.length === 1 && (parts[0]?.startsWith('its MTU') || parts[0]?.startsWith('its source'))
  const consequence = lost ? undefined : elsewhere(should, has, context)
  return [
    {
      type: 'differs',
      area: 'routes',
      ...ownerOf(should, context),
      message: `the route ${toWhom(should, context)} is another: ${parts.join('; ')}`,
      ...(consequence !== undefined && { consequence }),
      expected: [formatRoute(onNode(should, context))],
      actual: [formatRoute(has)],
    },
  ]
}

function differences(should: Route, has: Route, context: DriftContext): string[] {
  const parts: string[] = []
  if (should.type !== has.type) parts.push(`it is of type ${has.type} and should be ${should.type}`)
  const [wanted, found] = [hopsKey(should.nextHops, undefined), hopsKey(has.nextHops, context)]
  if (should.type === has.type && wanted !== found)
    parts.push(hopsText(should.nextHops, has.nextHops, context))
  if (should.mtu !== has.mtu)
    parts.push(`its MTU is ${has.mtu ?? "the device's"} and should be ${should.mtu ?? "the device's"}`)
  if (should.source !== undefined && has.source !== undefined && should.source !== has.source) {
    parts.push(`its source is ${formatIp(has.source)} and should be ${formatIp(should.source)}`)
  }
  return parts
}

/** Next hops in any order; the node's devices by the names of the other side. */
function hopsKey(hops: readonly NextHop[], context: DriftContext | undefined): string {
  const name = (device: string) => context?.devices.get(device) ?? device
  return hops
    .map(({ via, device, weight }) => `${via === undefined ? '' : formatIp(via)} ${name(device)} ${weight}`)
    .toSorted()
    .join(', ')
}

function hopsText(should: readonly NextHop[], has: readonly NextHop[], context: DriftContext): string {
  const named = (hops: readonly NextHop[]) => hops.map((hop) => hopText(hop, context)).join(', ')
  return `it leads ${named(has)} and should lead ${named(onNode({ nextHops: should }, context).nextHops)}`
}

/** An expected route with the node's own names of its devices. */
function onNode<T extends Pick<Route, 'nextHops'>>(route: T, { devices }: DriftContext): T {
  const own = (name: string) => [...devices].find(([, other]) => other === name)?.[0] ?? name
  return { ...route, nextHops: route.nextHops.map((hop) => ({ ...hop, device: own(hop.device) })) }
}

function hopText({ via, device }: NextHop, { objects }: DriftContext): string {
  if (via === undefined) return `out of ${device}`
  const node = objects.nodeAt(via)
  return `to ${formatIp(via)}${node ? ` (node ${node.name})` : ''} by ${device}`
}

function elsewhere(should: Route, has: Route, context: DriftContext): string | undefined {
  const whose = whoseDestination(should, context)
  if (whose === undefined) return undefined
  const [hop] = has.nextHops
  const node = hop?.via === undefined ? undefined : context.objects.nodeAt(hop.via)
  const where =
    hop?.via === undefined
      ? ''
      : ` goes to ${formatIp(hop.via)}, ${node ? `which is node ${node.name}` : 'which is no node of the cluster'}`
  return where === '' ? `${whose} cannot be reached from here` : `traffic from here to ${whose}${where}`
}

/** A route that nothing asks for, where it is about the cluster's own addresses. */
function extraRoute(route: Route, context: DriftContext): readonly DriftEntry[] {
  if (isDefault(route) || !isOfCluster(route, context)) return []
  const whose = whoseDestination(route, context)
  const { destination, nextHops } = route
  const isHost = destination.bits === bitsOf(familyOf(destination.first))
  const stale = whose === undefined
  const why = isHost
    ? 'no pod has this address: a pod that is gone, or is not in the input?'
    : 'no Node has this pod CIDR: a node that is gone?'
  const via = viaText(nextHops[0]?.via)
  return [
    {
      type: stale ? 'stale' : 'extra',
      area: 'routes',
      ...(!stale && ownerOf(route, context)),
      message: stale
        ? `${formatPrefix(route.destination)}${via}: ${why}`
        : `the route ${toWhom(route, context)} should not be there`,
      ...(whose !== undefined && {
        consequence: `traffic from here to ${whose} goes ${hopsOf(route, context)}`,
      }),
      expected: [],
      actual: [formatRoute(route)],
    },
  ]
}

function hopsOf({ nextHops, type }: Route, context: DriftContext): string {
  return nextHops.length === 0 ? `nowhere (${type})` : nextHops.map((hop) => hopText(hop, context)).join(', ')
}

function viaText(via: Ip | undefined): string {
  return via === undefined ? '' : ` via ${formatIp(via)}`
}

function isOfCluster(route: Route, { ranges }: DriftContext): boolean {
  return !isConnected(route) && ranges.some((range) => covers(range, route.destination))
}
