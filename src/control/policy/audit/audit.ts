import type { Diagnostic, Report } from '../../../base/diagnostic.ts'
import { collectDiagnostics } from '../../../base/diagnostic.ts'
import { byText } from '../../../base/ordering.ts'
import type { Cluster } from '../../../model/cluster.ts'
import { policiesOf } from '../policies-of.ts'
import { auditMatches } from './never-matches.ts'
import { auditNotEnforced } from './not-enforced.ts'
import { auditRedundant } from './redundant.ts'
import type { Audit } from './rules.ts'
import { auditSamePriority } from './same-priority.ts'
import { auditSelection } from './selects-nothing.ts'
import { auditServicePorts } from './service-ports.ts'

/**
 * What is odd about a cluster's policies, without any packet: policies that select nothing, rules that never match, or
 * that make no difference or whose order is not defined, Services' ports where pods' are meant, and policies that nothing enforces.
 */
export function auditPolicies(cluster: Cluster): readonly Diagnostic[] {
  const { report, diagnostics } = collectDiagnostics()
  auditAll(cluster, report)
  return diagnostics.toSorted(
    (a, b) =>
      byText(a.at?.file ?? '', b.at?.file ?? '') ||
      (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
      (a.at?.column ?? 0) - (b.at?.column ?? 0),
  )
}

function auditAll(cluster: Cluster, report: Report): void {
  auditNotEnforced(cluster, report)
  const policies = policiesOf(cluster)
  if (!policies) return
  const audit: Audit = { cluster, policies, report }
  auditSelection(audit)
  auditMatches(audit)
  auditServicePorts(audit)
  auditRedundant(audit)
  auditSamePriority(audit)
}
