import type { ObjectRef } from '../../base/source.ts'
import type { RouteAction } from '../../http/proxy.ts'

/** A proxy's own answer where no rule fits. */
export function noRoute(label: string): RouteAction {
  return {
    type: 'respond',
    status: 404,
    code: 'no-route',
    reason: `no rule fits; ${label} answers by itself`,
    objects: [],
  }
}

/** An answer of the proxy's own. */
export function respond(
  status: number,
  code: string,
  reason: string,
  objects: readonly ObjectRef[] = [],
  fix?: string,
): RouteAction {
  return { type: 'respond', status, code, reason, objects, ...(fix !== undefined && { fix }) }
}
