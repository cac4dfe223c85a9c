import type { ObjectRef } from '../base/source.ts'
import type { Endpoint } from './endpoint.ts'
import type { LabelExpression, Labels } from './label-expression.ts'
import { holds } from './label-expression.ts'
import type { NearMiss } from './near-miss.ts'
import type { Candidate, Denied } from './remedy-candidate.ts'

/**
 * A label on the other end, or on its namespace, where that is all that is missing. A label that is there with another
 * value is not changed: Services and other policies may go by it.
 */
export function labelCandidates(denied: Denied, { peer, misses }: NearMiss): readonly Candidate[] {
  const { endpoint } = denied.flow.peer
  const wanted = peer?.endpoints
  if (!wanted || endpoint?.type !== 'pod') return []
  if (misses.every(({ type }) => type === 'label')) {
    const value = additions(wanted.labels, endpoint.labels)
    return value
      ? [candidate(denied, { ...endpoint, labels: { ...endpoint.labels, ...value } }, endpoint.ref, value)]
      : []
  }
  const { namespace } = endpoint
  const expression = wanted.namespace
  if (!misses.every(({ type }) => type === 'namespace-label')) return []
  if (namespace === undefined || expression === undefined || typeof expression === 'string') return []
  const value = additions(expression, endpoint.namespaceLabels)
  if (!value || Object.keys(value).some((key) => key.startsWith('kubernetes.io/'))) return []
  const changed = { ...endpoint, namespaceLabels: { ...endpoint.namespaceLabels, ...value } }
  return [candidate(denied, changed, { kind: 'Namespace', name: namespace }, value)]
}

function candidate({ tiers, flow }: Denied, endpoint: Endpoint, object: ObjectRef, value: Labels): Candidate {
  const { self, peer } = flow
  const isNamespace = object.kind === 'Namespace'
  const own = ownEnd(self.endpoint, endpoint, isNamespace)
  return {
    remedy: { type: 'label', object, path: ['metadata', 'labels'], value },
    tiers,
    flow: { ...flow, self: { ...self, endpoint: own }, peer: { ...peer, endpoint } },
  }
}

/** A pod that talks to itself, and pods of one namespace, share what is changed. */
function ownEnd(self: Endpoint, changed: Endpoint, isNamespace: boolean): Endpoint {
  if (self.id === changed.id) return changed
  const { namespace, namespaceLabels } = changed
  return isNamespace && self.namespace === namespace ? { ...self, namespaceLabels } : self
}

/** The labels to add for a condition to hold; `undefined` if additions alone do not make it hold. */
function additions(expression: LabelExpression, labels: Labels): Labels | undefined {
  if (holds(expression, labels)) return {}
  switch (expression.type) {
    case 'all':
      return together(expression.of.map((one) => additions(one, labels)))
    case 'any':
      return expression.of.map((one) => additions(one, labels)).find((one) => one !== undefined)
    case 'exists':
      return { [expression.key]: 'true' }
    case 'in':
      return valueFor(expression, labels)
    default:
      return undefined
  }
}

function together(parts: readonly (Labels | undefined)[]): Labels | undefined {
  const all = parts.filter((one) => one !== undefined)
  return all.length < parts.length ? undefined : Object.assign({}, ...all)
}

/** A label that is there says what the thing is: it keeps its value. */
function valueFor(
  { key, values }: Extract<LabelExpression, { readonly type: 'in' | 'not-in' }>,
  labels: Labels,
): Labels | undefined {
  const [value] = values
  return value === undefined || Object.hasOwn(labels, key) ? undefined : { [key]: value }
}
