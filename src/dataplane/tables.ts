import type { Ip } from '../base/ip.ts'
import type { IpSet, Netns } from '../model/network.ts'
import type { Hit } from '../netfilter/evaluate.ts'
import { evaluateTable } from '../netfilter/evaluate.ts'
import type { AddressSet, DeviceView, HostView } from '../netfilter/match/match.ts'
import type { HookName, Table } from '../netfilter/rule.ts'
import type { Connection } from './conntrack.ts'
import { storeConnection, viewOf } from './conntrack.ts'
import type { Flight, Next, Outcome, Trail, Walk } from './flight.ts'

import type { Decided } from './fork.ts'
import { ruleStep, settle } from './fork.ts'
import type { SetsByName } from './ipset.ts'
import { addressSet } from './ipset.ts'
import { reversePathValid } from './reverse-path.ts'
import { addressType } from './routing.ts'
import { routeMtu } from './size.ts'
import type { DataplaneState } from './state.ts'
import { memoryOf } from './state.ts'

/** Where the flight is when tables are asked: the hook, the devices that rules see, and what comes afterwards. */
export interface Asking {
  readonly hook: HookName
  readonly devices: DeviceView
  readonly next: Next
}

/** Runs the flight's packet through one table; `next` gets each way on, with the table's effects applied. */
export function evaluateAt(
  walk: Walk,
  flight: Flight,
  hook: HookName,
  table: Table,
  next: (flight: Flight, decided: Decided) => readonly Outcome[],
  devices: DeviceView,
): readonly Outcome[] {
  const base = table.chain(hook)
  if (!base || (base.rules.length === 0 && base.policy !== 'DROP'))
    return next(flight, passed(table, hook, flight))
  const { tracking, netns, state } = flight
  const evaluation = evaluateTable(table, {
    hook,
    packet: flight.packet,
    devices,
    state: tracking?.state ?? 'INVALID',
    connection: tracking && viewOf(tracking),
    host: hostView(netns),
    memory: memoryOf(state, netns.id),
    now: walk.now,
    record: flight.quiet ? 'nothing' : walk.recordMisses ? 'all' : 'matches',
  })
  if (!evaluation) return next(flight, passed(table, hook, flight))
  return settle(walk, flight, hook, evaluation, (settled, decided) =>
    next(applyEffects(walk, settled, hook, decided), decided),
  )
}

/** A table without rules at this hook lets everything pass. */
function passed(table: Table, hook: HookName, { packet, state, netns }: Flight): Decided {
  return {
    type: 'decided',
    verdict: { type: 'accept' },
    by: { table: table.name, chain: hook, number: 0 },
    packet,
    connectionMark: undefined,
    untracked: false,
    memory: memoryOf(state, netns.id),
    hits: undefined,
  }
}

/** The table's hits as steps, and what its targets changed in the packet, the connection and the rules' memory. */
function applyEffects(walk: Walk, flight: Flight, hook: HookName, decided: Decided): Flight {
  const { connectionMark, packet, untracked } = decided
  const { state } = decided.memory as ReturnType<typeof memoryOf>
  const changed =
    packet !== flight.packet || state !== flight.state || connectionMark !== undefined || untracked
  const trail = flight.quiet ? flight.trail : withHits(walk, flight, hook, decided)
  if (changed) return withEffects(flight, decided, state, trail)
  return trail === flight.trail ? flight : { ...flight, trail }
}

/** The trail with a step for each rule that was hit, and for the policy where it matters. */
function withHits(
  walk: Walk,
  flight: Flight,
  hook: HookName,
  { hits, by, verdict }: Decided,
): Trail | undefined {
  const netns = flight.netns.id
  let previous = flight.trail
  for (const hit of inOrder(hits)) {
    previous = {
      netns,
      step: ruleStep(hook, hit.place, hit.matched),
      entered: previous?.netns !== netns,
      previous,
    }
  }
  const policyMatters = by.number === 0 && (walk.recordMisses || verdict.type === 'drop')
  return policyMatters
    ? { netns, step: ruleStep(hook, by, true), entered: previous?.netns !== netns, previous }
    : previous
}

function withEffects(
  flight: Flight,
  { packet, connectionMark, untracked }: Decided,
  state: DataplaneState,
  trail: Trail | undefined,
): Flight {
  let { tracking } = flight
  let changed = state
  if (tracking?.connection && connectionMark !== undefined) {
    const marked: Connection = { ...tracking.connection, mark: connectionMark }
    tracking = { ...tracking, connection: marked }
    // A confirmed entry is changed at once, whatever becomes of the packet.
    if (marked.confirmed) changed = storeConnection(changed, flight.netns.id, marked)
  }
  if (untracked) tracking = { state: 'UNTRACKED', connection: undefined, direction: 'original' }
  return { ...flight, packet, state: changed, tracking, trail }
}

function inOrder(hits: Hit | undefined): Hit[] {
  const list: Hit[] = []
  for (let hit = hits; hit; hit = hit.previous) list.push(hit)
  return list.reverse()
}

/** The devices that rules see at a hook: where it came in by before routing, where it leaves by after. */
export function devicesAt(flight: Flight, hook: HookName): DeviceView {
  const seesIn = hook !== 'OUTPUT'
  const seesOut = hook !== 'PREROUTING' && hook !== 'INPUT'
  return {
    in: seesIn ? flight.in : undefined,
    out: seesOut ? flight.way?.device : undefined,
    physicalIn: seesIn && flight.in !== undefined ? flight.physicalIn : undefined,
    physicalOut: undefined,
    bridged: false,
  }
}

/** The namespace's ipsets by name, each read once. */
function setsOf(netns: Netns): SetsByName {
  let byName: ReadonlyMap<string, IpSet> | undefined
  const known = new Map<string, AddressSet>()
  const find = (name: string): AddressSet | undefined => {
    byName ??= new Map(netns.sets?.map((one) => [one.name, one]))
    const set = byName.get(name)
    const found = known.get(name) ?? (set && addressSet(set, find))
    if (found) known.set(name, found)
    return found
  }
  return find
}

const views = new WeakMap<Netns, HostView>()

/** What matches may ask of the namespace. */
function hostView(netns: Netns): HostView {
  const known = views.get(netns)
  if (known) return known
  const view: HostView = {
    addressType: (ip: Ip, device?: string) => addressType(netns, ip, device),
    reversePathValid: (packet, device, options) => reversePathValid(netns, packet, device, options),
    mtuTo: (dst, mark) => routeMtu(netns, dst, mark),
    set: setsOf(netns),
  }
  views.set(netns, view)
  return view
}
