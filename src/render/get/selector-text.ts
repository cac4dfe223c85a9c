import { byText } from '../../base/ordering.ts'
import type { LabelSelector, Requirement } from '../../model/objects.ts'

/** A LabelSelector in the notation of `-l`, its requirements sorted by key. Mirrors metav1.LabelSelectorAsSelector. */
export function selectorText(selector: LabelSelector | undefined): string {
  if (!selector) return ''
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }))
  const sets = (selector.matchExpressions ?? []).map((one) => ({
    key: one.key ?? '',
    text: requirementText(one),
  }))
  return [...equal, ...sets]
    .toSorted((a, b) => byText(a.key, b.key))
    .map((one) => one.text)
    .join(',')
}

function requirementText({ key = '', operator, values = [] }: Requirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.toSorted().join(',')})`
    case 'NotIn':
      return `${key} notin (${values.toSorted().join(',')})`
    case 'DoesNotExist':
      return `!${key}`
    default:
      return key
  }
}

/** The same, with `<none>` for a selector that asks nothing. Mirrors metav1.FormatLabelSelector. */
export function selectorCell(selector: LabelSelector | undefined): string {
  return selectorText(selector) || '<none>'
}
