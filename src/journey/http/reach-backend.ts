import { formatIp } from '../../base/ip.ts'
import { TCP } from '../../base/packet.ts'
import type { Outcome } from '../../dataplane/flight.ts'
import type { Backend, BackendTarget, HttpProxy } from '../../http/proxy.ts'
import type { HttpRequest } from '../../http/request.ts'
import type { UpstreamRequest } from '../../http/upstream-request.ts'
import type { Disposition } from '../../model/trace.ts'
import { connect } from '../connect.ts'
import { lookUpName } from '../names/look-up-name.ts'
import type { Dial } from '../resolve-target.ts'
import type { RawResult } from '../result.ts'
import type { Sender } from '../sender.ts'
import { symptomText } from '../symptom.ts'
import type { HttpAsking } from './http-asking.ts'
import { answered } from './http-asking.ts'
import { pastBalancer } from './past-balancer.ts'

/** A part of the requests on its way from a proxy to one backend. */
export interface Forwarding {
  /** The client's connection to the proxy, and what the proxy decided. */
  readonly told: RawResult
  readonly request: HttpRequest
  /** The request as the proxy sends it on; absent where it hands on the connection as it is. */
  readonly received?: UpstreamRequest
  readonly backend: Backend
  readonly share: number
  readonly proxy: HttpProxy
  readonly depth: number
}

/** The source port of proxies' own connections. */
const proxyPort = 41000

/** Opens the proxy's own connection to a backend, and gives every way in which the client is answered then. */
export function reachBackend(asking: HttpAsking, forwarding: Forwarding): readonly RawResult[] {
  const { told, backend, received, share } = forwarding
  const http = {
    ...told.http,
    status: null,
    by: 'proxy' as const,
    backend: backend.name,
    ...(received && { received: receivedText(received) }),
  }
  const outcome = { ...told.outcome, probability: told.outcome.probability * share }
  const own: RawResult = { ...told, outcome, http }
  if (backend.problem) {
    const { status, ...problem } = backend.problem
    const refusal = {
      ...problem,
      proxy: forwarding.proxy,
      host: forwarding.request.host,
      path: forwarding.request.path,
      backend: backend.name,
    }
    return [{ ...answered(own, { status, by: 'proxy', reason: problem.text }), refusal }]
  }
  const sender = proxySender(asking, told)
  const targets = targetsOf(asking, forwarding, sender)
  if (targets.length === 0 && backend.dnsName) return [unknownHost(asking, forwarding, own)]
  const attempts = targets.map((target) => attempt(asking, own, sender, target, backend))
  return withRetries(attempts, forwarding.proxy.tries ?? 1).flatMap((result) =>
    answerOf(asking, forwarding, result),
  )
}

function receivedText({ method, host, path, query, headers }: UpstreamRequest) {
  return { method, host, path: query === undefined ? path : `${path}?${query}`, headers }
}

/** The proxy as one who sends: from the namespace in which it took the connection. */
function proxySender({ world }: HttpAsking, { outcome, sender }: RawResult): Sender {
  const { netns = sender.netns, listener } = outcome.destination ?? {}
  const owner = listener?.owner
  const pod = owner?.kind === 'Pod' ? world.pods.get(`${owner.namespace}/${owner.name}`) : undefined
  return { netns, network: sender.network, ...(pod && { pod }), ...(owner && { ref: owner }) }
}

/** Where the backend is; of one that is known by name, where the proxy finds it when the request comes. */
function targetsOf(
  { world, options }: HttpAsking,
  { backend, told }: Forwarding,
  sender: Sender,
): readonly BackendTarget[] {
  const { dnsName, targets } = backend
  if (!dnsName) return targets
  const { name, port } = dnsName
  const state = told.outcome.state
  const [found] = lookUpName({
    world,
    sender,
    name,
    family: undefined,
    resolver: 'as-is',
    options: { ...options, state },
  })
  return found?.result.type === 'found' ? found.result.addresses.map((ip) => ({ ip, port })) : []
}

