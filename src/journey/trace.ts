import { invariant } from '../base/invariant.ts'
import { familyOf } from '../base/ip.ts'
import type { DataplaneState } from '../dataplane/state.ts'
import type { Journey, JourneyOutcome, JourneyRequest, Resolution } from '../model/journey.ts'
import type { Leg } from '../model/trace.ts'
import { connect, protocolNumber, sampled, weigh } from './connect.ts'
import { findingsOf } from './finding/registry.ts'
import { answerHttp } from './http/answer-http.ts'
import { loadOf } from './load.ts'
import { lookUpTarget } from './names/look-up-target.ts'
import type { TraceOptions } from './options.ts'
import { defaultSourcePort } from './options.ts'
import { present } from './present.ts'
import type { Source, Target, Url } from './request.ts'
import { internetAddresses, parseSource, parseTarget, parseUrl, RequestError } from './request.ts'
import type { Dial, RequestProtocol } from './resolve-target.ts'
import { resolveTarget } from './resolve-target.ts'
import type { RawResult } from './result.ts'
import { chooseWeighted } from './sampling.ts'
import type { Sender } from './sender.ts'
import { addressSender, findSenders } from './senders.ts'
import type { World } from './world.ts'

/** A journey, and the state that each outcome leaves behind. */
export interface TraceResult {
  readonly journey: Journey
  readonly states: readonly DataplaneState[]
}

/** One request while it is being answered. */
interface Asking {
  readonly world: World
  readonly request: JourneyRequest
  readonly options: TraceOptions
  readonly protocol: RequestProtocol
  readonly source: Source
  readonly target: Target
  readonly url: Url | undefined
}

/** Answers one request. Throws a RequestError for a request that names what does not exist. */
export function trace(world: World, request: JourneyRequest, given: TraceOptions): TraceResult {
  const protocol = request.protocol ?? 'tcp'
  const load = loadOf(request, protocol)
  const options: TraceOptions = load ? { ...given, load } : given
  const source = parseSource(request.from, request.namespace ?? 'default')
  const senders = sampled(findSenders(world, source), options)
  const ownNamespace = source.type === 'pod' || source.type === 'workload' ? source.namespace : undefined
  const target = parseTarget(request.to, request.namespace ?? ownNamespace ?? 'default')
  const url = protocol === 'tcp' ? parseUrl(request.to) : undefined
  checkHttpOptions(request, url)
  const asking: Asking = { world, request, options, protocol, source, target, url }
  const ways = senders
    .flatMap((sender) => journeyFrom(asking, sender))
    .map((result) => ({ ...result, outcome: weigh(result.outcome, 1 / senders.length) }))
  const results = oneWay(ways, options)
  const outcomes = results.map((result) => present(world, result, senders.length > 1))
  const resolved = resolvedName(results)
  const journey: Journey = {
    apiVersion: 'kubewalk.dev/v1alpha1',
    kind: 'Journey',
    request: { ...request, protocol },
    outcomes,
    findings: findingsOf(world, results),
    ...(resolved && { resolved }),
  }
  return { journey, states: results.map((result) => result.outcome.state) }
}

/** A method or header that nobody would send is not passed over in silence. */
function checkHttpOptions({ to, method, headers, insecure }: JourneyRequest, url: Url | undefined): void {
  if (url || (method === undefined && headers === undefined && insecure === undefined)) return
  throw new RequestError(
    'bad-request',
    `${to} is no URL: there is no method, header or certificate to it`,
    `write http://${to.replace(/^[a-z]+\//, '')}`,
  )
}

/** What a proxy draws is drawn here: of all ways that it may go, the one that the sampling picks. */
function oneWay(ways: readonly RawResult[], { choose }: TraceOptions): readonly RawResult[] {
  if (!choose || ways.length < 2) return ways
  const weighed = ways.map((result) => ({ result, probability: result.outcome.probability }))
  const one = chooseWeighted(weighed, choose)?.result
  return one ? [{ ...one, outcome: { ...one.outcome, probability: 1 } }] : ways
}

/** The name that was found, of the first way on which one was. */
function resolvedName(results: readonly RawResult[]): Journey['resolved'] {
  const found = results.find(({ resolution }) => resolution?.name !== undefined)?.resolution
  if (found?.name === undefined) return undefined
  const { asked, name, addresses, assumed } = found
  return { asked, name, addresses, ...(assumed && { assumed }) }
}

/** Every way that the request may go from one sender: look the name up, connect, and for a URL what is answered. */
function journeyFrom(asking: Asking, sender: Sender): readonly RawResult[] {
  const { world, request, options, protocol, target } = asking
  const dial = resolveTarget({ world, protocol, family: request.family }, target)
  if (dial.type !== 'look-up') return connectTo(asking, { sender, dial, options, before: [], share: 1 })
  const ways = lookUpTarget({ world, sender, protocol, request, options }, dial)
  return ways.flatMap((way): readonly RawResult[] => {
    if (way.type === 'failed') return [way.result]
    const { resolution, state, legs, probability } = way
    return connectTo(asking, {
      sender,
      dial: way.dial,
      options: { ...options, state },
      before: legs,
      share: probability,
      ...(resolution && { resolution }),
    })
  })
}

/** What is known when a connection is begun. */
interface Connecting {
  readonly sender: Sender
  readonly dial: Dial
  readonly options: TraceOptions
  readonly before: readonly Leg[]
  readonly share: number
  readonly resolution?: Resolution
}

function connectTo(asking: Asking, connecting: Connecting): readonly RawResult[] {
  const { world, request, protocol, source, url } = asking
  const { dial, options, before, share, resolution } = connecting
  const sender = source.type === 'internet' ? internetSender(world, dial) : connecting.sender
  const sport = request.sport ?? defaultSourcePort
  const addressed = {
    host: dial.host,
    port: dial.type === 'no-endpoint' ? 0 : dial.port,
    protocol: protocolNumber(protocol),
  }
  return connect(world, sender, dial, { ...options, protocol, sport }).flatMap((made) => {
    const outcome = weigh(made, share)
    const result: RawResult = { outcome, sender, dial, addressed, before, ...(resolution && { resolution }) }
    return url && outcome.disposition === 'reached'
      ? answerHttp({ world, options, request, url }, result)
      : [result]
  })
}

/** The internet has both families, and asks an address by its own. */
function internetSender(world: World, dial: Dial): Sender {
  const [first = internetAddresses[4]] = dial.type === 'dial' ? dial.ips : []
  return addressSender(world, internetAddresses[familyOf(first)])
}

/** Asserts that a journey has an outcome; for callers that sample. */
export function firstOutcome(journey: Journey): JourneyOutcome {
  const [first] = journey.outcomes
  invariant(first, 'a journey has at least one outcome')
  return first
}
