import type { Labels } from '../../../../policy/label-expression.ts'

/** Labels that Calico gives endpoints beside their own (api/pkg/apis/projectcalico/v3, constants.go). */
export const namespaceLabel = 'projectcalico.org/namespace'
export const orchestratorLabel = 'projectcalico.org/orchestrator'
export const serviceAccountLabel = 'projectcalico.org/serviceaccount'
/** The label of a namespace, and of a service account, that is its name. */
export const nameLabel = 'projectcalico.org/name'

/** What the labels of a pod's namespace and of its service account begin with at the pod (conversion/constants.go). */
export const namespacePrefix = 'pcns.'
export const serviceAccountPrefix = 'pcsa.'

/** A longer name of a service account is no label's value. */
const longestLabel = 63

/** What a pod is labelled with, and where it stands. */
export interface Labelled {
  readonly labels: Labels
  readonly namespace: string
  readonly namespaceLabels: Labels
  readonly serviceAccount: string
  readonly serviceAccountLabels: Labels
}

/** The labels that Felix knows a pod by. Mirrors podToDefaultWorkloadEndpoint, and the profiles that pods have labels of. */
export function podLabels({
  labels,
  namespace,
  namespaceLabels,
  serviceAccount,
  serviceAccountLabels,
}: Labelled): Labels {
  return {
    ...labelsFrom(namespacePrefix, namespaceLabels, namespace),
    ...labelsFrom(serviceAccountPrefix, serviceAccountLabels, serviceAccount),
    ...labels,
    [namespaceLabel]: namespace,
    [orchestratorLabel]: 'k8s',
    ...(serviceAccount.length < longestLabel && { [serviceAccountLabel]: serviceAccount }),
  }
}

/** The labels of a namespace or a service account, and its name, as those have them that belong to it. */
export function labelsFrom(prefix: string, labels: Labels, name: string): Labels {
  return Object.fromEntries(
    Object.entries({ ...labels, [nameLabel]: name }).map(([key, value]) => [`${prefix}${key}`, value]),
  )
}