/** The proxy cannot find the host that it is to ask: it has nobody to connect to. */
function unknownHost(
  { world }: HttpAsking,
  { backend, proxy, request }: Forwarding,
  own: RawResult,
): RawResult {
  const { service, dnsName } = backend
  const found = service && world.services.get(`${service.namespace}/${service.name}`)
  const text = `nobody knows the name ${dnsName?.name ?? ''}, to which it is to hand the request on`
  const refusal = {
    code: 'external-name-unknown',
    text,
    objects: found ? [found.ref] : [],
    proxy,
    host: request.host,
    path: request.path,
    backend: backend.name,
  }
  return { ...answered(own, { status: 502, by: 'proxy', reason: text }), refusal }
}

/** What comes of connecting to one target. */
type Attempt = readonly RawResult[]

function attempt(
  { world, options }: HttpAsking,
  own: RawResult,
  sender: Sender,
  { ip, port }: BackendTarget,
  backend: Backend,
): Attempt {
  const service =
    backend.service && world.services.get(`${backend.service.namespace}/${backend.service.name}`)
  const dial: Dial = { type: 'dial', ips: [ip], port, host: formatIp(ip), ...(service && { service }) }
  const made = connect(world, sender, dial, {
    ...options,
    state: own.outcome.state,
    protocol: 'tcp',
    sport: proxyPort,
  })
  return made.map((outcome) => ({
    ...own,
    outcome: asProxyLeg(outcome, own.outcome.probability),
    sender,
    dial,
    asker: own.asker ?? own.sender,
    addressed: { ...own.addressed, protocol: TCP },
    before: [...own.before, own.outcome.leg],
  }))
}

function asProxyLeg(outcome: Outcome, share: number): Outcome {
  return {
    ...outcome,
    probability: outcome.probability * share,
    leg: { ...outcome.leg, purpose: 'proxy' },
  }
}

/**
 * The proxy picks a target, each with the same chance, and where a connection fails it tries another one, up to so
 * many. With `bad` of `count` failing, all tries fail with (bad/count)·((bad-1)/(count-1))·…; what is left is shared by
 * those that work.
 */
function withRetries(attempts: readonly Attempt[], tries: number): readonly RawResult[] {
  const count = attempts.length
  const isBad = (one: Attempt) => one.some(({ outcome }) => outcome.disposition !== 'reached')
  const bad = attempts.filter(isBad).length
  let fails = 1
  for (let tried = 0; tried < Math.min(Math.max(tries, 1), count); tried++)
    fails *= (bad - tried) / (count - tried)
  const each = (one: Attempt) => {
    if (bad === 0 || bad === count) return 1 / count
    return isBad(one) ? Math.max(0, fails) / bad : (1 - fails) / (count - bad)
  }
  return attempts.flatMap((one) =>
    one
      .map((result) => ({
        ...result,
        outcome: { ...result.outcome, probability: result.outcome.probability * each(one) },
      }))
      .filter(({ outcome }) => outcome.probability > 0),
  )
}

/** The client is answered what the backend answers, or what the proxy makes of its silence. */
function answerOf(
  asking: HttpAsking,
  { request, depth }: Forwarding,
  result: RawResult,
): readonly RawResult[] {
  const { outcome } = result
  if (outcome.disposition === 'reached') {
    const { destination, seenSource } = outcome
    const onward: HttpRequest = {
      ...request,
      client: seenSource?.ip ?? request.client,
      port: destination?.port ?? request.port,
    }
    return asking.answerAt(asking, result, pastBalancer(asking.world, outcome, onward), depth + 1)
  }
  if (outcome.disposition === 'unknown') return [result]
  const status = statusOf(outcome.disposition)
  const reason = `its connection to ${result.dial.host} is ${outcome.disposition}`
  const http = { ...result.http, status, by: 'proxy' as const, reason }
  return [{ ...result, http, ending: { disposition: 'reached', symptom: symptomText.http(status) } }]
}

/** What proxies say of a backend that does not answer: refused at once, or silent until the time is up. */
function statusOf(disposition: Disposition): number {
  return disposition === 'dropped' || disposition === 'stalled' ? 504 : 502
}
