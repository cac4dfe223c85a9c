import { holds } from '../../../policy/label-expression.ts'
import { selects } from '../../../policy/match.ts'
import type { Policy } from '../../../policy/policy.ts'
import { endpointsOf } from '../endpoints.ts'
import { endpointsFor } from './endpoints-for.ts'
import { nearestEndpoint } from './nearest-endpoint.ts'
import type { Audit } from './rules.ts'
import { placeIn, policyName } from './rules.ts'

/** Policies that are about nobody. One that waits for a workload that is scaled to 0 is about that. */
export function auditSelection({ cluster, policies, report }: Audit): void {
  const { all } = endpointsOf(cluster)
  for (const policy of policies.set.tiers.flatMap((tier) => tier.policies)) {
    const { subject } = policy
    if (endpointsFor(cluster, subject).some((one) => selects(subject, one)) || awaits(cluster, policy))
      continue
    const nearest = nearestEndpoint(subject, all)
    const hint = nearest ? `; nearest is ${nearest.endpoint.id}: ${nearest.text}` : ''
    report('policy-selects-nothing', `${policyName(policy)} selects no pod${hint}`, {
      ...placeIn(policy, subject.labelsPath ?? ['spec']),
      ...(nearest && { fix: 'make the selector and the labels agree' }),
    })
  }
}

/** Whether a workload without pods would make some that the policy selects. */
function awaits({ idleWorkloads }: Audit['cluster'], { subject }: Policy): boolean {
  const { namespace, labels } = subject
  return idleWorkloads.some(
    (one) =>
      (typeof namespace !== 'string' || (one.ref.namespace ?? 'default') === namespace) &&
      holds(labels, one.labels),
  )
}
