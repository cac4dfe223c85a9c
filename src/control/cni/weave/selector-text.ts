import { byText } from '../../../base/ordering.ts'
import type { LabelSelector, Requirement } from '../../../model/objects.ts'

/**
 * A selector as k8s.io/apimachinery writes it (labels.Selector.String of LabelSelectorAsSelector), sorted by keys: what
 * Weave NPC tells selectors apart by.
 */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const parts = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...matchExpressions.map((one) => ({ key: one.key ?? '', text: requirementText(one) })),
  ]
  return parts
    .toSorted((a, b) => byText(a.key, b.key))
    .map(({ text }) => text)
    .join(',')
}

function requirementText({ key = '', operator, values = [] }: Requirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.toSorted(byText).join(',')})`
    case 'NotIn':
      return `${key} notin (${values.toSorted(byText).join(',')})`
    case 'DoesNotExist':
      return `!${key}`
    default:
      return key
  }
}
