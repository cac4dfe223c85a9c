import type { Dial, RequestProtocol } from '../journey/resolve-target.ts'
import type { Decision } from '../policy/decide.ts'
import type { Endings } from './endings.ts'
import { always, combined } from './endings.ts'
import type { Group } from './groups.ts'
import type { Relation } from './pairs.ts'
import { relationOf } from './pairs.ts'
import type { Place } from './place.ts'
import type { Role } from './roles.ts'
import { walkOnce } from './walks.ts'
import type { Judge } from './way-judge.ts'
import { judgeOf, shapeOf } from './way-judge.ts'
import type { Context, RoleCheck, Way } from './ways.ts'
import { endingOf, seenWays, verdictBetween, verdictFor, wayOf } from './ways.ts'

/** A destination port. */
export interface Port {
  readonly protocol: Exclude<RequestProtocol, 'icmp'> | 'icmp'
  readonly number: number
}

/** A place with the group that it is in. */
export interface Member {
  readonly place: Place
  readonly group: Group
}

/** Connections to addresses of places themselves, without a Service between. */
export interface Direct {
  /** How a connection from one to the other ends. */
  between(sender: Member, destination: Member, port: Port): Endings
  /** The same for all senders of one network's class that are not on the destination's node, by a pair that is not. */
  judge(pair: Pair, port: Port): Judge | undefined
  /** Whether it makes no difference, for all of the senders' and the destination's kinds, to be on one node. */
  sameFromNear(near: Pair, far: Pair, port: Port): boolean
}

/** A sender and a destination. */
export type Pair = readonly [sender: Member, destination: Member]

/** Walks once for each kind of connection, and lets the policies decide for each pair of groups. */
export function directConnections(context: Context): Direct {
  const kinds = new Map<string, readonly Way[] | undefined>()
  const waysFor = (sender: Member, destination: Member, port: Port, relation: Relation) => {
    const key = [
      sender.group.network,
      destination.group.network,
      relation,
      port.protocol,
      port.number,
      socketsAt(context, destination.place, port),
    ].join(' ')
    if (kinds.has(key)) return kinds.get(key)
    const ways = makeWays(context, sender.place, destination.place, port)
    kinds.set(key, ways)
    return ways
  }
  const endings = (ways: readonly Way[] | undefined, ends: Required<Ends>, port: Port): Endings => {
    const parts = ways?.map((way) => endingsOfWay(context, way, ends))
    if (ways && parts?.every((part) => part !== undefined)) {
      const [only] = parts
      if (parts.length === 1 && only) return only
      return combined(parts.flatMap((part, at) => (part ? [[part, ways[at]?.share ?? 0] as const] : [])))
    }
    const { sender, destination } = ends
    return walked(context, sender.place, dialTo(destination.place, port), port.protocol)
  }
  const find: typeof waysFor = (...asked) => (context.probes ? waysFor(...asked) : undefined)
  return {
    between: (sender, destination, port) => {
      const relation = relationOf(sender.place, destination.place)
      const ways = find(sender, destination, port, relation)
      return endings(ways, { sender, destination, relation }, port)
    },
    judge: ([sender, destination], port) =>
      judgeOf(context, find(sender, destination, port, 'other'), destination.group),
    sameFromNear: (near, far, port) => {
      if (context.matrix?.asksOwnNode) return false
      const [same, other] = [find(...near, port, 'same'), find(...far, port, 'other')]
      return same !== undefined && other !== undefined && shapeOf(same) === shapeOf(other)
    },
  }
}

/** Places by the sockets that they have at a port: the nodes of a group differ in the pods that are on their network. */
export function bySockets(
  context: Context,
  places: readonly Place[],
  port: Port,
): readonly (readonly Place[])[] {
  if (places[0]?.type !== 'node') return [places]
  const found = new Map<string, Place[]>()
  for (const place of places) {
    const key = socketsAt(context, place, port)
    const list = found.get(key)
    if (list) list.push(place)
    else found.set(key, [place])
  }
  return [...found.values()]
}

