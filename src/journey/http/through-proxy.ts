import { formatHostPattern } from '../../http/host-match.ts'
import type { Backend, HttpProxy } from '../../http/proxy.ts'
import type { HttpRequest } from '../../http/request.ts'
import type { RoutingDecision } from '../../http/route.ts'
import { routeRequest } from '../../http/route.ts'
import type { FailedCondition } from '../../http/route-match.ts'
import type { Share } from '../../http/share.ts'
import type { UpstreamRequest } from '../../http/upstream-request.ts'
import type { HttpAnswer } from '../../model/journey.ts'
import { parseUrl } from '../request.ts'
import type { RawResult } from '../result.ts'
import { redirectLoop } from '../result.ts'
import { symptomText } from '../symptom.ts'
import type { HttpAsking } from './http-asking.ts'
import { answered, closed } from './http-asking.ts'
import { reachBackend } from './reach-backend.ts'

/** What a proxy makes of a request that it has taken: TLS, its routes, and what it asks behind it. */
export function throughProxy(
  asking: HttpAsking,
  result: RawResult,
  request: HttpRequest,
  proxy: HttpProxy,
  depth: number,
): readonly RawResult[] {
  const decision = routeRequest(proxy, request)
  const told: RawResult = { ...result, http: { ...decisionText(proxy, decision), status: null } }
  const refused = handshake(asking, told, request, decision)
  if (refused) return [refused]
  const { result: end } = decision
  switch (end.type) {
    case 'respond': {
      const { code, reason: text, objects, fix } = end
      const { host, path } = request
      const { nearMisses, client } = decision
      const refusal = {
        code,
        text,
        objects,
        proxy,
        host,
        path,
        client,
        nearMisses,
        ...(fix !== undefined && { fix }),
      }
      return [{ ...answered(told, { status: end.status, by: 'proxy', reason: text }), refusal }]
    }
    case 'redirect': {
      const { status, location, reason } = end
      if (!comesRound(location, asking, request, proxy)) {
        return [answered(told, { status, location, by: 'proxy', reason })]
      }
      const text = `${reason}: back to the same address, for ever`
      const { host, path } = request
      const refusal = { code: redirectLoop, text, objects: [], proxy, host, path }
      return [{ ...answered(told, { status, location, by: 'proxy', reason: text }), refusal }]
    }
    case 'closed':
      return [closed(told, end.reason)]
    case 'forward': {
      return spread(end.shares).flatMap(({ received = end.request, ...part }) => {
        const { query, ...rest } = request
        const upstream: HttpRequest = { ...rest, ...received, scheme: 'http' }
        return reachBackend(asking, { told, request: upstream, received, ...part, proxy, depth })
      })
    }
    case 'stream':
      return spread(end.shares).flatMap((part) =>
        reachBackend(asking, { told, request, ...part, proxy, depth }),
      )
    default:
      return end satisfies never
  }
}

/** What is known of a decision whatever comes of it. */
function decisionText(
  proxy: HttpProxy,
  { tls, host, route, nearMisses, notModelled, result }: RoutingDecision,
): Omit<HttpAnswer, 'status'> {
  // What a proxy makes for itself, no object states.
  const isRule = route?.object.name !== '' && (result.type !== 'respond' || result.code !== 'no-route')
  // Another host of which the path would fit is no near miss unless its name is nearly the same.
  const near = nearMisses.filter(({ failed, close }) => close || failed.type !== 'host')
  return {
    by: 'proxy',
    proxy: { profile: proxy.profile, name: proxy.label },
    ...(tls && { certificate: { label: tls.certificate.label, names: tls.certificate.names } }),
    ...(host && { host: formatHostPattern(host.pattern) }),
    ...(route &&
      isRule && { route: { text: 'text' in route ? route.text : route.name, object: route.object } }),
    ...(near.length > 0 && {
      nearMisses: near.map(({ route: missed, host: pattern, failed }) => ({
        text: `${formatHostPattern(pattern)} ${missed.text}`,
        why: missText(failed),
        object: missed.object,
      })),
    }),
    ...(notModelled.length > 0 && { notModelled: notModelled.map((one) => one.what) }),
  }
}

function missText({ type, wanted, found = 'not there' }: FailedCondition): string {
  const has = `the ${type} is ${found}`
  return type === 'path' || type === 'host' ? has : `${has}: it wants ${wanted}`
}

/** The part of the requests that goes to one backend, and its targets. */
interface Part {
  readonly backend: Backend
  readonly share: number
  /** What it gets, if that is something else than what the others get. */
  readonly received?: UpstreamRequest
}

/** The shares of a decision, by backend. */
function spread(shares: readonly Share[]): readonly Part[] {
  const parts = new Map<Backend, Part>()
  for (const { backend, share, request } of shares) {
    const before = parts.get(backend)?.share ?? 0
    parts.set(backend, { backend, share: before + share, ...(request && { received: request }) })
  }
  return [...parts.values()]
}

/** What the client's TLS library says before there is any HTTP; nothing where it is content. */
function handshake(
  { request: asked }: HttpAsking,
  told: RawResult,
  { scheme, sni, host }: HttpRequest,
  { listener, tls, result }: RoutingDecision,
): RawResult | undefined {
  if (scheme === 'https' && listener?.protocol === 'http') {
    return failed(told, symptomText.handshake('TLS connect error: wrong version number'))
  }
  if (scheme === 'http' && listener?.protocol === 'https') {
    const reason = 'a plain HTTP request was sent to a port for HTTPS'
    return answered(told, { status: 400, by: 'proxy', reason })
  }
  if (scheme !== 'https' || asked.insecure || tls?.matches !== 'no') return undefined
  const skipped = result.type === 'respond' ? result.status : undefined
  const name = sni ?? host
  const symptom = symptomText.certificate(
    `SSL: no alternative certificate subject name matches target host name '${name}'`,
  )
  const reason = `the certificate shown is ${tls.certificate.label}${skipped === undefined ? '' : `; without checking it the answer is ${skipped}`}`
  return { ...told, ending: { disposition: 'tls-wrong-cert', symptom }, http: { ...httpOf(told), reason } }
}

function httpOf({ http }: RawResult): HttpAnswer {
  return http ?? { status: null, by: 'proxy' }
}

function failed(told: RawResult, symptom: ReturnType<typeof symptomText.handshake>): RawResult {
  return { ...told, ending: { disposition: 'tls-wrong-cert', symptom } }
}

/** Whether who follows a redirect is sent there again and again: it leads where the client asks, and on to itself. */
function comesRound(location: string, { sent }: HttpAsking, request: HttpRequest, proxy: HttpProxy): boolean {
  const url = parseUrl(location)
  const own = parseUrl(urlText(sent))
  if (!url || !own || url.scheme !== own.scheme || url.host !== own.host || url.port !== own.port)
    return false
  const { path, query } = url
  const { query: _, ...rest } = request
  const again = routeRequest(proxy, { ...rest, path, ...(query !== undefined && { query }) }).result
  return again.type === 'redirect' && isSamePlace(again.location, location)
}

/** An empty path is the root. */
function isSamePlace(a: string, b: string): boolean {
  const [first, second] = [parseUrl(a), parseUrl(b)]
  return first?.path === second?.path && first?.host === second?.host && first?.query === second?.query
}

/** The URL that was asked for, as a Location would write it. */
function urlText({ scheme, host, path, query }: HttpRequest): string {
  return `${scheme}://${host}${path}${query === undefined ? '' : `?${query}`}`
}
