import type { LabelSelector, NodeSelectorTerm, Requirement } from '../../model/objects.ts'

type Labels = Readonly<Record<string, string>>

/** A Service's selector: every label must be there; an empty or missing one selects nothing. */
export function matchesLabels(selector: Labels | undefined, labels: Labels): boolean {
  if (!selector) return false
  const wanted = Object.entries(selector)
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}

/** A LabelSelector (metav1.LabelSelectorAsSelector): an empty one selects everything. */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every((one) => matchesRequirement(one, labels))
  )
}

/** One node selector term: all of its expressions and fields; an empty term matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, labels: Labels, fields: Labels): boolean {
  const { matchExpressions = [], matchFields = [] } = term
  if (matchExpressions.length + matchFields.length === 0) return false
  return (
    matchExpressions.every((one) => matchesRequirement(one, labels)) &&
    matchFields.every((one) => matchesRequirement(one, fields))
  )
}

function matchesRequirement({ key = '', operator, values = [] }: Requirement, labels: Labels): boolean {
  const value = labels[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
    case 'Lt':
      return comparesTo(value, operator, values[0])
    default:
      return false
  }
}

/** Gt and Lt compare integers of 64 bits (strconv.ParseInt); anything else matches nothing. */
function comparesTo(value: string | undefined, operator: 'Gt' | 'Lt', limit: string | undefined): boolean {
  const [left, right] = [readInteger(value), readInteger(limit)]
  if (left === undefined || right === undefined) return false
  return operator === 'Gt' ? left > right : left < right
}

function readInteger(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?\d+$/.test(text)) return undefined
  const value = BigInt(text.replace(/^\+/, ''))
  return value === BigInt.asIntN(64, value) ? value : undefined
}
