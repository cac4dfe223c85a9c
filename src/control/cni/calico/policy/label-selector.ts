import type { CalicoSelector } from '../../../../base/calico-selector.ts'
import type { LabelSelector, Requirement } from '../../../../model/objects.ts'
import { both } from '../selector.ts'
import { orchestratorLabel } from './label-names.ts'

/** A label selector for namespaces. */
export function namespaceCondition(selector: LabelSelector): CalicoSelector {
  const conditions = conditionsOf(selector)
  return conditions.length === 0 ? { type: 'all' } : both(...conditions)
}

/** A label selector for pods: only pods are meant. */
export function podCondition(selector: LabelSelector): CalicoSelector {
  return both({ type: '==', label: orchestratorLabel, value: 'k8s' }, ...conditionsOf(selector))
}

/** Mirrors k8sSelectorToCalico. */
function conditionsOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly CalicoSelector[] {
  const equal = Object.entries(matchLabels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]): CalicoSelector => ({ type: '==', label, value }))
  return [...equal, ...matchExpressions.flatMap(requirementOf)]
}

function requirementOf({ key: label = '', operator, values = [] }: Requirement): readonly CalicoSelector[] {
  const unique = [...new Set(values)].toSorted()
  switch (operator) {
    case 'In':
      return [{ type: 'in', label, values: unique }]
    case 'NotIn':
      return [{ type: 'not in', label, values: unique }]
    case 'Exists':
      return [{ type: 'has', label }]
    case 'DoesNotExist':
      return [{ type: 'not', of: { type: 'has', label } }]
    default:
      return []
  }
}
