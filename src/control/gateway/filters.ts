import type { ObjectRef } from '../../base/source.ts'
import type { Filter, PathRewrite, RedirectAction } from '../../http/proxy.ts'
import type { HeaderModifier, PathModifier, RouteFilter } from '../../model/gateway-objects.ts'
import type { GatewayContext } from './context.ts'
import type { RouteSpot } from './references.ts'
import { resolveBackend } from './references.ts'
import type { GatewayCondition } from './status.ts'

/** What is known where a filter is compiled. */
export interface FilterScope extends RouteSpot {
  /** The prefix that has matched; `/` where another kind of match has. */
  readonly prefix: string
  readonly listenerPort: number
}

export interface CompiledFilters {
  readonly filters: readonly Filter[]
  /** Where a redirect answers instead of a backend. */
  readonly redirect?: RedirectAction
  readonly failures: readonly GatewayCondition[]
}

/** The filters of a rule or of a backendRef in the common form. */
export function compileFilters(
  list: readonly RouteFilter[],
  scope: FilterScope,
  context: GatewayContext,
): CompiledFilters {
  const filters: Filter[] = []
  const failures: GatewayCondition[] = []
  let redirect: RedirectAction | undefined
  for (const [index, filter] of list.entries()) {
    const path = [...scope.path, 'filters', index]
    const object = { ...scope.route.ref, at: scope.route.locate(path) }
    filters.push(
      ...headerFilters(filter),
      ...rewriteFilters(filter, scope.prefix),
      ...unmodelled(filter, object),
    )
    if (filter.requestRedirect) redirect = redirectOf(filter.requestRedirect, scope)
    if (!filter.requestMirror?.backendRef) continue
    const spot = { ...scope, path: [...path, 'requestMirror', 'backendRef'] }
    const { backend, failure } = resolveBackend(spot, filter.requestMirror.backendRef, context)
    filters.push({ type: 'mirror', backend, share: mirrorShare(filter.requestMirror) })
    if (failure) failures.push(failure)
  }
  return { filters, failures, ...(redirect && { redirect }) }
}

function headerFilters({ requestHeaderModifier, responseHeaderModifier }: RouteFilter): readonly Filter[] {
  return [
    ...modifications('request', requestHeaderModifier),
    ...modifications('response', responseHeaderModifier),
  ]
}

function modifications(on: 'request' | 'response', modifier: HeaderModifier | undefined): readonly Filter[] {
  const { set = [], add = [], remove = [] } = modifier ?? {}
  const named = (action: 'set' | 'add', { name = '', value = '' }: (typeof set)[number]): Filter => ({
    type: 'header',
    on,
    action,
    name,
    value,
  })
  return [
    ...set.map((one) => named('set', one)),
    ...add.map((one) => named('add', one)),
    ...remove.map((name): Filter => ({ type: 'header', on, action: 'remove', name, value: '' })),
  ]
}

function rewriteFilters({ urlRewrite }: RouteFilter, prefix: string): readonly Filter[] {
  const { hostname, path } = urlRewrite ?? {}
  const rewrite = path && pathRewrite(path, prefix)
  return [
    ...(hostname === undefined ? [] : [{ type: 'rewrite-host' as const, host: hostname }]),
    ...(rewrite ? [{ type: 'rewrite-path' as const, rewrite }] : []),
  ]
}

function pathRewrite(path: PathModifier, matched: string): PathRewrite | undefined {
  if (path.type === 'ReplaceFullPath') return { type: 'full', path: path.replaceFullPath ?? '/' }
  if (path.type !== 'ReplacePrefixMatch') return undefined
  return { type: 'prefix', matched, replacement: path.replacePrefixMatch ?? '/' }
}

/** The port of the Location: the stated one, else the stated scheme's own, else the listener's. */
function redirectOf(
  { scheme, hostname, path, port, statusCode = 302 }: NonNullable<RouteFilter['requestRedirect']>,
  { prefix, listenerPort }: FilterScope,
): RedirectAction {
  const rewrite = path && pathRewrite(path, prefix)
  return {
    type: 'redirect',
    status: statusCode,
    port: port ?? (scheme === undefined ? listenerPort : 'scheme'),
    reason: 'RequestRedirect',
    ...((scheme === 'http' || scheme === 'https') && { scheme }),
    ...(hostname !== undefined && { host: hostname }),
    ...(rewrite && { path: rewrite }),
  }
}

function mirrorShare({ percent, fraction }: NonNullable<RouteFilter['requestMirror']>): number {
  if (percent !== undefined) return percent / 100
  return fraction ? (fraction.numerator ?? 0) / (fraction.denominator ?? 100) : 1
}

/** Filters that may change the answer in a way that is not modelled. */
function unmodelled({ type = '', extensionRef, cors }: RouteFilter, object: ObjectRef): readonly Filter[] {
  if (type === 'ExtensionRef') {
    const what = `the filter ${extensionRef?.kind ?? ''}/${extensionRef?.name ?? ''} of the controller's own`
    return [{ type: 'not-modelled', what, object }]
  }
  if (type === 'ExternalAuth') return [{ type: 'not-modelled', what: 'the filter ExternalAuth', object }]
  if (!cors) return []
  return [{ type: 'not-modelled', what: 'CORS: headers of the answer to other origins', object }]
}
