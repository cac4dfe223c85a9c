import type { Route, ValueMatch } from '../../http/proxy.ts'
import type { HttpRouteRule } from '../../model/gateway-objects.ts'
import type { CompiledMatch } from './compiled-match.ts'
import type { MatchRank } from './precedence.ts'

/**
 * A browser's preflight request never reaches a backend: the Gateway answers it. It goes just before the match that
 * it belongs to.
 */
export function corsPreflights(rule: HttpRouteRule, route: Route, rank: MatchRank): readonly CompiledMatch[] {
  const cors = (rule.filters ?? []).find((one) => one.cors)?.cors
  if (!cors || (route.match.method !== undefined && route.match.method !== 'OPTIONS')) return []
  const headers: readonly ValueMatch[] = [
    ...(route.match.headers ?? []),
    { name: 'Origin', type: 'regex', value: originPattern(cors.allowOrigins ?? []) },
    { name: 'Access-Control-Request-Method', type: 'present', value: '' },
  ]
  return [
    {
      rank: { ...rank, match: rank.match - 0.5 },
      route: {
        ...route,
        name: `${route.name}, CORS preflight`,
        match: { ...route.match, method: 'OPTIONS', headers },
        filters: [],
        action: {
          type: 'respond',
          status: 204,
          reason: 'the Gateway answers the preflight request of CORS itself',
          code: 'cors-preflight',
          objects: [route.object],
        },
        text: `${route.text}, CORS preflight`,
      },
    },
  ]
}

/** A wildcard stands for any text of letters, digits, dots and hyphens. */
function originPattern(origins: readonly string[]): string {
  if (origins.includes('*')) return '.*'
  const escaped = origins.map((one) =>
    one.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[a-zA-Z0-9.-]+'),
  )
  return `^(?:${escaped.join('|')})$`
}
