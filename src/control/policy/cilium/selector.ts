import type { LabelSelector, Requirement } from '../../../model/objects.ts'
import type { LabelExpression } from '../../../policy/label-expression.ts'
import { anyLabels } from '../../../policy/label-expression.ts'
import type { EndpointSelector, Entity, Path } from '../../../policy/policy.ts'
import { readRequirement } from '../read-selector.ts'
import { onIdentity } from './identity-labels.ts'

/** A condition of a selector on one label, with what stood before its name: `k8s`, `any`, `reserved`; `any` if nothing did. */
export interface Condition {
  readonly source: string
  readonly expression: LabelExpression & { readonly key: string }
}

const namespaceName = 'io.kubernetes.pod.namespace'
const namespaceLabels = 'io.cilium.k8s.namespace.labels.'
const serviceAccount = 'io.cilium.k8s.policy.serviceaccount'
const clusterName = 'io.cilium.k8s.policy.cluster'

/** The conditions of a selector, with the sources of their labels. Mirrors EndpointSelector.Sanitize. */
export function conditionsOf({
  matchLabels = {},
  matchExpressions = [],
}: LabelSelector): readonly Condition[] {
  const equal = Object.entries(matchLabels).map(
    ([key, value]): Requirement => ({ key, operator: 'In', values: [value] }),
  )
  return [...equal, ...matchExpressions].flatMap((one) => {
    const { key = '' } = one
    const colon = key.indexOf(':')
    const [source, name] = key.startsWith('$')
      ? ['reserved', key.slice(1)]
      : colon < 0
        ? ['any', key]
        : [key.slice(0, colon), key.slice(colon + 1)]
    const expression = readRequirement({ ...one, key: name })
    return 'key' in expression ? [{ source, expression }] : []
  })
}

/** Whether a condition is about the namespace's name or labels. */
export function isAboutNamespace({ source, expression: { key } }: Condition): boolean {
  return (source === 'any' || source === 'k8s') && (key === namespaceName || key.startsWith(namespaceLabels))
}

/** Where conditions apply. */
export interface SelectorContext {
  /** The namespace that is meant where none is stated; every one, if left out. */
  readonly namespace?: string
  /** The name of the cluster. */
  readonly cluster: string
  readonly path: Path
}

/**
 * The pods that a selector means. Their identities have, beside their labels, those of their namespace and their service
 * account as labels of certain names.
 */
export function podSelector(
  conditions: readonly Condition[],
  { namespace, cluster, path }: SelectorContext,
): EndpointSelector {
  const labels: LabelExpression[] = []
  const namespaces: LabelExpression[] = []
  const accounts: LabelExpression[] = []
  for (const { source, expression } of conditions) {
    const { key } = expression
    if (source !== 'any' && source !== 'k8s') labels.push(withoutLabel(expression))
    else if (key === namespaceName)
      namespaces.push({ ...expression, key: 'kubernetes.io/metadata.name' } as LabelExpression)
    else if (key.startsWith(namespaceLabels))
      namespaces.push({ ...expression, key: key.slice(namespaceLabels.length) } as LabelExpression)
    else if (key === serviceAccount) accounts.push(expression)
    else if (key === clusterName) labels.push(inCluster(expression, cluster))
    else labels.push(onIdentity(expression))
  }
  const where = namespaceOf(namespaces, namespace)
  return {
    labels: { type: 'all', of: [...labels, ...accounts.flatMap(accountCondition)] },
    labelsPath: path,
    ...(where !== undefined && { namespace: where, namespacePath: path }),
    ...accountsOf(accounts),
  }
}

/** One namespace by its name where that is all that is asked. */
function namespaceOf(
  stated: readonly LabelExpression[],
  own: string | undefined,
): EndpointSelector['namespace'] {
  const all =
    own === undefined
      ? stated
      : [...stated, { type: 'in' as const, key: 'kubernetes.io/metadata.name', values: [own] }]
  const [first, ...rest] = all
  if (!first) return undefined
  const named = first.type === 'in' && first.key === 'kubernetes.io/metadata.name' ? first.values : []
  const [name] = named
  if (rest.length === 0 && named.length === 1 && name !== undefined) return name
  return { type: 'all', of: all }
}

function accountsOf(conditions: readonly LabelExpression[]): Pick<EndpointSelector, 'serviceAccounts'> {
  if (conditions.length === 0) return {}
  const lists = conditions.flatMap((one) => (one.type === 'in' ? [one.values] : []))
  const [first, ...rest] = lists
  const names = first?.filter((name) => rest.every((list) => list.includes(name)))
  const exceptNames = conditions.flatMap((one) => (one.type === 'not-in' ? one.values : []))
  return {
    serviceAccounts: {
      ...(names && { names }),
      ...(exceptNames.length > 0 && { exceptNames }),
    },
  }
}

/** Every pod has a service account. */
function accountCondition({ type }: LabelExpression): readonly LabelExpression[] {
  return type === 'not-exists' ? [{ type: 'any', of: [] }] : []
}

/** A condition on a label that no pod has. */
function withoutLabel({ type }: LabelExpression): LabelExpression {
  return type === 'not-exists' || type === 'not-in' ? anyLabels : { type: 'any', of: [] }
}

function inCluster(expression: LabelExpression, name: string): LabelExpression {
  const isMeant =
    expression.type === 'exists' ||
    (expression.type === 'in' && expression.values.includes(name)) ||
    (expression.type === 'not-in' && !expression.values.includes(name))
  return isMeant ? anyLabels : { type: 'any', of: [] }
}

/** What a selector says by reserved labels: `reserved:host`. */
export interface Reserved {
  readonly entities: readonly Entity[]
  readonly notEntities: readonly Entity[]
}

const reservedNames: readonly string[] = [
  'host',
  'remote-node',
  'kube-apiserver',
  'world',
  'world-ipv4',
  'world-ipv6',
  'health',
  'init',
  'ingress',
  'unmanaged',
  'none',
]

/** The reserved labels that a selector asks for, and those that it excludes. Unknown ones nobody has. */
export function reservedOf(conditions: readonly Condition[]): Reserved {
  const own = conditions.filter(({ source }) => source === 'reserved').map(({ expression }) => expression)
  const entity = ({ key }: { readonly key: string }) => (reservedNames.includes(key) ? key : 'none') as Entity
  const wants = ({ type }: LabelExpression) => type === 'in' || type === 'exists'
  return {
    entities: own.filter(wants).map(entity),
    notEntities: own.filter((one) => !wants(one)).map(entity),
  }
}
