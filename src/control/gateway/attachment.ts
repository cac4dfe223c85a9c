import type {
  AnyRoute,
  GatewayApiObjects,
  GrpcRoute,
  HttpRoute,
  ParentReference,
  StreamRouteObject,
} from '../../model/gateway-objects.ts'
import { gatewayGroup } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { GatewayContext } from './context.ts'
import { namespaceOf } from './context.ts'
import { intersectHostnames } from './hostnames.ts'
import type { ResolvedListener } from './listeners.ts'
import { byAge } from './listeners.ts'
import { admitsNamespace } from './namespaces.ts'
import type { RouteKind, StreamKind } from './references.ts'
import type { GatewayCondition } from './status.ts'
import { fails, holds } from './status.ts'

/** A route of any kind. */
export type AnyKindRoute =
  | { readonly kind: 'HTTPRoute'; readonly route: Located<HttpRoute> }
  | { readonly kind: 'GRPCRoute'; readonly route: Located<GrpcRoute> }
  | { readonly kind: StreamKind; readonly route: Located<StreamRouteObject> }

/** A route on one listener, under the host names that the two have in common; `''` is every host. */
export type Attachment = AnyKindRoute & {
  readonly listener: ResolvedListener
  readonly hostnames: readonly string[]
}

/** What became of one parentRef. */
export interface ParentOutcome {
  readonly parent: ParentReference
  readonly accepted: GatewayCondition
  readonly attachments: readonly Attachment[]
}

/** All routes, the oldest first. */
export function allRoutes(api: GatewayApiObjects): readonly AnyKindRoute[] {
  const routes: readonly AnyKindRoute[] = [
    ...api.httpRoutes.map((route) => ({ kind: 'HTTPRoute' as const, route })),
    ...api.grpcRoutes.map((route) => ({ kind: 'GRPCRoute' as const, route })),
    ...api.tlsRoutes.map((route) => ({ kind: 'TLSRoute' as const, route })),
    ...api.tcpRoutes.map((route) => ({ kind: 'TCPRoute' as const, route })),
    ...api.udpRoutes.map((route) => ({ kind: 'UDPRoute' as const, route })),
  ]
  return routes.toSorted((a, b) => byAge(a.route, b.route))
}

/** Names a parent as `parentKey` does for a reference. */
export function ownerKey(kind: string, namespace: string, name: string): string {
  return `${kind === 'XListenerSet' ? 'ListenerSet' : kind}/${namespace}/${name}`
}

/** The parent that a reference of a route means; nothing for kinds that are no way in, as Services of a mesh. */
export function parentKey(parent: ParentReference, route: Located<AnyRoute>): string | undefined {
  const { group = gatewayGroup, kind = 'Gateway', namespace = namespaceOf(route), name = '' } = parent
  const known =
    (group === gatewayGroup && (kind === 'Gateway' || kind === 'ListenerSet')) || kind === 'XListenerSet'
  return known ? ownerKey(kind, namespace, name) : undefined
}

/** What a parent has to offer: its listeners, or nothing if it does not exist. */
export type ListenersOf = (key: string) => readonly ResolvedListener[] | undefined

/** Every parentRef of a route that means a way in. */
export function attachRoute(
  one: AnyKindRoute,
  listenersOf: ListenersOf,
  context: GatewayContext,
): readonly ParentOutcome[] {
  const { kind, route } = one
  return (route.object.spec?.parentRefs ?? []).flatMap((parent, index) => {
    const key = parentKey(parent, route)
    if (key === undefined) return []
    const listeners = listenersOf(key)
    const at = { ...route.ref, at: route.locate(['spec', 'parentRefs', index]) }
    const refuse = (reason: string, message: string, fix: string): ParentOutcome => ({
      parent,
      accepted: fails('Accepted', reason, message, { fix, object: at }),
      attachments: [],
    })
    if (!listeners) {
      return [
        refuse('NoMatchingParent', `there is no ${key}`, 'correct the name or namespace of the parentRef'),
      ]
    }
    const named = listeners.filter((one) => isMeant(parent, one))
    if (named.length === 0) {
      const message = `${key} has no listener ${sectionText(parent)}`
      const names = listeners.map((one) => `${one.name}:${one.port}`).join(', ')
      return [refuse('NoMatchingParent', message, `its listeners are ${names}`)]
    }
    const admitted = named.filter((one) => admits(one, kind, namespaceOf(route), context))
    const [first] = named
    if (admitted.length === 0 && first) {
      return [refuse('NotAllowedByListeners', ...refusalText(first, kind, namespaceOf(route)))]
    }
    const attachments = admitted.flatMap((listener): readonly Attachment[] => {
      const hostnames = commonHostnames(listener, kind, route)
      return hostnames.length === 0 ? [] : [{ ...one, listener, hostnames }]
    })
    if (attachments.length > 0) return [{ parent, accepted: holds('Accepted', 'Accepted'), attachments }]
    const wanted = (route.object.spec?.hostnames ?? []).join(', ')
    const offered = admitted.map((one) => one.hostname || '(any)').join(', ')
    const message = `none of ${wanted} is served by a listener of ${key} (${offered})`
    return [
      refuse(
        'NoMatchingListenerHostname',
        message,
        'let a host name of the route lie within one of a listener',
      ),
    ]
  })
}

