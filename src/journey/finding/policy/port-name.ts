import type { FindPolicyCause } from './denial.ts'
import { inPolicy, onlyMissing, policyName } from './denial.ts'

/** A rule names a port by a name that stands for another one at this pod, or for none. */
export const findPortNamed: FindPolicyCause = (_, denial) => {
  const found = onlyMissing(denial, ['port-name'])
  if (!found) return undefined
  const { policy, first } = found
  const { policies, flow } = denial.place
  const number = `write the number, ${flow.dport}`
  const more = denial.remedy ? `: ${denial.remedy.text}` : ''
  return {
    message: `${policyName(policy)} ${first.text}`,
    fix: policies.engine.namedPorts ? `let the names agree, or ${number}${more}` : `${number}${more}`,
    objects: [
      inPolicy(policy, first.path),
      flow.direction === 'ingress' ? flow.self.endpoint.ref : flow.peer.endpoint?.ref,
    ],
  }
}
