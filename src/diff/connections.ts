import { formatIp } from '../base/ip.ts'
import type { ClusterService } from '../model/cluster.ts'
import type { ConnectionChange, ConnectionState } from '../model/cluster-diff.ts'
import type { Port } from '../reach/direct.ts'
import type { Endings } from '../reach/endings.ts'
import { reachedShare } from '../reach/endings.ts'
import { pairKinds } from '../reach/pairs.ts'
import type { Place } from '../reach/place.ts'
import type { ServiceAsked } from '../reach/services.ts'
import { connectionState, stateFromEndings } from './connection-state.ts'
import type { JointGroup } from './joint-groups.ts'
import { portsOf } from './ports.ts'
import type { Scope } from './scope.ts'
import type { DiffSide, Sides } from './side.ts'
import { both } from './side.ts'

/** As many changed connections are walked for what they show; of the others the end alone is told. */
const maxWalks = 300

/** One connection that is asked for on both sides. */
interface Asked {
  readonly from: JointGroup
  readonly to: string
  readonly request: { readonly from: string; readonly to: string; readonly protocol: Port['protocol'] }
  readonly pairs: number
  /** The ends, for what the changes have to do with them. */
  readonly places: readonly string[]
  readonly service?: string
  /** Absent where an end of it is not there. */
  readonly before: Endings | undefined
  readonly after: Endings | undefined
}

/** Connections that do not fare as they did. */
export function connectionChanges(
  sides: Sides,
  scope: Scope,
  groups: readonly JointGroup[],
): readonly ConnectionChange[] {
  let walks = 0
  const changes: ConnectionChange[] = []
  for (const asked of everyConnection(sides, scope, groups)) {
    const differs = text(asked.before) !== text(asked.after)
    if (!differs && (scope.policiesAlone || walks >= maxWalks)) continue
    const walked = walks < maxWalks
    walks += 1
    const change = changeOf(sides, scope, asked, walked)
    if (change) changes.push(change)
  }
  return changes
}

function text(endings: Endings | undefined): string {
  return (endings ?? []).map(({ disposition, share }) => `${disposition} ${share}`).join(' ')
}

function changeOf(sides: Sides, scope: Scope, asked: Asked, walked: boolean): ConnectionChange | undefined {
  const { before, after, request } = asked
  const [was, is] = [stateOn(sides.before, before, asked, walked), stateOn(sides.after, after, asked, walked)]
  const what = differences(was, is)
  const [wasReached, isReached] = [before && reachedShare(before) > 0, after && reachedShare(after) > 0]
  // An end that was not there before, or is not any more, is news only where it can be reached.
  if (what.length === 0 || (!before && !isReached) || (!after && !wasReached)) return undefined
  return {
    change: wasReached === isReached ? 'changes' : isReached ? 'appears' : 'disappears',
    from: asked.from.id,
    to: asked.to,
    protocol: request.protocol,
    pairs: asked.pairs,
    ...(was && { before: was }),
    ...(is && { after: is }),
    what,
    because: scope.causes(asked.places, asked.service),
  }
}

function stateOn(
  side: DiffSide,
  endings: Endings | undefined,
  { request }: Asked,
  walked: boolean,
): ConnectionState | undefined {
  if (!endings) return undefined
  return walked ? connectionState(side, request) : stateFromEndings(endings)
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
  for (const from of groups) {
    for (const to of groups) {
      if (from.touched || to.touched) yield* betweenGroups(sides, from, to)
    }
  }
  const services = everyService(sides)
  for (const service of services) {
    const { name, backends } = service
    const touched =
      scope.everything || scope.touchesService(name) || backends.some((one) => scope.touchesPlace(one))
    for (const from of groups) if (touched || from.touched) yield* toService(sides, from, service)
  }
}

/** The ends of one side that stand for a pair of groups, in each way in which they lie to each other. */
function* betweenGroups(sides: Sides, from: JointGroup, to: JointGroup): Generator<Asked> {
  const present = from.after.length > 0 && to.after.length > 0 ? 'after' : 'before'
  for (const { relation, count, sample } of pairKinds(from[present], to[present])) {
    if (relation === 'self') continue
    const [source, destination] = sample
    for (const port of portsOfBoth(sides, destination)) {
      yield {
        from,
        to: `${to.id}:${port.number}`,
        request: {
          from: source.id,
          to: `${formatIp(destination.ip)}:${port.number}`.replace(/^(.*:.*):(\d+)$/, '[$1]:$2'),
          protocol: port.protocol,
        },
        pairs: count,
        places: [source.id, destination.id],
        before: direct(sides.before, source, destination, port),
        after: direct(sides.after, source, destination, port),
      }
    }
  }
}

function portsOfBoth(sides: Sides, { id }: Place): readonly Port[] {
  const all = both(sides).flatMap(({ table }) => {
    const place = placesOf(table).get(id)
    return place ? portsOf(table, place) : []
  })
  return [...new Map(all.map((port) => [`${port.protocol} ${port.number}`, port])).values()]
}

const places = new WeakMap<DiffSide['table'], ReadonlyMap<string, Place>>()

function placesOf(table: DiffSide['table']): ReadonlyMap<string, Place> {
  const known =
    places.get(table) ??
    new Map(table.groups.flatMap((group) => group.places.map((place) => [place.id, place] as const)))
  places.set(table, known)
  return known
}

function direct({ table }: DiffSide, from: Place, to: Place, port: Port): Endings | undefined {
  const [source, destination] = [placesOf(table).get(from.id), placesOf(table).get(to.id)]
  return source && destination && table.toPlace(source, destination, port)
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
function backendsOf({ endpointSlices }: DiffSide['cluster']): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const { namespace, service, endpoints } of endpointSlices) {
    const own = found.get(`${namespace}/${service}`) ?? []
    found.set(`${namespace}/${service}`, own)
    for (const { target } of endpoints)
      if (target?.kind === 'Pod') own.push(`pod/${target.namespace ?? namespace}/${target.name}`)
  }
  return found
}

function* toService(sides: Sides, from: JointGroup, service: JointService): Generator<Asked> {
  const [sample] = from.after.length > 0 ? from.after : from.before
  if (!sample || sample.type === 'outside') return
  const ports = new Map(
    [service.before, service.after]
      .flatMap((one) => one?.ports ?? [])
      .map((port) => [`${port.protocol} ${port.port}`, port]),
  )
  for (const { protocol, port } of ports.values()) {
    yield {
      from,
      to: `svc/${service.name}:${port}`,
      request: {
        from: sample.id,
        to: `svc/${service.name}:${port}`,
        protocol: protocol.toLowerCase() as Port['protocol'],
      },
      pairs: Math.max(from.before.length, from.after.length),
      places: [sample.id, ...service.backends],
      service: service.name,
      before: viaService(sides.before, sample, service.before, { protocol, port }),
      after: viaService(sides.after, sample, service.after, { protocol, port }),
    }
  }
}

function viaService(
  { table }: DiffSide,
  { id }: Place,
  service: ClusterService | undefined,
  wanted: Pick<ServiceAsked['port'], 'protocol' | 'port'>,
): Endings | undefined {
  const place = placesOf(table).get(id)
  const port = service?.ports.find((one) => one.protocol === wanted.protocol && one.port === wanted.port)
  return place && service && port && table.fromPlace(place, { service, port })
}
