import { formatEndpoint } from '../base/ip.ts'
import type { ClusterPod, ClusterService } from '../model/cluster.ts'
import type { ConnectionChange, ConnectionState } from '../model/cluster-diff.ts'
import type { Port } from '../reach/direct.ts'
import type { Endings } from '../reach/endings.ts'
import { reachedShare } from '../reach/endings.ts'
import { pairKinds } from '../reach/pairs.ts'
import type { ServiceAsked } from '../reach/services.ts'
import { connectionState, stateFromEndings } from './connection-state.ts'
import { identitiesOf, placeOn, workloadOf } from './identity.ts'
import type { JointGroup } from './joint-groups.ts'
import { jointGroups } from './joint-groups.ts'
import type { Suspect } from './policy-edits.ts'
import { suspectsOf } from './policy-edits.ts'
import { portsOf } from './ports.ts'
import type { Scope } from './scope.ts'
import type { DiffSide, Sides } from './side.ts'
import { both } from './side.ts'

/** As many changed connections are walked for what they show; of the others the end alone is told. */
const maxWalks = 300

/** A connection on one side: how it is asked for, and how it ends. */
interface Attempt {
  readonly from: string
  readonly to: string
  readonly endings: Endings
}

/** One connection that is asked for on both sides. */
interface Asked {
  readonly from: JointGroup
  readonly to: string
  readonly protocol: Port['protocol']
  readonly pairs: number
  /** The identities of the ends, for what the changes have to do with them. */
  readonly places: readonly string[]
  readonly service?: string
  /** Absent where an end of it is not there. */
  readonly before: Attempt | undefined
  readonly after: Attempt | undefined
}

/** Connections that do not fare as they did. */
export function connectionChanges(sides: Sides, scope: Scope): readonly ConnectionChange[] {
  const suspects = suspectsOf(sides, scope)
  if (suspects) return suspects.flatMap((suspect) => changesOf(sides, scope, suspect))
  let walks = 0
  const changes: ConnectionChange[] = []
  const groups = jointGroups(sides, scope)
  for (const asked of everyConnection(sides, scope, groups)) {
    const [was, is] = [asked.before?.endings, asked.after?.endings]
    const differs = was !== is && text(was) !== text(is)
    if (!differs && (scope.policiesAlone || walks >= maxWalks)) continue
    const walked = walks < maxWalks
    walks += 1
    const change = changeOf(sides, scope, asked, walked)
    if (change) changes.push(change)
  }
  return changes
}

/** What comes of a pair of pods of which policies say another thing: from one to the other, and by the Services before it. */
function changesOf(sides: Sides, scope: Scope, suspect: Suspect): readonly ConnectionChange[] {
  const { from, to, port, protocol, pairs } = suspect
  const { of } = identitiesOf(sides.after)
  const places = [from, to].map(({ namespace, name }) => of(`pod/${namespace}/${name}`))
  const [ip] = to.ips
  if (ip === undefined) return []
  const direct = { text: `${podName(to)}:${port}`, to: formatEndpoint(ip, port) }
  const services = servicesBefore(sides.after, to, port, protocol).map((one) => ({ text: one, to: one }))
  return [direct, ...services].flatMap((target): ConnectionChange[] => {
    const request = {
      from: `pod/${from.namespace}/${from.name}`,
      to: target.to,
      protocol: protocol.toLowerCase() as Port['protocol'],
    }
    const [before, after] = both(sides).map((side) => connectionState(side, request))
    const what = differences(before, after)
    if (!before || !after || what.length === 0) return []
    const [was, is] = [before, after].map(({ ways }) => ways.includes('reached'))
    return [
      {
        change: was === is ? 'changes' : is ? 'appears' : 'disappears',
        from: podName(from),
        to: target.text,
        protocol: request.protocol,
        pairs,
        ...{ before, after, what },
        because: scope.causes(places),
      },
    ]
  })
}

/** A pod by its workload, or by its own name. */
function podName(pod: ClusterPod): string {
  return workloadOf(pod) ?? `pod/${pod.namespace}/${pod.name}`
}

/** The Services that lead to a port of a pod: `svc/shop/db:5432`. */
function servicesBefore(
  { cluster }: DiffSide,
  { namespace, name }: ClusterPod,
  port: number,
  protocol: string,
): readonly string[] {
  const slices = cluster.endpointSlices.filter(
    (slice) =>
      slice.namespace === namespace &&
      slice.endpoints.some(({ target }) => target?.kind === 'Pod' && target.name === name),
  )
  return slices.flatMap(({ service, ports }) => {
    const own = cluster.services.find((one) => one.namespace === namespace && one.name === service)
    const names = new Set(
      ports.filter((one) => one.port === port && one.protocol === protocol).map((one) => one.name),
    )
    return (own?.ports ?? [])
      .filter((one) => names.has(one.name) && one.protocol === protocol)
      .map((one) => `svc/${namespace}/${service}:${one.port}`)
  })
}

