import { sha1Hex, sha256Base64Url } from '../../../base/hash.ts'
import type { ClusterPod } from '../../../model/cluster.ts'

/** The longest name that iptables gives a chain (MaxChainNameLength). */
const maxChainName = 28

/** The node's end of a pod's veth pair. Mirrors VethNameForWorkload of libcalico-go. */
export function workloadDevice(
  prefix: string,
  { namespace, name }: Pick<ClusterPod, 'namespace' | 'name'>,
): string {
  return `${prefix}${sha1Hex(`${namespace}.${name}`).slice(0, 11)}`
}

/** A prefix and a name, of which what is too long is a hash. Mirrors GetLengthLimitedID of libcalico-go. */
export function chainName(prefix: string, name: string): string {
  const whole = `${prefix}${name}`
  if (whole.length < maxChainName || (whole.length === maxChainName && !name.startsWith('_'))) return whole
  return `${prefix}_${sha256Base64Url(name)}`.slice(0, maxChainName)
}

/** Chains of the endpoint behind a device: `tw` is what goes to the workload, `fw` what comes from it. */
export function endpointChain(prefix: 'cali-tw-' | 'cali-fw-', device: string): string {
  return chainName(prefix, device)
}

/** The profiles of a pod: its namespace's, which lets everything pass, and its service account's, which says nothing. */
export function profilesOf({ namespace, object }: ClusterPod): readonly string[] {
  return [`kns.${namespace}`, `ksa.${namespace}.${object.spec.serviceAccountName ?? 'default'}`]
}
