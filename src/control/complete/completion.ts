import type { Report } from '../../base/diagnostic.ts'
import type { Ip } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import type { Assumption } from '../../model/cluster.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { HostFirewallOption, SysctlOption } from './node-settings.ts'

/** What the user fixes beside the manifests. */
export interface CompleteOptions {
  /** `1.33`, `v1.33.2`: the release of Kubernetes. */
  readonly kubeVersion?: string
  /** Kernel settings of nodes. */
  readonly sysctls?: readonly SysctlOption[]
  /** Firewalls of nodes. */
  readonly hostFirewalls?: readonly HostFirewallOption[]
  /** The network plugin, with settings: `flannel`, `flannel:backend=host-gw`. */
  readonly cni?: string
  /** Addresses of nodes that no Node object states, from what was collected on them. */
  readonly nodeAddresses?: ReadonlyMap<string, readonly Ip[]>
}

/** What every step of completing works with. */
export interface Completion {
  readonly objects: ObjectsByKind
  readonly options: CompleteOptions
  readonly report: Report
  /** Says aloud what the input left open. */
  assume(text: string, object?: ObjectRef): void
}

/** A Completion that adds to the assumptions given. */
export function beginCompletion(
  objects: ObjectsByKind,
  options: CompleteOptions,
  report: Report,
  assumptions: Assumption[],
): Completion {
  const assume: Completion['assume'] = (text, object) => assumptions.push({ text, ...(object && { object }) })
  return { objects, options, report, assume }
}
