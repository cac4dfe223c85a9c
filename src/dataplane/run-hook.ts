import { packetFamily } from '../base/packet.ts'
import type { RuleStep, Step } from '../model/trace.ts'
import type { DeviceView } from '../netfilter/match/match.ts'
import type { HookName } from '../netfilter/rule.ts'
import type { RejectAnswer } from '../netfilter/target/target.ts'
import type { Connection, Tracking } from './conntrack.ts'
import { findConnection, storeConnection, track } from './conntrack.ts'
import { runFilter } from './filter-program.ts'
import type { Flight, Next, Outcome, Walk } from './flight.ts'
import { extendTrail, lose, stop } from './flight.ts'
import type { Decided } from './fork.ts'
import { ruleStep } from './fork.ts'
import type { PlannedStage } from './hook-plan.ts'
import { hookPlan } from './hook-plan.ts'
import { icmpError } from './icmp-error.ts'
import { sourceKey } from './nat.ts'
import { rerouteAfterHook } from './output-route.ts'
import { reset } from './packets.ts'
import type { Asking } from './tables.ts'
import { devicesAt, evaluateAt } from './tables.ts'
import { translate, translateKnown } from './translate.ts'

/** How a hook is run: the devices that rules see, if they are not the flight's own. */
export interface HookOptions {
  readonly devices?: DeviceView
}

/** Runs the packet through everything that stands at a hook, in the kernel's order of priorities. */
export function runHook(
  walk: Walk,
  flight: Flight,
  hook: HookName,
  next: Next,
  options: HookOptions = {},
): readonly Outcome[] {
  const plan = hookPlan(flight.netns, packetFamily(flight.packet), hook)
  if (plan.length === 0) return next(flight)
  const runFrom = (start: number, from: Flight): readonly Outcome[] => {
    let current = from
    for (let at = start; ; at++) {
      const stage = plan[at]
      if (stage === undefined) return next(current)
      if (stage.type === 'track') {
        current = trackPacket(walk, current)
        continue
      }
      const passed = passAtOnce(current, hook, stage)
      if (passed === undefined) {
        const devices = options.devices ?? devicesAt(current, hook)
        return runStage(walk, current, { hook, devices, next: (after) => runFrom(at + 1, after) }, stage)
      }
      current = passed
    }
  }
  return runFrom(0, flight)
}

/** A stage at which a packet may end, or its ways part. */
type DecidingStage = Exclude<PlannedStage, { readonly type: 'track' }>

/** What a stage does to a packet about which nothing is left to decide; `undefined` of any other. */
function passAtOnce(flight: Flight, hook: HookName, { type }: DecidingStage): Flight | undefined {
  if (type === 'program') return undefined
  if (type === 'confirm') return needsNoEntry(flight) ? flight : undefined
  // At OUTPUT the translated packet may have to be routed again.
  return type === 'nat' && hook !== 'OUTPUT' ? translateKnown(flight, hook) : undefined
}

function runStage(walk: Walk, flight: Flight, asking: Asking, stage: DecidingStage): readonly Outcome[] {
  const { hook, devices, next } = asking
  switch (stage.type) {
    case 'confirm':
      return confirm(walk, flight, next)
    case 'program':
      return runFilter(walk, flight, { filter: stage.filter, devices, state: flight.tracking?.state }, next)
    case 'nat':
      return hook === 'OUTPUT'
        ? translate(walk, flight, withRerouting(walk, flight, asking), stage.tables)
        : translate(walk, flight, asking, stage.tables)
    case 'filter':
      return hook === 'OUTPUT'
        ? filter(walk, flight, withRerouting(walk, flight, asking), stage, 0)
        : filter(walk, flight, { hook, devices, next }, stage, 0)
    default:
      return stage satisfies never
  }
}

/** nf_conntrack_in, unless the packet has its entry already (loopback) or is not to be tracked. */
function trackPacket(walk: Walk, flight: Flight): Flight {
  if (flight.tracking) return flight
  const { state, tracking } = track(flight.state, flight.netns, flight.packet, walk.now)
  const trail = flight.quiet ? flight.trail : extendTrail(flight, trackingStep(tracking))
  return { ...flight, state, tracking, trail }
}

