import type { Ip } from '../base/ip.ts'
import { familyOf } from '../base/ip.ts'
import { chooseEndpoints } from '../control/proxy/endpoint-choice.ts'
import type { ServicePortInfo } from '../control/proxy/service-ports.ts'
import { servicePortsOf } from '../control/proxy/service-ports.ts'
import type { Dial } from '../journey/resolve-target.ts'
import { endpointIps } from '../journey/resolve-target.ts'
import type { ClusterService, ClusterServicePort } from '../model/cluster.ts'
import type { Direct, Member, Pair, Port } from './direct.ts'
import { bySockets, endingsOfWay, socketsAt, walked } from './direct.ts'
import type { Endings } from './endings.ts'
import { combined } from './endings.ts'
import type { Group } from './groups.ts'
import { byNode, pairKinds, relationOf } from './pairs.ts'
import type { Place } from './place.ts'
import type { SeenWay } from './walks.ts'
import type { Judge } from './way-judge.ts'
import { judgeOf, shapeOf } from './way-judge.ts'
import type { Context, Sample, Way } from './ways.ts'
import { seenWays, wayOf } from './ways.ts'

/** A port of a Service, asked at its cluster address or, of a headless one, at its endpoints. */
export interface ServiceAsked {
  readonly service: ClusterService
  readonly port: ClusterServicePort
}

/** Connections to Services by their names in the cluster. */
export interface ServiceConnections {
  /** One member's. */
  between(sender: Member, asked: ServiceAsked): Endings
  /** All members' of a group. */
  fromGroup(sender: Group, asked: ServiceAsked): Endings
  /** How connections to an endpoint end, of all senders of one network's class that are not on its node. */
  judge(pair: Pair, asked: ServiceAsked, port: number): Judge | undefined
  /** Whether it makes no difference to be on the endpoint's node, for senders and endpoints of these kinds. */
  sameFromNear(near: Pair, far: Pair, asked: ServiceAsked, port: number): boolean
  /** The groups of its endpoints with their ports, where they are the same on every node; `undefined` where not. */
  endpointGroups(asked: ServiceAsked): readonly EndpointGroup[] | undefined
}

export interface EndpointAsked {
  readonly ip: Ip
  readonly port: number
}

interface Work {
  readonly context: Context
  readonly direct: Direct
  memberAt(ip: Ip): Member | undefined
  /** By sender's network, Service's kind, destination's network, relation and port. */
  readonly ways: Map<string, Way>
  /** To Services without endpoints. */
  readonly nobody: Map<string, readonly (Way | undefined)[]>
  readonly endpoints: Map<ServiceAsked, Map<string, readonly EndpointGroup[] | undefined>>
  /** What cannot be told from endpoints: by sender's network or group, and Service's kind or port. */
  readonly whole: Map<string, Endings>
}

/**
 * kube-proxy's choice of endpoints, with a walk for each kind of sender, Service, endpoint and port to see how one is
 * reached; then the policies of each endpoint. What a walk shows otherwise than chosen is walked for each group.
 */
export function serviceConnections(
  context: Context,
  direct: Direct,
  memberAt: (ip: Ip) => Member | undefined,
): ServiceConnections {
  const work: Work = {
    context,
    direct,
    memberAt,
    ways: new Map(),
    endpoints: new Map(),
    nobody: new Map(),
    whole: new Map(),
  }
  const between: ServiceConnections['between'] = (sender, asked) =>
    asked.service.headless ? toHeadless(work, sender, asked) : toVirtual(work, sender, asked)
  return {
    between,
    fromGroup: (sender, asked) => groupTo(work, between, sender, asked),
    judge: ([sender, member], asked, port) => {
      const way = wayTo(work, sender, { member, port }, asked)
      return way && judgeOf(work.context, [way], member.group)
    },
    sameFromNear: (near, far, asked, port) => {
      if (context.matrix?.asksOwnNode) return false
      const [same, other] = [near, far].map(([sender, member]) =>
        wayTo(work, sender, { member, port }, asked),
      )
      return same !== undefined && other !== undefined && shapeOf([same]) === shapeOf([other])
    },
    endpointGroups: (asked) => {
      if (asked.service.headless || dependsOnNode(work, asked)) return undefined
      const [node] = context.worlds.world.nodes.keys()
      return node === undefined ? undefined : endpointGroups(work, asked, node)
    },
  }
}

