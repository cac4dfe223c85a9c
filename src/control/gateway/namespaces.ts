import type { NamespaceChoice } from '../../model/gateway-objects.ts'
import type { LabelSelector } from '../../model/objects.ts'
import type { GatewayContext } from './context.ts'

/** Whether objects of one namespace may be attached in another. */
export function admitsNamespace(
  choice: NamespaceChoice | undefined,
  standard: 'Same' | 'None',
  own: string,
  other: string,
  context: GatewayContext,
): boolean {
  switch (choice?.from ?? standard) {
    case 'All':
      return true
    case 'Same':
      return own === other
    case 'Selector':
      return selects(choice?.selector, context.labels(other))
    default:
      return false
  }
}

/** An empty selector takes all; none at all takes nothing. */
function selects(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (!selector) return false
  const { matchLabels = {}, matchExpressions = [] } = selector
  const own = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  return (
    Object.entries(matchLabels).every(([key, value]) => own(key) === value) &&
    matchExpressions.every(({ key = '', operator, values = [] }) => {
      const value = own(key)
      const listed = value !== undefined && values.includes(value)
      switch (operator) {
        case 'In':
          return listed
        case 'NotIn':
          return !listed
        case 'Exists':
          return value !== undefined
        default:
          return operator === 'DoesNotExist' && value === undefined
      }
    })
  )
}
