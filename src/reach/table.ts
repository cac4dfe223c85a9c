import type { Ip } from '../base/ip.ts'
import type { ClusterPod } from '../model/cluster.ts'
import { policyMatrix } from '../policy/matrix.ts'
import type { Direct, Member, Port } from './direct.ts'
import { bySockets, directConnections } from './direct.ts'
import type { Endings } from './endings.ts'
import { combined } from './endings.ts'
import type { Group } from './groups.ts'
import { groupPlaces } from './groups.ts'
import type { Cells } from './judged-row.ts'
import { networkClasses } from './network-classes.ts'
import { pairKinds } from './pairs.ts'
import type { Place } from './place.ts'
import { hostPods, nodePlaces, outsidePlaces, podPlaces } from './place.ts'
import { sharedRows } from './rows.ts'
import type { ServiceAsked } from './services.ts'
import { serviceConnections } from './services.ts'
import type { ReachWorlds } from './walks.ts'
import type { Context } from './ways.ts'
import { allParties } from './ways.ts'

/** Who can reach what in a cluster, ready to be asked. */
export interface ReachTable {
  /** Everybody who sends or is addressed, in groups that nothing tells apart. */
  readonly groups: readonly Group[]
  readonly context: Context
  /** Every port of every Service that has a name in the cluster. */
  readonly services: readonly ServiceAsked[]
  memberOf(place: Place): Member | undefined
  /** How connections from a group's members to another's end: all pairs of different members. */
  toGroup(sender: Group, destination: Group, port: Port): Endings | undefined
  /** From all groups of the list, by how they end; groups without a pair are left out. */
  allToGroup(senders: readonly Group[], destination: Group, port: Port): Cells
  allToService(senders: readonly Group[], asked: ServiceAsked): Cells
  /** The same for a Service. */
  toService(sender: Group, asked: ServiceAsked): Endings
  /** One pair. */
  toPlace(sender: Place, destination: Place, port: Port): Endings | undefined
  fromPlace(sender: Place, asked: ServiceAsked): Endings | undefined
}

/** Makes the table; what is asked of it is worked out when it is asked. */
export function reachTable(worlds: ReachWorlds): ReachTable {
  const { world } = worlds
  const classes = networkClasses(world, worlds.dumped)
  const nodes = nodePlaces(world, classes)
  const outside = outsidePlaces(world)
  const byNode = new Map(nodes.map((node) => [node.node, node]))
  const onHosts = hostPods(world).flatMap((pod) => hostPodPlace(pod, byNode.get(pod.nodeName)) ?? [])
  const places = [...podPlaces(world, classes), ...onHosts, ...nodes, ...outside]
  const { policies } = world
  const matrix =
    policies &&
    policyMatrix(
      policies.set,
      policies.engine,
      allParties(
        worlds,
        outside.map(({ party }) => party),
      ),
    )
  const context: Context = {
    worlds,
    count: { walks: 0 },
    probes: policies?.engine.asksEndsTogether !== true,
    ...(matrix && { matrix }),
  }
  const groups = groupPlaces(world, places, matrix)
  const members = new Map(
    groups.flatMap((group) => group.places.map((place) => [place.id, { place, group }] as const)),
  )
  const byIp = placesByIp(places)
  const memberAt = (ip: Ip): Member | undefined => members.get(byIp.get(ip)?.id ?? '')
  const direct = directConnections(context)
  const services = serviceConnections(context, direct, memberAt)
  const toGroup: ReachTable['toGroup'] = (sender, destination, port) =>
    betweenGroups(context, direct, [sender, destination], port)
  const rows = sharedRows(context, { direct, services, toGroup })
  const memberOf = ({ id }: Place) => members.get(id)
  const asked = world.cluster.services
    .filter(({ type }) => type !== 'ExternalName')
    .flatMap((service) => service.ports.map((port): ServiceAsked => ({ service, port })))
  return {
    groups,
    context,
    services: asked,
    memberOf,
    toGroup: (sender, destination, port) => betweenGroups(context, direct, [sender, destination], port),
    allToGroup: rows.toGroup,
    allToService: rows.toService,
    toService: services.fromGroup,
    toPlace: (sender, destination, port) => {
      const [from, to] = [memberOf(sender), memberOf(destination)]
      return from && to && direct.between(from, to, port)
    },
    fromPlace: (sender, asked) => {
      const from = memberOf(sender)
      return from && services.between(from, asked)
    },
  }
}

/** A pod on its node's network: it is asked at the node's address, and policies take it for the node. */
function hostPodPlace(pod: ClusterPod, node: Place | undefined): Place | undefined {
  return node && { ...node, id: `pod/${pod.namespace}/${pod.name}`, ref: pod.ref, pod }
}

/** Who is asked at an address: pods, and nodes rather than pods on their network. */
function placesByIp(places: readonly Place[]): ReadonlyMap<Ip, Place> {
  const found = new Map<Ip, Place>()
  for (const place of places) {
    const own = place.pod && !place.pod.hostNetwork ? place.pod.ips : [place.ip]
    for (const ip of own) if (place.id.startsWith('node/') || !found.has(ip)) found.set(ip, place)
  }
  return found
}

/** Pairs of different members; of a group of one, that one to itself. */
function betweenGroups(
  context: Context,
  direct: Direct,
  [sender, destination]: readonly [Group, Group],
  port: Port,
): Endings | undefined {
  const kinds = bySockets(context, destination.places, port).flatMap((to) => pairKinds(sender.places, to))
  const between = kinds.filter(({ relation }) => relation !== 'self')
  const counted = between.length > 0 ? between : kinds
  if (counted.length === 0) return undefined
  return combined(
    counted.map(({ sample: [from, to], count }) => [
      direct.between({ place: from, group: sender }, { place: to, group: destination }, port),
      count,
    ]),
  )
}