function portOf({ port }: ServiceAsked, number: number): Port {
  return { protocol: port.protocol.toLowerCase() as Port['protocol'], number }
}

function toHeadless(work: Work, sender: Member, asked: ServiceAsked): Endings {
  const { world } = work.context.worlds
  const ips = endpointIps(world, asked.service)
  const { service, port } = asked
  if (ips.length === 0) {
    const dial: Dial = { type: 'no-endpoint', host: service.name, service }
    return walked(work.context, sender.place, dial, portOf(asked, port.port).protocol)
  }
  return combined(
    ips.map((ip) => {
      const member = work.memberAt(ip)
      const wanted = portOf(asked, port.port)
      if (member) return [work.direct.between(sender, member, wanted), 1] as const
      const dial: Dial = { type: 'dial', ips: [ip], port: port.port, host: service.name }
      return [walked(work.context, sender.place, dial, wanted.protocol), 1] as const
    }),
  )
}

const infos = new WeakMap<readonly ServicePortInfo[], ReadonlyMap<string, ServicePortInfo>>()

/** The port as kube-proxy has it. */
function infoOf({ context }: Work, { service, port }: ServiceAsked): ServicePortInfo | undefined {
  const { cluster } = context.worlds.world
  const [ip] = service.clusterIps
  if (ip === undefined) return undefined
  const { list } = servicePortsOf(cluster, familyOf(ip), cluster.settings.minorVersion)
  const byId = infos.get(list) ?? new Map(list.map((one) => [`${one.id} ${one.protocol}`, one]))
  infos.set(list, byId)
  const name = `${service.namespace}/${service.name}${port.name === '' ? '' : `:${port.name}`}`
  return byId.get(`${name} ${port.protocol.toLowerCase()}`)
}

function endpointsFor(work: Work, asked: ServiceAsked, node: string | undefined): readonly EndpointAsked[] {
  const { world } = work.context.worlds
  if (asked.service.headless)
    return endpointIps(world, asked.service).map((ip) => ({ ip, port: asked.port.port }))
  const info = infoOf(work, asked)
  const on = world.nodes.get(node ?? '')
  if (!info || !on) return []
  const { name, zone, minorVersion } = on
  const choice = chooseEndpoints(info, { name, minorVersion, ...(zone !== undefined && { zone }) })
  return info.internalLocal ? choice.local : choice.cluster
}

function dialOf({ service, port }: ServiceAsked): Dial {
  return {
    type: 'dial',
    ips: service.clusterIps.slice(0, 1),
    port: port.port,
    host: service.name,
    service,
  }
}

/** Endpoints in one group with the same port. */
export interface EndpointGroup {
  readonly group: Group
  readonly port: number
  readonly places: readonly Place[]
}

/** The endpoints by groups; `undefined` if one is nobody known. */
function endpointGroups(work: Work, asked: ServiceAsked, node: string): readonly EndpointGroup[] | undefined {
  const byService = work.endpoints.get(asked) ?? new Map<string, readonly EndpointGroup[] | undefined>()
  work.endpoints.set(asked, byService)
  const key = dependsOnNode(work, asked) ? node : ''
  if (byService.has(key)) return byService.get(key)
  const found = new Map<string, { group: Group; port: number; places: Place[] }>()
  const endpoints = endpointsFor(work, asked, node)
  for (const { ip, port } of endpoints) {
    const member = work.memberAt(ip)
    if (!member) continue
    const at = `${member.group.number} ${port}`
    const known = found.get(at)
    if (known) known.places.push(member.place)
    else found.set(at, { group: member.group, port, places: [member.place] })
  }
  const groups = [...found.values()]
  const isWhole =
    endpoints.length > 0 && groups.reduce((sum, one) => sum + one.places.length, 0) === endpoints.length
  byService.set(key, isWhole ? groups : undefined)
  return byService.get(key)
}

