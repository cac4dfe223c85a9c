import { endpointsOf } from '../control/policy/endpoints.ts'
import { protocolOf } from '../control/policy/network-policy.ts'
import { policiesOf } from '../control/policy/policies-of.ts'
import type { EnforcedPolicies } from '../control/policy/policy-set.ts'
import { defaultSourcePort } from '../journey/options.ts'
import type { ClusterPod } from '../model/cluster.ts'
import { conditionsOf } from '../policy/conditions.ts'
import type { Decision } from '../policy/decide.ts'
import { decide } from '../policy/decide.ts'
import type { Endpoint } from '../policy/endpoint.ts'
import type { PolicyFlow } from '../policy/match.ts'
import type { Direction, Policy } from '../policy/policy.ts'
import { identitiesOf } from './identity.ts'
import type { Scope } from './scope.ts'
import type { Sides } from './side.ts'
import { both } from './side.ts'

/** Connections that an edit of policies alone can make different, by example. */
export interface Suspect {
  readonly from: ClusterPod
  readonly to: ClusterPod
  readonly port: number
  readonly protocol: string
  /** How many pairs of pods the example stands for. */
  readonly pairs: number
}

/**
 * The pairs of pods of which some policy says another thing than before. An edit of policies alone changes nothing else, so
 * that no more has to be looked at; `undefined` where what policies see may be somebody else than the pods themselves, or
 * where they say another thing of nodes and of what is outside.
 */
export function suspectsOf(sides: Sides, scope: Scope): readonly Suspect[] | undefined {
  const enforced = both(sides).map(({ cluster }) => policiesOf(cluster))
  const [before, after] = enforced
  if (!scope.policyEdits?.every(selectsOnly) || !before || !after || !enforced.every(isPlain))
    return undefined
  const { cluster } = sides.after
  const pods = cluster.pods.filter(({ ips, hostNetwork }) => ips.length > 0 && !hostNetwork)
  if (cluster.environment.listeners || pods.some(({ ports }) => ports.length === 0)) return undefined
  const work: Work = { sides, pods, before, after, found: new Map() }
  for (const pod of pods) {
    const identity = identitiesOf(sides.after).of(idOf(pod))
    const isSame =
      (!scope.touchesPlace(identity, 'destination') || compare(work, pod, 'ingress')) &&
      (!scope.touchesPlace(identity, 'sender') || compare(work, pod, 'egress'))
    if (!isSame) return undefined
  }
  return [...work.found.values()]
}

/** Whether a policy names nobody by an address. */
function selectsOnly({ ingress = [], egress = [] }: Policy): boolean {
  const peers = [...ingress, ...egress].flatMap(({ peers: list = [], self }) =>
    self ? [...list, self] : list,
  )
  return peers.every((one) => !one.blocks && !one.notBlocks && !one.entities && !one.notEntities)
}

/** Whether policies see both ends as they are, each for itself. */
function isPlain(policies: EnforcedPolicies | undefined): boolean {
  const engine = policies?.engine
  return engine?.blocksMatchEndpoints === true && engine.asksEndsTogether !== true
}

interface Work {
  readonly sides: Sides
  readonly pods: readonly ClusterPod[]
  readonly before: EnforcedPolicies
  readonly after: EnforcedPolicies
  readonly found: Map<string, Suspect>
}

function idOf({ namespace, name }: ClusterPod): string {
  return `pod/${namespace}/${name}`
}

/** Compares what is said of a pod with every other; false if something else than pods is said another thing of. */
function compare(work: Work, pod: ClusterPod, direction: Direction): boolean {
  const { sides, pods } = work
  const own = endpointsOf(sides.after.cluster)
  const self = own.byId(idOf(pod))
  if (!self) return false
  const strangers = own.all.filter(({ type }) => type !== 'pod')
  if (strangers.some((one) => differsAnywhere(work, self, one, pod, direction))) return false
  if (differsAnywhere(work, self, undefined, pod, direction)) return false
  const kindOf = peerKinds(work, self, direction)
  const known = new Map<string, boolean>()
  for (const other of pods) {
    const peer = own.byId(idOf(other))
    if (other === pod || !peer) continue
    const kind = kindOf(peer)
    const [from, to] = direction === 'ingress' ? [other, pod] : [pod, other]
    for (const { port, protocol } of to.ports) {
      const key = `${port} ${protocol} ${kind}`
      const found = known.get(key) ?? differs(work, { self, peer, direction, port, protocol })
      known.set(key, found)
      if (found) note(work, { from, to, port, protocol })
    }
  }
  return true
}

/** A text that is equal for pods that the policies of an endpoint cannot tell apart, before the edit and after it. */
function peerKinds(
  { before, after }: Work,
  self: Endpoint,
  direction: Direction,
): (peer: Endpoint) => string {
  const selected = [before, after].flatMap((one) => one.selected(self, direction))
  const conditions = conditionsOf(
    { tiers: selected.map(({ tier, policies }) => ({ ...tier, policies })) },
    after.engine,
  )
  const keys = [...conditions.labels]
  return ({ namespace, labels, serviceAccount, ports }) =>
    JSON.stringify([
      namespace,
      keys.map((key) => labels[key]),
      conditions.usesAccounts && serviceAccount,
      conditions.portNames.size > 0 && ports,
    ])
}

/** Whether something is said otherwise of a node, or of an address that nobody has, at any port of the pod. */
function differsAnywhere(
  work: Work,
  self: Endpoint,
  peer: Endpoint | undefined,
  { ports }: ClusterPod,
  direction: Direction,
): boolean {
  const asked = direction === 'ingress' ? ports : [{ port: 443, protocol: 'TCP' }]
  return asked.some(({ port, protocol }) => differs(work, { self, peer, direction, port, protocol }))
}

interface Question {
  readonly self: Endpoint
  /** Absent for an address that nobody has. */
  readonly peer: Endpoint | undefined
  readonly direction: Direction
  readonly port: number
  readonly protocol: string
}

function differs({ before, after }: Work, question: Question): boolean {
  const flow = flowOf(question)
  return verdictOf(before, flow) !== verdictOf(after, flow)
}

function verdictOf(policies: EnforcedPolicies, flow: PolicyFlow): Decision['verdict'] {
  const selected = policies.selected(flow.self.endpoint, flow.direction)
  return selected.length === 0 ? 'allowed' : decide(selected, flow, policies.engine).verdict
}

function flowOf({ self, peer, direction, port, protocol }: Question): PolicyFlow {
  const [ip = 0] = self.ips
  const [other = typeof ip === 'number' ? 0xcb00710a : 0n] = peer?.ips ?? []
  return {
    direction,
    self: { ip, endpoint: self },
    peer: peer ? { ip: other, endpoint: peer } : { ip: other },
    protocol: protocolOf(protocol) ?? 6,
    sport: defaultSourcePort,
    dport: port,
  }
}

/** Pairs of the same workloads and port are told once. */
function note({ sides, found }: Work, suspect: Omit<Suspect, 'pairs'>): void {
  const { of } = identitiesOf(sides.after)
  const workload = (pod: ClusterPod) => of(idOf(pod)).split(' ')[0]
  const key = [workload(suspect.from), workload(suspect.to), suspect.port, suspect.protocol].join(' ')
  const known = found.get(key)
  found.set(key, { ...(known ?? suspect), pairs: (known?.pairs ?? 0) + 1 })
}
