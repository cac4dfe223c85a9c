import { familyOf, formatIp } from '../../base/ip.ts'
import { UDP } from '../../base/packet.ts'
import type { Outcome } from '../../dataplane/flight.ts'
import type { DataplaneState } from '../../dataplane/state.ts'
import type { JourneyRequest, Resolution, ResolverName, Symptom } from '../../model/journey.ts'
import type { Leg } from '../../model/trace.ts'
import type { TraceOptions } from '../options.ts'
import { RequestError } from '../request.ts'
import type { Dial, NameTarget, RequestProtocol } from '../resolve-target.ts'
import { dialFound, serviceNamed } from '../resolve-target.ts'
import type { RawResult } from '../result.ts'
import type { Sender } from '../sender.ts'
import { symptomText } from '../symptom.ts'
import type { World } from '../world.ts'
import { dialAsApiServer } from './api-server.ts'
import { dnsPort } from './ask-server.ts'
import { ingressOf, waitingIngress } from './ingress-address.ts'
import type { NameBranch } from './look-up-name.ts'
import { givenAddresses, lookUpName } from './look-up-name.ts'

interface Looking {
  readonly world: World
  readonly sender: Sender
  readonly protocol: RequestProtocol
  readonly request: JourneyRequest
  readonly options: TraceOptions
}

/** One way in which a name that is to be dialled may be looked up. */
export type LookedUp =
  | {
      readonly type: 'found'
      readonly probability: number
      readonly state: DataplaneState
      readonly dial: Dial
      /** Absent where there was no address to enter. */
      readonly resolution?: Resolution
      readonly legs: readonly Leg[]
    }
  | { readonly type: 'failed'; readonly result: RawResult }

/** Whose resolver it is: the request's word, then the Environment's, then glibc. */
export function resolverOf(world: World, request: Pick<JourneyRequest, 'resolver'>): ResolverName {
  const { libc, useSearchList } = world.cluster.environment.resolver ?? {}
  if (request.resolver) return request.resolver
  if (useSearchList === false) return 'as-is'
  return libc === 'musl' ? 'musl' : 'glibc'
}

/** Looks up the name that a request is for, and says what is dialled then. */
export function lookUpTarget(looking: Looking, target: NameTarget): readonly LookedUp[] {
  const { world, sender, protocol, request, options } = looking
  const { family } = request
  const asking = { world, protocol, family }
  const resolver = resolverOf(world, request)
  const given = givenAddresses(request.resolve, target.name)
  const known = given ? ingressOf(world, target.name) : waitingIngress(world, target.name)
  const unassigned: LookedUp = {
    type: 'found',
    probability: 1,
    state: options.state,
    legs: [],
    dial: {
      type: 'no-ingress-address',
      host: target.name,
      port: Number(target.port) || 0,
      ...(known && { waiting: known }),
    },
  }
  if (given?.length === 0) return [unassigned]
  const direct = given ? undefined : dialAsApiServer(world, sender, target)
  if (direct) return [{ type: 'found', probability: 1, state: options.state, legs: [], dial: direct }]
  if (given) {
    const resolution: Resolution = {
      asked: target.name,
      source: 'given',
      resolver,
      queries: [],
      name: target.name,
      addresses: given.map(formatIp),
    }
    const dial = dialFound(asking, target, { name: target.name, addresses: given })
    return [{ type: 'found', probability: 1, state: options.state, dial, resolution, legs: [] }]
  }
  return lookUpName({ world, sender, name: target.name, family, resolver, options }).map((branch) => {
    const { probability, state, resolution, legs, result } = branch
    // What is taken for granted of names outside is not, of one that nobody can have entered there yet.
    if (known && resolution.assumed) return { ...unassigned, probability, state }
    if (result.type !== 'found' || branch.disposition) {
      refuseOtherFamily(looking, target, branch)
      return { type: 'failed', result: failedLookup(looking, target, branch) }
    }
    return { type: 'found', probability, state, resolution, legs, dial: dialFound(asking, target, result) }
  })
}

/** A Service that has addresses of the other family alone cannot be asked so. Throws a RequestError for one. */
function refuseOtherFamily(
  { world, request: { family } }: Looking,
  { name }: NameTarget,
  { resolution: { queries } }: NameBranch,
): void {
  if (family === undefined) return
  const isOther = queries.some((query) => {
    const service = query.rcode === 'NOERROR' ? serviceNamed(world, query.name) : undefined
    const ips = service?.clusterIps ?? []
    return ips.length > 0 && ips.every((ip) => familyOf(ip) !== family)
  })
  if (!isOther) return
  const other = family === 4 ? 6 : 4
  throw new RequestError('bad-request', `${name} has no IPv${family} address`, `ask over IPv${other}`)
}

/** What is seen of a name that leads nowhere, or to another place than was meant. */
export function failedSymptom(name: string, { disposition, resolution }: NameBranch): Symptom {
  return disposition === 'dns-wrong-answer'
    ? symptomText.misled(name, resolution.addresses.join(', '))
    : symptomText.unresolved(name)
}

/** The query that failed decides the journey: its packets, if they were lost; else what the server said. */
export function failedLookup(
  { sender, options }: Pick<Looking, 'sender' | 'options'>,
  target: Pick<NameTarget, 'name' | 'port'>,
  branch: NameBranch,
): RawResult {
  const { last, server, resolution, legs, disposition = 'nxdomain', probability } = branch
  const outcome: Outcome = last
    ? { ...last.outcome, probability }
    : {
        probability,
        disposition: 'nxdomain',
        leg: { purpose: 'resolve', forward: [], reply: [] },
        state: options.state,
      }
  const lostPackets = last !== undefined && last.outcome.disposition !== 'reached' && server !== undefined
  const dial: Dial = lostPackets
    ? { type: 'dial', ips: [server], port: dnsPort, host: formatIp(server) }
    : { type: 'no-name', host: target.name, port: Number(target.port) || 0 }
  return {
    outcome,
    sender,
    dial,
    addressed: { host: target.name, port: dnsPort, protocol: UDP },
    before: legs.filter((leg) => leg !== last?.outcome.leg),
    ending: { disposition, symptom: failedSymptom(target.name, branch) },
    resolution,
  }
}