function isMeant({ sectionName, port }: ParentReference, listener: ResolvedListener): boolean {
  return (
    (sectionName === undefined || sectionName === listener.name) &&
    (port === undefined || port === listener.port)
  )
}

function sectionText({ sectionName, port }: ParentReference): string {
  const parts = [sectionName && `called ${sectionName}`, port !== undefined && `of port ${port}`]
  return parts.filter((one) => one).join(' ') || 'at all'
}

function admits(
  listener: ResolvedListener,
  kind: RouteKind,
  namespace: string,
  context: GatewayContext,
): boolean {
  const { namespaces } = listener.spec.allowedRoutes ?? {}
  return (
    listener.kinds.includes(kind) &&
    admitsNamespace(namespaces, 'Same', namespaceOf(listener.owner), namespace, context)
  )
}

function refusalText(listener: ResolvedListener, kind: RouteKind, namespace: string): [string, string] {
  if (!listener.kinds.includes(kind)) {
    const takes = listener.kinds.join(', ') || 'no routes'
    return [
      `listener ${listener.name} (${listener.protocol}) takes ${takes}, and no ${kind}`,
      `attach it to a listener that takes a ${kind}`,
    ]
  }
  const from = listener.spec.allowedRoutes?.namespaces?.from ?? 'Same'
  return [
    `listener ${listener.name} does not take routes of namespace ${namespace} (allowedRoutes.namespaces.from: ${from})`,
    'set allowedRoutes.namespaces.from: All, or a Selector that takes the namespace',
  ]
}

/** TCP and UDP have no host names. */
function commonHostnames(
  listener: ResolvedListener,
  kind: RouteKind,
  { object }: Located<AnyRoute>,
): readonly string[] {
  if (kind === 'TCPRoute' || kind === 'UDPRoute') return ['']
  const own = object.spec?.hostnames ?? []
  if (own.length === 0) return [listener.hostname]
  const common = own.flatMap((name) => intersectHostnames(listener.hostname, name) ?? [])
  return [...new Set(common)]
}

/**
 * Of an HTTPRoute and a GRPCRoute that share a host name on a listener one alone is taken: the older, or the first
 * by name. Mirrors the section of cross-serving in GRPCRoute's documentation.
 */
export function settleCrossServing(
  outcomes: readonly (readonly ParentOutcome[])[],
): readonly (readonly ParentOutcome[])[] {
  const taken: Attachment[] = []
  return outcomes.map((parents) =>
    parents.map((outcome) => {
      const kept = outcome.attachments.filter((one) => !taken.some((other) => isCrossed(one, other)))
      taken.push(...kept)
      if (kept.length === outcome.attachments.length || kept.length > 0)
        return { ...outcome, attachments: kept }
      const [first] = outcome.attachments
      const other = first && taken.find((one) => isCrossed(first, one))
      const message = `${other?.kind} ${other?.route.ref.name} serves the same host names on the same listener`
      return {
        ...outcome,
        accepted: fails('Accepted', 'HostnameConflict', message, {
          fix: 'give HTTP and gRPC host names of their own',
        }),
        attachments: [],
      }
    }),
  )
}

function isCrossed(a: Attachment, b: Attachment): boolean {
  const kinds = [a.kind, b.kind].toSorted().join(' ')
  if (a.listener !== b.listener || kinds !== 'GRPCRoute HTTPRoute') return false
  return a.hostnames.some((one) => b.hostnames.some((other) => intersectHostnames(one, other) !== undefined))
}
