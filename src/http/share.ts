import type { Backend, BackendTarget, ForwardAction } from './proxy.ts'

/** A part of the requests, and where it goes. */
export interface Share {
  /** Of 1. */
  readonly share: number
  readonly backend: Backend
  /** Absent where the backend has none, and where the proxy resolves a name first. */
  readonly target?: BackendTarget
}

/**
 * How requests spread: over backends by weight, over the targets of each in equal parts. Empty if no backend has a
 * weight.
 */
export function sharesOf({ backends }: ForwardAction): readonly Share[] {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0)
  return backends.flatMap(({ weight, backend }): readonly Share[] => {
    if (weight <= 0) return []
    const share = weight / total
    const { targets } = backend
    if (targets.length === 0 || backend.problem) return [{ share, backend }]
    return targets.map((target) => ({ share: share / targets.length, backend, target }))
  })
}