function text(endings: Endings | undefined): string {
  return (endings ?? []).map(({ disposition, share }) => `${disposition} ${share}`).join(' ')
}

function changeOf(sides: Sides, scope: Scope, asked: Asked, walked: boolean): ConnectionChange | undefined {
  const { before, after, protocol } = asked
  const was = stateOn(sides.before, before, protocol, walked)
  const is = stateOn(sides.after, after, protocol, walked)
  const found = differences(was, is)
  const what = movedByChance(sides, asked.places) ? found.filter((one) => !ofPlaces.has(one)) : found
  const [wasReached, isReached] = [before, after].map((one) => one && reachedShare(one.endings) > 0)
  // An end that was not there before, or is not any more, is news only where it can be reached.
  if (what.length === 0 || (!before && !isReached) || (!after && !wasReached)) return undefined
  return {
    change: wasReached === isReached ? 'changes' : isReached ? 'appears' : 'disappears',
    from: `${asked.from.id}${andMore(asked.from)}`,
    to: asked.to,
    protocol,
    pairs: asked.pairs,
    ...(was && { before: was }),
    ...(is && { after: is }),
    what,
    because: scope.causes(asked.places, asked.service),
  }
}

function stateOn(
  side: DiffSide,
  attempt: Attempt | undefined,
  protocol: Port['protocol'],
  walked: boolean,
): ConnectionState | undefined {
  if (!attempt) return undefined
  const { from, to, endings } = attempt
  return walked ? connectionState(side, { from, to, protocol }) : stateFromEndings(endings)
}

/** What follows from which node a pod is on. */
const ofPlaces = new Set<ConnectionChange['what'][number]>(['source', 'path'])

/** Whether an end is on another node, and no manifest has put it on either: where it is then was filled in. */
function movedByChance(sides: Sides, identities: readonly string[]): boolean {
  return identities.some((identity) => {
    const [was, is] = both(sides).map((side) => placeOn(side, identity))
    const stated = [was, is].some((one) => one?.pod?.source?.object.spec.nodeName !== undefined)
    return was?.node !== is?.node && !stated
  })
}

const facts = [
  ['disposition', 'ways'],
  ['backends', 'backends'],
  ['source', 'sources'],
  ['path', 'paths'],
] as const

function differences(
  before: ConnectionState | undefined,
  after: ConnectionState | undefined,
): ConnectionChange['what'] {
  if (!before || !after) return ['disposition']
  // Who answers, and by which way, follows from whether it is reached at all.
  const isLost = [before, after].some(({ ways }) => !ways.includes('reached'))
  if (isLost) return before.ways.join() === after.ways.join() ? [] : ['disposition']
  return facts.filter(([, key]) => before[key].join(' ') !== after[key].join(' ')).map(([name]) => name)
}

function* everyConnection(sides: Sides, scope: Scope, groups: readonly JointGroup[]): Generator<Asked> {
  const senders = groups.filter(({ touched }) => touched.sender)
  const destinations = groups.filter(({ touched }) => touched.destination)
  for (const from of groups)
    for (const to of from.touched.sender ? groups : destinations) yield* betweenGroups(sides, from, to)
  for (const service of everyService(sides)) {
    const { name, backends } = service
    const touched =
      scope.everything ||
      scope.touchesService(name) ||
      backends.some((one) => scope.touchesPlace(one, 'destination'))
    for (const from of touched ? groups : senders) yield* toService(sides, from, service)
  }
}

/** The ends of one side that stand for a pair of groups, in each way in which they lie to each other. */
function* betweenGroups(sides: Sides, from: JointGroup, to: JointGroup): Generator<Asked> {
  const present = from.after.length > 0 && to.after.length > 0 ? 'after' : 'before'
  const identities = identitiesOf(sides[present])
  for (const { relation, count, sample } of pairKinds(from[present], to[present])) {
    if (relation === 'self') continue
    const ends = sample.map(({ id }) => identities.of(id))
    const [source = '', destination = ''] = ends
    if (both(sides).some((side) => isOne(side, source, destination))) continue
    for (const port of portsOfBoth(sides, to, destination)) {
      yield {
        from,
        to: `${to.id}:${port.number}${andMore(to)}`,
        protocol: port.protocol,
        pairs: count,
        places: ends,
        before: direct(sides.before, source, destination, port),
        after: direct(sides.after, source, destination, port),
      }
    }
  }
}

