import { endpointName, partyName, protocolWord } from '../../../policy/words.ts'
import type { FindPolicyCause } from './denial.ts'
import { inPolicy, isNameQuery } from './denial.ts'

/** Names cannot be looked up: nothing lets the pod ask the cluster's DNS, or lets the DNS be asked. */
export const findDnsDenied: FindPolicyCause = (_, denial) => {
  if (!isNameQuery(denial)) return undefined
  const { flow, decision } = denial.place
  const { self, peer, direction, protocol, dport } = flow
  const [nearest] = denial.misses
  const policies = decision.selected.flatMap((one) => one.policies)
  const policy = decision.policy ?? nearest?.policy ?? policies[0]
  if (!policy) return undefined
  const names = [...new Set(policies.map(({ ref }) => `${ref.kind} ${ref.name}`))].slice(0, 3).join(', ')
  const what = `${protocolWord(protocol)} ${dport}`
  const message =
    direction === 'egress'
      ? `${endpointName(self.endpoint)} may not ask for names: ${names} isolates it, and nothing lets it send to ${partyName(peer)}, ${what}`
      : `${endpointName(self.endpoint)} may not be asked for names by ${partyName(peer)}: ${names} isolates it, and nothing lets in ${what}`
  const both = protocol === 17 ? `; and the same for TCP ${dport}, by which long answers come` : ''
  return {
    message,
    ...(denial.remedy && { fix: `${denial.remedy.text}${both}` }),
    objects: [inPolicy(policy, nearest?.misses[0]?.path ?? [])],
  }
}
