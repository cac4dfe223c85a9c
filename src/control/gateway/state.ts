import type { Cluster } from '../../model/cluster.ts'
import type { Gateway, ListenerSet } from '../../model/gateway-objects.ts'
import { gatewayGroup } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { AnyKindRoute, Attachment, ParentOutcome } from './attachment.ts'
import { allRoutes, attachRoute, ownerKey, settleCrossServing } from './attachment.ts'
import { resolveCertificate } from './certificates.ts'
import type { GatewayContext } from './context.ts'
import { gatewayContext, namespaceOf } from './context.ts'
import { compileGrpcRoute } from './grpc-route.ts'
import { compileHttpRoute } from './http-route.ts'
import { admitsSet, isMember, refusedSet, setConditions } from './listener-sets.ts'
import type { ResolvedListener } from './listeners.ts'
import { isAccepted, resolveListeners } from './listeners.ts'
import { policyStatuses } from './policies.ts'
import type { GatewayCondition, GatewayStatus, ListenerStatus, PolicyStatus, RouteStatus } from './status.ts'
import { fails, holds } from './status.ts'
import { compileStream } from './stream-routes.ts'

/** A Gateway with its listeners, those of its ListenerSets, and the routes that are attached to them. */
export interface ResolvedGateway {
  readonly gateway: Located<Gateway>
  readonly listeners: readonly ResolvedListener[]
  readonly attachments: readonly Attachment[]
}

/** Everything that controllers would have worked out of a cluster's Gateway API objects. */
export interface GatewayApiState {
  readonly context: GatewayContext
  readonly gateways: readonly ResolvedGateway[]
  readonly gatewayStatuses: readonly GatewayStatus[]
  readonly listenerSetStatuses: readonly GatewayStatus[]
  readonly routeStatuses: readonly RouteStatus[]
  readonly policyStatuses: readonly PolicyStatus[]
}

/**
 * Works out listeners, attachments and conditions. GatewayClasses are installed with their controller and seldom
 * kept beside manifests, so every class is taken to be one that a conforming controller serves.
 */
export function gatewayApiState(cluster: Cluster): GatewayApiState {
  const context = gatewayContext(cluster)
  const { gateways, listenerSets } = context.api
  const resolved = gateways.map((gateway) => {
    const sets = listenerSets.filter((set) => isMember(set, gateway) && admitsSet(gateway, set, context))
    return { gateway, listeners: resolveListeners(gateway, sets, context) }
  })
  const listeners = listenersByOwner(resolved.flatMap((one) => one.listeners))
  const routes = allRoutes(context.api)
  const outcomes = settleCrossServing(
    routes.map((one) => attachRoute(one, (key) => listeners.get(key), context)),
  )
  const attachments = uniqueAttachments(outcomes)
  return {
    context,
    gateways: resolved.map((one) => ({
      ...one,
      attachments: attachments.filter(({ listener }) => one.listeners.includes(listener)),
    })),
    gatewayStatuses: resolved.map((one) => gatewayStatus(one, attachments, listenerSets, context)),
    listenerSetStatuses: listenerSets.map((set) => setStatus(set, gateways, listeners, attachments, context)),
    routeStatuses: routes.map((route, index) => routeStatus(route, outcomes[index] ?? [], context)),
    policyStatuses: policyStatuses(context),
  }
}

function listenersByOwner(all: readonly ResolvedListener[]): Map<string, ResolvedListener[]> {
  const listeners = new Map<string, ResolvedListener[]>()
  for (const one of all) {
    const key = ownerKey(one.owner.ref.kind, namespaceOf(one.owner), one.owner.ref.name)
    const list = listeners.get(key)
    if (list) list.push(one)
    else listeners.set(key, [one])
  }
  return listeners
}

/** A route that names one listener by two parentRefs is attached once. */
function uniqueAttachments(outcomes: readonly (readonly ParentOutcome[])[]): readonly Attachment[] {
  return outcomes.flatMap((parents) => {
    const all = parents.flatMap((one) => one.attachments)
    return all.filter((one, index) => all.findIndex((other) => other.listener === one.listener) === index)
  })
}

