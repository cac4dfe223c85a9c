import { hostPattern } from '../../http/host-match.ts'
import type { Filter, PathMatch, Route, RouteAction, VirtualHost } from '../../http/proxy.ts'
import type { RulePath } from './rules.ts'

/** A path of a rule, as a controller compares and serves it. */
export interface PlacedPath {
  readonly path: RulePath
  readonly match: PathMatch
  readonly action: RouteAction
  readonly filters: readonly Filter[]
}

/** The route of a path. */
export function routeOf({ path, match, action, filters }: PlacedPath): Route {
  const { name, text, object } = path
  return { name, text, object, match: { path: match }, action, filters }
}

/** Exact first and regexes last; between them the longest first, and of one length a prefix by elements. */
export function exactThenLongest(a: PlacedPath, b: PlacedPath): number {
  return placeOf(a.match) - placeOf(b.match) || byLengthAndKind(a, b)
}

function placeOf({ type }: PathMatch): number {
  return type === 'exact' ? 0 : type === 'regex' ? 2 : 1
}

/** The longest first; of one length the exact one before the prefix. */
export function byLengthAndKind(a: PlacedPath, b: PlacedPath): number {
  return lengthOf(b.match) - lengthOf(a.match) || kindRank(a.match) - kindRank(b.match)
}

const kinds: readonly PathMatch['type'][] = ['exact', 'prefix', 'string-prefix', 'glob', 'regex']

function kindRank({ type }: PathMatch): number {
  return kinds.indexOf(type)
}

function lengthOf(match: PathMatch): number {
  const text = match.type === 'regex' ? match.pattern : match.value
  return match.type === 'prefix' ? text.replace(/\/$/, '').length : text.length
}

/** A virtual host for each host of the rules, its routes in the order that is asked for. */
export function virtualHosts(
  placed: readonly PlacedPath[],
  order: (a: PlacedPath, b: PlacedPath) => number,
  fallback: RouteAction,
  star: 'one-label' | 'any-depth' = 'one-label',
): readonly VirtualHost[] {
  const hosts = new Map<string, PlacedPath[]>()
  for (const one of placed) {
    const list = hosts.get(one.path.host)
    if (list) list.push(one)
    else hosts.set(one.path.host, [one])
  }
  return [...hosts].map(([host, paths]) => ({
    pattern: hostPattern(host, star),
    routes: paths.toSorted(order).map(routeOf),
    fallback,
  }))
}
