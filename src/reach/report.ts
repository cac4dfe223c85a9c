import { nearest } from '../base/nearest.ts'
import { portNumber, RequestError } from '../journey/request.ts'
import type { Reach, ReachGroup, ReachRequest, ReachRow, ReachTarget } from '../model/reach.ts'
import type { Group } from './groups.ts'
import type { Cells } from './judged-row.ts'
import type { Place } from './place.ts'
import type { ServiceAsked } from './services.ts'
import type { ReachTable } from './table.ts'

/** A target with what it takes to ask for it. */
interface Asked {
  readonly target: ReachTarget
  readonly namespace: string | undefined
  /** How many are asked. */
  readonly members: number
  /** Texts by which it can be asked for, without the port. */
  readonly names: ReadonlySet<string>
  /** Groups without a pair are left out. */
  cells(senders: readonly Group[]): Cells
}

/** All that is asked for, target by target. Throws a RequestError for names that nobody has. */
export function reachReport(table: ReachTable, request: ReachRequest): Reach {
  const senders = table.groups.filter((group) => isWanted(group, request, request.from))
  if (request.from !== undefined && senders.length === 0) throw unknown(table, request.from, 'unknown-source')
  const targets = targetsOf(table).filter((one) => isAsked(one, request))
  if (request.to !== undefined && targets.length === 0)
    throw unknown(table, request.to, 'unknown-destination')
  const pairs: Tally = { count: 0, used: new Set() }
  const rows = targets.flatMap((asked) => rowOf(asked, senders, request, pairs) ?? [])
  return {
    apiVersion: 'kubewalk.dev/v1alpha1',
    kind: 'Reach',
    request,
    groups: table.groups.filter((group) => pairs.used.has(group)).map(groupOf),
    rows,
    walks: { made: table.context.count.walks, pairs: pairs.count },
  }
}

function groupOf({ id, workload, places }: Group): ReachGroup {
  return { id, workload, members: places.map((place) => place.id) }
}

function rowOf(
  { target, cells: cellsOf, namespace, members }: Asked,
  senders: readonly Group[],
  { between }: ReachRequest,
  pairs: Tally,
): ReachRow | undefined {
  const wanted = between ? sendersBetween(senders, between, namespace) : senders
  const cells = cellsOf(wanted)
  if (cells.size === 0) return undefined
  for (const groups of cells.values()) {
    pairs.count += placesIn(groups) * members
    // Lists are shared by rows: what is new in one is in few of them.
    if (pairs.used.size < senders.length) for (const group of groups) pairs.used.add(group)
  }
  return { to: target, cells: [...cells].map(([shares, groups]) => ({ from: idsOf(groups), shares })) }
}

/** What is counted while rows are made. */
interface Tally {
  count: number
  /** All groups that a row speaks of. */
  readonly used: Set<Group>
}

const counts = new WeakMap<readonly Group[], number>()

function placesIn(groups: readonly Group[]): number {
  const known = counts.get(groups) ?? groups.reduce((sum, { places }) => sum + places.length, 0)
  counts.set(groups, known)
  return known
}

const ids = new WeakMap<readonly Group[], readonly string[]>()

/** The same list for the same groups: rows share theirs. */
function idsOf(groups: readonly Group[]): readonly string[] {
  const known = ids.get(groups) ?? groups.map(({ id }) => id)
  ids.set(groups, known)
  return known
}

const chosen = new WeakMap<readonly Group[], Map<string, readonly Group[]>>()

/** The senders that are in the one namespace, if the target is in the other; the same list for the same question. */
function sendersBetween(
  senders: readonly Group[],
  between: readonly [string, string],
  namespace: string | undefined,
): readonly Group[] {
  const lists = chosen.get(senders) ?? new Map<string, readonly Group[]>()
  chosen.set(senders, lists)
  const key = namespace ?? ''
  const known =
    lists.get(key) ?? senders.filter(({ workload }) => areBetween(between, workload.namespace, namespace))
  lists.set(key, known)
  return known
}

