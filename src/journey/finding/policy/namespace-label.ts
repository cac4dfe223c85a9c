import type { FindPolicyCause } from './denial.ts'
import { inPolicy, onlyMissing, policyName } from './denial.ts'

/** A rule asks for a namespace by a label that it does not have: namespaces are not selected by their names. */
export const findNamespaceLabel: FindPolicyCause = ({ world }, denial) => {
  const found = onlyMissing(denial, ['namespace-label'])
  const namespace = denial.place.flow.peer.endpoint?.namespace
  if (!found || namespace === undefined) return undefined
  const { policy, first } = found
  const label = denial.remedy?.type === 'label' ? `${denial.remedy.text}, or ` : ''
  return {
    message: `${policyName(policy)} selects namespaces by their labels: ${first.text}`,
    fix: `${label}ask for kubernetes.io/metadata.name: ${namespace}, which every namespace has`,
    objects: [
      inPolicy(policy, first.path),
      world.cluster.namespaces.find(({ name }) => name === namespace)?.ref,
    ],
  }
}
