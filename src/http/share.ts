import type { Backend, BackendTarget, Filter, ForwardAction } from './proxy.ts'
import type { UpstreamRequest } from './upstream-request.ts'

/** A part of the requests, and where it goes. */
export interface Share {
  /** Of 1. */
  readonly share: number
  readonly backend: Backend
  /** Absent where the backend has none, and where the proxy resolves a name first. */
  readonly target?: BackendTarget
  /** Those of this backend alone. */
  readonly filters?: readonly Filter[]
  /** What it gets, if that is something else than what the other shares get. */
  readonly request?: UpstreamRequest
}

/**
 * How requests spread: over backends by weight, over the targets of each in equal parts. Empty if no backend has a
 * weight.
 */
export function sharesOf({ backends }: ForwardAction): readonly Share[] {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0)
  return backends.flatMap(({ weight, backend, filters }): readonly Share[] => {
    const own = filters && { filters }
    if (weight <= 0) return []
    const share = weight / total
    const { targets } = backend
    if (targets.length === 0 || backend.problem) return [{ share, backend, ...own }]
    return targets.map((target) => ({ share: share / targets.length, backend, target, ...own }))
  })
}