function trackingStep({ state, connection, direction }: Tracking): Step {
  const known = connection?.confirmed ?? false
  return { type: 'conntrack', state, ...(connection && { direction }), known }
}

/** Asks one table of every backend; a verdict other than ACCEPT is final. */
function filter(
  walk: Walk,
  flight: Flight,
  asking: Asking,
  stage: PlannedStage & { readonly type: 'filter' },
  at: number,
): readonly Outcome[] {
  const { hook, devices, next } = asking
  const table = stage.tables[at]
  if (!table) return next(flight)
  const decide = (asked: Flight, { verdict, by }: Decided): readonly Outcome[] => {
    if (verdict.type === 'accept') return filter(walk, asked, asking, stage, at + 1)
    const step = ruleStep(hook, by, true)
    const notModelled = (text: string) =>
      walk.end(stop(asked, 'not-modelled', text, step), { type: 'unknown' })
    switch (verdict.type) {
      case 'drop':
        return lose(walk, asked, step.number === 0 ? 'policy' : 'rule', 'dropped', step)
      case 'reject':
        return rejected(walk, asked, verdict.answer, step)
      case 'queue':
        return notModelled('handed to a program by QUEUE')
      case 'nat':
        return notModelled(`nat in table ${stage.table}`)
      case 'unknown':
        return notModelled(verdict.reason)
      default:
        return verdict satisfies never
    }
  }
  return evaluateAt(walk, flight, hook, table, decide, devices)
}

/**
 * Mirrors nf_send_unreach and nf_send_reset: a RST about a packet that came in by a bridge port goes straight back
 * out of it, so that no rule sees it and no translation is undone.
 */
function rejected(walk: Walk, flight: Flight, answer: RejectAnswer, by: RuleStep): readonly Outcome[] {
  const stopped = stop(flight, 'rule', `rejected with ${answer.name}`, by)
  const { packet, physicalIn } = flight
  const reply = answer.icmp ? icmpError(packet, answer.icmp) : reset(packet)
  if (!reply) return walk.end(stopped, { type: 'lost' })
  const straight = !answer.icmp && physicalIn !== undefined
  return walk.end(stopped, {
    type: 'answered',
    answer: reply,
    ...(straight && { straightOut: physicalIn }),
  })
}

/** The namespace's own packets are routed anew when OUTPUT changed what routing looks at (ip_route_me_harder). */
function withRerouting(walk: Walk, { packet: before }: Flight, { hook, devices, next }: Asking): Asking {
  const reroute = (after: Flight) => {
    const { dst, src, mark } = after.packet
    const changed = before.dst !== dst || before.src !== src || before.mark !== mark
    return changed ? rerouteAfterHook(walk, after, next) : next(after)
  }
  return { hook, devices, next: reroute }
}

/** Whether there is nothing to remember. A RST or an error that was attached to a connection does not begin it. */
function needsNoEntry({ tracking }: Flight): boolean {
  const connection = tracking?.connection
  return !tracking || !connection || connection.confirmed || tracking.direction === 'reply'
}

/** Mirrors __nf_conntrack_confirm: the entry is remembered once the packet has passed everything. */
function confirm(walk: Walk, flight: Flight, next: Next): readonly Outcome[] {
  const { tracking, netns, state } = flight
  const connection = tracking?.connection
  if (!connection) return next(flight)
  const translated = connection.sourceTranslated || connection.destinationTranslated
  if (translated && findConnection(state, netns.id, connection.reply, walk.now)) {
    return lose(walk, flight, 'nat-exhausted', 'another connection already has this tuple')
  }
  return next(remember(flight, connection))
}

function remember(flight: Flight, connection: Connection): Flight {
  const { netns, tracking } = flight
  const confirmed: Connection = { ...connection, confirmed: true }
  const state = storeConnection(flight.state, netns.id, confirmed).set(
    sourceKey(netns.id, connection.original),
    connection.original,
  )
  return { ...flight, state, tracking: tracking && { ...tracking, connection: confirmed } }
}
