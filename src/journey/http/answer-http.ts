import type { HttpApplication } from '../../http/application.ts'
import { hostMatches, hostName, hostPattern } from '../../http/host-match.ts'
import { isPathPrefix } from '../../http/path-match.ts'
import type { HttpRequest } from '../../http/request.ts'
import type { HttpAnswer } from '../../model/journey.ts'
import type { RawResult } from '../result.ts'
import type { HttpAsking } from './http-asking.ts'
import { answered, closed } from './http-asking.ts'
import { httpRequest } from './http-request.ts'
import { isPlainForTls, pastBalancer } from './past-balancer.ts'
import { throughProxy } from './through-proxy.ts'

/** Proxies that hand on to proxies: a longer chain is a ring. */
const maxProxies = 6

/**
 * Sends the request on a connection that has been opened, and gives every way in which it may be answered: by the
 * application, by a proxy itself, or by what the proxy opens a connection of its own to.
 */
export function answerHttp(
  asking: Omit<HttpAsking, 'answerAt' | 'sent'>,
  result: RawResult,
): readonly RawResult[] {
  const { world, url } = asking
  const sent = httpRequest(url, asking.request, result.outcome)
  if (isPlainForTls(world, result.outcome, sent))
    return [closed(result, 'the load balancer waits for TLS here')]
  return answerAt({ ...asking, sent, answerAt }, result, pastBalancer(world, result.outcome, sent), 0)
}

/** The same for any connection on the way: `result` is the one that was opened last. */
function answerAt(
  asking: HttpAsking,
  result: RawResult,
  request: HttpRequest,
  depth: number,
): readonly RawResult[] {
  const application = result.outcome.destination?.listener?.application
  if (application?.type === 'http-proxy' && depth < maxProxies) {
    const { proxy, port = request.port } = application
    return throughProxy(asking, result, { ...request, port }, proxy, depth)
  }
  const own = {
    ...result,
    http: { status: null, by: 'application' as const, received: receivedOf(request), ...result.http },
  }
  if (application?.type === 'http-application') return [answered(own, statusOf(application, request))]
  return [answered(own, { status: 200, by: 'application', assumed: true })]
}

/** What the application gets of a request that comes to it directly. */
function receivedOf({ method, host, path, query, headers }: HttpRequest) {
  return { method, host, path: query === undefined ? path : `${path}?${query}`, headers }
}

function statusOf({ routes, otherwise, hosts, assumed }: HttpApplication, request: HttpRequest): HttpAnswer {
  const made = { by: 'application' as const, ...(assumed && { assumed: true as const }) }
  const name = hostName(request.host)
  if (hosts && !hosts.names.some((one) => hostMatches(hostPattern(one, 'one-label'), name))) {
    return { ...made, status: hosts.otherwise, reason: `it does not serve ${name}` }
  }
  const [longest] = Object.keys(routes)
    .filter((path) => isPathPrefix(path, request.path))
    .toSorted((a, b) => b.length - a.length)
  const status = longest === undefined ? otherwise : (routes[longest] ?? otherwise)
  return { ...made, status }
}
