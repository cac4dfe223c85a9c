import { networkPolicyOf } from '../../../control/policy/network-policy.ts'
import { nearMissesOf } from '../../../policy/near-miss.ts'
import type { World } from '../../world.ts'
import type { Denial, FindPolicyCause } from './denial.ts'
import { inPolicy, onlyMissing, policyName } from './denial.ts'

/** A rule names a port by a name that stands for another one at this pod, or for none. */
export const findPortNamed: FindPolicyCause = ({ world }, denial) => {
  const found = onlyMissing(denial, ['port-name']) ?? onlyMissing(asWritten(world, denial), ['port-name'])
  if (!found) return undefined
  const { policy, first } = found
  const { policies, flow } = denial.place
  const number = `write the number, ${flow.dport}`
  const more = denial.remedy ? `: ${denial.remedy.text}` : ''
  return {
    message: `${policyName(policy)} ${first.text}`,
    fix: policies.engine.namedPorts ? `let the names agree, or ${number}${more}` : number,
    objects: [
      inPolicy(policy, first.path),
      flow.direction === 'ingress' ? flow.self.endpoint.ref : flow.peer.endpoint?.ref,
    ],
  }
}

/** An engine that resolves no names may have lost rules with names altogether: the misses of the policies as they stand. */
function asWritten({ cluster }: World, denial: Denial): Denial {
  const { place } = denial
  const { decision, flow, policies } = place
  if (policies.engine.namedPorts || !decision.tier) return denial
  const isAbout = new Set(
    decision.selected.flatMap((one) => one.policies.map(({ ref }) => `${ref.namespace}/${ref.name}`)),
  )
  const written = cluster.policies.networkPolicies
    .filter(({ ref }) => isAbout.has(`${ref.namespace}/${ref.name}`))
    .map(networkPolicyOf)
  const selected = [{ tier: decision.tier, policies: written }]
  return { ...denial, misses: nearMissesOf({ ...decision, selected }, flow, policies.engine) }
}