function listenerStatus(listener: ResolvedListener, attachments: readonly Attachment[]): ListenerStatus {
  return {
    name: listener.name,
    conditions: listener.conditions,
    attachedRoutes: attachments.filter((one) => one.listener === listener).length,
    supportedKinds: listener.kinds,
  }
}

function gatewayStatus(
  { gateway, listeners }: Omit<ResolvedGateway, 'attachments'>,
  attachments: readonly Attachment[],
  sets: readonly Located<ListenerSet>[],
  context: GatewayContext,
): GatewayStatus {
  const own = listeners.filter((one) => one.owner === gateway)
  const valid = own.filter(isAccepted)
  const accepted =
    valid.length === own.length
      ? holds('Accepted', 'Accepted')
      : { ...holds('Accepted', 'ListenersNotValid'), message: invalidText(own) }
  const works = listeners.some((one) => one.programmed)
  const hasSets = sets.some((set) => listeners.some((one) => one.owner === set && one.programmed))
  return {
    object: gateway.ref,
    conditions: [
      valid.length > 0 || hasSets ? accepted : fails('Accepted', 'ListenersNotValid', invalidText(own)),
      works ? holds('Programmed', 'Programmed') : fails('Programmed', 'Invalid', 'no listener can serve'),
      clientCertificate(gateway, context) ?? holds('ResolvedRefs', 'ResolvedRefs'),
    ],
    listeners: own.map((one) => listenerStatus(one, attachments)),
  }
}

function invalidText(own: readonly ResolvedListener[]): string {
  const names = own.filter((one) => !isAccepted(one)).map((one) => one.name)
  return `not valid: ${names.join(', ')}`
}

/** The certificate that the Gateway shows to backends that ask for one. */
function clientCertificate(gateway: Located<Gateway>, context: GatewayContext): GatewayCondition | undefined {
  const reference = gateway.object.spec?.tls?.backend?.clientCertificateRef
  if (!reference) return undefined
  const from = { group: gatewayGroup, kind: 'Gateway', namespace: namespaceOf(gateway) }
  const at = gateway.locate(['spec', 'tls', 'backend', 'clientCertificateRef'])
  const result = resolveCertificate(reference, from, { ...gateway.ref, at }, context)
  if ('certificate' in result) return undefined
  const { failure } = result
  return failure.reason === 'RefNotPermitted'
    ? failure
    : { ...failure, reason: 'InvalidClientCertificateRef' }
}

function setStatus(
  set: Located<ListenerSet>,
  gateways: readonly Located<Gateway>[],
  listeners: ReadonlyMap<string, readonly ResolvedListener[]>,
  attachments: readonly Attachment[],
  context: GatewayContext,
): GatewayStatus {
  const gateway = gateways.find((one) => isMember(set, one))
  if (!gateway || !admitsSet(gateway, set, context)) {
    return { object: set.ref, conditions: refusedSet(set, gateway), listeners: [] }
  }
  const own = (listeners.get(ownerKey('ListenerSet', namespaceOf(set), set.ref.name)) ?? []).filter(
    (one) => one.owner === set,
  )
  return {
    object: set.ref,
    conditions: setConditions(own),
    listeners: own.map((one) => listenerStatus(one, attachments)),
  }
}

function routeStatus(
  route: AnyKindRoute,
  parents: readonly ParentOutcome[],
  context: GatewayContext,
): RouteStatus {
  const [failure] = referenceFailures(route, context)
  const resolved = failure ?? holds('ResolvedRefs', 'ResolvedRefs')
  return {
    route: route.route.ref,
    parents: parents.map(({ parent, accepted }) => ({ parent, conditions: [accepted, resolved] })),
  }
}

/** What is wrong with a route's references, on whichever listener. */
function referenceFailures(one: AnyKindRoute, context: GatewayContext): readonly GatewayCondition[] {
  if (one.kind === 'HTTPRoute') return compileHttpRoute(one.route, 80, context).failures
  if (one.kind === 'GRPCRoute') return compileGrpcRoute(one.route, 80, context).failures
  return compileStream(one.kind, one.route, context).failures
}
