import type { ObjectRef } from '../../base/source.ts'
import type { ParentReference } from '../../model/gateway-objects.ts'

/** One condition of a status, with the type and reason that the Gateway API gives it. */
export interface GatewayCondition {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason: string
  /** In words; empty where nothing is to be said. */
  readonly message: string
  /** What would mend it. */
  readonly fix?: string
  /** The place that it is about, if that is not the object itself. */
  readonly object?: ObjectRef
}

/** What a controller would write of one listener. */
export interface ListenerStatus {
  readonly name: string
  readonly conditions: readonly GatewayCondition[]
  readonly attachedRoutes: number
  readonly supportedKinds: readonly string[]
}

/** What a controller would write of a Gateway, or of a ListenerSet. */
export interface GatewayStatus {
  readonly object: ObjectRef
  readonly conditions: readonly GatewayCondition[]
  readonly listeners: readonly ListenerStatus[]
}

/** What a controller would write of a route, for one of its parents. */
export interface RouteParentStatus {
  readonly parent: ParentReference
  readonly conditions: readonly GatewayCondition[]
}

export interface RouteStatus {
  readonly route: ObjectRef
  readonly parents: readonly RouteParentStatus[]
}

export interface PolicyStatus {
  readonly policy: ObjectRef
  readonly conditions: readonly GatewayCondition[]
}

export function holds(type: string, reason: string): GatewayCondition {
  return { type, status: 'True', reason, message: '' }
}

export function fails(
  type: string,
  reason: string,
  message: string,
  more: { readonly fix?: string; readonly object?: ObjectRef } = {},
): GatewayCondition {
  return { type, status: 'False', reason, message, ...more }
}

/** Whether the condition of that type is there and true. */
export function isTrue(conditions: readonly GatewayCondition[], type: string): boolean {
  return conditions.some((one) => one.type === type && one.status === 'True')
}
