import type { ObjectRef } from '../../base/source.ts'
import type { HttpProxy, IgnoredObject } from '../../http/proxy.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { IngressProxy } from './profile.ts'
import { hostsOf } from './rules.ts'

/** Why a cloud's controller makes no balancer of an Ingress. */
export interface Rejection {
  readonly code: string
  readonly reason: string
  readonly object: ObjectRef
  readonly fix?: string
}

/** A balancer, or the first reason that there is none: the Ingress keeps no address, or what it had before. */
export function cloudProxy(
  ingresses: readonly Located<Ingress>[],
  rejections: readonly Rejection[],
  proxy: () => HttpProxy,
): IngressProxy {
  const [first] = rejections
  if (!first) return { ingresses, proxy: proxy() }
  const { code, reason, object, fix } = first
  const rejected: IgnoredObject = {
    object,
    code,
    reason,
    hosts: ingresses.flatMap(hostsOf),
    ...(fix !== undefined && { fix }),
  }
  return { ingresses, rejected }
}
