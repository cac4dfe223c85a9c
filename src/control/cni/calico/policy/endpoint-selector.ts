import type { CalicoSelector } from '../../../../base/calico-selector.ts'
import type { LabelExpression } from '../../../../policy/label-expression.ts'
import { anyLabels } from '../../../../policy/label-expression.ts'
import type { EndpointSelector } from '../../../../policy/policy.ts'
import { both, labelExpressionOf, mapSelector } from '../selector.ts'
import { nameLabel, namespaceLabel, namespacePrefix, orchestratorLabel } from './label-names.ts'

/** The label of every namespace that is its name. */
const kubernetesNameLabel = 'kubernetes.io/metadata.name'

/**
 * Pods that a selector selects, with what it asks of their namespace set apart; what asks both at once is asked of all the
 * labels that Calico gives a pod.
 */
export function endpointSelectorOf(selector: CalicoSelector): EndpointSelector {
  const parts = conjunctsOf(selector).filter((part) => !isAlwaysTrue(part))
  const ofNamespace = parts.filter((part) => labelsIn(part).every(isOfNamespace))
  const ofPod = parts.filter((part) => !ofNamespace.includes(part))
  const namespace = namespaceCondition(ofNamespace)
  return {
    ...(namespace !== undefined && { namespace }),
    labels: ofPod.length > 0 ? labelExpressionOf(both(...ofPod)) : anyLabels,
  }
}

function conjunctsOf(selector: CalicoSelector): readonly CalicoSelector[] {
  return selector.type === 'and' ? selector.of.flatMap(conjunctsOf) : [selector]
}

/** What every pod fulfils. */
function isAlwaysTrue(part: CalicoSelector): boolean {
  if (part.type === 'all' || part.type === 'global') return true
  if (part.type === 'has') return part.label === namespaceLabel || part.label === orchestratorLabel
  return part.type === '==' && part.label === orchestratorLabel && part.value === 'k8s'
}

function isOfNamespace(label: string): boolean {
  return label === namespaceLabel || label.startsWith(namespacePrefix)
}

function namespaceCondition(parts: readonly CalicoSelector[]): string | LabelExpression | undefined {
  const [first, ...others] = parts
  if (!first) return undefined
  if (others.length === 0 && first.type === '==' && first.label === namespaceLabel) return first.value
  return labelExpressionOf(both(...parts.map((part) => mapSelector(part, ofNamespaceItself))))
}

/** The condition on what is in a namespace, as one on the namespace. */
function ofNamespaceItself(leaf: CalicoSelector): CalicoSelector {
  if (!('label' in leaf)) return leaf
  const own = leaf.label === namespaceLabel ? nameLabel : leaf.label.slice(namespacePrefix.length)
  return { ...leaf, label: own === nameLabel ? kubernetesNameLabel : own }
}

function labelsIn(selector: CalicoSelector): readonly string[] {
  switch (selector.type) {
    case 'not':
      return labelsIn(selector.of)
    case 'and':
    case 'or':
      return selector.of.flatMap(labelsIn)
    default:
      return 'label' in selector ? [selector.label] : []
  }
}
