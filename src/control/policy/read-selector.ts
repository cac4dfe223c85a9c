import type { LabelSelector, Requirement } from '../../model/objects.ts'
import type { LabelExpression } from '../../policy/label-expression.ts'

/** A LabelSelector of the API as a condition on labels. Mirrors metav1.LabelSelectorAsSelector: an empty one holds always. */
export function readSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): LabelExpression {
  const equal = Object.entries(matchLabels).map(
    ([key, value]): LabelExpression => ({ type: 'in', key, values: [value] }),
  )
  return { type: 'all', of: [...equal, ...matchExpressions.map(readRequirement)] }
}

/** What the reader of manifests has refused already holds never. */
export function readRequirement({ key = '', operator, values = [] }: Requirement): LabelExpression {
  switch (operator) {
    case 'In':
      return { type: 'in', key, values }
    case 'NotIn':
      return { type: 'not-in', key, values }
    case 'Exists':
      return { type: 'exists', key }
    case 'DoesNotExist':
      return { type: 'not-exists', key }
    default:
      return { type: 'any', of: [] }
  }
}
