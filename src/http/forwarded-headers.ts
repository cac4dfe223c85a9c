import type { Cidr, Ip } from '../base/ip.ts'
import { contains, formatIp, parseIp } from '../base/ip.ts'
import type { ForwardedHeader, ForwardedHeaders } from './proxy.ts'
import type { Header, HttpRequest } from './request.ts'
import { headerValue } from './value-match.ts'

/** What a proxy believes of who asks. */
export interface BelievedClient {
  readonly ip: Ip
  readonly scheme: 'http' | 'https'
  /** Whether what the peer says of others is believed. */
  readonly trusted: boolean
}

/**
 * Who asks, as the proxy believes it. X-Forwarded-For is read from its end for as long as those who wrote it are
 * trusted; mirrors ngx_http_get_forwarded_addr with `real_ip_recursive on`.
 */
export function believedClient(forwarding: ForwardedHeaders, request: HttpRequest): BelievedClient {
  const peer = request.proxied ?? request.client
  const trusted = isTrusted(forwarding.trusted, peer)
  const told = headerValue(request.headers, 'X-Forwarded-Proto')
  const believes = trusted || forwarding.believesScheme === true
  const secure = forwarding.believesProxiedPort === true && request.proxiedPort === 443
  const said = believes && (told === 'http' || told === 'https') ? told : request.scheme
  const scheme = secure ? 'https' : said
  const chain = trusted && forwarding.client !== 'peer' ? forwardedFor(request) : []
  let ip = peer
  for (const text of chain.toReversed()) {
    const next = parseIp(text)
    if (next === undefined || !isTrusted(forwarding.trusted, ip)) break
    ip = next
  }
  return { ip, scheme, trusted }
}

/** The headers of a request as they go on, those of the client among them. */
export function forwardedHeaders(forwarding: ForwardedHeaders, request: HttpRequest): readonly Header[] {
  const sets = forwarding.sets ?? defaultHeaders
  const known = new Set(sets.map((name) => name.toLowerCase()))
  const kept = request.headers.filter(([name]) => !known.has(name.toLowerCase()))
  const added = sets.flatMap((name): readonly Header[] => {
    const value = headerToSet(name, forwarding, request)
    return value === undefined ? [] : [[name, value]]
  })
  return [...kept, ...added]
}

const defaultHeaders: readonly ForwardedHeader[] = [
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
]

function headerToSet(
  name: ForwardedHeader,
  forwarding: ForwardedHeaders,
  request: HttpRequest,
): string | undefined {
  const { ip, scheme, trusted } = believedClient(forwarding, request)
  const told = (header: string) =>
    trusted || forwarding.believesScheme ? headerValue(request.headers, header) : undefined
  switch (name) {
    case 'X-Forwarded-For':
      return [...clientChain(forwarding, request), forwarding.ownAddress ?? []]
        .flat()
        .map((one) => (typeof one === 'string' ? one : formatIp(one)))
        .join(', ')
    case 'X-Real-IP':
      return formatIp(ip)
    case 'X-Forwarded-Host':
      return told(name) ?? request.host
    case 'X-Forwarded-Port':
      return told(name) ?? String(request.port)
    case 'X-Forwarded-Proto':
    case 'X-Forwarded-Scheme':
    case 'X-Scheme':
      return scheme
    case 'X-Original-Forwarded-For':
      return headerValue(request.headers, 'X-Forwarded-For')
    default:
      return name satisfies never
  }
}

/** Whom X-Forwarded-For names: what was sent and the peer, where the proxy appends; else the client that it believes. */
function clientChain(forwarding: ForwardedHeaders, request: HttpRequest): readonly (string | Ip)[] {
  const { ip, trusted } = believedClient(forwarding, request)
  const appends = forwarding.append && (trusted || forwarding.appendsForAnyone)
  return appends ? [...forwardedFor(request), request.proxied ?? request.client] : [ip]
}

function forwardedFor(request: HttpRequest): readonly string[] {
  const text = headerValue(request.headers, 'X-Forwarded-For') ?? ''
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

function isTrusted(blocks: readonly Cidr[], ip: Ip): boolean {
  return blocks.some((block) => contains(block, ip))
}
