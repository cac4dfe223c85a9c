import { nearest } from '../../base/nearest.ts'
import type { ObjectRef } from '../../base/source.ts'
import { formatHostPattern, hostMatches, hostName, hostPattern, mostSpecific } from '../../http/host-match.ts'
import type { NearMiss } from '../../http/near-miss.ts'
import { isPathPrefix } from '../../http/path-match.ts'
import type { IgnoredObject, PathMatch, Route, VirtualHost } from '../../http/proxy.ts'
import type { Finding } from '../../model/journey.ts'
import type { ProxyRefusal } from '../result.ts'
import type { World } from '../world.ts'
import { finding, listNames } from './failure.ts'
import { classPlace, hostPlace } from './http-places.ts'

/** The proxy has no rule for the request: an object that it does not take, a rule that nearly fits, or none. */
export function findNoRoute(world: World, refusal: ProxyRefusal): Finding {
  return (
    ignoredFor(world, refusal, (one) => one !== '*') ??
    nearIgnored(refusal) ??
    literalPath(refusal) ??
    nearRule(world, refusal) ??
    ignoredFor(world, refusal, (one) => one === '*') ??
    noRule(world, refusal)
  )
}

/** An object that the proxy does not take, and that would have served the host. */
function ignoredFor(
  world: World,
  { proxy, host }: ProxyRefusal,
  isMeant: (host: string) => boolean,
): Finding | undefined {
  const name = hostName(host)
  const fits = ({ hosts }: IgnoredObject) =>
    hosts.some((one) => isMeant(one) && (one === '*' || hostMatches(hostPattern(one, 'any-depth'), name)))
  const ignored = proxy.ignored.find(fits)
  if (!ignored) return undefined
  const { object, reason, fix, code } = ignored
  const byClass = code.startsWith('class-') || code === 'annotation-differs'
  return finding('route-not-taken', `${proxy.label} does not take ${object.kind} ${object.name}: ${reason}`, {
    objects: [byClass ? classPlace(world, object) : object],
    fix: fix ?? 'make it one of those that the proxy takes',
  })
}

/** An ImplementationSpecific path that the proxy takes as it stands, and that is meant as a prefix. */
function literalPath({ proxy, host, path }: ProxyRefusal): Finding | undefined {
  const name = hostName(host)
  const route = proxy.listeners
    .flatMap((one) => one.hosts)
    .filter(({ pattern }) => hostMatches(pattern, name))
    .flatMap(({ routes }) => routes)
    .find(({ match, text }) => text.startsWith('ImplementationSpecific') && isLiteralAbove(match.path, path))
  if (!route) return undefined
  return finding(
    'no-route-matches',
    `no rule for ${name} takes the path ${path}: ${proxy.profile} takes ${route.text} as it stands, and nothing below it`,
    { objects: [route.object], fix: 'let the path end in /*, or set pathType: Prefix' },
  )
}

function isLiteralAbove(match: PathMatch | undefined, path: string): boolean {
  return match?.type === 'exact' && isPathPrefix(match.value, path)
}

/** The rule that one change would make fit. */
function nearRule(world: World, refusal: ProxyRefusal): Finding | undefined {
  const near = refusal.nearMisses?.find(({ close }) => close)
  if (!near) return undefined
  const name = hostName(refusal.host)
  const { route, host, failed } = near
  if (failed.type === 'host') {
    const known = formatHostPattern(host)
    return finding('no-route-matches', `no rule is for the host ${name}; the nearest is for ${known}`, {
      objects: [hostPlace(world, route.object, host)],
      fix: known.startsWith('*')
        ? `add a rule for ${name}`
        : `ask for ${known}, or write ${name} in the rule`,
    })
  }
  if (failed.type === 'path') return nearPath(refusal, near)
  const has = failed.found === undefined ? 'the request has none' : `the request has ${failed.found}`
  return finding('no-route-matches', `the rule ${route.text} wants ${failed.wanted}; ${has}`, {
    objects: [route.object],
    fix: `send the ${failed.type} that the rule wants, or add a rule without it`,
  })
}

