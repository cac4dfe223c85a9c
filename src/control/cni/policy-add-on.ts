import type { CniObjects } from '../../model/cni-objects.ts'
import type { KubeNetworkPolicies } from '../policy/kube-network-policies.ts'
import {
  currentKubeNetworkPolicies,
  kubeNetworkPolicies,
  kubeNetworkPolicyFilters,
} from '../policy/kube-network-policies.ts'
import type { Cni, CniInput } from './cni.ts'
import type { Daemon } from './parts/daemon.ts'
import { containerWhere, flagsOf } from './parts/daemon.ts'
import type { PolicyParts } from './parts/forward-policy.ts'
import { azureNpm, calicoAlone } from './parts/forward-policy.ts'

/**
 * The plugin with what enforces policies beside it: a daemon of the input, else what the Environment says of a plugin that
 * enforces none itself.
 */
export function withPolicyAddOn(cni: Cni, input: CniInput): Cni {
  const daemon = kubeNetworkPoliciesIn(input.objects)
  if (daemon) return beside(cni, partsOf(buildOf(daemon)))
  if (cni.policy) return cni
  const hasDaemon = (name: string) => input.objects.daemonSets.some(({ ref }) => ref.name === name)
  if (hasDaemon('azure-npm')) return beside(cni, azureNpm)
  if (hasDaemon('calico-node')) return beside(cni, calicoAlone(input))
  if (input.environment.cni?.enforcesNetworkPolicy !== true) return cni
  input.assume(
    `${cni.name} enforces no policies itself; they are enforced as by kube-network-policies, because the Environment says that they are (cni.enforcesNetworkPolicy)`,
  )
  return beside(cni, partsOf(currentKubeNetworkPolicies))
}

/** Both judge, where the plugin has an engine of its own; policies are shown as the one beside it takes them. */
function beside(cni: Cni, { policy, filters }: PolicyParts): Cni {
  return {
    ...cni,
    ...(policy && { policy }),
    filters: (context) => [...(cni.filters?.(context) ?? []), ...(filters?.(context) ?? [])],
  }
}

function partsOf(build: KubeNetworkPolicies): PolicyParts {
  const policy = kubeNetworkPolicies(build)
  return {
    policy,
    filters: ({ cluster, node }) => kubeNetworkPolicyFilters(cluster, node.name, policy, build),
  }
}

/** A DaemonSet of its own (install.yaml, its Helm chart), or a container of flannel's (`netpol.enabled` of flannel's chart). */
function kubeNetworkPoliciesIn(objects: CniObjects): Daemon | undefined {
  return containerWhere(
    objects,
    ({ name, image = '' }) =>
      name === 'kube-network-policies' || /\/kube-network-policies(:|@|$)/.test(image),
  )
}

/** The build by its image's tag (`v1.1.1-npa-v1alpha2`); before 1.0 a flag brought AdminNetworkPolicies in. */
function buildOf(daemon: Daemon): KubeNetworkPolicies {
  const flag = flagsOf({ settings: {} }, daemon)
  const tag = /:v(\d+)\.(\d+)[^@]*/.exec(daemon.container.image ?? '')
  const [major, minor] = [Number(tag?.[1] ?? Infinity), Number(tag?.[2] ?? Infinity)]
  const api = /npa-(v1alpha[12])/.exec(tag?.[0] ?? '')?.[1]
  const isOld = major === 0 && flag('admin-network-policy')?.value === 'true'
  return {
    clusterPolicies: api === 'v1alpha2' ? 'v1alpha2' : api === 'v1alpha1' || isOld ? 'v1alpha1' : 'none',
    judgesInput: major > 1 || (major === 1 && minor >= 1),
    dnsFirst: flag('netfilter-bug-1766-fix')?.value !== 'false',
  }
}