function andMore({ others }: JointGroup): string {
  return others > 0 ? ` (and ${others} more)` : ''
}

/** Whether the same replica stands for both ends where they are not there: its connection to itself says nothing of them. */
function isOne(side: DiffSide, from: string, to: string): boolean {
  const [source, destination] = [placeOn(side, from), placeOn(side, to)]
  return source !== undefined && source === destination
}

const knownPorts = new WeakMap<JointGroup, readonly Port[]>()

/** The ports of a group's places, which all have the same on each side. */
function portsOfBoth(sides: Sides, group: JointGroup, identity: string): readonly Port[] {
  const known = knownPorts.get(group) ?? makePorts(sides, identity)
  knownPorts.set(group, known)
  return known
}

function makePorts(sides: Sides, identity: string): readonly Port[] {
  const all = both(sides).flatMap((side) => {
    const place = placeOn(side, identity)
    return place ? portsOf(side.table, place) : []
  })
  return [...new Map(all.map((port) => [`${port.protocol} ${port.number}`, port])).values()]
}

function direct(side: DiffSide, from: string, to: string, port: Port): Attempt | undefined {
  const [source, destination] = [placeOn(side, from), placeOn(side, to)]
  const endings = source && destination && side.table.toPlace(source, destination, port)
  return endings && { from: source.id, to: formatEndpoint(destination.ip, port.number), endings }
}

/** A Service of either side. */
interface JointService {
  /** `namespace/name`. */
  readonly name: string
  readonly before: ClusterService | undefined
  readonly after: ClusterService | undefined
  /** The pods behind it, on either side. */
  readonly backends: readonly string[]
}

function everyService(sides: Sides): readonly JointService[] {
  const [old, fresh] = both(sides).map(
    ({ cluster }) => new Map(cluster.services.map((one) => [`${one.namespace}/${one.name}`, one])),
  )
  const backends = both(sides).map(({ cluster }) => backendsOf(cluster))
  return [...new Set([...(fresh?.keys() ?? []), ...(old?.keys() ?? [])])].map((name) => ({
    name,
    before: old?.get(name),
    after: fresh?.get(name),
    backends: [...new Set(backends.flatMap((of) => of.get(name) ?? []))],
  }))
}

/** The pods behind each Service. */
function backendsOf(cluster: DiffSide['cluster']): ReadonlyMap<string, readonly string[]> {
  const { of } = identitiesOf({ cluster })
  const found = new Map<string, string[]>()
  for (const { namespace, service, endpoints } of cluster.endpointSlices) {
    const own = found.get(`${namespace}/${service}`) ?? []
    found.set(`${namespace}/${service}`, own)
    for (const { target } of endpoints)
      if (target?.kind === 'Pod') own.push(of(`pod/${target.namespace ?? namespace}/${target.name}`))
  }
  return found
}

function* toService(sides: Sides, from: JointGroup, service: JointService): Generator<Asked> {
  const present = from.after.length > 0 ? 'after' : 'before'
  const [sample] = from[present]
  if (!sample || sample.type === 'outside') return
  const sender = identitiesOf(sides[present]).of(sample.id)
  const ports = new Map(
    [service.before, service.after]
      .flatMap((one) => one?.ports ?? [])
      .map((port) => [`${port.protocol} ${port.port}`, port]),
  )
  for (const { protocol, port } of ports.values()) {
    yield {
      from,
      to: `svc/${service.name}:${port}`,
      protocol: protocol.toLowerCase() as Port['protocol'],
      pairs: Math.max(from.before.length, from.after.length),
      places: [sender, ...service.backends],
      service: service.name,
      before: viaService(sides.before, sender, service.before, { protocol, port }),
      after: viaService(sides.after, sender, service.after, { protocol, port }),
    }
  }
}

function viaService(
  side: DiffSide,
  sender: string,
  service: ClusterService | undefined,
  wanted: Pick<ServiceAsked['port'], 'protocol' | 'port'>,
): Attempt | undefined {
  const place = placeOn(side, sender)
  const port = service?.ports.find((one) => one.protocol === wanted.protocol && one.port === wanted.port)
  if (!place || !service || !port) return undefined
  const to = `svc/${service.namespace}/${service.name}:${port.port}`
  return { from: place.id, to, endings: side.table.fromPlace(place, { service, port }) ?? [] }
}
