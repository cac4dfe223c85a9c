import type { RouteAction, StreamRoute, WeightedBackend } from '../../http/proxy.ts'
import type { StreamRouteObject } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { Attachment } from './attachment.ts'
import type { GatewayContext } from './context.ts'
import { bySpecificity, hostPattern } from './hostnames.ts'
import type { StreamKind } from './references.ts'
import { resolveBackend } from './references.ts'
import type { GatewayCondition } from './status.ts'

/** Where whole connections of a TLSRoute, TCPRoute or UDPRoute go, and what is wrong with the references. */
export interface CompiledStream {
  readonly action: RouteAction
  readonly failures: readonly GatewayCondition[]
}

/** A connection whose share falls to an invalid backend is closed; there is no status to answer with. */
export function compileStream(
  kind: StreamKind,
  route: Located<StreamRouteObject>,
  context: GatewayContext,
): CompiledStream {
  const failures: GatewayCondition[] = []
  const [rule] = route.object.spec?.rules ?? []
  const backends = (rule?.backendRefs ?? []).map((one, index): WeightedBackend => {
    const path = ['spec', 'rules', 0, 'backendRefs', index]
    const { backend, failure } = resolveBackend({ kind, route, path }, one, context)
    if (failure) failures.push(failure)
    return { weight: one.weight ?? 1, backend }
  })
  return { action: { type: 'forward', backends }, failures }
}

/** A TLSRoute, TCPRoute or UDPRoute on a listener. */
export type StreamAttachment = Extract<Attachment, { readonly kind: StreamKind }>

export function isStream(attachment: Attachment): attachment is StreamAttachment {
  return attachment.kind !== 'HTTPRoute' && attachment.kind !== 'GRPCRoute'
}

/** Routes by server name on one port, the most specific first; of two for one name the older counts. */
export function serverNameRoutes(
  attachments: readonly StreamAttachment[],
  context: GatewayContext,
): readonly StreamRoute[] {
  const names = new Map<string, StreamAttachment>()
  for (const one of attachments) {
    for (const name of one.hostnames) if (!names.has(name)) names.set(name, one)
  }
  return [...names]
    .toSorted(([a], [b]) => bySpecificity(a, b))
    .map(([name, { kind, route }]) => ({
      names: [hostPattern(name)],
      ...streamRoute(kind, route, context),
    }))
}

/** Everything that comes to a TCP or UDP port goes by its oldest route. */
export function streamRoute(
  kind: StreamKind,
  route: Located<StreamRouteObject>,
  context: GatewayContext,
): StreamRoute {
  const { action } = compileStream(kind, route, context)
  return {
    name: `${kind} ${route.ref.namespace ?? 'default'}/${route.ref.name}`,
    action,
    object: { ...route.ref, at: route.locate(['spec', 'rules', 0]) },
  }
}