/** Whether the choice of endpoints can differ between nodes. */
function dependsOnNode(work: Work, asked: ServiceAsked): boolean {
  const info = infoOf(work, asked)
  return (
    info?.internalLocal === true ||
    (info?.usesHints === true &&
      info.endpoints.some(({ zoneHints, nodeHints }) => zoneHints.length + nodeHints.length > 0))
  )
}

/** Every member of the group, node by node where that matters; each pair of a member and an endpoint counts the same. */
function groupTo(
  work: Work,
  between: ServiceConnections['between'],
  sender: Group,
  asked: ServiceAsked,
): Endings {
  const parts = dependsOnNode(work, asked) ? [...byNode(sender.places).values()] : [sender.places]
  return combined(
    parts.flatMap((places) => {
      const shares = pairShares(work, { ...sender, places }, asked)
      if (shares) return [[combined(shares), places.length] as const]
      return places.map((place) => [between({ place, group: sender }, asked), 1] as const)
    }),
  )
}

/** Pairs of senders and endpoints by kinds; `undefined` where an endpoint or the way to it is not known. */
function pairShares(
  work: Work,
  sender: Group,
  asked: ServiceAsked,
): readonly (readonly [Endings, number])[] | undefined {
  const node = sender.places[0]?.node
  const groups = node === undefined || asked.service.headless ? undefined : endpointGroups(work, asked, node)
  if (!groups) return undefined
  const kind = kindOf(asked, infoOf(work, asked)?.usesHints ?? false)
  const shares: (readonly [Endings, number])[] = []
  for (const { group, port, places } of groups) {
    const parts = bySockets(work.context, places, portOf(asked, port))
    for (const { sample, count } of parts.flatMap((to) => pairKinds(sender.places, to))) {
      const endpoint = { member: { place: sample[1], group }, port }
      const endings = toEndpoint(work, { place: sample[0], group: sender }, endpoint, asked, kind)
      if (!endings) return undefined
      shares.push([endings, count])
    }
  }
  return shares
}

/** What tells Services apart on the way to an endpoint. */
function kindOf({ service, port }: ServiceAsked, usesHints: boolean): string {
  const { type, internalLocal, externalLocal, affinitySeconds, publishNotReady, families } = service
  return [
    type,
    port.protocol,
    internalLocal,
    externalLocal,
    affinitySeconds,
    publishNotReady,
    families,
    usesHints,
  ].join(' ')
}

function toVirtual(work: Work, sender: Member, asked: ServiceAsked): Endings {
  const endpoints = endpointsFor(work, asked, sender.place.node)
  const kind = kindOf(asked, infoOf(work, asked)?.usesHints ?? false)
  if (endpoints.length === 0 && work.context.probes) return toNobody(work, sender, asked)
  const members = endpoints.map(({ ip, port }) => ({ member: work.memberAt(ip), port }))
  if (members.length === 0 || members.some(({ member }) => !member)) {
    return whole(
      work,
      `${sender.group.number} ${asked.service.namespace}/${asked.service.name} ${asked.port.port}`,
      sender,
      asked,
    )
  }
  const parts: (readonly [Endings, number])[] = []
  for (const { member, port } of members) {
    const one = member && toEndpoint(work, sender, { member, port }, asked, kind)
    if (!one) {
      const key = `${sender.place.id} ${asked.service.namespace}/${asked.service.name} ${asked.port.port}`
      return whole(work, key, sender, asked)
    }
    parts.push([one, 1])
  }
  return combined(parts)
}

/** A Service without an endpoint for the sender: some plugins ask the sender's policies before kube-proxy refuses. */
function toNobody(work: Work, sender: Member, asked: ServiceAsked): Endings {
  const key = `${sender.group.number} ${asked.service.namespace}/${asked.service.name} ${asked.port.port}`
  const sample: Sample = {
    actors: { sender: sender.place },
    dial: dialOf(asked),
    protocol: portOf(asked, 0).protocol,
  }
  const kind = `${sender.group.network} ${key.split(' ').slice(1).join(' ')} ${asked.port.protocol}`
  const ways = work.nobody.get(kind) ?? learnNobody(work, sample)
  work.nobody.set(kind, ways)
  const parts = ways.map((way) => way && endingsOfWay(work.context, way, { sender, relation: 'other' }))
  if (parts.some((part) => !part)) return whole(work, key, sender, asked)
  return combined(parts.flatMap((part, at) => (part ? [[part, ways[at]?.share ?? 0] as const] : [])))
}

