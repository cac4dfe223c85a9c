import { formatIp } from '../../base/ip.ts'
import { balancerListener } from '../../control/load-balancer/tls-termination.ts'
import type { Outcome } from '../../dataplane/flight.ts'
import type { Header, HttpRequest } from '../../http/request.ts'
import type { PassedBalancer } from '../passed-balancer.ts'
import { passedBalancer } from '../passed-balancer.ts'
import type { World } from '../world.ts'

/**
 * The request as it comes out of the load balancer that its connection passed: with a PROXY protocol header before it,
 * with TLS ended, with headers that tell of the client. Without one on the way it stays as it is.
 */
export function pastBalancer(world: World, outcome: Outcome, sent: HttpRequest): HttpRequest {
  // A header of an earlier connection was read by whoever ended that.
  const { proxied: _, proxiedPort: __, ...request } = sent
  const passed = passedBalancer(world, outcome)
  if (!passed) return request
  const { service, client, port } = passed
  const { endsTls, encrypts, readsHttp } = balancerListener(service, port)
  const headers = readsHttp ? withForwarded(request, passed) : request.headers
  const { sni, ...plain } = { ...request, headers }
  const ended: HttpRequest = endsTls
    ? { ...plain, scheme: encrypts ? 'https' : 'http' }
    : { ...request, headers }
  return service.balancer?.proxyProtocol ? { ...ended, proxied: client, proxiedPort: port } : ended
}

/** Whether the balancer waits for TLS on the port and was sent something else. */
export function isPlainForTls(world: World, outcome: Outcome, { scheme }: HttpRequest): boolean {
  const passed = passedBalancer(world, outcome)
  return scheme === 'http' && passed !== undefined && balancerListener(passed.service, passed.port).endsTls
}

/** X-Forwarded-For is appended to, -Proto and -Port are written anew (Classic Load Balancers, "X-Forwarded headers"). */
function withForwarded(
  { headers, scheme }: HttpRequest,
  { client, port }: PassedBalancer,
): readonly Header[] {
  const isForwarded = (name: string) => /^x-forwarded-(?:for|proto|port)$/i.test(name)
  const before = headers.find(([name]) => name.toLowerCase() === 'x-forwarded-for')?.[1]
  return [
    ...headers.filter(([name]) => !isForwarded(name)),
    ['X-Forwarded-For', before === undefined ? formatIp(client) : `${before}, ${formatIp(client)}`],
    ['X-Forwarded-Port', String(port)],
    ['X-Forwarded-Proto', scheme],
  ]
}
