import type { ForwardAction, RouteAction, WeightedBackend } from '../../http/proxy.ts'
import type { BackendReference, RouteFilter } from '../../model/gateway-objects.ts'
import type { GatewayContext } from './context.ts'
import type { CompiledFilters, FilterScope } from './filters.ts'
import { compileFilters } from './filters.ts'
import { resolveBackend } from './references.ts'
import type { GatewayCondition } from './status.ts'

/** A rule as far as it says what happens to a request. */
export interface ActingRule {
  readonly filters?: readonly RouteFilter[]
  readonly backendRefs?: readonly BackendReference[]
  readonly sessionPersistence?: { readonly type?: string }
}

export interface CompiledAction {
  readonly action: RouteAction
  readonly filters: CompiledFilters['filters']
  readonly failures: readonly GatewayCondition[]
}

/** What a rule does with a request that one of its matches fits. */
export function compileAction(rule: ActingRule, scope: FilterScope, context: GatewayContext): CompiledAction {
  const { filters, redirect, failures } = compileFilters(rule.filters ?? [], scope, context)
  if (redirect) return { action: redirect, filters, failures }
  const resolved = (rule.backendRefs ?? []).map((one, index) =>
    compileBackend(one, { ...scope, path: [...scope.path, 'backendRefs', index] }, context),
  )
  const all = [...failures, ...resolved.flatMap((one) => one.failures)]
  const [only] = resolved
  if (only && resolved.length === 1 && only.redirect) {
    return { action: only.redirect, filters: [...filters, ...(only.weighted.filters ?? [])], failures: all }
  }
  const backends = resolved.map((one) => one.weighted)
  return { action: forwardOrFail(rule, backends, scope), filters, failures: all }
}

interface CompiledBackend {
  readonly weighted: WeightedBackend
  readonly redirect?: CompiledFilters['redirect']
  readonly failures: readonly GatewayCondition[]
}

function compileBackend(
  reference: BackendReference,
  scope: FilterScope,
  context: GatewayContext,
): CompiledBackend {
  const { backend, failure } = resolveBackend(scope, reference, context)
  const { filters, redirect, failures } = compileFilters(reference.filters ?? [], scope, context)
  const weight = reference.weight ?? 1
  return {
    weighted: { weight, backend, ...(filters.length > 0 && { filters }) },
    failures: failure ? [failure, ...failures] : failures,
    ...(redirect && { redirect }),
  }
}

function forwardOrFail(
  { sessionPersistence }: ActingRule,
  backends: readonly WeightedBackend[],
  { route, path, kind }: FilterScope,
): RouteAction {
  if (backends.some((one) => one.weight > 0)) {
    const forward: ForwardAction = { type: 'forward', backends }
    return sessionPersistence
      ? { ...forward, affinity: `sessionPersistence: ${sessionPersistence.type ?? 'Cookie'}` }
      : forward
  }
  const status = kind === 'GRPCRoute' ? 503 : 500
  const reason = backends.length === 0 ? 'the rule has no backendRefs' : 'all backendRefs have the weight 0'
  const object = { ...route.ref, at: route.locate(path) }
  return {
    type: 'respond',
    status,
    reason,
    code: 'no-backends',
    objects: [object],
    fix: 'give the rule a backend',
  }
}
