import type { Ip } from '../base/ip.ts'
import { familyOf } from '../base/ip.ts'
import type { Outcome } from '../dataplane/flight.ts'
import type { DataplaneState } from '../dataplane/state.ts'
import { connect } from '../journey/connect.ts'
import { defaultSourcePort } from '../journey/options.ts'
import type { JudgedPlace } from '../journey/policy-checks.ts'
import { judgedPlaces } from '../journey/policy-checks.ts'
import type { Dial, RequestProtocol } from '../journey/resolve-target.ts'
import type { World } from '../journey/world.ts'
import type { Disposition } from '../model/trace.ts'
import type { Traffic } from '../policy/matrix.ts'
import type { Direction } from '../policy/policy.ts'
import type { Place } from './place.ts'
import type { Probe } from './probe.ts'

/** The worlds in which is walked. */
export interface ReachWorlds {
  /** The cluster as it is. */
  readonly world: World
  /** The cluster with other policies; made when it is first asked for. */
  probe(probe: Probe): World
  readonly state: DataplaneState
  /** Nodes that are as a dump says. */
  readonly dumped: ReadonlySet<string>
}

/** One place of a walk at which policies are asked, and the packet there. */
export interface SeenCheck {
  /** `pod/ns/name`. */
  readonly endpoint: string
  readonly direction: Direction
  readonly peer: Ip
  /** Whom the other end is taken for where its address does not tell: the id of an endpoint, or `world`. */
  readonly taken?: string
  readonly traffic: Traffic
}

/** One way that a connection may go. */
export interface SeenWay {
  readonly share: number
  readonly disposition: Disposition
  readonly checks: readonly SeenCheck[]
  /** Where the destination was translated to. */
  readonly translated?: { readonly ip: Ip; readonly port: number }
}

/** Connects, and gives what every way shows of it. */
export function walkOnce(
  { state }: ReachWorlds,
  world: World,
  sender: Place,
  dial: Dial,
  protocol: RequestProtocol,
): readonly SeenWay[] {
  const family = dial.type === 'dial' ? familyOf(dial.ips[0] ?? 0) : 4
  const options = { state, now: 0, protocol, sport: defaultSourcePort }
  return connect(world, sender.sender(world, family), dial, options).map((outcome) => seen(world, outcome))
}

function seen(world: World, { probability, disposition, leg }: Outcome): SeenWay {
  const translated = leg.forward
    .flatMap(({ steps }) => steps)
    .findLast((step) => step.type === 'nat' && step.side === 'destination' && step.action === 'dnat')
  return {
    share: probability,
    disposition,
    checks: judgedPlaces(world, [leg]).map(checkOf),
    ...(translated?.type === 'nat' && { translated: translated.to }),
  }
}

function checkOf({ judged, packet }: JudgedPlace): SeenCheck {
  const { endpoint, direction, peer: taken } = judged
  const { src, dst, protocol, sport, dport, icmp } = packet
  return {
    endpoint,
    direction,
    peer: direction === 'ingress' ? src : dst,
    ...(taken !== undefined && { taken }),
    traffic: { protocol, sport, dport, ...(icmp && { icmp: { type: icmp.type, code: icmp.code } }) },
  }
}
