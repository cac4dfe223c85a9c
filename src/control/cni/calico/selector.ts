import type { CalicoSelector } from '../../../base/calico-selector.ts'
import type { LabelExpression, Labels } from '../../../policy/label-expression.ts'
import { anyLabels, holds } from '../../../policy/label-expression.ts'

/** Both conditions; what one of them alone says, if there is only one. */
export function both(...selectors: readonly CalicoSelector[]): CalicoSelector {
  const [first = { type: 'all' }, ...others] = selectors
  return others.length === 0 ? first : { type: 'and', of: selectors }
}

/** The text that Felix makes of a condition (collectFragments of lib/selector/parser), of which ids are hashes. */
export function formatSelector(selector: CalicoSelector): string {
  switch (selector.type) {
    case 'all':
    case 'global':
      return `${selector.type}()`
    case 'has':
      return `has(${selector.label})`
    case 'in':
    case 'not in':
      return `${selector.label} ${selector.type} {${selector.values.map(quote).join(', ')}}`
    case 'not':
      return `!${formatSelector(selector.of)}`
    case 'and':
      return `(${selector.of.map(formatSelector).join(' && ')})`
    case 'or':
      return `(${selector.of.map(formatSelector).join(' || ')})`
    default:
      return `${selector.label} ${selector.type} ${quote(selector.value)}`
  }
}

function quote(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`
}

/** The condition with other parts: `change` is asked for every part that holds no others. */
export function mapSelector(
  selector: CalicoSelector,
  change: (leaf: CalicoSelector) => CalicoSelector,
): CalicoSelector {
  switch (selector.type) {
    case 'not': {
      // Read again, two exclamation marks are none.
      const inner = mapSelector(selector.of, change)
      return inner.type === 'not' ? inner.of : { type: 'not', of: inner }
    }
    case 'and':
    case 'or':
      return { type: selector.type, of: selector.of.map((one) => mapSelector(one, change)) }
    default:
      return change(selector)
  }
}

/** The condition on labels whose names begin with this (PrefixVisitor): those that a pod has of its namespace are `pcns.…`. */
export function prefixLabels(selector: CalicoSelector, prefix: string): CalicoSelector {
  return mapSelector(selector, (leaf) =>
    'label' in leaf ? { ...leaf, label: `${prefix}${leaf.label}` } : leaf,
  )
}

/** The same condition in the terms that all policies share. */
export function labelExpressionOf(selector: CalicoSelector): LabelExpression {
  switch (selector.type) {
    case 'all':
    case 'global':
      return anyLabels
    case 'not':
      return { type: 'not', of: labelExpressionOf(selector.of) }
    case 'and':
      return { type: 'all', of: selector.of.map(labelExpressionOf) }
    case 'or':
      return { type: 'any', of: selector.of.map(labelExpressionOf) }
    case 'has':
      return { type: 'exists', key: selector.label }
    case 'in':
      return { type: 'in', key: selector.label, values: selector.values }
    case 'not in':
      return { type: 'not-in', key: selector.label, values: selector.values }
    default:
      return comparisonOf(selector)
  }
}

function comparisonOf({
  type,
  label: key,
  value,
}: Extract<CalicoSelector, { readonly value: string }>): LabelExpression {
  switch (type) {
    case '==':
      return { type: 'in', key, values: [value] }
    case '!=':
      return { type: 'not-in', key, values: [value] }
    case 'contains':
      return { type: 'contains', key, value }
    case 'starts with':
      return { type: 'starts-with', key, value }
    case 'ends with':
      return { type: 'ends-with', key, value }
    default:
      return type satisfies never
  }
}

/** Whether labels fulfil the condition. */
export function matchesLabels(selector: CalicoSelector, labels: Labels): boolean {
  return holds(labelExpressionOf(selector), labels)
}
