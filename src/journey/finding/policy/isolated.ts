import { pathWords } from '../../../policy/words.ts'
import { listNames } from '../failure.ts'
import type { Denial, FindPolicyCause } from './denial.ts'
import { inPolicy, policyName, stoppedWords } from './denial.ts'

/** A rule of an ordered tier denies the packet. */
export const findRuleDenies: FindPolicyCause = (_, denial) => {
  const { policy, rule } = denial.place.decision
  if (!policy || !rule) return undefined
  const name = rule.name === undefined ? '' : ` (${rule.name})`
  const before = policy.api.startsWith('Cilium')
    ? 'rules that deny come before all that allow: take this out of the rule'
    : 'ask who keeps this policy'
  return {
    message: `${stoppedWords(denial)}: ${policyName(policy)} denies it by ${pathWords(rule.path)}${name}`,
    fix: denial.remedy?.text ?? before,
    objects: [inPolicy(policy, rule.path)],
  }
}

/** Policies isolate the pod, and no rule of any of them matches. */
export const findIsolated: FindPolicyCause = (_, denial) => {
  const [nearest] = denial.misses
  if (!nearest) return undefined
  const { policy, rule, misses } = nearest
  const others = othersThan(denial)
  const isolates =
    others.length > 0
      ? `${policyName(policy)}, ${listNames(others, 2)} isolate`
      : `${policyName(policy)} isolates`
  const why = misses.map(({ text }) => text).join('; ')
  const where = rule ? `${pathWords(rule.path)} comes nearest: ${why}` : why
  return {
    message: `${stoppedWords(denial)}: ${isolates} it; ${where}`,
    fix: denial.remedy?.text ?? 'ask who keeps these policies',
    objects: [inPolicy(policy, misses[0]?.path ?? [])],
  }
}

function othersThan({ misses }: Denial): readonly string[] {
  return misses.slice(1).map(({ policy }) => policyName(policy))
}
