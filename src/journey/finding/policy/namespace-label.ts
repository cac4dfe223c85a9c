import type { FindPolicyCause } from './denial.ts'
import { inPolicy, onlyMissing, policyName } from './denial.ts'

/** The label by which the API server names every namespace. */
const nameLabel = 'kubernetes.io/metadata.name'

/** A rule asks for a namespace by a label that it does not have: namespaces are not selected by their names. */
export const findNamespaceLabel: FindPolicyCause = ({ world }, denial) => {
  const found = onlyMissing(denial, ['namespace-label'])
  const namespace = denial.place.flow.peer.endpoint?.namespace
  if (!found || namespace === undefined) return undefined
  const { policy, first, misses } = found
  // Another value says that another namespace is meant; so does another name.
  const isForgotten = misses.every(({ label }) => label?.is === undefined && label?.key !== nameLabel)
  if (!isForgotten) return undefined
  const label = denial.remedy?.type === 'label' ? `${denial.remedy.text}, or ` : ''
  return {
    message: `${policyName(policy)} selects namespaces by their labels: ${first.text}`,
    fix: `${label}ask for ${nameLabel}: ${namespace}, which every namespace has`,
    objects: [
      inPolicy(policy, first.path),
      world.cluster.namespaces.find(({ name }) => name === namespace)?.ref,
    ],
  }
}
