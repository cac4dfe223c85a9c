import { hostName, hostPort } from './host-match.ts'
import { formatTarget, rewriteTarget } from './path-rewrite.ts'
import type { RedirectAction } from './proxy.ts'
import type { HttpRequest } from './request.ts'

/** The Location that a client is sent to. */
export function redirectLocation(redirect: RedirectAction, request: HttpRequest): string {
  if (redirect.location !== undefined) return redirect.location
  const scheme = redirect.scheme ?? request.scheme
  const host = redirect.host ?? hostName(request.host)
  const asked = { path: request.path, ...(request.query !== undefined && { query: request.query }) }
  const target = redirect.path ? rewriteTarget(redirect.path, asked) : asked
  return `${scheme}://${host}${portText(redirect, scheme, request)}${formatTarget(target)}`
}

const ownPorts = { http: 80, https: 443 }

/** A Host header without a port stands for that of the scheme, whatever the proxy's own is. */
function portText({ port }: RedirectAction, scheme: 'http' | 'https', { host }: HttpRequest): string {
  if (port === 'scheme') return ''
  const number = port === 'keep' ? hostPort(host) : port
  return number === undefined || number === ownPorts[scheme] ? '' : `:${number}`
}
