import type { Cidr, Ip } from '../../base/ip.ts'
import { contains, parseIp } from '../../base/ip.ts'
import { hostName } from '../host-match.ts'
import type { HostPattern, PathMatch, Route, RouteMatch, ValueMatch } from '../proxy.ts'
import type { HttpRequest } from '../request.ts'
import { regexSamples } from './regex-samples.ts'
import type { CompareSide, Scheme } from './side.ts'
import { entryOf, hostPatterns, proxyFor, routesFor } from './side.ts'

/** What a request has beside its host and path. */
export interface Conditions {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly cookies: Readonly<Record<string, string>>
}

/** A request that stands for all that both sides treat as they treat it. */
export interface SampleRequest extends Conditions {
  readonly scheme: Scheme
  readonly host: string
  readonly path: string
  readonly client: Ip
}

/** The hosts that stand for all: each name, names below each wildcard at two depths, and one that nobody has. */
export function sampleHosts(sides: readonly CompareSide[]): readonly string[] {
  const hosts = sides.flatMap(hostPatterns).flatMap(samplesOfHost)
  return [...new Set([...hosts, 'unknown.example'])]
}

function samplesOfHost(pattern: HostPattern): readonly string[] {
  switch (pattern.type) {
    case 'exact':
      return [pattern.name.toLowerCase()]
    case 'one-label':
    case 'any-depth':
      return [`one.${pattern.suffix}`, `two.one.${pattern.suffix}`, pattern.suffix]
    case 'regex':
      return regexSamples(pattern.pattern, true).map(hostName).slice(0, 3)
    case 'any':
      return []
    default:
      return pattern satisfies never
  }
}

/** All sample requests for one host under one scheme, the simplest first. */
export function sampleRequests(
  sides: readonly CompareSide[],
  host: string,
  scheme: Scheme,
): readonly SampleRequest[] {
  const routes = sides.flatMap((side) => routesFor(side, host, scheme))
  const paths = samplePaths(routes)
  const conditions = sampleConditions(routes)
  const clients = sampleClients(routes)
  return paths.flatMap((path) =>
    conditions.flatMap((one) => clients.map((client) => ({ ...one, scheme, host, path, client }))),
  )
}

/** Whether either side has a certificate of somebody's own for a host, so that HTTPS is meant to work. */
export function meansHttps(sides: readonly CompareSide[], host: string): boolean {
  return sides.some((side) => {
    const proxy = proxyFor(side, host, 'https')
    const entry = proxy && entryOf(proxy, 'https')
    if (!entry) return false
    const routed = [...entry.passthrough, ...(entry.terminated ?? [])]
    const patterns = [
      ...entry.certificates.flatMap(
        ({ servedFor, names }) => servedFor ?? (names === 'unknown' ? [] : names.map(exactOrStar)),
      ),
      ...routed.flatMap(({ names = [] }) => names),
    ]
    return patterns.some((pattern) => samplesOfHost(pattern).includes(host) || pattern.type === 'any')
  })
}

function exactOrStar(name: string): HostPattern {
  return name.startsWith('*.') ? { type: 'one-label', suffix: name.slice(2) } : { type: 'exact', name }
}

/** Each path of a rule, what is next to it, and what is above it. */
function samplePaths(routes: readonly Route[]): readonly string[] {
  const found = new Set(['/', '/other'])
  for (const { match } of routes) {
    for (const value of match.path ? valuesOf(match.path) : []) {
      for (const path of around(value)) found.add(path)
    }
  }
  return [...found]
    .filter((path) => path.startsWith('/'))
    .toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))
}

function valuesOf(path: PathMatch): readonly string[] {
  if (path.type === 'regex') return regexSamples(path.pattern, path.ignoreCase)
  if (path.type === 'glob')
    return [path.value.replaceAll('*', ''), path.value.replaceAll('*', 'x')].map((one) =>
      one.replaceAll('?', 'x'),
    )
  return [path.value]
}

function around(value: string): readonly string[] {
  const bare = value.replace(/\/+$/, '')
  const parents = bare.split('/').map((_, index, parts) => parts.slice(0, index).join('/'))
  return [
    bare || '/',
    `${bare}/`,
    `${bare}/x`,
    `${bare}/x/`,
    `${bare}x`,
    swapCase(bare),
    `/x${bare}`,
    ...parents.map((one) => one || '/'),
  ]
}