function learnNobody(work: Work, sample: Sample): readonly (Way | undefined)[] {
  const seen = seenWays(work.context, sample)
  return seen.map((one, at) =>
    wayOf(work.context, sample, one, sample.actors, (denied) =>
      denied.length === seen.length ? denied[at] : undefined,
    ),
  )
}

function whole(work: Work, key: string, sender: Member, asked: ServiceAsked): Endings {
  const full = `${key} ${asked.port.protocol}`
  const known =
    work.whole.get(full) ?? walked(work.context, sender.place, dialOf(asked), portOf(asked, 0).protocol)
  work.whole.set(full, known)
  return known
}

interface EndpointMember {
  readonly member: Member
  readonly port: number
}

function wayKey(
  { context }: Work,
  sender: Member,
  { member, port }: EndpointMember,
  { asked, kind }: { readonly asked: ServiceAsked; readonly kind: string },
): string {
  const relation = relationOf(sender.place, member.place)
  const sockets = socketsAt(context, member.place, portOf(asked, port))
  return `${sender.group.network} ${member.group.network} ${relation} ${port} ${sockets} ${kind}`
}

/** The way to one endpoint by way of the Service; `undefined` if a walk does not show it. */
function toEndpoint(
  work: Work,
  sender: Member,
  endpoint: EndpointMember,
  asked: ServiceAsked,
  kind: string,
): Endings | undefined {
  const key = wayKey(work, sender, endpoint, { asked, kind })
  if (!work.context.probes) return undefined
  if (!work.ways.has(key)) learnWays(work, sender, asked, kind)
  const way = work.ways.get(key)
  if (!way) return undefined
  const relation = relationOf(sender.place, endpoint.member.place)
  return endingsOfWay(work.context, way, { sender, destination: endpoint.member, relation })
}

/** The way to one endpoint by way of the Service, walked for if it is not known yet. */
function wayTo(work: Work, sender: Member, endpoint: EndpointMember, asked: ServiceAsked): Way | undefined {
  if (!work.context.probes) return undefined
  const kind = kindOf(asked, infoOf(work, asked)?.usesHints ?? false)
  const key = wayKey(work, sender, endpoint, { asked, kind })
  if (!work.ways.has(key)) learnWays(work, sender, asked, kind)
  return work.ways.get(key)
}

/** Walks to the Service, and keeps what that shows of each of its endpoints, if they are those that are chosen. */
function learnWays(work: Work, sender: Member, asked: ServiceAsked, kind: string): void {
  const chosen = endpointsFor(work, asked, sender.place.node)
  const sample: Sample = {
    actors: { sender: sender.place },
    dial: dialOf(asked),
    protocol: portOf(asked, 0).protocol,
  }
  const seen = seenWays(work.context, sample)
  if (!showsAll(seen, chosen)) return
  for (const [at, one] of seen.entries()) {
    const { ip, port } = one.translated ?? { ip: 0, port: 0 }
    const member = work.memberAt(ip)
    if (!member) continue
    const key = wayKey(work, sender, { member, port }, { asked, kind })
    if (work.ways.has(key)) continue
    const actors = { sender: sender.place, destination: member.place }
    const way = wayOf(work.context, sample, one, actors, (denied) =>
      denied.length === seen.length ? denied[at] : undefined,
    )
    if (way) work.ways.set(key, way)
  }
}

/** Each chosen endpoint once, all with the same share. */
function showsAll(seen: readonly SeenWay[], chosen: readonly EndpointAsked[]): boolean {
  const texts = (all: readonly EndpointAsked[]) => all.map(({ ip, port }) => `${ip} ${port}`).toSorted()
  const found = texts(seen.flatMap(({ translated }) => translated ?? []))
  return (
    found.join() === texts(chosen).join() &&
    seen.every(({ share }) => Math.abs(share - 1 / chosen.length) < 1e-9)
  )
}