const socketTexts = new WeakMap<Place, Map<string, string>>()

/** What counts of the sockets at a port, and of what takes packets to it elsewhere. */
export function socketsAt(context: Context, place: Place, port: Port): string {
  const known = socketTexts.get(place) ?? new Map<string, string>()
  socketTexts.set(place, known)
  const key = `${port.protocol} ${port.number}`
  const found = known.get(key) ?? socketText(context, place, port)
  known.set(key, found)
  return found
}

function socketText({ worlds }: Context, { listeners, ip, node, type }: Place, port: Port): string {
  const number = { tcp: 6, udp: 17, sctp: 132, icmp: 1 }[port.protocol]
  const own = listeners
    .filter((one) => one.protocol === number && (one.port === 'any' || one.port === port.number))
    .map(({ address, assumed }) => `${address === ip ? 'own' : address} ${assumed}`)
  const mapped =
    type === 'node'
      ? worlds.world.hostPorts.get(`${node} ${port.protocol.toUpperCase()} ${port.number}`)?.pod.name
      : undefined
  return `${own.join(',')} ${mapped ?? ''}`
}

function dialTo({ ip, id }: Place, { number }: Port): Dial {
  return { type: 'dial', ips: [ip], port: number, host: id }
}

function makeWays(
  context: Context,
  sender: Place,
  destination: Place,
  port: Port,
): readonly Way[] | undefined {
  const actors = { sender, destination }
  const sample = { actors, dial: dialTo(destination, port), protocol: port.protocol }
  const seen = seenWays(context, sample)
  const ways = seen.flatMap((one, at) => {
    const deniedAt = (denied: typeof seen) => (denied.length === seen.length ? denied[at] : undefined)
    return wayOf(context, sample, one, actors, deniedAt) ?? []
  })
  return ways.length === seen.length ? ways : undefined
}

/** A walk in the cluster as it is, for what cannot be said of others. */
export function walked(context: Context, sender: Place, dial: Dial, protocol: RequestProtocol): Endings {
  context.count.walks += 1
  const ways = walkOnce(context.worlds, context.worlds.world, sender, dial, protocol)
  return combined(ways.map(({ disposition, share }) => [always({ disposition }), share]))
}

/** Two ends of connections of one kind. */
export interface Ends {
  readonly sender: Member
  readonly destination?: Member
  readonly relation: Relation
}

/**
 * How a way ends for two groups that lie to each other as the sample's places do; `undefined` if one of them has no such
 * address as is judged there.
 */
export function endingsOfWay(context: Context, way: Way, ends: Ends): Endings | undefined {
  let isUndecided = false
  const ending = endingOf(way, (check) => {
    const verdict = verdictAt(context, check, ends)
    isUndecided ||= verdict === undefined
    return verdict ?? 'unknown'
  })
  return isUndecided ? undefined : always(ending)
}

function verdictAt(context: Context, check: RoleCheck, ends: Ends): Decision['verdict'] | undefined {
  const { matrix } = context
  const { sender, destination, relation } = ends
  const self = ends[check.of]?.group.partyClass
  const peer = classIn(check.peer, ends)
  if (matrix && self !== undefined && peer !== undefined) {
    return verdictBetween(matrix, check, self, peer, isTogether(check, relation))
  }
  const actors = { sender: sender.place }
  return verdictFor(context, check, destination ? { ...actors, destination: destination.place } : actors)
}

function classIn(role: Role, ends: Ends): number | undefined {
  if (role.type === 'fixed' || role.type === 'taken') return undefined
  const group = ends[role.of]?.group
  return role.type === 'own' ? group?.partyClass : group?.nodeClasses.get(role.name)
}

/** Whether the address that the check sees is that of somebody on the node of its own end. */
function isTogether({ peer, of }: RoleCheck, relation: Relation): boolean {
  if (peer.type === 'taken' || peer.type === 'fixed') return relation !== 'other'
  return relation !== 'other' || peer.of === of
}