/** Letters of the other case: `/api` becomes `/API`. */
function swapCase(text: string): string {
  const upper = text.toUpperCase()
  return upper === text ? text.toLowerCase() : upper
}

const plain: Conditions = { method: 'GET', headers: {}, query: {}, cookies: {} }

/** As many sets of conditions are put together in pairs. */
const pairLimit = 24

/**
 * Nothing at all; what each rule asks for; the same with one thing left out or another value; and two rules' demands
 * at once, which tells who goes first.
 */
function sampleConditions(routes: readonly Route[]): readonly Conditions[] {
  const wanted = unique(routes.map(({ match }) => conditionsOf(match)))
  const others = wanted.flatMap(changed)
  const few = wanted.slice(0, pairLimit)
  const pairs = few.flatMap((one, index) => few.slice(index + 1).flatMap((other) => joined(one, other)))
  const method = wanted.some((one) => one.method !== 'GET') ? [{ ...plain, method: 'PUT' }] : []
  return unique([plain, ...method, ...wanted, ...others, ...pairs]).toSorted((a, b) => weight(a) - weight(b))
}

/** How much a request has to say; the least is the smallest. */
export function weight({ method, headers, query, cookies }: Conditions): number {
  const count = [headers, query, cookies].reduce((sum, one) => sum + Object.keys(one).length, 0)
  return count * 2 + (method === 'GET' ? 0 : 1)
}

function unique(list: readonly Conditions[]): readonly Conditions[] {
  return [...new Map(list.map((one) => [JSON.stringify(one), one])).values()]
}

function conditionsOf({ method = 'GET', headers, query, cookies }: RouteMatch): Conditions {
  return { method, headers: valuesFor(headers), query: valuesFor(query), cookies: valuesFor(cookies) }
}

function valuesFor(matches: readonly ValueMatch[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(
    matches.filter((one) => one.type !== 'absent').map((one) => [one.name, valueFor(one)]),
  )
}

function valueFor({ type, value }: ValueMatch): string {
  if (type === 'exact') return value
  return (type === 'regex' && regexSamples(value, false).find((one) => one !== '')) || 'x'
}

const parts = ['headers', 'query', 'cookies'] as const

/** The same request with one condition less, and with one that has another value. */
function changed(one: Conditions): readonly Conditions[] {
  return parts.flatMap((part) =>
    Object.keys(one[part]).flatMap((name) => {
      const { [name]: _, ...rest } = one[part]
      return [
        { ...one, [part]: rest },
        { ...one, [part]: { ...one[part], [name]: 'other' } },
      ]
    }),
  )
}

/** Both requests in one, if they do not contradict each other. */
function joined(a: Conditions, b: Conditions): readonly Conditions[] {
  if (a.method !== b.method && a.method !== 'GET' && b.method !== 'GET') return []
  const clash = parts.some((part) =>
    Object.entries(a[part]).some(([name, value]) => (b[part][name] ?? value) !== value),
  )
  if (clash) return []
  const method = a.method === 'GET' ? b.method : a.method
  return [
    {
      method,
      headers: { ...a.headers, ...b.headers },
      query: { ...a.query, ...b.query },
      cookies: { ...a.cookies, ...b.cookies },
    },
  ]
}

const outside = parseIp('198.51.100.7') ?? 0

/** A client outside of every block, and one in each. */
function sampleClients(routes: readonly Route[]): readonly Ip[] {
  const blocks = routes.flatMap(({ match, filters }): readonly Cidr[] => [
    ...(match.sources ?? []),
    ...filters.flatMap((one) => (one.type === 'sources' ? one.blocks : [])),
  ])
  const free = [outside, parseIp('203.0.113.7') ?? 0].find(
    (ip) => !blocks.some((block) => contains(block, ip)),
  )
  const inside = blocks.map((block) => block.first)
  return [...new Set([free ?? outside, ...inside])]
}

/** The request as a proxy gets it on a port. */
export function httpRequest(sample: SampleRequest, port: number): HttpRequest {
  const { scheme, method, host, path, client, headers, query, cookies } = sample
  const cookie = Object.entries(cookies).map(([name, value]) => `${name}=${value}`)
  const search = new URLSearchParams(query).toString()
  return {
    scheme,
    method,
    host,
    path,
    ...(search !== '' && { query: search }),
    headers: [
      ...Object.entries(headers),
      ...(cookie.length > 0 ? [['Cookie', cookie.join('; ')] as const] : []),
    ],
    ...(scheme === 'https' && { sni: host }),
    client,
    port,
  }
}
