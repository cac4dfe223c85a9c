import type { ObjectReference } from '../../model/gateway-objects.ts'
import type { GatewayContext } from './context.ts'
import { namespaceOf } from './context.ts'

/** Who refers to something: its group, kind and namespace. */
export interface Referrer {
  readonly group: string
  readonly kind: string
  readonly namespace: string
}

/**
 * Whether a reference may leave its namespace: a ReferenceGrant in the namespace of what it points to must name both
 * ends. Within one namespace none is needed.
 */
export function isPermitted(
  from: Referrer,
  to: Required<Pick<ObjectReference, 'group' | 'kind' | 'name'>> & { readonly namespace: string },
  { api }: GatewayContext,
): boolean {
  if (from.namespace === to.namespace) return true
  return api.grants.some((grant) => {
    if (namespaceOf(grant) !== to.namespace) return false
    const { from: froms = [], to: tos = [] } = grant.object.spec ?? {}
    return (
      froms.some(
        (one) =>
          (one.group ?? '') === from.group && one.kind === from.kind && one.namespace === from.namespace,
      ) &&
      tos.some(
        (one) =>
          (one.group ?? '') === to.group &&
          one.kind === to.kind &&
          (one.name === undefined || one.name === '' || one.name === to.name),
      )
    )
  })
}

/** The grant that is missing, in words. */
export function grantFix(from: Referrer, to: { readonly kind: string; readonly namespace: string }): string {
  return `add a ReferenceGrant in namespace ${to.namespace} from ${from.kind} of namespace ${from.namespace} to ${to.kind}`
}
