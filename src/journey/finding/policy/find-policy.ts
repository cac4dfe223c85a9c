import type { FindingCode } from '../catalog.ts'
import type { FindCause } from '../failure.ts'
import { finding } from '../failure.ts'
import { findClusterIpNamed } from './cluster-ip.ts'
import type { FindPolicyCause } from './denial.ts'
import { denialOf } from './denial.ts'
import { findDnsDenied } from './dns.ts'
import { findHostClient, findHostServer } from './host.ts'
import { findIsolated, findRuleDenies } from './isolated.ts'
import { findNamespaceLabel } from './namespace-label.ts'
import { findMasqueraded } from './node-address.ts'
import { findPortNamed } from './port-name.ts'
import { findDnsPortNamed, findServicePortNamed } from './service-port.ts'

/** In the order in which they are asked, the most precise first. */
const causes: readonly (readonly [code: FindingCode, find: FindPolicyCause])[] = [
  ['policy-rule-denies', findRuleDenies],
  ['policy-dns-port-differs', findDnsPortNamed],
  ['policy-names-service-port', findServicePortNamed],
  ['policy-names-cluster-ip', findClusterIpNamed],
  ['policy-sees-node-address', findMasqueraded],
  ['policy-client-is-host', findHostClient],
  ['policy-server-is-host', findHostServer],
  ['policy-port-name-differs', findPortNamed],
  ['policy-namespace-label-missing', findNamespaceLabel],
  ['policy-denies-dns', findDnsDenied],
  ['policy-isolates', findIsolated],
]

/** The packet was stopped by policies: by which, and what about it they do not allow. */
export const findPolicy: FindCause = (failure) => {
  const denial = denialOf(failure)
  if (!denial) return []
  for (const [code, find] of causes) {
    const cause = find(failure, denial)
    if (cause) {
      const { message, fix, objects } = cause
      return [finding(code, message, { objects, ...(fix !== undefined && { fix }) })]
    }
  }
  return []
}
