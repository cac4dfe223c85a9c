import { hasBit } from '../base/bit-set.ts'
import { endpointsOf } from '../control/policy/endpoints.ts'
import type { Dial, RequestProtocol } from '../journey/resolve-target.ts'
import type { Disposition } from '../model/trace.ts'
import type { Decision } from '../policy/decide.ts'
import { decide } from '../policy/decide.ts'
import type { Party } from '../policy/endpoint.ts'
import type { MatrixRow, PolicyMatrix, Traffic } from '../policy/matrix.ts'
import type { Direction } from '../policy/policy.ts'
import { nodeAddresses } from './node-addresses.ts'
import type { Actors, Role } from './roles.ts'
import { partyIn, roleOf, roleText } from './roles.ts'
import type { ReachWorlds, SeenCheck, SeenWay } from './walks.ts'
import { walkOnce } from './walks.ts'

/** A place on a way at which the policies of one end are asked, whoever the ends are. */
export interface RoleCheck {
  readonly direction: Direction
  readonly of: 'sender' | 'destination'
  readonly peer: Role
  readonly peerText: string
  readonly traffic: Traffic
  /** Rows of the matrix by the class of the end, as far as they were asked for: apart, and on one node. */
  readonly rows: readonly [(MatrixRow | undefined)[], (MatrixRow | undefined)[]]
}

/** One way that every connection of a kind may go. */
export interface Way {
  readonly share: number
  /** How it ends if policies let it pass. */
  readonly disposition: Disposition
  readonly checks: readonly RoleCheck[]
  /** How it ends if the policies of one direction do not. */
  denied(direction: Direction): Disposition
}

/** How a connection ends, and by whose policies if they decide that. */
export interface Ending {
  readonly disposition: Disposition
  readonly denied?: Direction
}

/** Counts walks, for what is said about them. */
export interface WalkCount {
  walks: number
}

/** What ways are made and judged with. */
export interface Context {
  readonly worlds: ReachWorlds
  /** Absent where nothing enforces policies. */
  readonly matrix?: PolicyMatrix
  readonly count: WalkCount
  /** Walks with other policies than the cluster's say something of those with its own. */
  readonly probes: boolean
}

/** One connection that stands for others. */
export interface Sample {
  readonly actors: Actors
  readonly dial: Dial
  readonly protocol: RequestProtocol
}

/** Walks a sample where policies allow everything; where none are enforced, in the cluster as it is. */
export function seenWays(context: Context, { actors, dial, protocol }: Sample): readonly SeenWay[] {
  const { worlds, matrix, count } = context
  count.walks += 1
  return walkOnce(worlds, matrix ? worlds.probe('allow') : worlds.world, actors.sender, dial, protocol)
}

/**
 * What one way of a sample says of all connections of its kind; `undefined` if it cannot be said of others, since it
 * asks the policies of somebody else or sees an address of somebody else.
 */
export function wayOf(
  context: Context,
  sample: Sample,
  seen: SeenWay,
  actors: Actors,
  deniedAt: (ways: readonly SeenWay[]) => SeenWay | undefined,
): Way | undefined {
  const checks: RoleCheck[] = []
  for (const check of seen.checks) {
    const made = roleCheck(context, check, actors)
    if (!made) return undefined
    checks.push(made)
  }
  const known = new Map<Direction, Disposition>()
  const denied = (direction: Direction): Disposition => {
    const found = known.get(direction) ?? deniedAt(deniedWays(context, sample, direction))?.disposition
    known.set(direction, found ?? 'unknown')
    return found ?? 'unknown'
  }
  const way: Way = { share: seen.share, disposition: seen.disposition, checks, denied }
  return context.matrix && hidesCheck(way, actors) ? undefined : way
}

/** Whether policies count on the way that no step of it shows: denying everything makes a difference. */
function hidesCheck({ checks, disposition, denied }: Way, { sender, destination }: Actors): boolean {
  const isShown = (direction: Direction) => checks.some((check) => check.direction === direction)
  const counts = (direction: Direction) => !isShown(direction) && denied(direction) !== disposition
  return (sender.type === 'pod' && counts('egress')) || (destination?.type === 'pod' && counts('ingress'))
}

function deniedWays(
  { worlds, count }: Context,
  { actors, dial, protocol }: Sample,
  direction: Direction,
): readonly SeenWay[] {
  count.walks += 1
  return walkOnce(worlds, worlds.probe(`deny-${direction}`), actors.sender, dial, protocol)
}

function roleCheck(
  { worlds }: Context,
  { endpoint, direction, peer, taken, traffic }: SeenCheck,
  actors: Actors,
): RoleCheck | undefined {
  const of = (['sender', 'destination'] as const).find(
    (part) => actors[part]?.party.endpoint?.id === endpoint,
  )
  const role = roleOf(worlds.world, actors, peer, taken)
  if (!of || !role) return undefined
  return { direction, of, peer: role, peerText: roleText(role), traffic, rows: [[], []] }
}

/** How a way ends for two ends, by what `verdict` says of each check. */
export function endingOf(way: Way, verdict: (check: RoleCheck) => Decision['verdict']): Ending {
  let isUnknown = false
  for (const check of way.checks) {
    const said = verdict(check)
    if (said === 'denied' && !isUnknown) {
      return { disposition: way.denied(check.direction), denied: check.direction }
    }
    isUnknown ||= said === 'unknown'
  }
  return { disposition: isUnknown ? 'unknown' : way.disposition }
}

/** What the policies say at a check, by the classes of its end and of the other. */
export function verdictBetween(
  matrix: PolicyMatrix,
  check: RoleCheck,
  self: number,
  peer: number,
  together: boolean,
): Decision['verdict'] {
  const rows = check.rows[together && matrix.asksOwnNode ? 1 : 0]
  const row = rows[self] ?? matrix.row(check.direction, self, check.traffic, together)
  rows[self] = row
  if (hasBit(row.allowed, peer)) return 'allowed'
  return hasBit(row.unknown, peer) ? 'unknown' : 'denied'
}

/** The same for two ends in particular, without classes. */
export function verdictFor(
  { worlds }: Context,
  { direction, of, peer: role, traffic }: RoleCheck,
  actors: Actors,
): Decision['verdict'] | undefined {
  const { world } = worlds
  const self = actors[of]?.party
  const peer: Party | undefined = partyIn(world, actors, role)
  const endpoint = self?.endpoint
  if (!world.policies || !self || !endpoint || !peer) return undefined
  const selected = world.policies.selected(endpoint, direction)
  const flow = { direction, self: { ip: self.ip, endpoint }, peer, ...traffic }
  return decide(selected, flow, world.policies.engine).verdict
}

/** All whose policies may be asked, or who may be seen: endpoints by each of their addresses, and nodes by all of theirs. */
export function allParties({ world }: ReachWorlds, others: readonly Party[]): readonly Party[] {
  const { all, party } = endpointsOf(world.cluster)
  const own = all.flatMap((endpoint) => endpoint.ips.map((ip): Party => ({ ip, endpoint })))
  const ofNodes = world.cluster.nodes.flatMap(({ name }) =>
    [...nodeAddresses(world, name).values()].map(party),
  )
  return [...own, ...ofNodes, ...others]
}