function areBetween(
  between: readonly [string, string],
  from: string | undefined,
  to: string | undefined,
): boolean {
  const [one, other] = between.map((text) => text.replace(/^(?:ns|namespace)\//, ''))
  return (from === one && to === other) || (from === other && to === one)
}

/** What can be asked for: the sockets of groups, and the ports of Services. */
function targetsOf(table: ReachTable): readonly Asked[] {
  const services = table.services.map((asked) => serviceTarget(table, asked))
  return [...table.groups.flatMap((group) => groupTargets(table, group)), ...services]
}

function serviceTarget(table: ReachTable, asked: ServiceAsked): Asked {
  const { service, port } = asked
  const name = `svc/${service.namespace}/${service.name}`
  const protocol = port.protocol.toLowerCase() as ReachTarget['protocol']
  return {
    target: {
      id: `${name}:${port.port}/${protocol}`,
      object: service.ref,
      protocol,
      port: port.port,
      ...(port.name !== '' && { name: port.name }),
    },
    namespace: service.namespace,
    names: new Set([name]),
    members: 1,
    cells: (senders) => table.allToService(senders, asked),
  }
}

const protocols: Readonly<Record<number, ReachTarget['protocol']>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

function groupTargets(table: ReachTable, group: Group): readonly Asked[] {
  const [first] = group.places
  if (!first || first.type === 'outside') return []
  return portsOf(table, first).map((port): Asked => {
    const { number, last, protocol, assumed } = port
    return {
      target: {
        id: `${group.id}:${last === number ? number : `${number}-${last}`}/${protocol}`,
        object: group.workload,
        protocol,
        port: number,
        ...(last !== number && { lastPort: last }),
        ...(assumed && { assumed: true }),
      },
      namespace: group.workload.namespace,
      names: namesOf(group),
      members: group.places.length,
      cells: (senders) => table.allToGroup(senders, group, { protocol, number }),
    }
  })
}

interface TargetPort {
  readonly number: number
  readonly last: number
  readonly protocol: ReachTarget['protocol']
  readonly assumed: boolean
}

/** The ports of its sockets; where it is taken to answer on all, those intervals that policies tell apart. */
function portsOf({ context }: ReachTable, { listeners, pod, id }: Place): readonly TargetPort[] {
  const own = listeners.filter(({ owner }) => {
    if (pod?.hostNetwork) return owner?.name === pod.name && owner.namespace === pod.namespace
    return !id.startsWith('node/') || owner?.kind === 'Node'
  })
  const found = new Map<string, TargetPort>()
  for (const { protocol: number, port, assumed = false } of own) {
    const protocol = protocols[number]
    if (!protocol) continue
    const isAny = port === 'any'
    if (isAny && protocol !== 'tcp') continue
    const whole = [{ first: 1, last: 65535 }]
    const intervals = isAny ? (context.matrix?.intervals(number) ?? whole) : [{ first: port, last: port }]
    for (const { first, last } of intervals)
      found.set(`${protocol} ${first}`, { number: first, last, protocol, assumed })
  }
  return [...found.values()].toSorted((a, b) => a.number - b.number)
}

/** How requests can name a group: itself, its members, its namespace, its workload as a whole. */
function namesOf(group: Group): ReadonlySet<string> {
  const { id, workload, places } = group
  const whole = id.replace(/#\d+$/, '')
  const namespace = workload.namespace === undefined ? [] : [`ns/${workload.namespace}`]
  return new Set([id, whole, ...namespace, ...places.map((place) => place.id)])
}

function isWanted(group: Group, request: ReachRequest, text: string | undefined): boolean {
  return text === undefined || namesOf(group).has(canonical(text, request))
}

/** With its namespace, and with the short name of its kind. */
function canonical(text: string, { namespace = 'default' }: ReachRequest): string {
  const [kind = '', ...rest] = text.split('/')
  const short = kinds[kind.toLowerCase()] ?? kind.toLowerCase()
  const hasNone = ['ns', 'node', 'external', 'internet', 'nodes'].includes(short)
  return [short, ...(rest.length === 1 && !hasNone ? [namespace] : []), ...rest].join('/')
}

const kinds: Readonly<Record<string, string>> = {
  ...{ po: 'pod', pods: 'pod', service: 'svc', services: 'svc', deployment: 'deploy', statefulset: 'sts' },
  ...{ daemonset: 'ds', replicaset: 'rs', namespace: 'ns', no: 'node' },
}

function isAsked({ target, names }: Asked, request: ReachRequest): boolean {
  if (request.protocol && target.protocol !== request.protocol) return false
  if (request.port !== undefined && !hasPort(target, request.port)) return false
  if (request.to === undefined) return true
  const [, name = '', port] = /^(.*?)(?::([^:/]+))?$/.exec(request.to) ?? []
  if (!names.has(canonical(name, request))) return false
  if (port === undefined || target.name === port) return true
  return /^\d+$/.test(port) && hasPort(target, portNumber(port, 'port'))
}

function hasPort({ port, lastPort = port }: ReachTarget, wanted: number): boolean {
  return wanted >= port && wanted <= lastPort
}

function unknown(
  table: ReachTable,
  text: string,
  code: 'unknown-source' | 'unknown-destination',
): RequestError {
  const services =
    code === 'unknown-source'
      ? []
      : table.services.map(({ service }) => `svc/${service.namespace}/${service.name}`)
  const known = [...new Set([...table.groups.flatMap((group) => [...namesOf(group)]), ...services])]
  const near = nearest(text, known)
  return new RequestError(
    code,
    `nobody is called ${text}${code === 'unknown-source' ? '' : ', or has such a port'}`,
    near === undefined
      ? 'write svc/[ns/]name, deploy/[ns/]name, pod/[ns/]name, ns/name, node/name or internet'
      : `did you mean ${near}?`,
  )
}
