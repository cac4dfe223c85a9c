import type { PathMatch, Route } from '../../http/proxy.ts'
import type { GrpcRoute, GrpcRouteMatch, GrpcRouteRule } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { CompiledMatch } from './compiled-match.ts'
import type { GatewayContext } from './context.ts'
import type { CompiledRoute } from './http-route.ts'
import { valueMatches } from './http-route.ts'
import { compileAction } from './rule-action.ts'
import type { GatewayCondition } from './status.ts'

/** The matches of a GRPCRoute: a call of a method is a POST of `/service/method`. */
export function compileGrpcRoute(
  route: Located<GrpcRoute>,
  listenerPort: number,
  context: GatewayContext,
): CompiledRoute {
  const matches: CompiledMatch[] = []
  const failures: GatewayCondition[] = []
  for (const [index, rule] of (route.object.spec?.rules ?? []).entries()) {
    const path = ['spec', 'rules', index]
    const acted = compileAction(rule, { kind: 'GRPCRoute', route, path, prefix: '/', listenerPort }, context)
    failures.push(...acted.failures)
    const stated = rule.matches ?? []
    for (const [number, match] of (stated.length > 0 ? stated : [{}]).entries()) {
      const at = route.locate([...path, ...(stated.length > 0 ? ['matches', number] : [])])
      const made: Route = {
        name: nameOf(route, rule, index),
        match: {
          path: pathMatch(match),
          method: 'POST',
          ...(match.headers?.length && { headers: valueMatches(match.headers, 'any-case') }),
        },
        filters: acted.filters,
        action: acted.action,
        object: { ...route.ref, at },
        text: matchText(match),
      }
      matches.push({ rank: { weights: weightsOf(match), route, rule: index, match: number }, route: made })
    }
  }
  return { matches, failures }
}

function nameOf({ ref }: Located<GrpcRoute>, { name }: GrpcRouteRule, index: number): string {
  return `GRPCRoute ${ref.namespace ?? 'default'}/${ref.name} rule ${name ?? index + 1}`
}

function pathMatch({ method }: GrpcRouteMatch): PathMatch {
  const { type = 'Exact', service, method: name } = method ?? {}
  if (type === 'RegularExpression') {
    return {
      type: 'regex',
      pattern: `^/(?:${service ?? '[^/]+'})/(?:${name ?? '[^/]+'})$`,
      ignoreCase: false,
    }
  }
  const plain = (text: string) => text.replace(/[.]/g, '\\.')
  if (service && name) return { type: 'exact', value: `/${service}/${name}` }
  if (service) return { type: 'string-prefix', value: `/${service}/`, ignoreCase: false }
  if (name) return { type: 'regex', pattern: `^/[^/]+/${plain(name)}$`, ignoreCase: false }
  return { type: 'prefix', value: '/' }
}

/** Characters of the service, of the method, and the number of headers. */
function weightsOf({ method, headers = [] }: GrpcRouteMatch): readonly number[] {
  const exact = (method?.type ?? 'Exact') === 'Exact' ? 1 : 0
  return [exact, method?.service?.length ?? 0, method?.method?.length ?? 0, headers.length]
}

function matchText({ method, headers = [] }: GrpcRouteMatch): string {
  const { type = 'Exact', service = '*', method: name = '*' } = method ?? {}
  const text = `${type} ${service}/${name}`
  return [text, ...headers.map((one) => `header ${one.name}=${one.value}`)].join(', ')
}
