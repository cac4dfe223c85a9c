/** Labels that Calico gives endpoints beside their own (api/pkg/apis/projectcalico/v3, constants.go). */
export const namespaceLabel = 'projectcalico.org/namespace'
export const orchestratorLabel = 'projectcalico.org/orchestrator'
export const serviceAccountLabel = 'projectcalico.org/serviceaccount'
/** The label of a namespace, and of a service account, that is its name. */
export const nameLabel = 'projectcalico.org/name'

/** What the labels of a pod's namespace and of its service account begin with at the pod (conversion/constants.go). */
export const namespacePrefix = 'pcns.'
export const serviceAccountPrefix = 'pcsa.'
