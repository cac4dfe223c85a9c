/** Labels of a pod, a namespace, a node. */
export type Labels = Readonly<Record<string, string>>

/**
 * A condition on labels: what the label selectors of Kubernetes and the selector language of Calico both come to.
 * `all` of nothing holds always, `any` of nothing never.
 */
export type LabelExpression =
  | { readonly type: 'all' | 'any'; readonly of: readonly LabelExpression[] }
  | { readonly type: 'not'; readonly of: LabelExpression }
  | { readonly type: 'exists' | 'not-exists'; readonly key: string }
  | { readonly type: 'in' | 'not-in'; readonly key: string; readonly values: readonly string[] }
  | {
      readonly type: 'contains' | 'starts-with' | 'ends-with'
      readonly key: string
      readonly value: string
    }

/** The condition that every set of labels fulfils. */
export const anyLabels: LabelExpression = { type: 'all', of: [] }

/**
 * Whether labels fulfil the condition. Mirrors labels.Requirement.Matches of k8s.io/apimachinery: `not-in` holds where the
 * key is missing.
 */
export function holds(expression: LabelExpression, labels: Labels): boolean {
  switch (expression.type) {
    case 'all':
      return expression.of.every((one) => holds(one, labels))
    case 'any':
      return expression.of.some((one) => holds(one, labels))
    case 'not':
      return !holds(expression.of, labels)
    default:
      return holdsFor(expression, Object.hasOwn(labels, expression.key) ? labels[expression.key] : undefined)
  }
}

/** A condition on one label. */
type LabelCondition = Extract<LabelExpression, { readonly key: string }>

function holdsFor(condition: LabelCondition, value: string | undefined): boolean {
  switch (condition.type) {
    case 'exists':
      return value !== undefined
    case 'not-exists':
      return value === undefined
    case 'in':
      return value !== undefined && condition.values.includes(value)
    case 'not-in':
      return value === undefined || !condition.values.includes(value)
    case 'contains':
      return value?.includes(condition.value) ?? false
    case 'starts-with':
      return value?.startsWith(condition.value) ?? false
    case 'ends-with':
      return value?.endsWith(condition.value) ?? false
    default:
      return condition satisfies never
  }
}

/** One label that is not as a condition wants it. */
export interface LabelMiss {
  readonly key: string
  /** As it is; absent if there is none. */
  readonly is?: string
  /** What would fulfil the condition: `frontend`, `api or db`; `undefined` for "no such label". */
  readonly wanted?: string
  /** The condition as a text: `role in (api,db)`. */
  readonly condition: string
}

/** The labels for which the condition does not hold; of alternatives, those of the one with the fewest. Empty if it holds. */
export function missesOf(expression: LabelExpression, labels: Labels): readonly LabelMiss[] {
  if (holds(expression, labels)) return []
  switch (expression.type) {
    case 'all':
      return expression.of.flatMap((one) => missesOf(one, labels))
    case 'any':
      return (
        expression.of.map((one) => missesOf(one, labels)).toSorted((a, b) => a.length - b.length)[0] ?? [
          never(expression),
        ]
      )
    case 'not':
      return keysOf(expression.of).map((key) => missOf(expression, key, labels))
    default:
      return [missOf(expression, expression.key, labels, wantedBy(expression))]
  }
}

function never(expression: LabelExpression): LabelMiss {
  return { key: '', condition: formatLabelExpression(expression) }
}

function missOf(condition: LabelExpression, key: string, labels: Labels, wanted?: string): LabelMiss {
  const is = labels[key]
  return {
    key,
    condition: formatLabelExpression(condition),
    ...(is !== undefined && { is }),
    ...(wanted !== undefined && { wanted }),
  }
}

function wantedBy(condition: LabelCondition): string | undefined {
  switch (condition.type) {
    case 'in':
      return condition.values.join(' or ')
    case 'exists':
      return 'anything'
    case 'contains':
      return `something with ${condition.value}`
    case 'starts-with':
      return `${condition.value}…`
    case 'ends-with':
      return `…${condition.value}`
    default:
      return undefined
  }
}

/** The keys that the condition asks about, each once. */
export function keysOf(expression: LabelExpression): readonly string[] {
  switch (expression.type) {
    case 'all':
    case 'any':
      return [...new Set(expression.of.flatMap(keysOf))]
    case 'not':
      return keysOf(expression.of)
    default:
      return [expression.key]
  }
}

/** As kubectl's `-l` would spell it: `app=web,tier in (a,b),!old`; what that cannot say, as Calico would. */
export function formatLabelExpression(expression: LabelExpression): string {
  switch (expression.type) {
    case 'all':
      return expression.of.map(formatLabelExpression).join(',')
    case 'any':
      return `(${expression.of.map(formatLabelExpression).join(' || ')})`
    case 'not':
      return `!(${formatLabelExpression(expression.of)})`
    default:
      return formatCondition(expression)
  }
}

function formatCondition(condition: LabelCondition): string {
  const { key } = condition
  switch (condition.type) {
    case 'exists':
      return key
    case 'not-exists':
      return `!${key}`
    case 'in':
      return condition.values.length === 1
        ? `${key}=${condition.values[0]}`
        : `${key} in (${condition.values.join(',')})`
    case 'not-in':
      return condition.values.length === 1
        ? `${key}!=${condition.values[0]}`
        : `${key} notin (${condition.values.join(',')})`
    case 'contains':
      return `${key} contains '${condition.value}'`
    case 'starts-with':
      return `${key} starts with '${condition.value}'`
    case 'ends-with':
      return `${key} ends with '${condition.value}'`
    default:
      return condition satisfies never
  }
}