function nearPath({ host, path }: ProxyRefusal, { route, failed }: NearMiss): Finding {
  const { path: match } = route.match
  const value = match && 'value' in match ? match.value : undefined
  const hint = match === undefined || value === undefined ? '' : pathHint(match, value, path)
  return finding(
    'no-route-matches',
    `no rule for ${hostName(host)} takes the path ${path}; the nearest is ${failed.wanted}${hint}`,
    {
      objects: [route.object],
      fix: `${value === undefined ? 'ask for what the rule takes' : `ask for ${value}`}, or change the path of the rule`,
    },
  )
}

/** Why paths that look alike are not. */
function pathHint({ type }: PathMatch, value: string, path: string): string {
  if (path !== value && path.toLowerCase() === value.toLowerCase()) return ': upper and lower case count'
  if (type === 'exact' && path === `${value}/`) return ': a slash at the end counts'
  if (type === 'exact' && path.startsWith(`${value}/`)) return ', which takes nothing below it'
  if (type === 'prefix' && path.startsWith(value)) return ': a prefix ends with a whole element'
  return ''
}

/** No rule comes near: what the proxy has, and where it says so. */
function noRule(world: World, { proxy, host, path, objects }: ProxyRefusal): Finding {
  const name = hostName(host)
  const hosts = proxy.listeners.flatMap((one) => one.hosts).filter((one) => ruledBy(one).length > 0)
  const own = mostSpecific(hosts, ({ pattern }) => pattern, name)
  if (own) {
    const rules = ruledBy(own)
    const texts = [...new Set(rules.map(({ text }) => text))]
    return finding('no-route-matches', `the rules for ${name} take ${listNames(texts)}, and not ${path}`, {
      objects: placesOf(rules),
      fix: `ask for what they take, or add a rule for ${path}`,
    })
  }
  const names = [...new Set(hosts.map(({ pattern }) => formatHostPattern(pattern)))].toSorted()
  const close = nearest(name, names)
  const places = hosts
    .filter(({ pattern }) => close === undefined || formatHostPattern(pattern) === close)
    .flatMap((one) =>
      ruledBy(one)
        .slice(0, 1)
        .map(({ object }) => hostPlace(world, object, one.pattern)),
    )
  const details = { objects: objects.length > 0 ? objects : uniquePlaces(places).slice(0, listed) }
  if (close !== undefined) {
    return finding('no-route-matches', `no rule is for the host ${name}; the nearest is for ${close}`, {
      ...details,
      fix: `ask for ${close}, or write ${name} in the rule`,
    })
  }
  const serves = names.length === 0 ? 'it has no rules' : `it serves ${listNames(names)}`
  return finding('no-route-matches', `no rule of ${proxy.label} is for the host ${name}: ${serves}`, {
    ...details,
    fix: `add a rule for ${name}, or ask for a host that it serves`,
  })
}

/** An object for nearly this host, which the proxy does not take, where no rule is for the host itself. */
function nearIgnored({ proxy, host }: ProxyRefusal): Finding | undefined {
  const name = hostName(host)
  const ruled = proxy.listeners.flatMap((one) => one.hosts).filter((one) => ruledBy(one).length > 0)
  if (ruled.some(({ pattern }) => hostMatches(pattern, name))) return undefined
  const hosts = proxy.ignored.flatMap((one) => one.hosts)
  const close = nearest(name, hosts)
  const found = proxy.ignored.find((one) => close !== undefined && one.hosts.includes(close))
  if (!found) return undefined
  const { object, reason } = found
  return finding(
    'no-route-matches',
    `no rule is for the host ${name}; ${object.kind} ${object.name} is for ${close}, and is not taken: ${reason}`,
    { objects: [object], fix: `write ${name} there` },
  )
}

/** As many places are named. */
const listed = 3

/** The rules of a host that somebody wrote; what the proxy adds by itself answers an error. */
function ruledBy({ routes }: VirtualHost): readonly Route[] {
  return routes.filter(({ action }) => action.type !== 'respond')
}

function placesOf(rules: readonly Route[]): readonly ObjectRef[] {
  return uniquePlaces(rules.map(({ object }) => object)).slice(0, listed)
}

function uniquePlaces(places: readonly ObjectRef[]): readonly ObjectRef[] {
  return [...new Map(places.map((one) => [JSON.stringify(one), one])).values()]
}
