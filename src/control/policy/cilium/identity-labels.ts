import type { LabelExpression } from '../../../policy/label-expression.ts'
import { anyLabels } from '../../../policy/label-expression.ts'

/** Labels that make a pod's identity although what follows would leave them out. */
const kept =
  /^(io\.kubernetes\.pod\.namespace|io\.cilium\.k8s\.namespace\.labels|io\.cilium\.k8s\.policy\.(cluster|serviceaccount)|app\.kubernetes\.io)/

/** Labels that do not, by how they begin. */
const left =
  /^(io\.kubernetes|kubernetes\.io|statefulset\.kubernetes\.io\/pod-name|apps\.kubernetes\.io\/pod-index|batch\.kubernetes\.io\/(job-completion-index|controller-uid)|k8s\.io|pod-template-generation|pod-template-hash|controller-revision-hash|controller-uid|annotation|etcd_node|topology\.kubernetes\.io)/

/**
 * Whether a pod's label is a part of its identity: conditions on any other see no such label. Mirrors the list of
 * pkg/labelsfilter that counts unless `labels` of cilium-config says otherwise.
 */
export function isIdentityLabel(key: string): boolean {
  return kept.test(key) || !(left.test(key) || key.includes('beta.kubernetes.io'))
}

const never: LabelExpression = { type: 'any', of: [] }

/** The condition as it is of an identity: labels that are no part of it are not there. */
export function onIdentity(expression: LabelExpression): LabelExpression {
  switch (expression.type) {
    case 'all':
    case 'any':
      return { ...expression, of: expression.of.map(onIdentity) }
    case 'not':
      return { ...expression, of: onIdentity(expression.of) }
    case 'not-exists':
    case 'not-in':
      return isIdentityLabel(expression.key) ? expression : anyLabels
    default:
      return isIdentityLabel(expression.key) ? expression : never
  }
}
