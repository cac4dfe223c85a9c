import type { NodeEnvironment } from '../../model/environment.ts'
import type { Backend } from '../../netfilter/rule.ts'

/** Which backend of iptables writes whose rules on a node. */
export interface Backends {
  readonly host: 'nft' | 'legacy'
  readonly kubeProxy: 'nft' | 'legacy'
  readonly cni: 'nft' | 'legacy'
}

/** Who may be said to use a backend. */
export const backendFields = ['host', 'cniImage', 'kubeProxy'] as const

/**
 * As the node states it: the iptables of the node itself, that in the images of the network plugin, and kube-proxy's,
 * which is taken to be the plugin's where it is not stated, since both bring their own in an image.
 */
export function backendsOf({ iptables = {} }: NodeEnvironment): Backends {
  const host = backend(iptables.host) ?? 'nft'
  const cni = backend(iptables.cniImage) ?? host
  return { host, cni, kubeProxy: backend(iptables.kubeProxy) ?? cni }
}

function backend(text: string | undefined): 'nft' | 'legacy' | undefined {
  return text === 'nft' || text === 'legacy' ? text : undefined
}

/** Both backends, the node's own first: the hooks of one that is used later are registered later. */
export function inOrder({ host }: Backends): readonly Backend[] {
  return host === 'nft' ? ['nft', 'legacy'] : ['legacy', 'nft']
}
